"""Judging an answer: tried on every case, compared with the right one; the smallest case that fails is explained."""

import inspect
from collections.abc import Sequence
from typing import Any

from lessons.exercises.cases import Language
from lessons.exercises.common_mistakes import SENTENCES, common_mistake, explains, meaning
from lessons.exercises.compare import Plain, difference, plain, safe_repr, shown
from lessons.exercises.exercise import Exercise
from lessons.exercises.help import is_given
from lessons.exercises.trials import Trial, fails_alike, try_all
from lessons.exercises.verdict import Folded, Status, Verdict, verdict
from lessons.words.language import say

LOGITS_SHOWN = 6  # rows of a small language


def judge(exercise: Exercise, function: Any) -> Verdict:
    """The verdict on a student's answer."""
    title = exercise.say("title")
    complaint = wrong_form(exercise, function)
    if complaint:
        return verdict(exercise.name, title, "form", [complaint], folded=help_with(exercise))
    trials = try_all(exercise, function)
    if trials[-1].unwritten:
        sentence = say("exercises.unwritten_hint", name=exercise.name)
        return verdict(exercise.name, title, "unwritten", [sentence], folded=help_with(exercise))
    failed = [trial for trial in trials if not trial.passed]
    if failed:
        return explained(exercise, trials, failed)
    compared = say("exercises.compared", cases=len(trials), tolerance=f"{exercise.tolerance:g}")
    return verdict(exercise.name, title, "solved", [exercise.say("why"), compared])


def wrong_form(exercise: Exercise, function: Any) -> str:
    """What is wrong with what was given, before it is ever called; "" if nothing is."""
    if not callable(function):
        given = shown(plain(function))
        return say("exercises.no_function", name=exercise.name, function=exercise.function_name, value=given)
    try:
        inspect.signature(function).bind(*exercise.cases[0]())
    except TypeError:
        return say("exercises.signature", signature=exercise.signature)
    except ValueError:  # a function of C that does not tell its arguments
        return ""
    return ""


def explained(exercise: Exercise, trials: Sequence[Trial], failed: Sequence[Trial]) -> Verdict:
    """The verdict on an answer that fails: what happened on the smallest such case, and the mistake if it is known."""
    trial = failed[0]
    status = status_of(trial)
    sentences = what_happened(exercise, trial, status)
    ended = [trial for trial in trials if trial.outcome.kind != "endless"]
    mistake = known_mistake(exercise, ended) if status in ("wrong", "crashed", "endless") else None
    if mistake:
        sentences.append(exercise.say_mistake(mistake))
    elif status == "wrong":
        mistake = mistake_in_common(exercise, ended)
        sentences += [say(SENTENCES[mistake])] if mistake else []
    elif status == "crashed" and (entry := meaning(trial.outcome.error)):
        sentences.append(say(entry))
    if trial.changed:
        sentences.append(say("exercises.in_place", names=", ".join(trial.changed)))
    title, facts = exercise.say("title"), facts_of(exercise, trial)
    return verdict(exercise.name, title, status, sentences, facts, mistake, help_with(exercise))


def help_with(exercise: Exercise) -> list[Folded]:
    """Hints, the vaguest first, and an answer with its reason, as far as they are given: folded, to be opened one by
    one.
    """
    hints = exercise.hints() if is_given("hints") else []
    folded = [
        Folded(say("exercises.folded_hint", step=step, of=len(hints)), [text]) for step, text in enumerate(hints, 1)
    ]
    answer = Folded(say("exercises.folded_answer"), [exercise.say("why")], exercise.source)
    return [*folded, answer] if is_given("answers") else folded


def status_of(trial: Trial) -> Status:
    """The status of a trial that has failed."""
    if trial.outcome.kind == "crash":
        return "crashed"
    if trial.outcome.kind == "endless":
        return "endless"
    return "changed" if trial.right else "wrong"


def what_happened(exercise: Exercise, trial: Trial, status: Status) -> list[str]:
    """What became of a trial, before any guess at the mistake."""
    if status == "crashed":
        line = trial.outcome.line
        in_line = [say("exercises.error_line", line=line)] if line else []
        return [say("exercises.error", error=trial.outcome.error), *in_line]
    if status == "endless":
        return [say("exercises.time_limit", seconds=f"{exercise.seconds:g}")]
    if status == "wrong":
        return [difference(trial.expected, trial.outcome.value, exercise.tolerance)]
    return []


def known_mistake(exercise: Exercise, ended: Sequence[Trial]) -> str | None:
    """The planted wrong answer that gives what this one gives on every case: not only where it fails, lest something
    untrue be said of an answer that only happens to fail alike. None if none does.
    """
    if all(trial.passed for trial in ended):  # right as far as it came: known by the case on which it did not end
        return next((name for name, place in exercise.endless.items() if place == len(ended)), None)
    failures_first = sorted(ended, key=lambda trial: trial.passed)  # most wrong answers differ there
    for name, wrong in exercise.mistakes.items():
        if name not in exercise.endless and all(fails_alike(exercise, wrong, trial) for trial in failures_first):
            return name
    return None


def mistake_in_common(exercise: Exercise, ended: Sequence[Trial]) -> str | None:
    """The common mistake that explains every failure, and that no success contradicts; None if there is none."""
    pairs = [(trial.expected, trial.outcome.value) for trial in ended]
    names = {
        common_mistake(*pair, exercise.tolerance, exercise.measure)
        for trial, pair in zip(ended, pairs, strict=True)
        if not trial.passed
    }
    name = names.pop() if len(names) == 1 else None
    return name if name and all(explains(name, *pair, exercise.tolerance, exercise.measure) for pair in pairs) else None


def facts_of(exercise: Exercise, trial: Trial) -> list[tuple[str, str]]:
    """Given, expected, yours."""
    values = trial.case()
    if any(isinstance(value, Language) for value in values):
        exercise.answer(*values)  # so that the language knows what it was asked
    arguments = zip(exercise.parameters, values, strict=True)
    given = "\n".join(f"{name} = {shown_argument(value)}" for name, value in arguments)
    facts = [(say("exercises.given"), given), (say("exercises.expected"), shown_result(exercise, trial.expected))]
    if trial.outcome.kind == "value":
        facts.append((say("exercises.yours"), shown_result(exercise, trial.outcome.value)))
    return facts


def shown_argument(value: Any) -> str:
    """An argument as it is shown; a small language as its table of probabilities, or of the logits it was asked for."""
    if isinstance(value, Language):
        asked = list(value.asked.items())[:LOGITS_SHOWN]
        rows = "\n".join(f"    {list(ids)}: {shown(plain(logits))}" for ids, logits in asked)
        return f"{say('exercises.language', size=value.size)}\n{rows}"
    if hasattr(value, "probabilities"):
        rows = "\n".join(f"    {row}" for row in shown(plain(value.probabilities)).splitlines())
        return f"{say('exercises.chain', size=len(value.words))}\n{rows}"
    return safe_repr(value) if callable(value) else shown(plain(value))


def shown_result(exercise: Exercise, value: Plain) -> str:
    """A result as it is shown; where more than the result is compared, each part with its name."""
    if exercise.compared is None or not isinstance(value, list):
        return shown(value)
    return exercise.say("result", **{f"part_{place}": shown(part) for place, part in enumerate(value, 1)})
