"""Fresh cases: for every exercise, from any seed, fair to every right answer, and the same for the same seed."""

import pytest

from lessons.exercises.catalogue import all_exercises
from lessons.exercises.compare import unchanged
from lessons.exercises.fresh import with_fresh_cases
from lessons.exercises.judging import judge
from lessons.exercises.trials import try_case

EXERCISES = list(all_exercises().values())


def fresh_of(exercise, seed):
    """The fresh cases alone."""
    small = len(exercise.cases) - exercise.large
    made = with_fresh_cases(exercise, seed)
    return made.cases[small : small + len(made.cases) - len(exercise.cases)]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_exercise_has_fresh_cases(exercise):
    """Three that are not among its own, on which the right answer is right; equal for equal seeds, others for others."""
    made, again, other = fresh_of(exercise, 7), fresh_of(exercise, 7), fresh_of(exercise, 8)
    assert 3 == len(made) == len(other)
    assert all(try_case(exercise, exercise.answer, case, 10).passed for case in made)

    def equal(one, two):
        """Whether two cases give the same, functions aside (they show what they are made of)."""
        pairs = list(zip(one(), two(), strict=True))
        return all(unchanged(*pair) for pair in pairs) and all(str(a) == str(b) for a, b in pairs if callable(a))

    assert all(map(equal, made, again)) and not all(map(equal, made, other))
    assert not any(equal(case, own) for case in made for own in exercise.cases[: len(exercise.cases) - exercise.large])


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_mistake_is_still_known_on_fresh_cases(exercise):
    """What is said of a planted wrong answer stays true: it gives the same on fresh cases, too."""
    name, wrong = next(pair for pair in exercise.mistakes.items() if pair[0] not in exercise.endless)
    assert name == judge(with_fresh_cases(exercise, 7), wrong).mistake


def test_a_case_that_runs_into_the_limit_stays_the_same_one():
    """Large cases stay the last, and a mistake that is told by where it does not end is told by that."""
    exercise = all_exercises()["token-blocks"]
    made = with_fresh_cases(exercise, 7)
    assert exercise.cases[-2:] == made.cases[-2:]
    assert all(made.cases[made.endless[name]] is exercise.cases[place] for name, place in exercise.endless.items())
