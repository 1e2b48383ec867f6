"""Dragged fast: the last state is right; how long old ones are worked off is measured, and said in the summary."""

import pytest

CHANGES = 200

# A slider of each explorer that draws while it is dragged, and its value in Python.
SLIDERS = {
    "next-token": ("Bars", "explorer.bars.value"),
    "temperature": ("T", 'f"{explorer.typed.value:#.3g}"'),
    "truncation": ("top_k", 'explorer.sliders["top_k"].value'),
}
# The page notes when the mouse lets go, and when something that an action makes changed last.
WATCH = """explorer => {
  const times = window.lessonsTimes = {released: 0, changed: 0};
  const changed = () => { times.changed = performance.now(); };
  window.addEventListener("pointerup", () => { times.released = performance.now(); }, true);
  for (const shown of explorer.querySelectorAll(".lessons-shown"))
    new MutationObserver(changed).observe(shown, {childList: true, subtree: true, characterData: true});
}"""
SINCE_LAST_CHANGE = "() => performance.now() - Math.max(window.lessonsTimes.released, window.lessonsTimes.changed)"
LAST_PICTURE = "() => (window.lessonsTimes.changed - window.lessonsTimes.released) / 1000"
QUIET = 500  # milliseconds without a change: nothing is on its way any more, or the machine is busy


@pytest.mark.parametrize("name", SLIDERS)
def test_two_hundred_changes_end_in_the_right_picture(open_explorer, record_property, name):
    """After 200 small moves of the mouse page and Python come to agree on the value and on the words."""
    slider, value = SLIDERS[name]
    notebook, explorer = open_explorer(name, f"print({value})\nprint(explorer.sentence)")
    explorer.box.evaluate(WATCH)
    for share in (0.9, 0.1, 0.8, 0.3):
        explorer.drag(slider, share, steps=CHANGES // 4)
    explorer.wait_until(lambda: notebook.page.evaluate(SINCE_LAST_CHANGE) > QUIET)
    seconds = max(0.0, notebook.page.evaluate(LAST_PICTURE))
    record_property(f"{name}, after {CHANGES} changes", f"the last picture after {seconds:.2f} s")

    def shown() -> list[str]:
        return [explorer.readout(slider).replace(",", ""), explorer.sentence()]

    assert notebook.ask(3, lambda lines: lines == shown()) == shown()
    assert notebook.errors() == []
