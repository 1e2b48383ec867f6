"""The fast path of sampling: the tokens are sorted once for all knobs and the draw, not once for each.

What a knob leaves stands in the order in which it stood. So all of them can work on sorted scores, where sorting again
takes little time, and where what is cut stands behind the rest and need not be looked at again. The results are those
of the definition, `apply_knobs` and then `tokens_at`.

V = size of the vocabulary, b = texts side by side, m = tokens still in play.
"""

from collections.abc import Sequence

import numpy
import torch
from torch import Tensor

from lessons.arithmetic.probability import likeliest_first
from lessons.decoding.drawing import tokens_at
from lessons.decoding.knobs import Ids, Knob, apply_knobs, check_all_left_some, in_turn

CUT_THE_TAIL = ("top_k", "top_p", "min_p")  # typical_p may cut the likeliest, all others change scores


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
    ranked = scores.gather(-1, order)
    for knob in cutting:
        ranked = knob(ranked, ids)  # (b, m)
        left = torch.full_like(scores, -torch.inf).scatter(-1, order, ranked)  # (b, V)
        results = (*results, (knob.name, left))
        m = max(1, int((ranked > -torch.inf).sum(-1).max()))
        ranked, order = ranked[:, :m], order[:, :m]
    check_all_left_some(active, results)
    return results, order.gather(-1, tokens_at(ranked, uniforms.unsqueeze(-1))).squeeze(-1)


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
