"""Checks of arguments: each returns the value, made plain, or raises the error: the rule, the value and the way out.

TypeError is for what is no such thing at all, ValueError for what is one and cannot be used.
V = size of the vocabulary.
"""

from collections.abc import Iterable, Sequence
from math import inf, isfinite
from numbers import Integral, Real
from operator import index
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any, TypeVar

import numpy
import torch
from torch import Tensor

from lessons.words.language import say

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LONGEST_NAME = 255  # letters of a file's name
Thing = TypeVar("Thing")
Several = TypeVar("Several", bound=Sequence[Any])


def check_flag(name: str, value: object) -> bool:
    """`value`. Raises TypeError unless it is True or False."""
    if not isinstance(value, bool):
        raise TypeError(say("arguments.not_a_flag", name=name, value=short(value)))
    return value


def check_number(
    name: str, value: object, *, above: float | None = None, least: float | None = None, most: float | None = None
) -> float:
    """`value` as a float. Raises TypeError unless it is a number, ValueError unless it is finite and within the
    bounds; the error says which.
    """
    rule = say_bounds(above, least, most)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(say("arguments.not_a_number", name=name, rule=rule, value=short(value)))
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        number = inf
    inside = (above is None or number > above) and (least is None or number >= least)
    if not inside or (most is not None and number > most) or not isfinite(number):
        raise ValueError(say("arguments.out_of_bounds", name=name, rule=rule, value=value))
    return number


def check_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """`value` as an int. Raises TypeError unless it is a whole number, ValueError unless it is from `least` to `most`;
    the error says which.
    """
    rule = say_bounds(None, least, most)
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(say("arguments.not_whole", name=name, rule=rule, value=short(value)))
    number = int(value)
    if number < least or (most is not None and number > most):
        raise ValueError(say("arguments.out_of_bounds", name=name, rule=rule, value=value))
    return number


def check_count(name: str, value: object, most: int) -> int:
    """A whole number from 1 to `most`. Raises ValueError with the end of the range that it breaks, TypeError for what
    is no whole number.
    """
    return check_whole(name, check_whole(name, value, 1), 1, most)


def say_bounds(above: float | None, least: float | None, most: float | None) -> str:
    """The rule in words: "greater than 0", "from 1 to 8", "at least 1" …"""
    if least is not None and most is not None:
        return say("arguments.from_to", least=f"{least:,}", most=f"{most:,}")
    if above is not None and most is not None:
        return say("arguments.above_to", above=above, most=most)
    if above is not None:
        return say("arguments.above", above=above)
    return say("arguments.at_least", least=f"{least:,}") if least is not None else say("arguments.finite")


def check_temperature(value: object) -> float:
    """The temperature. Raises TypeError unless it is a number, ValueError with the way out unless it is finite and
    greater than 0.
    """
    try:
        return check_number("temperature", value, above=0)
    except ValueError:
        if value == inf:
            raise ValueError(say("arguments.temperature_infinite")) from None
        raise ValueError(say("arguments.temperature", value=value)) from None


def check_top_k(value: object, most: int | None = None) -> int:
    """k. Raises TypeError unless it is a whole number, ValueError with the way out unless it is from 1 to the size of
    the vocabulary.
    """
    try:
        return check_whole("top_k", value, 1, most)
    except ValueError as error:
        raise ValueError(say("arguments.keep_all", rule=error)) from None


def check_share(name: str, value: object) -> float:
    """A share of the probability. Raises TypeError unless it is a number, ValueError with the way out unless it is
    above 0 and at most 1.
    """
    try:
        return check_number(name, value, above=0, most=1)
    except ValueError as error:
        raise ValueError(say("arguments.keep_all", rule=error)) from None


def check_text(name: str, value: object) -> str:
    """`value`. Raises TypeError unless it is a text, ValueError if that holds half of a character."""
    if not isinstance(value, str):
        raise TypeError(say("arguments.not_a_text", name=name, value=short(value)))
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(say("arguments.half_character", name=name, value=ascii(short(value)))) from None
    return value


