"""Whose notebook it is: told by the names of files and folders as platforms give them, and by a roster.

Canvas, "Download Submissions":  doejane_LATE_4711_98765_01_next_token_tables-1.ipynb   (name, late, user, submission)
Moodle, "Download all submissions":  Jane Doe_4711_assignsubmission_file_/01_next_token_tables.ipynb  (participant)
nbgrader:  submitted/jdoe/assignment/01_next_token_tables.ipynb
GitHub Classroom, `gh classroom clone student-repos`:  lesson-1-submissions/lesson-1-jdoe/01_next_token_tables.ipynb
Else:  Jane Doe/01_next_token_tables.ipynb, or Jane Doe 01_next_token_tables.ipynb
"""

import csv
import io
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from lessons.classroom.grading.files import ENDING, decoded
from lessons.classroom.grading.rows import Row, Student
from lessons.exercises.catalogue import NOTEBOOKS
from lessons.words.language import LANGUAGES, say

MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_\w+")
CANVAS = re.compile(r"(?P<name>[^_\W\d][^_]*?)(?:_LATE)?_(?P<number>\d+)_\d+_.+")
LESSON = re.compile("|".join(sorted(NOTEBOOKS.values(), key=len, reverse=True)))
COPY = re.compile(r"^Copy of |의 사본$|(?: ?\(\d+\)| ?- ?(?:Copy|복사본) ?\d*)+$")  # Colab, browsers, Jupyter, Windows
NO_STUDENT = {"notebooks", "submissions", "submitted", *LANGUAGES}  # folders that are nobody's


def student_of(path: Path, roots: Sequence[Path]) -> Student:
    """Who handed in the file, as its name and those of its folders below the nearest root tell."""
    root = nearest(path, roots)
    folders, stem = folders_below(path, root), readable(ENDING.sub("", path.name))
    for part in (*folders[::-1], stem):
        if match := MOODLE.match(part):
            return Student(match["name"], match["number"])
    if "submitted" in path.parts[:-2]:
        return Student(readable(path.parts[path.parts.index("submitted") + 1]))
    if match := CANVAS.match(stem):
        return Student(match["name"], match["number"])
    above = (readable(root.name), *folders)
    for outer, inner in pairwise(above):
        assignment = outer.removesuffix("-submissions")
        if outer != assignment and inner.startswith(f"{assignment}-"):
            return Student(inner.removeprefix(f"{assignment}-"))
    own = [folder for folder in folders if folder.casefold() not in NO_STUDENT and not LESSON.fullmatch(folder)]
    several = readable(root.resolve().name) if len(set(roots)) > 1 else ""  # class/*: each student is a root
    return Student(next(filter(None, (*own[:1], left_of(stem), several, stem))))


def nearest(path: Path, roots: Sequence[Path]) -> Path:
    """Of the folders that a teacher has named, that in which the file lies; its own where the file itself was named."""
    return max((root for root in roots if root in path.parents), key=lambda root: len(root.parts), default=path.parent)


def folders_below(path: Path, root: Path) -> list[str]:
    return [readable(part) for part in path.relative_to(root).parts[:-1]]


def readable(name: str) -> str:
    """A file's name as text: Hangul in one piece, though macOS takes it apart, and though an archive of Korean Windows,
    unpacked elsewhere, has it in bytes that are no text here.
    """
    data = os.fsencode(name)
    with suppress(UnicodeDecodeError):
        return unicodedata.normalize("NFC", data.decode())
    return data.decode("cp949", "replace")


def left_of(stem: str) -> str:
    """What a file's name says besides the lesson and that it is a copy; "" for no more than a number."""
    left = LESSON.sub("", COPY.sub("", stem)).strip(" _-.()")
    return "" if re.fullmatch(r"\d?\d", left) else left


def read_roster(file: Path) -> list[dict[str, str]]:
    """The lines of a CSV with a head, of whatever columns and encoding, divided by commas, semicolons or tabs; such as
    Canvas's and Moodle's own exports of grades. Equal lines are one. Raises ValueError for what is no CSV.
    """
    text = decoded(file.read_bytes())
    if "\0" in text:  # a workbook, say
        raise ValueError(say("grading.no_roster", file=file))
    divider = max(",;\t", key=text.partition("\n")[0].count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=divider)
    lines = [{key.strip(): value or "" for key, value in line.items() if key} for line in table]
    kept = [line for line in lines if any(line.values()) and "Points Possible" not in next(iter(line.values()))]
    return [line for place, line in enumerate(kept) if line not in kept[:place]]


def identified(rows: Sequence[Row], roots: Sequence[Path], roster: Sequence[dict[str, str]] = ()) -> list[Row]:
    """The rows with their students; a note where the roster knows none, and where one has handed in several times."""
    named = [replace(row, student=student_of(row.notebook, roots)) for row in rows]
    if roster:
        named = [with_roster(row, roster, folders_below(row.notebook, nearest(row.notebook, roots))) for row in named]
    times = Counter((row.student.key, row.lesson) for row in named)
    return [row.with_notes(say("grading.several")) if times[row.student.key, row.lesson] > 1 else row for row in named]


def with_roster(row: Row, roster: Sequence[dict[str, str]], folders: Sequence[str]) -> Row:
    """The row with the line of the roster in which its student's name or number stands in some column: both where both
    do, since a number may also be a grade, and a name may be that of two. Else one of its folders may be called so.
    """
    student = row.student
    by_name, by_number = lines_with(student.name, roster), lines_with(student.number, roster)
    by_folder = [line for line in roster if full_name(line) and plain(full_name(line)) in map(plain, folders)]
    lines = [line for line in by_name if line in by_number] or by_name or by_number or by_folder
    if len(lines) == 1:
        return replace(row, student=Student(full_name(lines[0]) or student.name, student.number, lines[0]))
    return row.with_notes(say("grading.twice_in_roster") if lines else say("grading.not_in_roster"))


def lines_with(wanted: str, roster: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The lines that have this in some column, or as their name; none for nothing."""
    return [line for line in roster if plain(wanted) and plain(wanted) in map(plain, (*line.values(), full_name(line)))]


def nothing_from(rows: Sequence[Row], roster: Sequence[dict[str, str]]) -> list[str]:
    """Those in the roster who have handed in nothing, by their names."""
    there = [row.student.roster for row in rows]
    return [full_name(line) or " ".join(line.values()) for line in roster if line not in there]


def full_name(line: dict[str, str]) -> str:
    """The name in a line of a roster, whatever its column is called; "" if there is none."""
    columns = {re.sub(r"\W|_", "", key.casefold()): value for key, value in line.items()}
    for key in ("student", "name", "fullname", "studentname", "이름"):
        if columns.get(key):
            return columns[key]
    return " ".join(filter(None, (columns.get("firstname", ""), columns.get("lastname", ""))))


def plain(text: str) -> str:
    """Letters and digits alone: "Doe, Jane" is Canvas's doejane, "Participant 4711" Moodle's 4711."""
    letters = unicodedata.normalize("NFC", text).removeprefix("Participant ").casefold()
    return re.sub(r"\W|_", "", letters)
