"""Dragged fast: the last state is right; how long old ones are worked off is measured, and said in the summary."""

import pytest

CHANGES = 200

# A slider of each explorer that draws while it is dragged, and its value in Python.
SLIDERS = {
    "next-token": ("Bars", "explorer.bars.value"),
    "temperature": ("T", 'f"{explorer.typed.value:#.3g}"'),
    "truncation": ("top_k", 'explorer.sliders["top_k"].value'),
}


@pytest.mark.parametrize("name", SLIDERS)
def test_two_hundred_changes_end_in_the_right_picture(open_explorer, record_property, name):
    """After 200 small moves of the mouse Python has the value that the page shows, and the words are of that value."""
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
    record_property(f"{name}, after {CHANGES} changes", f"the last picture after {seconds:.2f} s")
    notebook.run(3, 3)
    value, words = notebook.output(3).splitlines()
    assert (value, words) == (shown.replace(",", ""), explorer.sentence())
    assert notebook.errors() == []
