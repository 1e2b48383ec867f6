"""The same exercise on cases that nobody has seen: from a seed that a teacher chooses.

A seeded case is made anew with another seed; an exercise whose cases are typed by hand says itself how fresh ones are
made (`Exercise.fresh`). A fresh case is a fair one: the right answer has a result, and no more equal numbers lie in it
than in the case that it is made after, since what comes first of two equal ones is anybody's guess.
"""

import inspect
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from torch import Tensor

from lessons.exercises.exercise import Arguments, Case, Exercise

TRIES = 60  # seeds, until a fair case is found


def with_fresh_cases(exercise: Exercise, seed: int, number: int = 3) -> Exercise:
    """The exercise with so many more cases, behind its own but before the large ones; equal seeds make equal cases."""
    small = len(exercise.cases) - exercise.large
    fresh = list(islice(fresh_cases(exercise, seed), number))
    cases = [*exercise.cases[:small], *fresh, *exercise.cases[small:]]
    endless = {mistake: place if place < small else place + len(fresh) for mistake, place in exercise.endless.items()}
    return replace(exercise, cases=cases, endless=endless)


def fresh_cases(exercise: Exercise, seed: int) -> Iterator[Case]:
    """Fair cases that are not among the exercise's own, the kinds of its own in turn."""
    draw = random.Random(f"{seed} {exercise.name}")
    small = exercise.cases[: len(exercise.cases) - exercise.large]
    seeded = [case for case in small if isinstance(case, partial) and is_seeded(case)]
    for place in range(TRIES):
        number = draw.randrange(10**3, 10**6)
        if exercise.fresh:
            case, most = partial(exercise.fresh, number), None
        elif seeded:
            pattern = seeded[place % len(seeded)]
            case, most = partial(pattern.func, number, *pattern.args[1:]), ties(exercise, pattern)
        else:
            return
        if is_fair(exercise, case, most):
            yield case


def is_seeded(case: "partial[Arguments]") -> bool:
    """Whether a case is made by a function whose first parameter is a seed."""
    if not inspect.isfunction(case.func):
        return False
    return next(iter(inspect.signature(case.func).parameters), "") == "seed"


def is_fair(exercise: Exercise, case: Case, most: int | None) -> bool:
    """Whether the right answer has a result on the case, and at most so many ties lie in it (None: any number)."""
    try:
        found = ties(exercise, case)
    except Exception:  # a seed for which this kind of case is not made
        return False
    return most is None or found <= most


def ties(exercise: Exercise, case: Case) -> int:
    """How many rows with equal numbers there are in a case: in its tensors, and in what its functions were asked."""
    rows: list[Tensor] = []

    def recorded(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*arguments: Any) -> Any:
            result = ask(*arguments)
            rows.append(result[0] if isinstance(result, tuple) else result)
            return result

        return asked

    given: Arguments = tuple(
        recorded(value) if callable(value) and not hasattr(value, "probabilities") else value for value in case()
    )
    exercise.answer(*given)
    rows += [value for value in case() if isinstance(value, Tensor)]
    return sum(map(has_ties, rows))


def has_ties(numbers: Any) -> bool:
    """Whether a row of a tensor of fractions holds the same number twice; cut tokens aside."""
    if not isinstance(numbers, Tensor) or not numbers.is_floating_point() or not numbers.ndim:
        return False
    ordered = numbers.sort(-1).values
    return bool(((ordered[..., 1:] == ordered[..., :-1]) & ordered[..., 1:].isfinite()).any())