def check_texts(name: str, values: object) -> list[str]:
    """Several texts as a list. Raises TypeError for anything else, ValueError if one holds half of a character."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) == 0:
        raise TypeError(say("arguments.not_texts", name=name, value=short(values)))
    return [check_text(f"{name}[{place}]", value) for place, value in enumerate(values)]


def check_some(name: str, values: Several) -> Several:
    """`values`. Raises ValueError if there are none."""
    if not len(values):
        raise ValueError(say("arguments.none_given", name=name))
    return values


def check_kind(name: str, value: object, kind: type[Thing], said: str) -> Thing:
    """`value`. Raises TypeError unless it is of that class; `said` is what should have been given, in words."""
    if not isinstance(value, kind):
        raise TypeError(say("arguments.not_of_kind", name=name, kind=said, value=short(value)))
    return value


def check_all(name: str, values: object, kind: type[Thing], said: str) -> list[Thing]:
    """Several things as a list. Raises TypeError unless they come in a list or tuple and all are of that class; `said`
    is what should have been given, in words.
    """
    if not isinstance(values, list | tuple):
        raise TypeError(say("arguments.not_of_kind", name=name, kind=said, value=short(values)))
    return [check_kind(f"{name}[{place}]", value, kind, said) for place, value in enumerate(values)]


def check_path(name: str, value: object) -> Path:
    """The path. Raises TypeError unless it is one or a text, ValueError for a text that no path can be."""
    path = value if isinstance(value, Path) else check_text(name, value)
    if "\0" in str(path) or max(map(len, str(path).split("/"))) > LONGEST_NAME:
        raise ValueError(say("arguments.not_a_path", name=name, value=short(str(path))))
    return Path(path).expanduser()


def check_tensor(name: str, value: object) -> Tensor:
    """`value`, (..., V) numbers with a point. Raises TypeError unless it is a tensor of such, ValueError for another
    shape.
    """
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = str(value.dtype) if isinstance(value, Tensor) else short(value)
        raise TypeError(say("arguments.not_a_tensor", name=name, value=kind))
    if not value.ndim or not value.shape[-1]:
        raise ValueError(say("arguments.tensor_shape", name=name, shape=tuple(value.shape)))
    return value


def check_ids(name: str, value: Any, size: int, least_dimensions: int = 1) -> Tensor:
    """`value` as a tensor of token ids. Raises TypeError unless it holds whole numbers in at least so many dimensions,
    ValueError unless they are from 0 to `size` - 1.
    """
    try:
        ids = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):  # no numbers, rows of different lengths, a number too large
        raise TypeError(say("arguments.not_ids", name=name, value=short(value))) from None
    whole = not (ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool)
    if ids.ndim < least_dimensions or (ids.numel() and not whole):
        raise TypeError(say("arguments.not_ids", name=name, value=short(value)))
    if ids.numel():
        check_ids_inside(int(ids.min()), int(ids.max()), size)
    return ids.to(torch.int64)


def check_ids_inside(lowest: int, highest: int, size: int) -> None:
    """Raises ValueError unless token ids from `lowest` to `highest` lie in a vocabulary of that size."""
    if lowest < 0 or highest >= size:
        wrong = lowest if lowest < 0 else highest
        raise ValueError(say("arguments.ids_outside", most=f"{size - 1:,}", value=wrong))


def check_text_ids(name: str, value: Any) -> list[int]:
    """The token ids of one text as a list, of whatever vocabulary. Raises TypeError unless they are whole numbers in a
    row.
    """
    ids = value.tolist() if isinstance(value, Tensor | numpy.ndarray) else value
    row: Any = [ids] if isinstance(ids, str | bytes) else ids  # a text is one thing, and no row of numbers
    try:
        return whole_numbers(row)
    except TypeError:  # a single thing, or not whole
        raise TypeError(say("arguments.not_ids", name=name, value=short(value))) from None


def whole_numbers(values: Iterable[Any]) -> list[int]:
    """Whole numbers of any kind as a list. Raises TypeError for others, True and False among them: a mask is no row of
    ids."""
    numbers = [*values]
    if any(isinstance(number, bool) for number in numbers):
        raise TypeError
    return [index(number) for number in numbers]


def check_ids_of_texts(name: str, value: Any) -> list[list[int]]:
    """The token ids of several texts as lists. Raises TypeError for anything else."""
    try:
        texts = list(value)
    except TypeError:
        raise TypeError(say("arguments.not_ids", name=name, value=short(value))) from None
    return [check_text_ids(f"{name}[{place}]", ids) for place, ids in enumerate(texts)]


def check_model(lm: Thing, name: str = "lm") -> Thing:
    """The model. Raises TypeError with how to get one unless it is one."""
    if isinstance(lm, type) or not hasattr(lm, "next_logits"):
        raise TypeError(say("arguments.no_model", name=name, value=short(lm)))
    return lm


def check_tokenizer(tokenizer: Any) -> "PreTrainedTokenizerBase":
    """The tokenizer. Raises TypeError with the way out unless it is one."""
    if isinstance(tokenizer, type) or not hasattr(tokenizer, "convert_ids_to_tokens"):
        raise TypeError(say("arguments.not_a_tokenizer", value=short(tokenizer)))
    return tokenizer
