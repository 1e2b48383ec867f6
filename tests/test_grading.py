"""`lessons grade`: a class of thirty, five of them broken in different ways; thirty rows, right verdicts, nothing
lost.
"""

import csv
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from lessons import cli
from lessons.classroom import grades, grading
from lessons.exercises.catalogue import of_lesson

LESSON = of_lesson(1)
NAMES = [exercise.name for exercise in LESSON]
WRONG = {
    "likeliest-token": "def likeliest_token(logits):\n    return logits[0, 0].argmax()",
    "next-probabilities": "def next_probabilities(logits):\n    return logits.softmax(1)[0, -1]",
    "table-by-hand": "def table_by_hand(next_logits, ids, steps, choices):\n    ids.append(0)\n    return [[(0, 0.5)]]",
    "greedy-with-a-cache": "def greedy_with_cache(read, ids, steps):\n    return 1 / 0",
}


def homework(
    folder: Path,
    name: str,
    sources: dict[str, str],
    unchecked: tuple[str, ...] = (),
    before: str = "1 + 1",
    first: str = "import torch, lessons",
) -> Path:
    """A student's notebook: for each exercise a cell with its source (default: the stub) and a check."""
    cells = [new_code_cell(first, id="first-cell"), new_code_cell(before, id="second-cell")]
    for exercise in LESSON:
        cells.append(new_code_cell(sources.get(exercise.name, exercise.stub), id=f"stub-{exercise.name}"))
        if exercise.name not in unchecked:
            source = f'lessons.check("{exercise.name}", {exercise.function_name})'
            cells.append(new_code_cell(source, id=f"check-{exercise.name}"))
    path = folder / name / "01_next_token_tables.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


def answers(*places: int) -> dict[str, str]:
    """The right sources of the exercises at these places of the lesson."""
    return {LESSON[place].name: LESSON[place].source for place in places}


def made_up_class(folder: Path) -> dict[str, dict[str, str]]:
    """Thirty notebooks in the folder; {student: {exercise: the status that it should have}}."""
    everything = {name: "solved" for name in NAMES}
    expected = {}
    for number in range(16):  # each has solved what the bits of their number say: every way in which it can be
        solved = [place for place in range(4) if number >> place & 1]
        homework(folder, f"student-{number:02}", answers(*solved))
        expected[f"student-{number:02}"] = {
            name: "solved" if place in solved else "unwritten" for place, name in enumerate(NAMES)
        }
    # these have opened the notebook and taken the checks out, and even the first cell's imports
    for number in range(16, 25):
        homework(folder, f"student-{number}", {}, unchecked=tuple(NAMES), first="2 + 2")
        expected[f"student-{number}"] = {name: "missing" for name in NAMES}
    homework(
        folder, "syntax-error", answers(0, 1, 2) | {NAMES[3]: "def greedy_with_cache(read, ids, steps)\n    return ["}
    )
    expected["syntax-error"] = everything | {NAMES[3]: "unwritten"}
    homework(folder, "endless-loop", answers(0, 1, 2, 3), before="while True:\n    pass")
    expected["endless-loop"] = everything
    homework(folder, "wrong-answers", WRONG)
    expected["wrong-answers"] = dict(zip(NAMES, ["wrong", "wrong", "wrong", "crashed"], strict=True))
    homework(folder, "missing-cells", answers(0, 1, 2, 3), unchecked=(NAMES[1], NAMES[2]))
    expected["missing-cells"] = everything | {NAMES[1]: "missing", NAMES[2]: "missing"}
    (folder / "no-notebook").mkdir()
    (folder / "no-notebook" / "01_next_token_tables.ipynb").write_text("My dog ate it.", encoding="utf8")
    expected["no-notebook"] = {}
    return expected


def test_a_class_of_thirty(tmp_path, capsys):
    """Thirty rows on screen and in the CSV; what a broken notebook solved before and after its fault counts;
    reasons are told.
    """
    expected = made_up_class(tmp_path / "class")
    table = tmp_path / "grades.csv"
    options = ["--csv", str(table), "--workers", "3", "--seconds", "400", "--cell-seconds", "30"]
    assert 0 == cli.main(["grade", str(tmp_path / "class"), *options])
    rows = list(csv.DictReader(table.open(encoding="utf-8-sig", newline="")))
    found = {Path(row["notebook"]).parent.name: row for row in rows}
    assert 30 == len(rows) and set(expected) == set(found)
    for student, statuses in expected.items():
        assert {name: statuses.get(name, "") for name in NAMES} == {name: found[student][name] for name in NAMES}, (
            student
        )
        assert str(sum(status == "solved" for status in statuses.values())) == found[student]["solved"]
    reasons = {student: row["reason"] for student, row in found.items() if row["reason"]}
    assert {"syntax-error", "endless-loop", "no-notebook"} == set(reasons)
    assert "SyntaxError" in reasons["syntax-error"] and "stub-greedy-with-a-cache" in reasons["syntax-error"]
    assert "second-cell ran longer than 30 seconds" in reasons["endless-loop"]
    assert "not a notebook" in reasons["no-notebook"]
    printed = capsys.readouterr()
    assert 30 == sum("01_next_token_tables.ipynb" in line for line in printed.out.splitlines())
    assert "30/30" in printed.err  # the progress bar


