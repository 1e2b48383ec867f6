"""For teachers: one row for each notebook, as a table on screen and in a file that a spreadsheet can read."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lessons.exercises.catalogue import all_exercises
from lessons.words.language import say


@dataclass(frozen=True)
class Row:
    """What became of one notebook.

    Attributes:
        notebook: its file.
        lesson: whose exercises it holds; None if that cannot be told.
        statuses: {exercise: "solved", another verdict's status, "missing" (no such cell) or "not reached"}.
        reason: what went wrong in it, "" if nothing did.
        seconds: how long it ran.
    """

    notebook: Path
    lesson: int | None = None
    statuses: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0

    @property
    def solved(self) -> int:
        return sum(status == "solved" for status in self.statuses.values())


def write_table(rows: Sequence[Row], file: Path) -> None:
    """The rows as CSV (UTF-8 with a mark, so that a spreadsheet reads Korean names): one line for each notebook."""
    exercises = [name for name in all_exercises() if any(name in row.statuses for row in rows)]
    head = ["notebook", "lesson", "solved", "of", *exercises, "reason", "seconds"]
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(head)
        for row in rows:
            statuses = [row.statuses.get(name, "") for name in exercises]
            writer.writerow(
                [
                    harmless(row.notebook.as_posix()),
                    row.lesson or "",
                    row.solved,
                    len(row.statuses),
                    *statuses,
                    harmless(row.reason),
                    f"{row.seconds:.0f}",
                ]
            )


def harmless(text: str) -> str:
    """The text, kept from being read as a formula by a spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


# How each status but "solved" is said.
UNSOLVED = {
    "wrong": "grades.wrong",
    "changed": "grades.changed",
    "crashed": "grades.crashed",
    "endless": "grades.endless",
    "form": "grades.form",
    "unwritten": "grades.unwritten",
    "missing": "grades.missing",
    "not reached": "grades.not_reached",
}


def on_screen(rows: Sequence[Row]) -> str:
    """The table as text: a line for each notebook, and the reason where something went wrong."""
    lines = []
    for row in rows:
        unsolved = [f"{name}: {say(UNSOLVED[status])}" for name, status in row.statuses.items() if status in UNSOLVED]
        said = "; ".join(filter(None, [", ".join(unsolved), row.reason]))
        lines.append(f"{row.solved:2}/{len(row.statuses):<2}  {row.notebook}{'  ' + said if said else ''}")
    return "\n".join(lines)
