"""What became of one notebook: a row; and its exercises: findings. Plain data, so that it can be kept and sent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


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

    def with_notes(self, *notes: str) -> "Row":
        return replace(self, notes=(*self.notes, *notes))


def as_data(row: Row) -> dict[str, Any]:
    """The row as JSON has it."""
    return asdict(row) | {"notebook": str(row.notebook)}


def from_data(data: Mapping[str, Any]) -> Row:
    """The row again. Raises KeyError or TypeError for what is none."""
    findings = {name: Finding(**finding) for name, finding in data["findings"].items()}
    inside = {"notebook": Path(data["notebook"]), "findings": findings, "student": Student(**data["student"])}
    return Row(**{**data, **inside})
