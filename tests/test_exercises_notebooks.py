"""Exercises in the notebooks: written by tools/exercises.py and from nowhere else; solved copies run green with
everything solved.
"""

import ast
from pathlib import Path

import exercises
import nbformat
import pytest
from watched_notebooks import WatchedRun

from lessons.exercises import progress
from lessons.exercises.catalogue import NOTEBOOKS, all_exercises, of_lesson
from lessons.exercises.exercise import Exercise

ROOT = Path(__file__).parents[1]
LESSONS = [path for path in sorted((ROOT / "notebooks").glob("*/*.ipynb")) if path.stem in NOTEBOOKS.values()]


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_exercises_are_as_the_tool_writes_them():
    """If this fails, run `make badges`: these notebooks and pages do not have the exercises of lessons/exercises."""
    assert [path for path, text in exercises.changes() if path.read_text(encoding="utf8") != text] == []


@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_three_cells_an_exercise(path):
    """Statement, stub tagged "exercise", check: in this order, for each exercise of the lesson, and no other."""
    cells = nbformat.read(path, nbformat.NO_CONVERT).cells
    lesson = next(number for number, stem in NOTEBOOKS.items() if stem == path.stem)
    ours = [cell.id for cell in cells if exercises.OURS.fullmatch(cell.id)]
    assert [f"{kind}-{one.name}" for one in of_lesson(lesson) for kind in ("exercise", "stub", "check")] == ours
    tagged = [cell.id for cell in cells if "exercise" in cell.metadata.get("tags", [])]
    assert [f"stub-{one.name}" for one in of_lesson(lesson)] == tagged


def test_a_notebook_without_the_section_is_told():
    """Where there is no place for exercises, the tool says which cell it looked for, and writes nothing."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A", id="title")])
    with pytest.raises(ValueError, match="your-turn"):
        exercises.with_exercises(nbformat.writes(notebook), "01_next_token_tables")


def test_a_stub_that_was_filled_in_is_emptied_again():
    """The tool restores a stub, a statement and a check that were changed, and takes away one that is no longer
    there.
    """
    path = next(path for path in LESSONS if path.parent.name == "en")
    text = path.read_text(encoding="utf8")
    notebook = nbformat.reads(text, nbformat.NO_CONVERT)
    changed = [cell for cell in notebook.cells if exercises.OURS.fullmatch(cell.id)]
    for cell in changed[:3]:
        cell.source = "1"
    notebook.cells.append(nbformat.v4.new_code_cell("2", id="stub-no-such-exercise"))
    assert exercises.with_exercises(nbformat.writes(notebook), path.stem) == text


def solved_copy(path: Path, folder: Path) -> tuple[Path, list[Exercise]]:
    """A copy of a notebook in which every stub is replaced by its answer, and the exercises in it. Training is cut
    short; the notebooks' own tests do all of it."""
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    solved = []
    for cell in notebook.cells:
        if "MINUTES" in cell.source and "parameters" in cell.metadata.get("tags", []):
            cell.source += "\nMINUTES = 0.5"
        if cell.id.startswith("stub-"):
            solved.append(all_exercises()[cell.id.removeprefix("stub-")])
            cell.source = solved[-1].source
    copy = folder / path.parent.name / path.name
    copy.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, copy)
    return copy, solved


@pytest.fixture(scope="module")
def edition(tmp_path_factory) -> Path:
    """One folder for all solved copies, as in a student's: lesson 07 finds there the model that 06 has trained."""
    return tmp_path_factory.mktemp("solved")


ENGLISH = [
    pytest.param(path, id=name_of(path), marks=() if path.stem.startswith("01") else pytest.mark.long)
    for path in LESSONS
    if path.parent.name == "en"
]


@pytest.mark.parametrize("path", ENGLISH)
def test_a_solved_notebook_runs_green(path, edition, tmp_path, monkeypatch):
    """With the answers in the stubs' places the whole notebook runs, and every exercise in it is solved."""
    kept = tmp_path / "progress.json"
    monkeypatch.setenv(progress.PLACE, str(kept))
    copy, inside = solved_copy(path, edition)
    result = WatchedRun(copy, 600, kernel="python3").execute()
    assert result.error is None, result.error and result.error.trace
    assert inside and {one.name for one in inside} == {
        name for name, record in progress.read_only().items() if record["solved"]
    }


def test_all_exercises_stand_in_a_notebook():
    """No exercise without its three cells in the English edition, wherever the lesson's notebook exists."""
    there = {path.stem for path in LESSONS if path.parent.name == "en"}
    wanted = {one.name for lesson, stem in NOTEBOOKS.items() if stem in there for one in of_lesson(lesson)}
    cells = [
        cell for path in LESSONS if path.parent.name == "en" for cell in nbformat.read(path, nbformat.NO_CONVERT).cells
    ]
    assert wanted == {cell.id.removeprefix("stub-") for cell in cells if cell.id.startswith("stub-")}


def test_code_of_exercises_is_plain_python():
    """Stubs and answers are short enough for a cell, and are Python."""
    for exercise in all_exercises().values():
        ast.parse(exercise.stub)
        ast.parse(exercise.source)
        assert sum(bool(line.strip()) for line in exercise.source.splitlines()) <= 12, exercise.name
