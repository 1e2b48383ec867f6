"""The likeliest tokens first: what nuclei are cut from, and draws are made from.

V = size of the vocabulary, n = tokens looked at, ... = any leading shape.
"""

from collections.abc import Iterator

import numpy
import torch
from torch import Tensor

HEAD = 512  # tokens: most draws end among them, and most nuclei


class Ranking:
    """Scores (..., V) and their tokens in order, found when somebody asks for them, and no more of them than that
    needs.

    Sorting thousands of tokens, of which a few can be drawn, takes longer than all else in a step of sampling. What one
    filter has found out, the next one and the draw go on from.

    Attributes:
        scores: (..., V) minus infinity where cut.
        ids: (..., n) every token that can be drawn, the likeliest first; None where nobody has looked yet.
        values: (..., n) their scores (minus infinity where one row has fewer than another).
    """

    def __init__(self, scores: Tensor, ids: Tensor | None = None, values: Tensor | None = None) -> None:
        self.scores, self.ids, self.values = scores, ids, values

    def first(self, n: int) -> tuple[Tensor, Tensor]:
        """(..., n) ids and scores of the n likeliest tokens (fewer where fewer are left); of equal scores the lower id
        comes first."""
        if self.ids is not None:
            return self.ids[..., :n], self.values[..., :n]
        if 4 * n < self.scores.shape[-1]:
            values, ids = self.scores.topk(n + 1)
            # subtle: topk takes equal scores in any order. Two of minus infinity differ by a NaN, which counts as a
            # difference
            if values.diff().all():
                return ids[..., :n], values[..., :n]
        ids = likeliest_first(self.scores)[..., :n]
        return ids, self.scores.gather(-1, ids)

    def stretches(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Ids, scores, probabilities (..., n) of the likeliest tokens: first of some, then of all that can be drawn."""
        if self.ids is not None:
            yield self.ids, self.values, self.values.softmax(-1, dtype=wide(self.scores))
            return
        probs, vocabulary = self.scores.softmax(-1, dtype=wide(self.scores)), self.scores.shape[-1]
        for n in (HEAD, vocabulary) if 4 * HEAD < vocabulary else (vocabulary,):
            ids, values = self.first(n)
            yield ids, values, probs.gather(-1, ids)

    def keep(self, ids: Tensor, values: Tensor) -> "Ranking":
        """What is left if only these tokens (..., n) can be drawn, given in order with their scores."""
        scores = torch.full_like(self.scores, -torch.inf)
        return Ranking(scores.scatter_(-1, ids, values), ids, values)


def likeliest_first(scores: Tensor) -> Tensor:
    """(..., V) the ids in the order of their scores, the largest first; of equal scores the lower id comes first.

    A stable sort, but a quick one: score and id are packed into one whole number of 64 bits, no two of which are equal.

    >>> likeliest_first(torch.tensor([-0.5, 2.0, -torch.inf, 2.0]))
    tensor([1, 3, 0, 2])
    """
    if scores.dtype != torch.float32 or scores.device.type != "cpu":
        return scores.argsort(dim=-1, descending=True, stable=True)
    bits = (scores + 0.0).numpy().view(numpy.int32)  # subtle: + 0.0 makes a minus zero, whose bits differ, a zero
    place = ~(bits ^ (bits >> 31 & 0x7FFFFFFF))  # a whole number, the smaller the larger the score (IEEE 754)
    packed = place.astype(numpy.int64) << 32 | numpy.arange(scores.shape[-1])
    return torch.from_numpy(numpy.sort(packed) & 0xFFFFFFFF)  # numpy sorts with vector instructions


def wide(scores: Tensor) -> torch.dtype:
    """64 bits, so that thousands of small probabilities sum exactly enough; 32 where a device has no more (Apple's)."""
    return torch.float32 if scores.device.type == "mps" else torch.float64