def test_a_kernel_that_dies_is_a_row(tmp_path):
    """What was solved before the end counts; the rest was not reached, and the row says why."""
    path = homework(tmp_path, "quitter", answers(0, 1) | {NAMES[2]: "import os\nos._exit(1)"})
    (row,) = grading.grade([path], seconds=300, cell_seconds=100)
    assert ["solved", "solved", "not reached", "not reached"] == [row.statuses[name] for name in NAMES]
    assert "kernel" in row.reason


def test_a_cell_that_cannot_be_interrupted_is_given_up(tmp_path, capfd):
    """A loop that is deaf to the interrupt costs two cells' time, not the teacher's evening."""
    stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    time.sleep(0.1)"
    path = homework(tmp_path, "stubborn", answers(0, 1, 2, 3) | {NAMES[2]: stubborn})
    (row,) = grading.grade([path], seconds=200, cell_seconds=15)
    assert ["solved", "solved", "not reached", "not reached"] == [row.statuses[name] for name in NAMES]
    assert "ran longer than 15 seconds" in row.reason
    assert "" == capfd.readouterr().err  # nothing that would spoil the progress bar


def test_what_else_is_no_notebook(tmp_path):
    """A missing file, an empty one, JSON that is no notebook: a row each, with the reason."""
    files = {
        "empty.ipynb": "",
        "list.ipynb": "[]",
        "other.ipynb": '{"a": 1}',
        "cut.ipynb": '{"cells": [{"cell_type": "co',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf8")
    rows = grading.grade([*sorted(tmp_path.glob("*.ipynb")), tmp_path / "missing.ipynb"])
    assert 5 == len(rows)
    assert all(row.reason and not row.statuses for row in rows)


def test_notebooks_are_found_once(tmp_path):
    """Folders are searched to the bottom, checkpoints left out, a file named twice counted once."""
    first = homework(tmp_path, "first", {})
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "copy.ipynb").write_text("{}", encoding="utf8")
    assert [first] == grading.find_notebooks([tmp_path, first])


def test_the_lesson_is_told_by_its_checks():
    """The lesson is that of most checks; without any, that of the file's name; else none."""
    assert 5 == grading.lesson_of(Path("x.ipynb"), {"top-p", "min-p", "tempered"})
    assert 3 == grading.lesson_of(Path("Kim 03_beam_vs_greedy.ipynb"), set())
    assert grading.lesson_of(Path("x.ipynb"), set()) is None


def test_nothing_to_grade(tmp_path, capsys):
    """An empty folder is told, and the exit status is 1."""
    assert 1 == cli.main(["grade", str(tmp_path)])
    assert "no notebooks found" in capsys.readouterr().err


def test_the_table_is_safe_and_keeps_earlier_ones(tmp_path):
    """A name that a spreadsheet would take for a formula is not one; an existing table is not overwritten; Hangul
    is kept.
    """
    rows = [
        grades.Row(Path("=cmd|x.ipynb"), 1, {"top-p": "solved"}),
        grades.Row(Path("김철수.ipynb"), None, {}, "-reason"),
    ]
    table = tmp_path / "grades.csv"
    grades.write_table(rows, table)
    read = list(csv.reader(table.open(encoding="utf-8-sig", newline="")))
    assert ["'=cmd|x.ipynb", "김철수.ipynb"] == [row[0] for row in read[1:]]
    assert tmp_path / "grades-2.csv" == cli.unused(table)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_screen_speaks_both_languages(language):
    """Each status has its words."""
    from lessons.words.language import speak

    speak(language)
    statuses = ["wrong", "changed", "crashed", "endless", "form", "unwritten", "missing", "not reached"]
    row = grades.Row(Path("a.ipynb"), 1, {f"exercise-{place}": status for place, status in enumerate(statuses)})
    assert 8 == grades.on_screen([row]).count("exercise-")
