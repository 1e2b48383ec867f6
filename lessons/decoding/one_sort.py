"""The fast path of sampling: the tokens are sorted once for all knobs and the draw, not once for each.

What a knob leaves stands in the order in which it stood, and what it cuts stands behind the rest. So one order serves
them all. The results are those of the definition, `apply_knobs` and then `tokens_at`.

V = size of the vocabulary, b = texts side by side, m = tokens still in play.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

from lessons.arithmetic import filters
from lessons.arithmetic.probability import likeliest_first
from lessons.decoding.drawing import ranks_at, tokens_at
from lessons.decoding.knobs import Ids, Knob, apply_knobs, check_all_left_some, in_turn

# Knobs that cut the tail, as functions of scores (b, V), the ids (b, V), the likeliest first, and the knob's value.
# (typical_p may cut the likeliest, all others change scores.)
CUT_THE_TAIL: dict[str, Callable[[Tensor, Tensor, Any], Tensor]] = {
    "top_k": filters.first_k,
    "top_p": filters.nucleus,
    "min_p": lambda scores, order, p: filters.keep_min_p(scores, p),
}


def apply_and_draw(
    active: Sequence[Knob], logits: Tensor, ids: Ids, uniforms: Tensor
) -> tuple[tuple[tuple[str, Tensor], ...], Tensor]:
    """What `apply_knobs` returns, and the tokens (b,) on which uniforms (b,) fall in what is left; logits (b, V).

    Raises ValueError, with the name of the knob, where one leaves a text nothing to choose from.
    """
    cutting = [knob for knob in active if knob.name in CUT_THE_TAIL]
    changing = list(active[: len(active) - len(cutting)])
    if [*changing, *cutting] != list(active):  # the tail is not cut last: as it is defined
        results = apply_knobs(active, logits, ids)
        return results, tokens_at(results[-1][1], uniforms.unsqueeze(-1)).squeeze(-1)
    results = in_turn(changing, logits, ids)
    scores = results[-1][1] if results else logits
    order = quick_likeliest_first(scores)  # (b, V)
    for knob in cutting:
        scores = CUT_THE_TAIL[knob.name](scores, order, knob.value)  # (b, V)
        results = (*results, (knob.name, scores))
    check_all_left_some(active, results, ids)
    m = int((scores > -torch.inf).sum(-1).max())
    ranked = scores.gather(-1, order[:, :m])  # (b, m)
    return results, order.gather(-1, ranks_at(ranked, uniforms.unsqueeze(-1))).squeeze(-1)


def quick_likeliest_first(scores: Tensor) -> Tensor:
    """What `likeliest_first` returns: score and id are packed into one whole number of 64 bits, no two of them equal.

    >>> quick_likeliest_first(torch.tensor([-0.5, 2.0, -torch.inf, 2.0]))
    tensor([1, 3, 0, 2])
    """
    if scores.dtype != torch.float32:
        return likeliest_first(scores)
    bits = (scores + 0.0).numpy().view(numpy.int32)  # subtle: + 0.0 makes a minus zero, whose bits differ, a zero
    place = ~(bits ^ (bits >> 31 & 0x7FFFFFFF))  # a whole number, the smaller the larger the score (IEEE 754)
    packed = place.astype(numpy.int64) << 32 | numpy.arange(scores.shape[-1])
    return torch.from_numpy(numpy.sort(packed) & 0xFFFFFFFF)  # numpy sorts with vector instructions
