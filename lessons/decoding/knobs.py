"""The knobs that are on, in the order in which they act: a plain list.

The order matters: what one filter has cut, the next one never sees. `transformers` divides by the temperature before
anything is cut, llama.cpp after; with the same numbers on the knobs the two may therefore write different texts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from lessons.arithmetic import filters
from lessons.arithmetic.arguments import check_scores_by_name
from lessons.arithmetic.probability import wide
from lessons.words.arguments import (
    check_all,
    check_number,
    check_share,
    check_temperature,
    check_tensor,
    check_text,
    check_top_k,
    check_whole,
)
from lessons.words.language import say

Ids = Sequence[int] | Sequence[Sequence[int]]  # of one text, or of each of several side by side

# As in transformers' generate, and as in llama.cpp's default for `--samplers` (which knows no ban of n-grams).
PENALTIES = ("repetition_penalty", "no_repeat_ngram_size")
ORDERS = {
    "transformers": (*PENALTIES, "temperature", "top_k", "top_p", "min_p", "typical_p"),
    "llama.cpp": (*PENALTIES, "top_k", "typical_p", "top_p", "min_p", "temperature"),
}

# Each knob's filter as a function of scores (..., V), the ids so far, and the knob's value.
FILTERS: dict[str, Callable[[Tensor, Any, Any], Tensor]] = {
    "repetition_penalty": filters.repetition_penalty,
    "no_repeat_ngram_size": filters.no_repeat_ngrams,
    "temperature": lambda scores, ids, T: filters.temperature_scale(scores, T),
    "top_k": lambda scores, ids, k: filters.keep_top_k(scores, k),
    "top_p": lambda scores, ids, p: filters.keep_top_p(scores, p),
    "min_p": lambda scores, ids, p: filters.keep_min_p(scores, p),
    "typical_p": lambda scores, ids, p: filters.keep_typical(scores, p),
}

CHECKS: dict[str, Callable[[Any], float]] = {
    "repetition_penalty": lambda value: check_number("repetition_penalty", value, above=0),
    "no_repeat_ngram_size": lambda value: check_whole("no_repeat_ngram_size", value, 1),
    "temperature": check_temperature,
    "top_k": check_top_k,
    "top_p": lambda value: check_share("top_p", value),
    "min_p": lambda value: check_share("min_p", value),
    "typical_p": lambda value: check_share("typical_p", value),
}

# The value besides None at which a knob does nothing, as in generate.
OFF = {"top_k": 0, "min_p": 0, "no_repeat_ngram_size": 0}
OFF |= {"repetition_penalty": 1, "temperature": 1, "top_p": 1, "typical_p": 1}


@dataclass(frozen=True)
class Knob:
    """A filter with its value; a function of scores (..., V) and the ids so far."""

    name: str
    value: Any

    def __call__(self, scores: Tensor, ids: Ids) -> Tensor:
        return FILTERS[self.name](scores, ids, self.value)

    def nothing_left(self, scores: Tensor, ids: Ids) -> str:
        """What is said where a text has nothing left to choose from after it."""
        return say("decoding.all_cut", name=self.name, value=self.value)


def knobs(order: str = "transformers", **values: float | None) -> list[Knob]:
    """The knobs that are on, checked, in the order in which they act.

    `values` are named as in `transformers.generate`; None, or the value in `OFF`, leaves a knob out. Raises TypeError
    or ValueError for a knob or an order that there is not, and for a value that a knob cannot have.

    >>> [knob.name for knob in knobs(top_p=0.9, temperature=0.7, top_k=0)]
    ['temperature', 'top_p']
    >>> [knob.name for knob in knobs("llama.cpp", top_p=0.9, temperature=0.7)]
    ['top_p', 'temperature']
    """
    check_text("order", order)
    for name in values:
        if name not in FILTERS:
            raise TypeError(say("decoding.no_knob", name=name, names=", ".join(FILTERS)))
    if order not in ORDERS:
        raise ValueError(say("decoding.order", orders=", ".join(ORDERS), value=repr(order)))
    return [Knob(name, CHECKS[name](values[name])) for name in ORDERS[order] if is_on(name, values.get(name))]


def is_on(name: str, value: float | None) -> bool:
    """Whether a knob with this value acts at all."""
    plain = isinstance(value, Real) and not isinstance(value, bool)  # what is no number must come to its check
    return value is not None and not (plain and value == OFF[name])


def apply_knobs(active: Sequence[Knob], logits: Tensor, ids: Ids) -> tuple[tuple[str, Tensor], ...]:
    """(name, scores after it) for each knob in turn, from the logits (..., V) for the token after `ids`.

    Raises ValueError, with the name of the knob, where one leaves a text nothing to choose from; TypeError or
    ValueError for what is no list of knobs, no tensor of logits, or no ids.
    """
    check_all("active", active, Knob, "knobs(top_k=50, …)")
    results = in_turn(active, check_tensor("logits", logits), ids)
    check_all_left_some(active, results, ids)
    return results


def in_turn(active: Sequence[Knob], scores: Tensor, ids: Ids) -> tuple[tuple[str, Tensor], ...]:
    """(name, scores after it) for each knob, each acting on what the one before it left; nothing is checked."""
    results = []
    for knob in active:
        scores = knob(scores, ids)
        results.append((knob.name, scores))
    return tuple(results)


def check_all_left_some(active: Sequence[Knob], results: Sequence[tuple[str, Tensor]], ids: Ids) -> None:
    """Raises ValueError, with the name of the first knob after which a text has nothing to choose from, if one is."""
    if results and not results[-1][1].amax(-1).isfinite().all():
        for knob, (_, scores) in zip(active, results, strict=True):
            check_some_left(knob, scores, ids)


def check_some_left(knob: Knob, scores: Tensor, ids: Ids) -> None:
    """Raises ValueError, with the knob's name, unless every row of its scores (..., V) can be chosen from."""
    largest = scores.amax(-1)  # (...)
    if (largest == -torch.inf).any():
        raise ValueError(knob.nothing_left(scores, ids))
    if not (largest < torch.inf).all():  # divided by next to nothing
        raise ValueError(say("decoding.overflow", name=knob.name, value=knob.value))


