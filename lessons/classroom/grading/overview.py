"""A page for the teacher: who solved what, what went wrong most and why, and what else is to be looked at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from os.path import relpath
from pathlib import Path
from urllib.parse import quote

from lessons.classroom.grading.page import page, paragraph, write_page
from lessons.classroom.grading.rows import Row, names_of
from lessons.classroom.grading.table import SAID, exercises_in
from lessons.exercises.catalogue import all_exercises, of_lesson
from lessons.exercises.common_mistakes import SENTENCES
from lessons.words.language import say

Pages = Mapping[tuple[str, str], Path]  # {a student's key: their page}
MARKS = {"solved": "✓", "unwritten": "…", "not reached": "–"}  # of what is neither: ✗


def write_overview(rows: Sequence[Row], file: Path, pages: Pages, missing: Sequence[str] = ()) -> None:
    """The page; `pages` are those of the students, to which it leads, `missing` those who have handed in nothing."""
    solved, of = sum(row.solved for row in rows), sum(len(row.findings) for row in rows)
    heading = f"<h1>{escape(say('grading.page_overview'))}</h1>"
    counts = paragraph(say("grading.page_counts", notebooks=len(rows), solved=solved, of=of), "muted")
    nothing = paragraph(say("grading.page_nothing_from", students=", ".join(missing))) if missing else ""
    body = heading + counts + grid(rows, file, pages) + nothing + what_went_wrong(rows) + to_look_at(rows)
    write_page(page(say("grading.page_overview"), body), file)


def number_of(name: str) -> str:
    """An exercise's number, as in its notebook: 1.3."""
    exercise = all_exercises()[name]
    return f"{exercise.lesson}.{of_lesson(exercise.lesson).index(exercise) + 1}"


def grid(rows: Sequence[Row], file: Path, pages: Pages) -> str:
    """Students × exercises."""
    names = exercises_in(rows)
    head = "".join(
        f'<th scope="col" title="{escape(all_exercises()[name].say("title"))}">{number_of(name)}</th>' for name in names
    )
    lines, shown = [], names_of(rows)
    for row in rows:
        place = quote(relpath(pages[row.student.key], file.parent).replace("\\", "/"))
        cells = "".join(mark(row.statuses.get(name)) for name in names)
        who = f'<th scope="row"><a href="{place}">{escape(shown[row.student.key])}</a></th>'
        lines.append(f"<tr>{who}<td class=mark>{row.solved}/{len(row.findings)}</td>{cells}</tr>")
    first = f"<tr><th scope=col>{escape(say('grading.page_student'))}</th><th scope=col></th>{head}</tr>"
    table = f"<table><thead>{first}</thead><tbody>{''.join(lines)}</tbody></table>"
    legend = " · ".join(f"{number_of(name)} {all_exercises()[name].say('title')}" for name in names)
    return f'<div class="wide" tabindex="0">{table}</div>{paragraph(legend, "muted")}'


def mark(status: str | None) -> str:
    """A cell of the grid: the mark, and the word for it where something is wrong."""
    if status is None:
        return "<td></td>"
    kind = {"solved": "good", "unwritten": "muted", "not reached": "muted"}.get(status, "bad")
    word = "" if status == "solved" else f" {escape(say(SAID[status]))}"
    return f'<td class="mark {kind}">{MARKS.get(status, "✗")}{word}</td>'


def what_went_wrong(rows: Sequence[Row]) -> str:
    """Each exercise that somebody tried in vain, that with most failures first, and the mistakes in it by name."""
    parts = []
    failed = {name: [row.findings[name] for row in rows if is_failed(row, name)] for name in exercises_in(rows)}
    for name, findings in sorted(failed.items(), key=lambda pair: -len(pair[1])):
        if not findings:
            continue
        exercise, kinds = all_exercises()[name], Counter(finding.status for finding in findings)
        counts = ", ".join(f"{say(SAID[status])}: {number}" for status, number in kinds.most_common())
        told = Counter(finding.mistake for finding in findings if finding.mistake)
        mistakes = [
            f"<li>{number} × {escape(say(SENTENCES[one]) if one in SENTENCES else exercise.say_mistake(one))}</li>"
            for one, number in told.most_common()
        ]
        heading = f"<h3>{number_of(name)} {escape(exercise.say('title'))}</h3>"
        parts.append(f"<article class=bad>{heading}{paragraph(counts)}<ul>{''.join(mistakes)}</ul></article>")
    return f"<h2>{escape(say('grading.page_wrong'))}</h2>{''.join(parts)}" if parts else ""


def is_failed(row: Row, name: str) -> bool:
    return row.statuses.get(name, "solved") not in ("solved", "unwritten", "not reached")


def to_look_at(rows: Sequence[Row]) -> str:
    """What went wrong in notebooks, and notes, each with the students of whom it is said: of the fewest first."""
    shown = names_of(rows)
    told: dict[str, list[str]] = {}
    for row in rows:
        for said in filter(None, (row.reason, *row.notes)):
            told.setdefault(said, []).append(shown[row.student.key])
    lines = sorted(told.items(), key=lambda pair: len(pair[1]))
    items = "".join(
        f"<li>{escape(said)} <span class=muted>({escape(', '.join(students))})</span></li>" for said, students in lines
    )
    return f"<h2>{escape(say('grading.page_look_at'))}</h2><ul>{items}</ul>" if items else ""
