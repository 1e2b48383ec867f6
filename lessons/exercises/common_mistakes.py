"""Mistakes that the numbers alone give away, in whatever exercise they are made: a sign, a base, a sum forgotten …

And errors of Python and torch that beginners meet, each with a word on what it means.
"""

import math
import re
from collections.abc import Callable

import numpy
from numpy import ndarray

from lessons.exercises.compare import Plain, close
from lessons.exercises.exercise import Measure

# What is said of each.
SENTENCES = {
    "sign": "exercises.mistake_sign",
    "bits": "exercises.mistake_bits",
    "not_logarithm": "exercises.mistake_not_logarithm",
    "perplexity": "exercises.mistake_perplexity",
    "mean_probability": "exercises.mistake_mean_probability",
    "loss": "exercises.mistake_loss",
    "reciprocal": "exercises.mistake_reciprocal",
    "logarithm": "exercises.mistake_logarithm",
    "per_cent": "exercises.mistake_per_cent",
    "not_renormalised": "exercises.mistake_not_renormalised",
    "one_more": "exercises.mistake_one_more",
    "one_less": "exercises.mistake_one_less",
    "transposed": "exercises.mistake_transposed",
    "extra_dimension": "exercises.mistake_extra_dimension",
    "not_summed": "exercises.mistake_not_summed",
    "not_averaged": "exercises.mistake_not_averaged",
}

# (expected, yours) -> what `yours` would be had the mistake been made; in the order in which they are suspected
WithMistake = Callable[[ndarray, ndarray], ndarray]
OF_LOGARITHMS: dict[str, WithMistake] = {
    "sign": lambda expected, yours: -expected,
    "bits": lambda expected, yours: expected / math.log(2),
}
SUSPECTED: dict[Measure, dict[str, WithMistake]] = {
    "log-probability": OF_LOGARITHMS | {"not_logarithm": lambda expected, yours: numpy.exp(expected)},
    "surprisal": OF_LOGARITHMS
    | {
        "perplexity": lambda expected, yours: numpy.exp(expected),
        "mean_probability": lambda expected, yours: numpy.exp(-expected),
    },
    "perplexity": {
        "loss": lambda expected, yours: numpy.log(expected),
        "reciprocal": lambda expected, yours: 1 / expected,
    },
    "probability": {
        "per_cent": lambda expected, yours: 100 * expected,
        "logarithm": lambda expected, yours: numpy.log(expected),
        "not_renormalised": lambda expected, yours: expected * yours.sum() if expected.ndim else expected,
    },
    "count": {"one_more": lambda expected, yours: expected + 1, "one_less": lambda expected, yours: expected - 1},
    "": {},
}

# What an error that is thrown inside Python or a library means, by a part of its text.
ERRORS = {
    r"math domain error|expected a positive input": "exercises.error_log_of_zero",
    r"only one element tensors|a Tensor with \d+ elements cannot|Boolean value of Tensor": "exercises.error_one_number",
    r"must match the size of tensor|could not be broadcast|shape mismatch": "exercises.error_shapes",
    r"index out of range|out of bounds|out of range": "exercises.error_index",
    r"unhashable type": "exercises.error_unhashable",
    r"division by zero": "exercises.error_division",
    r"^OverflowError|math range error": "exercises.error_overflow",
    r"^UnboundLocalError|^NameError": "exercises.error_name",
    r"'NoneType'": "exercises.error_none",
}


def common_mistake(expected: Plain, yours: Plain, tolerance: float, measure: Measure) -> str | None:
    """The name of the mistake that makes `yours` of `expected`; None if it is none of the common ones."""
    if not isinstance(expected, ndarray) or not isinstance(yours, ndarray):
        return None
    if expected.shape != yours.shape:
        return mistake_of_shape(expected, yours, tolerance)
    if not expected.size or numpy.isnan(yours).any() or close(expected, yours, tolerance).all():
        return None
    with numpy.errstate(all="ignore"):
        for name, with_mistake in SUSPECTED[measure].items():
            if close(with_mistake(expected, yours), yours, tolerance).all():
                return name
    return None


def explains(name: str, expected: Plain, yours: Plain, tolerance: float, measure: Measure) -> bool:
    """Whether a mistake makes `yours` of `expected`, also where that is right: -0 is 0."""
    with_mistake = SUSPECTED[measure].get(name)
    if with_mistake is None or not isinstance(expected, ndarray) or not isinstance(yours, ndarray):
        return common_mistake(expected, yours, tolerance, measure) == name
    with numpy.errstate(all="ignore"):
        return expected.shape == yours.shape and bool(close(with_mistake(expected, yours), yours, tolerance).all())


def mistake_of_shape(expected: ndarray, yours: ndarray, tolerance: float) -> str | None:
    """The same where the shapes differ: something was not done to the right numbers."""
    if yours.size == expected.size and yours.ndim > expected.ndim and yours.squeeze().shape == expected.squeeze().shape:
        same = close(expected, yours.reshape(expected.shape), tolerance).all()
        return "extra_dimension" if same else None
    if expected.ndim == 2 and expected.T.shape == yours.shape:
        return "transposed" if close(expected.T, yours, tolerance).all() else None
    if not expected.ndim and yours.size > 1 and not (yours == yours.round()).all():
        made = {"not_summed": yours.sum(), "not_averaged": yours.mean()}
        return next((name for name, number in made.items() if close(expected, number, tolerance)), None)
    return None


def meaning(error: str) -> str | None:
    """The entry of words that says what an error ("ValueError: math domain error") means; None if there is none."""
    return next((entry for part, entry in ERRORS.items() if re.search(part, error)), None)
