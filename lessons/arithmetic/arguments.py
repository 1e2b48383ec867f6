"""Checks of rows of numbers and of tensors' shapes, as in `lessons.words.arguments`.

T = numbers in a row, V = size of the vocabulary, n = random numbers for each row of scores.
"""

from reprlib import repr as short
from typing import Any

import numpy
import torch
from torch import Tensor

from lessons.words.arguments import check_all, check_number, check_tensor
from lessons.words.language import say


def check_numbers(name: str, value: Any) -> numpy.ndarray:
    """(T,) `value` in 64 bits. Raises TypeError unless it is a row of numbers."""
    try:
        numbers = numpy.asarray(value)
    except (TypeError, ValueError, RuntimeError):  # rows of different lengths, a tensor that asks for gradients
        numbers = numpy.array(None)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iuf":
        raise TypeError(say("arguments.not_numbers", name=name, value=short(value)))
    return numbers.astype(float)


def check_probabilities(name: str, value: Any) -> numpy.ndarray:
    """(T,) `value` in 64 bits. Raises TypeError unless it is a row of numbers, ValueError unless each is from 0 to
    1.
    """
    numbers = check_numbers(name, value)
    for place, number in enumerate(numbers.tolist()):
        if not 0 <= number <= 1:
            check_number(f"{name}[{place}]", number, least=0, most=1)
    return numbers


def check_shape(name: str, value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`value`. Raises ValueError unless it is of that shape."""
    if value.shape != shape:
        raise ValueError(say("arguments.other_shape", name=name, wanted=tuple(shape), shape=tuple(value.shape)))
    return value


def check_uniforms(name: str, value: object, leading: tuple[int, ...]) -> Tensor:
    """`value`, (..., n) random numbers in 64 bits. Raises TypeError unless it is a tensor of such, ValueError unless
    its leading shape is that and its numbers are at least 0 and less than 1.
    """
    uniforms = check_tensor(name, value)
    if uniforms.dtype != torch.float64:
        raise TypeError(say("arguments.not_64_bits", name=name, value=str(uniforms.dtype)))
    check_shape(name, uniforms, (*leading, uniforms.shape[-1]))
    if uniforms.numel() and not (uniforms.min() >= 0 and uniforms.max() < 1):
        raise ValueError(say("arguments.not_below_1", name=name))
    return uniforms


def check_scores_by_name(name: str, value: object, shape: tuple[int, ...]) -> None:
    """Raises TypeError unless `value` is several pairs (name of a knob, tensor of scores), ValueError unless each
    tensor has that shape.
    """
    for place, pair in enumerate(check_all(name, value, tuple, "((name, scores), …)")):
        if len(pair) != 2:
            raise TypeError(say("arguments.not_of_kind", name=name, kind="((name, scores), …)", value=short(value)))
        check_shape(f"{name}[{place}]", check_tensor(f"{name}[{place}]", pair[1]), shape)
