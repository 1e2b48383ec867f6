"""How far a student scrolls to the first explorer of each lesson: it begins on the first or second screen."""

from pathlib import Path

import browsing
import nbformat
import pytest

LESSONS = [
    pytest.param(
        path, id=f"{path.parent.name}-{path.stem[:2]}", marks=() if path.stem.startswith("01") else pytest.mark.long
    )
    for path in sorted((browsing.ROOT / "notebooks").glob("*/*.ipynb"))
]
PANE = 530  # pixels: of a notebook in a window of 1366 x 768
PLACE = """explorer => {
  const pane = explorer.closest(".jp-WindowedPanel-outer");
  return explorer.getBoundingClientRect().top - pane.getBoundingClientRect().top + pane.scrollTop;
}"""


@pytest.mark.parametrize("path", LESSONS)
def test_the_first_explorer_begins_on_the_second_screen_at_the_latest(open_notebook, record_property, path: Path):
    cells = nbformat.read(path, nbformat.NO_CONVERT).cells
    number = next(number for number, cell in enumerate(cells) if "simple=True" in cell.source)
    notebook = open_notebook(f"notebooks/{path.parent.name}/{path.name}")
    notebook.page.set_viewport_size({"width": 1366, "height": 768})
    notebook.page.keyboard.press("Control+b")  # the list of files makes room
    notebook.run(0, number)
    explorer = notebook.cell(number).locator(".jp-OutputArea-output .widget-vbox").first
    explorer.locator(".lessons-sentence").wait_for()
    place = explorer.evaluate(PLACE)
    record_property(f"{path.parent.name}/{path.stem}", f"the first explorer begins at {place:.0f} pixels")
    assert place <= 2 * PANE
    assert notebook.errors() == []
