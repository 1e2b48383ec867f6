"""How small a number can be: one product in 16, 32 and 64 bits.

A float is sign, fraction and exponent. Below the smallest *normal* number the exponent goes no lower, and the
fraction loses one digit after another (*subnormal* numbers), until what is left rounds to 0.0. IEEE Standard 754, 2019.

T = how many numbers are multiplied.
"""

import numpy
from numpy.typing import ArrayLike

from lessons.arithmetic.arguments import check_numbers, check_probabilities
from lessons.words.language import say

PRECISIONS = ("float16", "float32", "float64")


def smallest(precision: str) -> float:
    """The smallest number greater than 0: 2**-24, 2**-149 or 2**-1074.

    precision: "float16", "float32" or "float64"; raises ValueError for any other.

    >>> [smallest(precision) for precision in PRECISIONS]
    [5.960464477539063e-08, 1.401298464324817e-45, 5e-324]
    """
    return float(numpy.finfo(check_precision(precision)).smallest_subnormal)


def smallest_normal(precision: str) -> float:
    """The smallest number that has all its digits.

    Raises ValueError for a precision that there is not.

    >>> smallest_normal("float64")
    2.2250738585072014e-308
    """
    return float(numpy.finfo(check_precision(precision)).smallest_normal)


def running_product(probabilities: ArrayLike, precision: str = "float64") -> numpy.ndarray:
    """(T,) the product of the first one, two … of the probabilities (T,), rounded to the precision at each step.

    Raises TypeError for what is no row of numbers, ValueError for a number that is no probability, and for a precision
    that there is not.

    >>> running_product([0.5, 0.5, 0.1], "float16").tolist()
    [0.5, 0.25, 0.0249...]
    """
    factors = check_probabilities("probabilities", probabilities).astype(check_precision(precision))
    return numpy.multiply.accumulate(factors)


def lost_at(products: ArrayLike, log_probs: ArrayLike) -> int | None:
    """After how many factors the product is wrong by more than half of itself, so that no digit is right; None: never.

    products (T,): a running product; log_probs (T,): the logarithms of its factors, whose sums are right. Most often
    the product has become 0. But rounding can also hold it up: 0.9 times the smallest number is the smallest number.
    Raises TypeError for what is no row of numbers, ValueError where one row is longer than the other.

    >>> halves = [0.5] * 200
    >>> [lost_at(running_product(halves, precision), numpy.log(halves)) for precision in PRECISIONS]
    [25, 150, None]
    """
    products = check_numbers("products", products)
    log_probs = check_numbers("log_probs", log_probs)
    if len(products) != len(log_probs):
        raise ValueError(say("arithmetic.factors", products=len(products), log_probs=len(log_probs)))
    with numpy.errstate(divide="ignore", invalid="ignore"):
        sums = numpy.cumsum(log_probs)  # (T,)
        wrong = numpy.abs(numpy.log(products) - sums) > numpy.log(1.5)  # log 0 = -inf is as wrong as can be
    return int(wrong.argmax()) + 1 if wrong.any() else None


def check_precision(precision: str) -> str:
    """The precision. Raises ValueError that names all three unless it is one of them."""
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise ValueError(say("arithmetic.precision", precisions=", ".join(PRECISIONS), value=repr(precision)))
    return precision
