"""Judging an answer: tried on every case, compared with the right one; the smallest case that fails is explained."""

import inspect
from collections.abc import Sequence
from typing import Any

from lessons.exercises.common_mistakes import SENTENCES, common_mistake
from lessons.exercises.compare import Plain, difference, plain, safe_repr, shown
from lessons.exercises.exercise import Exercise
from lessons.exercises.trials import Trial, fails_alike, try_all
from lessons.exercises.verdict import Status, Verdict, verdict
from lessons.words.language import say


def judge(exercise: Exercise, function: Any) -> Verdict:
    """The verdict on a student's answer."""
    title = exercise.say("title")
    complaint = wrong_form(exercise, function)
    if complaint:
        return verdict(exercise.name, title, "form", [complaint])
    trials = try_all(exercise, function)
    if trials[-1].unwritten:
        return verdict(exercise.name, title, "unwritten", [say("exercises.unwritten_hint", name=exercise.name)])
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
    mistake = None
    if status == "endless":
        mistake = exercise.endless[0] if exercise.endless else None
    elif status == "wrong":
        mistake = known_mistake(exercise, trials)
    if mistake:
        sentences.append(exercise.say_mistake(mistake))
    elif status == "wrong":
        mistake = mistake_in_common(exercise, failed)
        sentences += [say(SENTENCES[mistake])] if mistake else []
    if trial.changed:
        sentences.append(say("exercises.in_place", names=", ".join(trial.changed)))
    return verdict(exercise.name, exercise.say("title"), status, sentences, facts_of(exercise, trial), mistake)


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


def known_mistake(exercise: Exercise, trials: Sequence[Trial]) -> str | None:
    """The planted wrong answer that gives what this one gives wherever it fails; of several the likest elsewhere."""
    cases_alike: dict[str, int] = {}
    for name, wrong in exercise.mistakes.items():
        if name not in exercise.endless:
            alike = [fails_alike(exercise, wrong, trial) for trial in trials]
            if all(same or trial.passed for same, trial in zip(alike, trials, strict=True)):
                cases_alike[name] = sum(alike)
    return max(cases_alike, key=lambda name: cases_alike[name], default=None)


def mistake_in_common(exercise: Exercise, failed: Sequence[Trial]) -> str | None:
    """The common mistake that explains every failure; None if none does, or not the same."""
    names = {common_mistake(trial.expected, trial.outcome.value, exercise.tolerance) for trial in failed}
    return names.pop() if len(names) == 1 else None


def facts_of(exercise: Exercise, trial: Trial) -> list[tuple[str, str]]:
    """Given, expected, yours."""
    arguments = zip(exercise.parameters, trial.case(), strict=True)
    given = "\n".join(f"{name} = {shown_argument(value)}" for name, value in arguments)
    facts = [(say("exercises.given"), given), (say("exercises.expected"), shown_result(exercise, trial.expected))]
    if trial.outcome.kind == "value":
        facts.append((say("exercises.yours"), shown_result(exercise, trial.outcome.value)))
    return facts


def shown_argument(value: Any) -> str:
    """An argument as it is shown; a small language as its table of probabilities."""
    if hasattr(value, "probabilities"):
        rows = "\n".join(f"    {row}" for row in shown(plain(value.probabilities)).splitlines())
        return f"{say('exercises.chain', size=len(value.words))}\n{rows}"
    return safe_repr(value) if callable(value) else shown(plain(value))


def shown_result(exercise: Exercise, value: Plain) -> str:
    """A result as it is shown; where more than the result is compared, each part with its name."""
    if exercise.compared is None or not isinstance(value, list):
        return shown(value)
    return exercise.say("result", **{f"part_{place}": shown(part) for place, part in enumerate(value, 1)})
