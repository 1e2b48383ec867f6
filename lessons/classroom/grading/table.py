"""One row for each notebook, as a table on screen and in a file that a spreadsheet can read."""

import csv
from collections.abc import Sequence
from pathlib import Path

from lessons.classroom.grading.rows import Row
from lessons.exercises.catalogue import all_exercises
from lessons.words.language import say

UNWRITABLE = "backslashreplace"  # of names of files that are no text in any encoding
# How each status is said.
SAID = {
    "solved": "grading.solved",
    "wrong": "grading.wrong",
    "changed": "grading.changed",
    "crashed": "grading.crashed",
    "endless": "grading.endless",
    "form": "grading.form",
    "unwritten": "grading.unwritten",
    "missing": "grading.missing",
    "not reached": "grading.not_reached",
}


def exercises_in(rows: Sequence[Row]) -> list[str]:
    """The exercises that any of the rows has, in the order of the lessons."""
    return [name for name in all_exercises() if any(name in row.findings for row in rows)]


def write_table(rows: Sequence[Row], file: Path) -> None:
    """The rows as CSV (UTF-8 with a mark, so that a spreadsheet reads Korean names): one line for each notebook."""
    exercises = exercises_in(rows)
    head = ["notebook", "student", "lesson", "solved", "of", *exercises, "reason", "notes", "seconds"]
    lines = []
    for row in rows:
        whose = [row.notebook.as_posix(), row.student.name, str(row.lesson or ""), str(row.solved)]
        statuses = [row.statuses.get(name, "") for name in exercises]
        what = [row.reason, "; ".join(row.notes), f"{row.seconds:.0f}"]
        lines.append([*whose, str(len(row.findings)), *statuses, *what])
    write_csv(file, [head, *lines])


def write_csv(file: Path, lines: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> None:
    """Lines of cells as a file, none of which a spreadsheet takes for a formula."""
    with file.open("w", encoding=encoding, errors=UNWRITABLE, newline="") as stream:
        csv.writer(stream).writerows([harmless(cell) for cell in line] for line in lines)


def harmless(text: str) -> str:
    """The text, kept from being read as a formula by a spreadsheet."""
    return f"'{text}" if len(text) > 1 and text[0] in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠") else text


def on_screen(rows: Sequence[Row]) -> str:
    """The table as text: a line for each notebook, and the reason where something went wrong."""
    lines = []
    for row in rows:
        unsolved = [f"{name}: {say(SAID[status])}" for name, status in row.statuses.items() if status != "solved"]
        said = "; ".join(filter(None, [", ".join(unsolved), row.reason, *row.notes]))
        line = f"{row.solved:2}/{len(row.findings):<2}  {row.notebook}{'  ' + said if said else ''}"
        lines.append("".join(letter if letter.isprintable() else "�" for letter in line))  # nothing steers the terminal
    return "\n".join(lines)
