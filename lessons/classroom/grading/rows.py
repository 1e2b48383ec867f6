"""What became of one notebook: a row; and its exercises: findings. Plain data, so that it can be kept and sent."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from lessons.words.language import say


@dataclass(frozen=True)
class Finding:
    """What became of one exercise.

    Attributes:
        status: as in a verdict: "solved", "wrong", "changed", "crashed", "endless", "form", "unwritten"; or "missing"
            (there is no function of its name) or "not reached" (the notebook ended before it).
        heading, sentences, facts: what the student is told; facts are the smallest case.
        mistake: the known mistake that was recognised.
        code: the student's own.
        hint: the first hint, where it is not solved.
    """

    status: str
    heading: str = ""
    sentences: Sequence[str] = ()
    facts: Sequence[Sequence[str]] = ()
    mistake: str | None = None
    code: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Student:
    """Who handed something in: a name or number to be shown, the platform's number, and what a roster says besides."""

    name: str
    number: str = ""
    roster: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Who it is: of one name there may be two."""
        return self.name, self.number


@dataclass(frozen=True)
class Row:
    """What became of one notebook.

    Attributes:
        notebook: its file.
        lesson: whose exercises it holds; None if that cannot be told.
        findings: {exercise: what became of it}.
        reason: what went wrong in the notebook, "" if nothing did.
        notes: what else a teacher should know.
        seconds: how long it took.
        student: whose it is.
        digest: of the file, so that one that has changed is not taken for the same.
    """

    notebook: Path
    lesson: int | None = None
    findings: Mapping[str, Finding] = field(default_factory=dict)
    reason: str = ""
    notes: Sequence[str] = ()
    seconds: float = 0.0
    student: Student = field(default_factory=lambda: Student(""))
    digest: str = ""

    @property
    def statuses(self) -> dict[str, str]:
        return {name: finding.status for name, finding in self.findings.items()}

    @property
    def solved(self) -> int:
        return sum(status == "solved" for status in self.statuses.values())

    def solved_of(self, names: Collection[str]) -> int:
        """How many of these exercises are solved."""
        return sum(self.statuses.get(name) == "solved" for name in names)

    def with_notes(self, *notes: str) -> "Row":
        return replace(self, notes=(*self.notes, *notes))


def names_of(rows: Sequence[Row]) -> dict[tuple[str, str], str]:
    """{a student's key: their name, with the number where others have the same name}"""
    times = Counter(name for name, _ in {row.student.key for row in rows})
    return {key: f"{key[0]} ({key[1]})" if times[key[0]] > 1 else key[0] for key in (row.student.key for row in rows)}


def usual_exercises(rows: Sequence[Row]) -> dict[int, list[str]]:
    """{lesson: the exercises that more than half of its notebooks hold}"""
    usual = {}
    for lesson in sorted({row.lesson for row in rows if row.lesson}):
        held = [list(row.findings) for row in rows if row.lesson == lesson]
        times = Counter(chain(*held))
        usual[lesson] = [name for name in times if 2 * times[name] > len(held)]
    return usual


def with_other_exercises(rows: Sequence[Row]) -> list[Row]:
    """The rows, each with a note where it does not hold what most notebooks of its lesson do."""
    usual, noted = usual_exercises(rows), []
    for row in rows:
        expected = set(usual.get(row.lesson or 0, row.findings))
        missing, more = sorted(expected - set(row.findings)), sorted(set(row.findings) - expected)
        said = [say("grading.lacks", exercises=", ".join(missing))] if missing else []
        said += [say("grading.has_more", exercises=", ".join(more))] if more else []
        noted.append(row.with_notes(*said))
    return noted


def as_data(row: Row) -> dict[str, Any]:
    """The row as JSON has it."""
    return asdict(row) | {"notebook": str(row.notebook)}


def from_data(data: Mapping[str, Any]) -> Row:
    """The row again. Raises KeyError or TypeError for what is none."""
    findings = {name: Finding(**finding) for name, finding in data["findings"].items()}
    inside = {"notebook": Path(data["notebook"]), "findings": findings, "student": Student(**data["student"])}
    return Row(**{**data, **inside})
