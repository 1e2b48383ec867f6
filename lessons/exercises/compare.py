"""Results side by side, whatever form they have: a tensor, an array, a list and a generator may say the same.

A result is first made *plain*: an array of 64-bit floats where it holds numbers only, and otherwise text, None,
Ellipsis, or a list of plain things. Then plain things are compared, numbers with a tolerance.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import chain
from numbers import Number
from types import EllipsisType
from typing import Any, TypeAlias

import numpy
import torch

from lessons.words.language import say

Plain: TypeAlias = "numpy.ndarray | str | EllipsisType | list[Plain] | None"

SHOWN = 600  # characters of a value that are shown


def plain(value: Any) -> Plain:
    """The value as an array of floats, a text, None, Ellipsis, or a list of these. Generators are read to their end."""
    if value is None or value is ... or isinstance(value, str):
        return value
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().double().numpy()
    if isinstance(value, Set):
        value = sorted(value, key=str)
    if isinstance(value, list | tuple | range | Iterator):
        parts = list(value)
        # the quick ways: a million ids are soon read, in one list or in blocks
        if only_numbers(parts):
            return numpy.array([float(part) for part in parts])
        if set(map(type, parts)) == {list} and len(set(map(len, parts))) == 1 and only_numbers(chain(*parts)):
            return numpy.array(parts, dtype=numpy.float64)
        return from_list([plain(part) for part in parts])
    if isinstance(value, Mapping):
        return from_list([plain(part) for pair in value.items() for part in pair])
    if isinstance(value, Number) or hasattr(value, "__array__"):
        return from_array(numpy.asarray(value))
    return safe_repr(value)


def only_numbers(parts: Iterable[Any]) -> bool:
    """Whether they are Python's own numbers, and neither True nor False."""
    return set(map(type, parts)) <= {int, float}


def from_list(parts: list[Plain]) -> Plain:
    """One array if the parts are arrays of one shape, else the list."""
    arrays = [part for part in parts if isinstance(part, numpy.ndarray)]
    of_one_shape = len(arrays) == len(parts) and len({array.shape for array in arrays}) <= 1
    return numpy.array(arrays, dtype=numpy.float64) if of_one_shape else parts


def from_array(array: numpy.ndarray) -> Plain:
    """The array in floats; a list where it holds anything but real numbers."""
    if array.dtype.kind in "biuf":
        return array.astype(numpy.float64)
    return plain(array.tolist()) if array.dtype.kind in "OU" and array.ndim else safe_repr(array)


def agree(expected: Plain, yours: Plain, tolerance: float, unordered: bool = False) -> bool:
    """Whether two plain results are the same.

    A number may come in an array of its own; minus infinity equals itself, and so does NaN.
    """
    if isinstance(expected, numpy.ndarray) and isinstance(yours, numpy.ndarray):
        if expected.ndim == 0 and yours.size == 1:
            yours = yours.reshape(())
        if expected.shape != yours.shape:
            return False
        if unordered:
            expected, yours = numpy.sort(expected, axis=None), numpy.sort(yours, axis=None)
        return bool(close(expected, yours, tolerance).all())
    if isinstance(expected, list) and isinstance(yours, list):
        return len(expected) == len(yours) and all(map(agree, expected, yours, [tolerance] * len(yours)))
    if isinstance(expected, list) and isinstance(yours, numpy.ndarray) and yours.ndim:  # [[], [1]] beside an array
        return agree(expected, list(yours), tolerance)
    if isinstance(expected, numpy.ndarray) or isinstance(yours, numpy.ndarray):
        return False
    return expected == yours


def close(expected: numpy.ndarray, yours: numpy.ndarray, tolerance: float) -> numpy.ndarray:
    """Where two arrays of one shape agree: |expected - yours| ≤ tolerance · (1 + |expected|)."""
    return numpy.isclose(yours, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


def difference(expected: Plain, yours: Plain, tolerance: float) -> str:
    """In one sentence, how two plain results differ that do not agree."""
    if yours is None:
        return say("exercises.nothing_returned")
    if not isinstance(expected, numpy.ndarray) or not isinstance(yours, numpy.ndarray):
        if kind(expected) == kind(yours):
            return say("exercises.differs")
        return say("exercises.kind", expected=kind(expected), yours=kind(yours))
    if expected.ndim == 0 and yours.size == 1:  # a number may come in an array of its own
        yours = yours.reshape(())
    if expected.shape != yours.shape:
        return say("exercises.kind", expected=kind(expected), yours=kind(yours))
    if numpy.isnan(yours).any() and not numpy.isnan(expected).any():
        return say("exercises.nan")
    places = numpy.argwhere(~close(expected, yours, tolerance))
    if not expected.ndim or not len(places):
        return say("exercises.differs")
    first = tuple(int(index) for index in places[0])
    return say(
        "exercises.place",
        place=str(list(first)),
        expected=number(expected[first]),
        yours=number(yours[first]),
        wrong=len(places),
        all=expected.size,
    )


def kind(value: Plain) -> str:
    """What a plain thing is, in words: "one number", "3 numbers in a row", "numbers of the shape (2, 3)" …"""
    if isinstance(value, numpy.ndarray):
        if value.ndim > 1:
            return say("exercises.kind_shape", shape=value.shape)
        return say("exercises.kind_row", size=value.size) if value.ndim else say("exercises.kind_number")
    if value is None:
        return "None"
    return say("exercises.kind_text" if isinstance(value, str) else "exercises.kind_list")


def shown(value: Plain) -> str:
    """A plain thing as a student would write it, at most `SHOWN` characters of it."""
    if isinstance(value, numpy.ndarray):
        if not value.ndim:
            return number(value.item())
        text = numpy.array2string(
            value, separator=", ", threshold=60, edgeitems=4, max_line_width=96, formatter={"float_kind": number}
        )
        text = "\n".join(line for line in text.splitlines() if line.strip())
    elif isinstance(value, list):
        text = f"[{', '.join(shown(part) for part in value[:12])}{', …' if len(value) > 12 else ''}]"
    else:
        text = safe_repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def number(value: float | numpy.floating) -> str:
    """A number with at most six digits; whole numbers without a point."""
    value = float(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.6g}"


def unchanged(before: Any, after: Any) -> bool:
    """Whether an argument is as it was: tensors, arrays, lists, dictionaries, numbers; others pass."""
    if isinstance(before, torch.Tensor):
        same_shape = isinstance(after, torch.Tensor) and before.shape == after.shape
        return same_shape and bool(((before == after) | (before != before)).all())  # a NaN is not equal to itself
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


def safe_repr(value: object) -> str:
    """repr(), even of an object whose own fails."""
    try:
        return repr(value)[: 2 * SHOWN]
    except Exception:
        return f"<{type(value).__name__}>"
