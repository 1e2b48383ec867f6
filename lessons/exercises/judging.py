"""Judging an answer: tried on every case, compared with the right one; the smallest case that fails is explained."""

import inspect
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
import torch

from lessons.exercises.compare import agree, difference, plain, safe_repr, shown
from lessons.exercises.exercise import Case, Exercise, Function
from lessons.exercises.running import Outcome, run
from lessons.exercises.usual import usual_mistake
from lessons.exercises.verdict import Verdict, verdict
from lessons.words.language import say


@dataclass(frozen=True)
class Trial:
    """An answer on one case.

    Attributes:
        case: what it was tried on.
        expected: the right result, plain.
        outcome: what became of the call; its value is plain.
        changed: names of arguments that were written into.
        right: whether the result is.
    """

    case: Case
    expected: object
    outcome: Outcome
    changed: tuple[str, ...]
    right: bool

    @property
    def passed(self) -> bool:
        return self.right and not self.changed


def judge(exercise: Exercise, function: object) -> Verdict:
    """The verdict on a student's answer."""
    title = exercise.say("title")
    complaint = wrong_form(exercise, function)
    if complaint:
        return verdict(exercise.name, title, "form", [complaint])
    trials = try_all(exercise, function)
    if unwritten(trials[-1].outcome):
        return verdict(exercise.name, title, "unwritten", [say("exercises.unwritten_hint", name=exercise.name)])
    failed = [trial for trial in trials if not trial.passed]
    if failed:
        return explained(exercise, trials, failed)
    compared = say("exercises.compared", cases=len(trials), tolerance=f"{exercise.tolerance:g}")
    return verdict(exercise.name, title, "solved", [exercise.say("why"), compared])


def wrong_form(exercise: Exercise, function: object) -> str:
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


def try_all(exercise: Exercise, function: Function) -> list[Trial]:
    """A trial for each case, until the time is up or nothing is written yet."""
    trials, end = [], time.monotonic() + exercise.seconds
    for case in exercise.cases:
        trials.append(try_one(exercise, function, case, end - time.monotonic()))
        if trials[-1].outcome.kind == "endless" or unwritten(trials[-1].outcome):
            break
    return trials


def try_one(exercise: Exercise, function: Function, case: Case, seconds: float) -> Trial:
    """The trial of a function on one case."""
    given, expected = case(), expected_of(exercise, case)
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    outcome = run(lambda: result_of(exercise, function, given), seconds, file)
    changed = tuple(
        name
        for name, before, after in zip(exercise.parameters, case(), given, strict=True)
        if not unchanged(before, after)
    )
    right = outcome.kind == "value" and agree(expected, outcome.value, exercise.tolerance, exercise.unordered)
    return Trial(case, expected, outcome, changed, right)


def expected_of(exercise: Exercise, case: Case) -> object:
    """The right result on a case, plain."""
    return result_of(exercise, exercise.answer, case())


def result_of(exercise: Exercise, function: Function, given: tuple[object, ...]) -> object:
    """What is compared of a call, plain."""
    result = function(*given)
    if result is None or result is ... or exercise.seen is None:
        return plain(result)
    return plain(exercise.seen(given, result))


def unwritten(outcome: Outcome) -> bool:
    """Whether the stub is still as it was."""
    return outcome.unwritten or outcome.value is ...


def unchanged(before: object, after: object) -> bool:
    """Whether an argument is as it was: tensors, arrays, lists, dictionaries, numbers; others pass."""
    if isinstance(before, torch.Tensor):
        return (
            isinstance(after, torch.Tensor)
            and before.shape == after.shape
            and bool(((before == after) | (before != before)).all())
        )
    if isinstance(before, numpy.ndarray):
        return numpy.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, list | tuple):
        # the quick way, for plain numbers
        if type(before[0] if before else 0) in (int, float, list) and before == after:
            return True
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, dict):
        return list(before) == list(after) and all(unchanged(before[key], after[key]) for key in before)
    return not isinstance(before, int | float | str) or before == after


