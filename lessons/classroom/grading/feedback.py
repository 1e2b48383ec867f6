"""A page for each student: what became of each exercise, the smallest case that fails, a hint, and their own code."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from lessons.classroom.grading.page import file_name, page, paragraph, write_page
from lessons.classroom.grading.rows import Finding, Row
from lessons.words.language import say


def write_feedback(rows: Sequence[Row], folder: Path) -> dict[tuple[str, str], Path]:
    """{a student's key: their page}; students who share a name of a file have a number in it."""
    pages: dict[tuple[str, str], Path] = {}
    for key in dict.fromkeys(row.student.key for row in rows):
        stem, number, taken = file_name(key[0]), 1, {page.name.casefold() for page in pages.values()}
        while (name := f"{stem}{f'-{number}' if number > 1 else ''}.html").casefold() in taken:
            number += 1
        pages[key] = folder / name
        write_page(feedback(key[0], [row for row in rows if row.student.key == key]), pages[key])
    return pages


def feedback(name: str, rows: Sequence[Row]) -> str:
    """The page of one student."""
    solved, of = sum(row.solved for row in rows), sum(len(row.findings) for row in rows)
    body = f"<h1>{escape(name)}</h1>{paragraph(say('grading.page_solved', solved=solved, of=of), 'muted')}"
    return page(name, body + "".join(map(of_notebook, rows)))


def of_notebook(row: Row) -> str:
    """What there is to say of one notebook."""
    lesson = say("grading.page_lesson", lesson=row.lesson) if row.lesson else row.notebook.name
    heading = f"<h2>{escape(lesson)}</h2>"
    reason = paragraph(say("grading.page_reason", reason=row.reason), "bad") if row.reason else ""
    return heading + reason + "".join(map(of_exercise, row.findings.values()))


def of_exercise(finding: Finding) -> str:
    """Verdict, sentences, the smallest case, a hint, the student's code."""
    kind = {"solved": "good", "unwritten": "muted", "not reached": "muted"}.get(finding.status, "bad")
    facts = "".join(f"<dt>{escape(label)}</dt><dd><pre>{escape(text)}</pre></dd>" for label, text in finding.facts)
    hint = paragraph(say("grading.page_hint", hint=finding.hint)) if finding.hint else ""
    code = ""
    if finding.code and finding.status != "unwritten":
        summary = f"<summary>{escape(say('grading.page_code'))}</summary>"
        code = f"<details open>{summary}<pre>{escape(finding.code)}</pre></details>"
    sentences = "".join(map(paragraph, finding.sentences))
    inside = f"<h3>{escape(finding.heading)}</h3>{sentences}{f'<dl>{facts}</dl>' if facts else ''}{hint}{code}"
    return f'<article class="{kind}">{inside}</article>'
