"""Whose notebook it is: told by the names of files and folders as platforms give them, and by a roster.

Canvas, "Download Submissions":  doejane_LATE_4711_98765_01_next_token_tables-1.ipynb   (name, late, user, submission)
Moodle, "Download all submissions":  Jane Doe_4711_assignsubmission_file_/01_next_token_tables.ipynb  (participant)
nbgrader:  submitted/jdoe/assignment/01_next_token_tables.ipynb
GitHub Classroom, `gh classroom clone student-repos`:  lesson-1-submissions/lesson-1-jdoe/01_next_token_tables.ipynb
Else:  Jane Doe/01_next_token_tables.ipynb, or Jane Doe 01_next_token_tables.ipynb
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from lessons.classroom.grading.rows import Row, Student
from lessons.exercises.catalogue import NOTEBOOKS
from lessons.words.language import LANGUAGES, say

MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_\w+")
CANVAS = re.compile(r"(?P<name>[^_\W\d][^_]*?)(?:_LATE)?_(?P<number>\d+)_\d+_.+")
LESSON = re.compile("|".join(sorted(NOTEBOOKS.values(), key=len, reverse=True)))
NO_STUDENT = {"notebooks", "submissions", "submitted", *LANGUAGES}  # folders that are nobody's


def student_of(path: Path, roots: Sequence[Path]) -> Student:
    """Who handed in the file, as its name and those of its folders below the nearest root tell."""
    root = max((root for root in roots if root in path.parents), key=lambda root: len(root.parts), default=path.parent)
    folders = list(path.relative_to(root).parts[:-1])
    for part in (*folders[::-1], path.stem):
        if match := MOODLE.match(part):
            return Student(match["name"], match["number"])
    if "submitted" in path.parts[:-2]:
        return Student(path.parts[path.parts.index("submitted") + 1])
    if match := CANVAS.match(path.stem):
        return Student(match["name"], match["number"])
    above = (root.name, *folders)
    for outer, inner in pairwise(above):
        assignment = outer.removesuffix("-submissions")
        if outer != assignment and inner.startswith(f"{assignment}-"):
            return Student(inner.removeprefix(f"{assignment}-"))
    own = [folder for folder in folders if folder.casefold() not in NO_STUDENT and not LESSON.fullmatch(folder)]
    return Student(own[0] if own else LESSON.sub("", path.stem).strip(" _-.()") or path.stem)


def read_roster(file: Path) -> list[dict[str, str]]:
    """The lines of a CSV with a head, of whatever columns; such as Canvas's and Moodle's own exports of grades."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        lines = [{key or "": value or "" for key, value in line.items() if key} for line in csv.DictReader(stream)]
    return [line for line in lines if any(line.values()) and "Points Possible" not in next(iter(line.values()))]


def identified(rows: Sequence[Row], roots: Sequence[Path], roster: Sequence[dict[str, str]] = ()) -> list[Row]:
    """The rows with their students; a note where the roster knows none, and where one has handed in several times."""
    named = [replace(row, student=student_of(row.notebook, roots)) for row in rows]
    if roster:
        named = [with_roster(row, roster) for row in named]
    times = Counter((row.student.name, row.lesson) for row in named)
    return [
        row.with_notes(say("grading.several", student=row.student.name))
        if times[row.student.name, row.lesson] > 1
        else row
        for row in named
    ]


def with_roster(row: Row, roster: Sequence[dict[str, str]]) -> Row:
    """The row with the line of the roster in which its student's number or name stands in some column."""
    for wanted in filter(None, (row.student.number, row.student.name)):
        lines = [line for line in roster if plain(wanted) in set(map(plain, line.values())) | {plain(full_name(line))}]
        if len(lines) == 1:
            name = full_name(lines[0]) or row.student.name
            return replace(row, student=Student(name, row.student.number, lines[0]))
    return row.with_notes(say("grading.not_in_roster", student=row.student.name))


def full_name(line: dict[str, str]) -> str:
    """The name in a line of a roster, whatever its column is called; "" if there is none."""
    columns = {re.sub(r"\W|_", "", key.casefold()): value for key, value in line.items()}
    for key in ("student", "name", "fullname", "studentname", "이름"):
        if columns.get(key):
            return columns[key]
    return " ".join(filter(None, (columns.get("firstname", ""), columns.get("lastname", ""))))


def plain(text: str) -> str:
    """Letters and digits alone: "Doe, Jane" is Canvas's doejane, "Participant 4711" Moodle's 4711."""
    return re.sub(r"\W|_", "", text.removeprefix("Participant ").casefold())
