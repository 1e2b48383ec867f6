"""check(), hint(), answer(), and what has been solved: what a student calls."""

from dataclasses import dataclass, replace
from pathlib import Path

from lessons.exercises import progress
from lessons.exercises.catalogue import NOTEBOOKS, all_exercises, find, of_lesson
from lessons.exercises.help import is_given
from lessons.exercises.judging import judge
from lessons.exercises.verdict import Shown, Verdict
from lessons.words.arguments import check_whole
from lessons.words.language import say


def check(name: str, function: object) -> Verdict:
    """Whether a function solves an exercise, and if not, what is wrong: true if it does.

    It is tried on random cases from fixed seeds, and never breaks a notebook: what it does wrong is in the
    verdict, and an endless loop ends after some seconds. Raises ValueError for a name that no exercise has.
    """
    exercise = find(name)
    verdict = judge(exercise, function)
    if verdict.status != "unwritten":
        verdict = with_note(verdict, *progress.note_check(name, verdict.status))
    return verdict


def hint(name: str, step: int | None = None) -> Shown:
    """The next hint to an exercise at each call, the vaguest first; or hint number `step`.

    Raises ValueError for a name that no exercise has, or a hint that there is not; TypeError for what is no number.
    """
    exercise = find(name)
    if not is_given("hints"):
        return Shown(say("exercises.no_hints"))
    hints = exercise.hints()
    if step is None:
        seen = progress.read_only().get(name, {}).get("hints", 0)
        step = min(seen + 1 if isinstance(seen, int) else 1, len(hints))
        progress.note(name, hints=step)
    step = check_whole("step", step, 1, len(hints))
    heading = say("exercises.hint", title=exercise.say("title"), step=step, of=len(hints))
    more = say("exercises.hint_more" if step < len(hints) else "exercises.hint_last", name=name, step=step + 1)
    return Shown(heading, [hints[step - 1], more])


def answer(name: str) -> Shown:
    """A right answer to an exercise: its source, and the reason. Raises ValueError for a name that no exercise has."""
    exercise = find(name)
    if not is_given("answers"):
        return Shown(say("exercises.no_answers"))
    progress.note(name, answer=True)
    return Shown(say("exercises.answer", title=exercise.say("title")), [exercise.say("why")], code=exercise.source)


@dataclass(frozen=True, repr=False)
class Progress(Shown):
    """What is solved, and what is next; `.solved` are the names."""

    solved: tuple[str, ...] = ()


def show_progress() -> Progress:
    """What is solved in each lesson, and what is next; read from a small file beside the notebooks."""
    try:
        records, aside = progress.read()
    except OSError:
        records, aside = {}, None
    solved = tuple(name for name in all_exercises() if records.get(name, {}).get("solved") is True)
    open_ones = [exercise for name, exercise in all_exercises().items() if name not in solved]
    if open_ones:
        first = open_ones[0]
        following = say(
            "exercises.next", title=first.say("title"), lesson=first.lesson, notebook=NOTEBOOKS[first.lesson]
        )
    else:
        following = say("exercises.all_solved")
    facts = [(f"{lesson:02}", line_of(lesson, records)) for lesson in NOTEBOOKS]
    heading = say("exercises.progress", solved=len(solved), all=len(all_exercises()))
    return Progress(heading, [following, *aside_words(aside)], facts, solved=solved)


def reset_progress() -> Shown:
    """Nothing is solved from here on; the file is kept under another name."""
    aside = progress.reset()
    return Shown(say("exercises.reset", file=aside.name) if aside else say("exercises.reset_nothing"))


def line_of(lesson: int, records: progress.Records) -> str:
    """The exercises of a lesson, each with its mark: solved, tried, or neither."""
    marks = []
    for exercise in of_lesson(lesson):
        record = records.get(exercise.name, {})
        mark = "✓" if record.get("solved") is True else "✗" if record.get("attempts") else "·"
        marks.append(f"{mark} {exercise.say('title')}")
    return "   ".join(marks)


def with_note(verdict: Verdict, written: bool, aside: Path | None) -> Verdict:
    """The verdict, with a word on the file of progress if there is something to say about it."""
    more = [] if written else [say("exercises.not_kept", file=progress.place().name)]
    return replace(verdict, sentences=(*verdict.sentences, *more, *aside_words(aside)))


def aside_words(aside: Path | None) -> list[str]:
    """What to say of a file that was put aside."""
    return [say("exercises.put_aside", file=aside.name)] if aside else []
