"""All exercises, in the order of the lessons."""

from difflib import get_close_matches
from functools import cache
from reprlib import repr as short

from lessons.exercises.exercise import Exercise
from lessons.exercises.tasks import (
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
)
from lessons.words.language import say

MODULES = (lesson_01, lesson_02, lesson_03, lesson_04, lesson_05, lesson_06, lesson_07, lesson_08, lesson_09, lesson_10)
# The notebook of each lesson that has exercises.
NOTEBOOKS = {
    1: "01_next_token_tables",
    2: "02_log_probability_underflow",
    3: "03_beam_vs_greedy",
    4: "04_temperature_curves",
    5: "05_top_k_and_top_p",
    6: "06_fine_tuning",
    7: "07_choosing_a_decoder",
    8: "08_inside_the_model",
    9: "09_obeying",
    10: "10_writing_faster",
}


@cache
def all_exercises() -> dict[str, Exercise]:
    """{name: exercise}"""
    return {exercise.name: exercise for module in MODULES for exercise in module.EXERCISES}


def of_lesson(lesson: int) -> list[Exercise]:
    """The exercises of a lesson, in order."""
    return [exercise for exercise in all_exercises().values() if exercise.lesson == lesson]


def find(name: str) -> Exercise:
    """The exercise of that name. Raises ValueError with the names that are like it."""
    if not isinstance(name, str) or name not in all_exercises():
        near = get_close_matches(str(name), all_exercises(), n=3, cutoff=0.4) or list(all_exercises())
        raise ValueError(say("exercises.unknown", name=short(name), near=", ".join(near)))
    return all_exercises()[name]
