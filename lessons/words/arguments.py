"""Checks of arguments: each returns the value, made plain, or raises the error: the rule, the value and the way out.

TypeError is for what is no such thing at all, ValueError for what is one and cannot be used.
V = size of the vocabulary.
"""

from collections.abc import Iterable
from math import isfinite
from numbers import Real
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lessons.words.language import say

if TYPE_CHECKING:
    from lessons.models.language_model import LanguageModel

LONGEST_NAME = 255  # letters of a file's name  # letters of a file's name


def check_flag(name: str, value: object) -> bool:
    """`value` if it is True or False; otherwise the error."""
    if not isinstance(value, bool):
        raise TypeError(say("arguments.not_a_flag", name=name, value=short(value)))
    return value


def check_number(
    name: str, value: object, *, above: float | None = None, least: float | None = None, most: float | None = None
) -> float:
    """`value` as a float if it is a finite number within the bounds; otherwise the error with the rule it breaks."""
    rule = say_bounds(above, least, most)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(say("arguments.not_a_number", name=name, rule=rule, value=short(value)))
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        number = float("inf") if value > 0 else -float("inf")
    inside = above is None or number > above
    inside = inside and (least is None or number >= least) and (most is None or number <= most)
    if not inside or not isfinite(number):
        raise ValueError(say("arguments.out_of_bounds", name=name, rule=rule, value=value))
    return number


def check_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """`value` as an int if it is a whole number from `least` to `most`; otherwise the error that says which rule it
    breaks.
    """
    rule = say_bounds(None, least, most)
    if isinstance(value, bool) or not isinstance(value, Real) or not hasattr(value, "__index__"):
        raise TypeError(say("arguments.not_whole", name=name, rule=rule, value=short(value)))
    if value < least or (most is not None and value > most):
        raise ValueError(say("arguments.out_of_bounds", name=name, rule=rule, value=value))
    return int(value)


def check_count(name: str, value: int, most: int) -> int:
    """A whole number from 1 to `most`; otherwise the error with the end of the range that it breaks."""
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


def check_temperature(value: float) -> float:
    """The temperature if it is a finite number greater than 0; otherwise the error with the way out."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return check_number("temperature", value, above=0)
    if value == torch.inf:
        raise ValueError(say("arguments.temperature_infinite"))
    if not value > 0:  # a NaN is not greater than anything
        raise ValueError(say("arguments.temperature", value=value))
    return check_number("temperature", value, above=0)


def check_top_k(value: int, most: int | None = None) -> int:
    """k if it is a whole number from 1 to the size of the vocabulary; otherwise the error with the way out."""
    try:
        return check_whole("top_k", value, 1, most)
    except ValueError as error:
        raise ValueError(say("arguments.keep_all", rule=error)) from None


def check_share(name: str, value: float) -> float:
    """A share of the probability if it is a number above 0 and at most 1; otherwise the error with the way out."""
    try:
        return check_number(name, value, above=0, most=1)
    except ValueError as error:
        raise ValueError(say("arguments.keep_all", rule=error)) from None


def check_text(name: str, value: object) -> str:
    """`value` if it is a text without halves of characters; otherwise the error."""
    if not isinstance(value, str):
        raise TypeError(say("arguments.not_a_text", name=name, value=short(value)))
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(say("arguments.half_character", name=name, value=ascii(short(value)))) from None
    return value


def check_texts(name: str, values: object) -> list[str]:
    """Several texts as a list; otherwise the error."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) == 0:
        raise TypeError(say("arguments.not_texts", name=name, value=short(values)))
    return [check_text(f"{name}[{place}]", value) for place, value in enumerate(values)]


def check_path(name: str, value: object) -> Path:
    """The path if it is one, or a text that can be one; otherwise the error."""
    if not isinstance(value, Path):
        check_text(name, value)
    if "\0" in str(value) or max(map(len, str(value).split("/"))) > LONGEST_NAME:
        raise ValueError(say("arguments.not_a_path", name=name, value=short(str(value))))
    return Path(value).expanduser()


def check_tensor(name: str, value: object) -> Tensor:
    """`value` if it is a tensor (..., V) of real numbers with a point; otherwise the error with the way out."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = str(value.dtype) if isinstance(value, Tensor) else short(value)
        raise TypeError(say("arguments.not_a_tensor", name=name, value=kind))
    if not value.ndim or not value.shape[-1]:
        raise ValueError(say("arguments.tensor_shape", name=name, shape=tuple(value.shape)))
    return value


def check_ids(name: str, value: object, size: int, least_dimensions: int = 1) -> Tensor:
    """`value` as a tensor of whole numbers from 0 to `size` - 1; otherwise the error."""
    try:
        ids = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):  # no numbers, rows of different lengths, a number too large
        ids = None
    whole = ids is not None and not (ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool)
    if ids is None or ids.ndim < least_dimensions or (ids.numel() and not whole):
        raise TypeError(say("arguments.not_ids", name=name, value=short(value)))
    if ids.numel() and not 0 <= ids.min() <= ids.max() < size:
        wrong = ids.min() if ids.min() < 0 else ids.max()
        raise ValueError(say("arguments.ids_outside", most=f"{size - 1:,}", value=int(wrong)))
    return ids.to(torch.int64)


def check_model(lm: object, name: str = "lm") -> "LanguageModel":
    """The model if it is one; otherwise the error that says how to get one."""
    if isinstance(lm, type) or not hasattr(lm, "next_logits"):
        raise TypeError(say("arguments.no_model", name=name, value=short(lm)))
    return lm


def check_tokenizer(tokenizer: object) -> object:
    """The tokenizer if it is one; otherwise the error with the way out."""
    if isinstance(tokenizer, type) or not hasattr(tokenizer, "convert_ids_to_tokens"):
        raise TypeError(say("arguments.not_a_tokenizer", value=short(tokenizer)))
    return tokenizer
