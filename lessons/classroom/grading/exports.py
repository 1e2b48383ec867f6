"""What other platforms import: the number of solved exercises in each lesson.

canvas    the gradebook's own columns, as canvas-lms reads them (lib/gradebook_importer.rb): Student, ID, SIS User ID,
          SIS Login ID, Section, then a column for each assignment, and a line of points possible
moodle    an assignment's offline grading worksheet, a file for each lesson, as Moodle reads it
          (mod/assign/feedback/offline/importgradeslib.php): Identifier, Grade and Last modified (grade) must be there
nbgrader  what `nbgrader export` writes (nbgrader/plugins/export.py): nbgrader itself imports no grades, but what reads
          its exports reads this

A roster that is the platform's own export gives what no file name tells: its columns are kept.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from lessons.classroom.grading.rows import Row, Student, usual_exercises
from lessons.classroom.grading.table import SAID, write_csv
from lessons.exercises.catalogue import NOTEBOOKS, all_exercises
from lessons.words.language import say

CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = ["Identifier", "Full name", "Email address", "Grade", "Maximum Grade", "Last modified (grade)"]
Best = dict[tuple[str, str], tuple[Student, dict[int, Row]]]  # {key: (the student, {lesson: the row that counts})}
Usual = dict[int, list[str]]  # {lesson: the exercises that most of its notebooks hold}, which are those that count
COMMENTS = "Feedback comments"
NBGRADER = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score"]
NBGRADER += ["late_submission_penalty", "score", "max_score"]


def export(platform: str, rows: Sequence[Row], table: Path) -> list[Path]:
    """The files that were written beside the table for a platform: "canvas", "moodle" or "nbgrader"."""
    usual = usual_exercises(rows)
    return WRITERS[platform](best_of(rows, usual), usual, table)


def best_of(rows: Sequence[Row], usual: Usual) -> Best:
    """Each student's rows by lesson: of several of one lesson that counts in which most is solved."""
    best: Best = {}
    for row in rows:
        _, lessons = best.setdefault(row.student.key, (row.student, {}))
        if not (lesson := row.lesson):
            continue
        if lesson not in lessons or row.solved_of(usual[lesson]) > lessons[lesson].solved_of(usual[lesson]):
            lessons[lesson] = row
    return best


def canvas(best: Best, usual: Usual, table: Path) -> list[Path]:
    """One file for all lessons; a lesson that was not handed in is left as the gradebook has it."""
    points = ["    Points Possible", "", "", "", "", *(str(len(names)) for names in usual.values())]
    lines = [[*CANVAS, *(NOTEBOOKS[lesson] for lesson in usual)], points]
    for student, own in best.values():
        told = {"Student": student.name, "ID": student.number}
        who = [student.roster.get(column) or told.get(column, "") for column in CANVAS]
        solved = [str(own[lesson].solved_of(names)) if lesson in own else "" for lesson, names in usual.items()]
        lines.append([*who, *solved])
    file = table.with_name(f"{table.stem}-canvas.csv")
    write_csv(file, lines, "utf8")
    return [file]


def moodle(best: Best, usual: Usual, table: Path) -> list[Path]:
    """A file for each lesson, with the students who handed it in."""
    files = []
    for lesson, names in usual.items():
        lines = [[*MOODLE, COMMENTS]]
        for student, own in best.values():
            if lesson in own:
                told = {
                    "Identifier": f"Participant {student.number}" if student.number else "",
                    "Full name": student.name,
                }
                told |= {"Grade": str(own[lesson].solved_of(names)), "Maximum Grade": str(len(names))}
                kept = {
                    column: value for column, value in student.roster.items() if column not in told or not told[column]
                }
                line = told | kept | {"Grade": told["Grade"], "Maximum Grade": str(len(names))}
                lines.append([*(line.get(column, "") for column in MOODLE), in_a_line(own[lesson])])
        files.append(table.with_name(f"{table.stem}-moodle-{lesson:02}.csv"))
        write_csv(files[-1], lines, "utf8")
    return files


def in_a_line(row: Row) -> str:
    """What became of each exercise, in one line for the student."""
    said = [f"{all_exercises()[name].say('title')}: {say(SAID[status])}" for name, status in row.statuses.items()]
    return "; ".join(said)


def nbgrader(best: Best, usual: Usual, table: Path) -> list[Path]:
    """One file: a line for each lesson and each student; as in nbgrader, who handed in nothing has 0."""
    lines = [NBGRADER]
    for lesson, names in usual.items():
        for student, own in best.values():
            solved = f"{float(own[lesson].solved_of(names)) if lesson in own else 0.0}"
            known = {"student_id": student.roster.get("id") or student.number or student.name}
            known |= {column: student.roster.get(column, "") for column in ("last_name", "first_name", "email")}
            known |= {"assignment": NOTEBOOKS[lesson], "raw_score": solved, "late_submission_penalty": "0.0"}
            known |= {"score": solved, "max_score": f"{float(len(names))}"}
            lines.append([known.get(column, "") for column in NBGRADER])
    file = table.with_name(f"{table.stem}-nbgrader.csv")
    write_csv(file, lines, "utf8")
    return [file]


WRITERS: dict[str, Callable[[Best, Usual, Path], list[Path]]] = {
    "canvas": canvas,
    "moodle": moodle,
    "nbgrader": nbgrader,
}
