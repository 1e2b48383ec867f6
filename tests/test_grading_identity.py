"""Whose notebook it is, whatever platform named the file; rosters; and what kinds of notebook can be read."""

import json
from pathlib import Path

import nbformat
import pytest
from made_up_class import LESSON, NAMES
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lessons.classroom.grading import files, identity, kept, likeness, reading, rows, table

ROOT = Path("/class")
NOTEBOOK = "01_next_token_tables.ipynb"


@pytest.mark.parametrize(
    "path, name, number",
    [
        (f"Kim Yuna/{NOTEBOOK}", "Kim Yuna", ""),
        (f"김연아/notebooks/ko/{NOTEBOOK}", "김연아", ""),
        (f"Kim {NOTEBOOK}", "Kim", ""),
        ("01_next_token_tables_park.ipynb", "park", ""),
        ("doejane_4711_98765_01_next_token_tables.ipynb", "doejane", "4711"),
        ("doejane_LATE_4711_98765_01_next_token_tables-1.ipynb", "doejane", "4711"),
        (f"Jane Doe_4711_assignsubmission_file_/{NOTEBOOK}", "Jane Doe", "4711"),
        (f"Jane Doe_4711_assignsubmission_file_{NOTEBOOK}", "Jane Doe", "4711"),
        (f"submitted/jdoe/ps1/{NOTEBOOK}", "jdoe", ""),
        (f"week-1-submissions/week-1-octo-cat/{NOTEBOOK}", "octo-cat", ""),
        (NOTEBOOK, "01_next_token_tables", ""),
    ],
)
def test_names_of_platforms(path, name, number):
    """A student is told by a folder, a file's beginning or end, or what a platform makes of names."""
    student = identity.student_of(ROOT / path, [ROOT])
    assert (name, number) == (student.name, student.number)


def test_a_roster_gives_names_and_numbers(tmp_path):
    """A platform's own export serves as roster; who is not in it, and who handed in twice, is noted."""
    roster = tmp_path / "canvas.csv"
    head = "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
    roster.write_text(head + '"Doe, Jane",4711,s1,jdoe,A\n"Roe, Rick",4712,s2,rroe,A\n', encoding="utf-8-sig")
    files = ["doejane_4711_1_a.ipynb", "roerick_4712_2_a.ipynb", "roerick_4712_3_b.ipynb", "stranger/a.ipynb"]
    lines = identity.read_roster(roster)
    assert ["Doe, Jane", "Roe, Rick"] == [line["Student"] for line in lines]
    jane, rick, again, stranger = identity.identified([rows.Row(ROOT / file, 1) for file in files], [ROOT], lines)
    assert "Doe, Jane" == jane.student.name and "s1" == jane.student.roster["SIS User ID"]
    assert not jane.notes
    assert all("more than one" in row.notes[0] for row in (rick, again))
    assert "not in the roster" in stranger.notes[0]


def test_moodles_participants_are_found(tmp_path):
    """In Moodle's worksheet a student's number is written "Participant 4711"."""
    roster = tmp_path / "moodle.csv"
    roster.write_text("Identifier,Full name,Email address\nParticipant 4711,Jane Doe,j@x.org\n", encoding="utf8")
    (row,) = identity.identified(
        [rows.Row(ROOT / f"J D_4711_assignsubmission_file_/{NOTEBOOK}")], [ROOT], identity.read_roster(roster)
    )
    assert ("Jane Doe", "j@x.org") == (row.student.name, row.student.roster["Email address"])


def cells() -> list:
    sources = ["import lessons", LESSON[0].source, f'lessons.check("{NAMES[0]}", likeliest_token)']
    return [new_markdown_cell("# A title"), *map(new_code_cell, sources)]


def as_format_3(path: Path) -> None:
    nbformat.write(nbformat.convert(new_notebook(cells=cells()), 3), path, version=3)


