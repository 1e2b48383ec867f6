"""An answer tried on the cases of its exercise: what came back, whether it is right, what was written into."""

import time
from dataclasses import dataclass

from lessons.exercises.compare import Plain, agree, plain, unchanged
from lessons.exercises.exercise import Arguments, Case, Exercise, Function
from lessons.exercises.running import Outcome, run


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
    expected: Plain
    outcome: Outcome
    changed: tuple[str, ...]
    right: bool

    @property
    def passed(self) -> bool:
        return self.right and not self.changed

    @property
    def unwritten(self) -> bool:
        """Whether the stub is still as it was."""
        return self.outcome.unwritten or self.outcome.value is ...


def try_all(exercise: Exercise, function: Function) -> list[Trial]:
    """A trial for each case, until the time is up or nothing is written yet; of large cases only where all others are
    right.
    """
    trials: list[Trial] = []
    end = time.monotonic() + exercise.seconds
    for place, case in enumerate(exercise.cases):
        if place >= len(exercise.cases) - exercise.large:
            if not all(trial.passed for trial in trials):
                break
            end = time.monotonic() + exercise.seconds  # so that the case on which it is slow is told rightly
        trials.append(try_case(exercise, function, case, end - time.monotonic()))
        if trials[-1].outcome.kind == "endless" or trials[-1].unwritten:
            break
    return trials


def try_case(exercise: Exercise, function: Function, case: Case, seconds: float) -> Trial:
    """The trial of a function on one case."""
    given = case()
    expected = compared_result(exercise, exercise.answer, case())
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    outcome = run(lambda: compared_result(exercise, function, given), seconds, file)
    arguments = zip(exercise.parameters, case(), given, strict=True)
    changed = tuple(name for name, before, after in arguments if not unchanged(before, after))
    right = outcome.kind == "value" and agree(expected, outcome.value, exercise.tolerance, exercise.unordered)
    return Trial(case, expected, outcome, changed, right)


def fails_alike(exercise: Exercise, wrong: Function, trial: Trial) -> bool:
    """Whether a wrong answer gives on a trial's case what the student's gave: the same result, or the same error."""
    given = trial.case()
    outcome = run(lambda: compared_result(exercise, wrong, given), exercise.seconds)
    if outcome.kind != "value" or trial.outcome.kind != "value":
        return (outcome.kind, outcome.error) == (trial.outcome.kind, trial.outcome.error)
    return agree(outcome.value, trial.outcome.value, exercise.tolerance, exercise.unordered)


def compared_result(exercise: Exercise, function: Function, given: Arguments) -> Plain:
    """What is compared of a call, plain."""
    result = function(*given)
    if result is None or result is ... or exercise.compared is None:
        return plain(result)
    return plain(exercise.compared(given, result))
