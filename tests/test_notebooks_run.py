"""The check behind `make test`'s notebooks can fail: planted failures that nbmake alone would pass."""

from pathlib import Path

import nbformat
import nbmake.pytest_items
from nbformat.v4 import new_code_cell, new_notebook
from nbmake.nb_result import NotebookError
from watched_notebooks import WatchedRun

EXPLORER = """
import ipywidgets
from lessons.explorers.base import Explorer
class Planted(Explorer):
    def __init__(self):
        super().__init__()
        self.control = ipywidgets.IntSlider()
        self.lay_out_beside([self.control])
        self.listen(self.control, lambda: 1 / (self.control.value - 7))
planted = Planted()
planted
"""
OUTPUT = "output = ipywidgets.Output()\nwith output:\n    print([3][{place}])\noutput"
INTERACT = "ipywidgets.interact(lambda word: int(word + '3'), word='1').widget.children[0].value = 'three'"


def run(folder: Path, **sources: str) -> NotebookError | None:
    """What went wrong in a notebook of these cells (id: source); None if all is well."""
    cells = [new_code_cell(source, id=id) for id, source in sources.items()]
    path = folder / "planted.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return WatchedRun(path, 60, kernel="python3").execute().error


def test_every_notebook_is_watched():
    """pytest's notebook items use our run; so a widget that fails in any lesson fails `make test`."""
    assert nbmake.pytest_items.NotebookRun is WatchedRun


def test_a_good_notebook_passes(tmp_path):
    """Widgets that work, and an Output with text in it, are no failure."""
    assert run(tmp_path, explorer=EXPLORER, drag="planted.control.value = 3", output=OUTPUT.format(place=0)) is None


def test_hidden_errors_are_noticed(tmp_path):
    """An explorer's error line, also if a later cell makes it go away; tracebacks that Output and interact keep."""
    error = run(
        tmp_path,
        explorer=EXPLORER,
        goes_wrong="planted.control.value = 7",
        goes_away="planted.control.value = 3",
        output=OUTPUT.format(place=1),
        interact=INTERACT,
    )
    assert error.summary == "something failed that no cell shows, in goes_wrong: ZeroDivisionError: division by zero"
    assert "in an Output widget: IndexError: list index out of range" in error.trace
    assert "in an Output widget: ValueError: invalid literal for int() with base 10: 'three3'" in error.trace


def test_letters_without_a_font_are_noticed(tmp_path):
    """Hangul in a figure before `lessons.start()`: boxes instead of letters; after it, letters."""
    figure = "import matplotlib.pyplot as plt\nplt.title('한글')\nplt.show()"
    assert "missing from" in run(tmp_path, figure=figure).trace
    assert run(tmp_path, start="import lessons\nlessons.start()", figure=figure) is None


def test_a_plain_error_is_still_noticed(tmp_path):
    """What nbmake notices by itself is reported as it reports it."""
    assert "planted" in run(tmp_path, plain="raise RuntimeError('planted')").summary