def as_colab(path: Path) -> None:
    """As Colab downloads it: format 4.0 without ids, sources as lists of lines, metadata of its own."""
    made = [
        {
            "cell_type": "code",
            "metadata": {"id": "aBcDeFg"},
            "source": cell.source.splitlines(True),
            "outputs": [],
            "execution_count": None,
        }
        for cell in cells()[1:]
    ]
    whole = {
        "nbformat": 4,
        "nbformat_minor": 0,
        "metadata": {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "cells": made,
    }
    path.write_text(json.dumps(whole), encoding="utf8")


def with_same_ids(path: Path) -> None:
    made = cells()
    for cell in made:
        cell["id"] = "same"
    path.write_text(json.dumps(new_notebook(cells=made)), encoding="utf8")


@pytest.mark.parametrize("write", [as_format_3, as_colab, with_same_ids])
def test_other_kinds_of_notebook(tmp_path, write):
    """Format 3, Colab's export and copied cells with one id are notebooks like others."""
    write(tmp_path / NOTEBOOK)
    handed = reading.read(tmp_path / NOTEBOOK)
    assert 1 == handed.lesson and NAMES == [exercise.name for exercise in handed.exercises]
    assert "return int(logits[0, -1].argmax())" in handed.code_of("likeliest_token")


def test_what_a_cell_defines_is_seen(tmp_path):
    """A function, a name that is given something, the last of several; not a comparison, nor a longer name."""
    sources = [
        "%matplotlib inline\ndef f(x):\n    return 1",
        "f == 2",
        "def f_two(): pass",
        "f = lambda x: 2",
        "!ls\ndef f(x):\n    return 3\n",
    ]
    nbformat.write(new_notebook(cells=list(map(new_code_cell, sources))), tmp_path / "x.ipynb")
    handed = reading.read(tmp_path / "x.ipynb")
    assert [0, 3, 4] == handed.places("f")
    assert "def f(x):\n    return 3" == handed.code_of("f")


def test_notebooks_are_found_once(tmp_path):
    """Folders are searched to the bottom, checkpoints left out, a file named twice counted once."""
    for place in ("a/b/x.ipynb", ".ipynb_checkpoints/x.ipynb", "__MACOSX/x.ipynb"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_text("{}", encoding="utf8")
    assert [tmp_path / "a/b/x.ipynb"] == files.find_notebooks([tmp_path, tmp_path / "a/b/x.ipynb"])


def test_the_lesson_is_told_by_its_checks():
    """The lesson is that of most checks; without any, that of the file's name; else none."""
    assert 5 == reading.lesson_of(Path("x.ipynb"), {"top-p", "min-p", "tempered"})
    assert 3 == reading.lesson_of(Path("Kim 03_beam_vs_greedy.ipynb"), set())
    assert reading.lesson_of(Path("x.ipynb"), set()) is None


def test_the_table_is_safe(tmp_path):
    """A name that a spreadsheet would take for a formula is not one; Hangul is kept."""
    table.write_table(
        [rows.Row(Path("=cmd|x.ipynb")), rows.Row(Path("김철수.ipynb"), reason="-reason")], tmp_path / "g.csv"
    )
    lines = (tmp_path / "g.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[1].startswith("'=cmd|x.ipynb,") and lines[2].startswith("김철수.ipynb,") and "'-reason" in lines[2]


SAME = "def f(x, k):\n    out = []\n    for one in x:\n        if one > k:\n            out.append(one)\n    return out"


@pytest.mark.parametrize(
    "other, same",
    [
        (SAME.replace("out", "kept").replace("one", "i").replace("f(x", "g(numbers").replace(" x:", " numbers:"), True),
        (SAME.replace("out = []", "'''Mine.'''\n    out: list[int] = []  # new"), True),
        (SAME.replace("> k", ">= k"), False),
        (SAME.replace("append", "extend"), False),
    ],
)
def test_the_same_code(other, same):
    """Names, comments, docstrings and types do not make code another; what it does, does."""
    assert same == (likeness.shape(SAME) == likeness.shape(other))
    assert "" == likeness.shape("def f(x):\n    return x[0, -1].argmax()") == likeness.shape("no python (")


def test_kept_rows_are_those_of_unchanged_files(tmp_path):
    """A stopped run goes on: rows of files that have changed, and a line that broke off, are made anew."""
    paths = [tmp_path / name for name in ("a.ipynb", "b.ipynb", "c.ipynb")]
    for path in paths:
        path.write_text("one", encoding="utf8")
    finding = rows.Finding("wrong", "✗", ["sentence"], [("Given", "1")], "flat", "def f(): pass", "a hint")
    made = [rows.Row(path, 1, {"top-p": finding}, digest=files.digest_of(path)) for path in paths]
    kept.begin(tmp_path / "k.jsonl", 7, made[:2])
    with (tmp_path / "k.jsonl").open("a", encoding="utf8") as stream:
        stream.write(json.dumps(rows.as_data(made[2]))[:50])
    paths[0].write_text("two", encoding="utf8")
    seed, there = kept.kept(tmp_path / "k.jsonl", paths)
    assert 7 == seed and [paths[1]] == [row.notebook for row in there]
    assert "wrong" == there[0].statuses["top-p"] and "a hint" == there[0].findings["top-p"].hint
    assert (None, []) == kept.kept(tmp_path / "nothing.jsonl", paths)
