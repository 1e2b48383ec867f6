"""Mistakes that the numbers alone give away, in whatever exercise they are made: a sign, a base, a sum forgotten …"""

import math
from collections.abc import Callable

import numpy
from numpy import ndarray

from lessons.exercises.compare import Plain, close

# What is said of each.
SENTENCES = {
    "sign": "exercises.mistake_sign",
    "bits": "exercises.mistake_bits",
    "not_logarithm": "exercises.mistake_not_logarithm",
    "logarithm": "exercises.mistake_logarithm",
    "not_renormalised": "exercises.mistake_not_renormalised",
    "one_more": "exercises.mistake_one_more",
    "one_less": "exercises.mistake_one_less",
    "transposed": "exercises.mistake_transposed",
}

# (expected, yours) -> what `yours` would be had the mistake been made; in the order in which they are suspected
WithMistake = Callable[[ndarray, ndarray], ndarray]
OF_MEASURES: dict[str, WithMistake] = {
    "sign": lambda expected, yours: -expected,
    "bits": lambda expected, yours: expected / math.log(2),
    "not_logarithm": lambda expected, yours: numpy.exp(expected),
    "logarithm": lambda expected, yours: numpy.log(expected),
}
OF_SHARES: dict[str, WithMistake] = {"not_renormalised": lambda expected, yours: expected * yours.sum()}
OF_COUNTS: dict[str, WithMistake] = {
    "one_more": lambda expected, yours: expected + 1,
    "one_less": lambda expected, yours: expected - 1,
}


def common_mistake(expected: Plain, yours: Plain, tolerance: float) -> str | None:
    """The name of the mistake that makes `yours` of `expected`; None if it is none of the common ones."""
    if not isinstance(expected, ndarray) or not isinstance(yours, ndarray):
        return None
    if expected.shape != yours.shape:
        swapped = expected.ndim == 2 and expected.T.shape == yours.shape and close(expected.T, yours, tolerance).all()
        return "transposed" if swapped else None
    if not expected.size or close(expected, yours, tolerance).all():
        return None
    with numpy.errstate(all="ignore"):
        for name, with_mistake in suspected(expected, yours).items():
            if close(with_mistake(expected, yours), yours, tolerance).all():
                return name
    return None


def suspected(expected: ndarray, yours: ndarray) -> dict[str, WithMistake]:
    """What may be suspected where such numbers are expected: an id or a count has neither sign nor base."""
    if expected.ndim == 1 and abs(expected.sum() - 1) < 1e-3 and (expected >= 0).all() and yours.sum() > 0:
        return OF_SHARES | OF_MEASURES
    if (expected == expected.round()).all():
        return {} if expected.ndim else OF_COUNTS
    return OF_MEASURES
