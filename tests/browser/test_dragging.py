"""Dragged fast: the last state is right, and no queue of old ones is worked off first."""

import pytest

CHANGES = 200
SECONDS = 3  # a student would call more than this a queue; what was measured is recorded with the test

# A slider of each explorer that draws while it is dragged, and its value in Python.
SLIDERS = {
    "next-token": ("Bars", "explorer.bars.value"),
    "temperature": ("Temperature", 'f"{explorer.temperature.value:.2f}"'),
    "truncation": ("top_k", 'explorer.sliders["top_k"].value'),
}


@pytest.mark.parametrize("name", SLIDERS)
def test_two_hundred_changes_end_in_the_right_picture(open_explorer, record_property, name):
    """After 200 small moves of the mouse Python has the value that the page shows, soon, and the picture is that of it."""
    slider, value = SLIDERS[name]
    notebook, explorer = open_explorer(name, f"print({value})\nprint(explorer.sentence)")
    for share in (0.9, 0.1, 0.8, 0.3):
        explorer.drag(slider, share, steps=CHANGES // 4)
    shown, sentence = explorer.readout(slider), ""

    def settled() -> bool:
        nonlocal sentence
        before, sentence = sentence, explorer.sentence()
        notebook.page.wait_for_timeout(100)
        return before == sentence == explorer.sentence()

    seconds = explorer.wait_until(settled)
    record_property("seconds until nothing moved any more", seconds)
    print(f"{name}: {seconds:.2f} s after {CHANGES} changes")
    notebook.run(3, 3)
    value, words = notebook.output(3).splitlines()
    assert (value, words) == (shown.replace(",", ""), explorer.sentence())
    assert seconds < SECONDS
    assert notebook.errors() == []