def explained(exercise: Exercise, trials: Sequence[Trial], failed: Sequence[Trial]) -> Verdict:
    """The verdict on an answer that fails: what happened on the smallest such case, and the mistake if it is known."""
    trial = failed[0]
    outcome, sentences, mistake = trial.outcome, [], None
    if outcome.kind == "crash":
        status, sentences = "crashed", [say("exercises.error", error=outcome.error)]
        sentences += [say("exercises.error_line", line=outcome.line)] if outcome.line else []
    elif outcome.kind == "endless":
        status, sentences = "endless", [say("exercises.time_limit", seconds=f"{exercise.seconds:g}")]
        mistake = exercise.endless[0] if exercise.endless else None
    elif not trial.right:
        status, mistake = "wrong", known_mistake(exercise, trials)
        sentences = [difference(trial.expected, outcome.value, exercise.tolerance)]
    else:
        status = "changed"
    if mistake:
        sentences.append(exercise.say(f"is-{mistake}"))
    elif status == "wrong" and (usual := one_usual_mistake(exercise, failed)):
        mistake = usual
        sentences.append(say(f"exercises.usual_{usual}"))
    if trial.changed:
        sentences.append(say("exercises.in_place", names=", ".join(trial.changed)))
    return verdict(exercise.name, exercise.say("title"), status, sentences, facts_of(exercise, trial), mistake)


def known_mistake(exercise: Exercise, trials: Sequence[Trial]) -> str | None:
    """The planted wrong answer that gives what this one gives wherever it fails; of several the likest elsewhere."""
    likeness = {}
    for name, wrong in exercise.mistakes.items():
        if name not in exercise.endless:
            same = [same_as(exercise, wrong, trial) for trial in trials]
            if all(alike or trial.passed for alike, trial in zip(same, trials, strict=True)):
                likeness[name] = sum(same)
    return max(likeness, key=likeness.get, default=None)


def same_as(exercise: Exercise, wrong: Function, trial: Trial) -> bool:
    """Whether a wrong answer gives on a case what the student's gives."""
    given = trial.case()
    outcome = run(lambda: result_of(exercise, wrong, given), exercise.seconds)
    if "crash" in (outcome.kind, trial.outcome.kind):
        return outcome.kind == trial.outcome.kind
    return agree(outcome.value, trial.outcome.value, exercise.tolerance, exercise.unordered)


def one_usual_mistake(exercise: Exercise, failed: Sequence[Trial]) -> str | None:
    """The usual mistake that explains every failure; None if none does, or not the same."""
    names = {usual_mistake(trial.expected, trial.outcome.value, exercise.tolerance) for trial in failed}
    return names.pop() if len(names) == 1 else None


def facts_of(exercise: Exercise, trial: Trial) -> list[tuple[str, str]]:
    """Given, expected, yours."""
    given = "\n".join(
        f"{name} = {argument(value)}" for name, value in zip(exercise.parameters, trial.case(), strict=True)
    )
    facts = [(say("exercises.given"), given), (say("exercises.expected"), result(exercise, trial.expected))]
    if trial.outcome.kind == "value":
        facts.append((say("exercises.yours"), result(exercise, trial.outcome.value)))
    return facts


def argument(value: object) -> str:
    """An argument as it is shown; a small language as its table of probabilities."""
    if hasattr(value, "probabilities"):
        rows = "\n".join(f"    {row}" for row in shown(plain(value.probabilities)).splitlines())
        return f"{say('exercises.chain', size=len(value.words))}\n{rows}"
    return safe_repr(value) if callable(value) else shown(plain(value))


def result(exercise: Exercise, value: object) -> str:
    """A result as it is shown; where more than the result is compared, each part with its name."""
    if exercise.seen is None or not isinstance(value, list):
        return shown(value)
    return exercise.say("seen", **{f"part_{place}": shown(part) for place, part in enumerate(value, 1)})