@dataclass(frozen=True, eq=False)
class Cut:
    """What one knob was offered and what it left.

    Attributes:
        name: the knob.
        offered: (V,) the probabilities before it acted.
        left: (V,) which tokens could still be drawn after it.
        result: (V,) the probabilities after it: what was left, renormalised.
    """

    name: str
    offered: Tensor
    left: Tensor
    result: Tensor

    @cached_property
    def number(self) -> int:
        """How many tokens were left."""
        return int(self.left.sum())

    @cached_property
    def removed(self) -> int:
        """How many tokens were cut that could be drawn before."""
        return int((self.offered > 0).sum()) - self.number

    @cached_property
    def mass(self) -> float:
        """The share of the probability offered that was left; 1 where a knob only reshapes."""
        return self.offered.where(self.left, 0).sum().item()


def cuts(logits: Tensor, results: Sequence[tuple[str, Tensor]]) -> list[Cut]:
    """What each knob did, from the logits (V,) offered first and the results of `apply_knobs`.

    A `Step` holds both: `cuts(step.logits, step.filters)`. Raises TypeError for what is no tensor or no such results,
    ValueError for one of another shape.

    >>> logits = torch.tensor([0.5, 0.3, 0.2]).log()
    >>> done = cuts(logits, apply_knobs(knobs(top_k=2, top_p=0.6), logits, []))
    >>> [(cut.name, cut.number, round(cut.mass, 3)) for cut in done]
    [('top_k', 2, 0.8), ('top_p', 1, 0.625)]
    """
    check_tensor("logits", logits)
    check_scores_by_name("results", results, logits.shape)
    offered, done = wide(logits).softmax(-1), []
    for name, scores in [(name, wide(scores)) for name, scores in results]:
        result = scores.softmax(-1)
        done.append(Cut(name, offered, scores > -torch.inf, result))
        offered = result
    return done
