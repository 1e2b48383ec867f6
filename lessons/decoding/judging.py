"""Judging: what becomes of a token that a draft proposed.

A proposal x, drawn from the draft's q, is accepted with probability min(1, p(x) / q(x)). If it is not, a token is drawn
from what the draft gave too little of: (p - q) where that is above 0, renormalised. Then the token has been drawn from
the model's p, whatever q is (Leviathan, Kalman and Matias 2023, Fast Inference from Transformers via Speculative
Decoding, appendix A.1). Where nothing is drawn, a proposal is accepted if it is the likeliest token.

V = size of the vocabulary, p and q (V,) in 64 bits.
"""

from typing import NamedTuple, Protocol

from torch import Tensor

from lessons.arithmetic.probability import wide
from lessons.decoding.drawing import draw
from lessons.records.speculation import Guess


class Verdict(NamedTuple):
    """The token that stands in the text, and the numbers that decided: for accepting, and for a draw of the model's."""

    chosen: int
    judged_by: float | None = None
    uniform: float | None = None


class Chooser(Protocol):
    """Who chooses: chance, or rank."""

    def guess(self, place: int, scores: Tensor) -> Guess:
        """What the draft proposes for a place of the text, from its scores (V,)."""
        ...

    def judge(self, place: int, scores: Tensor, guess: Guess | None) -> Verdict:
        """What comes there, given the model's scores (V,) and a proposal, if there is one."""
        ...


class ByRank:
    """The likeliest token, always; of equal ones the lower id."""

    def guess(self, place: int, scores: Tensor) -> Guess:
        return Guess(int(scores.argmax()), scores)

    def judge(self, place: int, scores: Tensor, guess: Guess | None) -> Verdict:
        return Verdict(int(scores.argmax()))


class ByChance:
    """Draws, with three random numbers for each place of the text: one proposes, one judges, one takes what comes
    instead.

    A number that proposed a token which was never judged may serve again: nothing in the text depends on it.
    """

    def __init__(self, numbers: Tensor) -> None:
        """numbers: (3, T) from [0, 1)"""
        self.proposing, self.judging, self.taking = numbers.tolist()

    def guess(self, place: int, scores: Tensor) -> Guess:
        return Guess(self.drawn(scores, self.proposing[place]), scores, self.proposing[place])

    def judge(self, place: int, scores: Tensor, guess: Guess | None) -> Verdict:
        if guess is None:
            return Verdict(self.drawn(scores, self.taking[place]), None, self.taking[place])
        p, q = (wide(each.cpu()).softmax(-1) for each in (scores, guess.scores))
        left = residual(p, q)
        if self.accepted(ratio(p, q, guess.token), self.judging[place]) or not left.any():
            return Verdict(guess.token, self.judging[place])
        return Verdict(self.drawn(left.log(), self.taking[place]), self.judging[place], self.taking[place])

    def drawn(self, scores: Tensor, uniform: float) -> int:
        """The token on which the number falls."""
        return draw(scores, uniform)

    def accepted(self, share: float, uniform: float) -> bool:
        """Whether the number falls into this share of [0, 1)."""
        return uniform < share


def ratio(p: Tensor, q: Tensor, token: int) -> float:
    """With which probability a token that was drawn from q is accepted: min(1, p / q).

    >>> import torch
    >>> p, q = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.6, 0.2])
    >>> [round(ratio(p, q, token), 4) for token in range(3)]
    [1.0, 0.5, 1.0]
    """
    return min(1.0, (p[token] / q[token]).item())


def residual(p: Tensor, q: Tensor) -> Tensor:
    """(V,) what a token is drawn from that takes the place of a rejected one: (p - q) where that is above 0,
    renormalised. All 0 where p is nowhere above q: then nothing is ever rejected.

    >>> import torch
    >>> residual(torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.6, 0.2]))
    tensor([1., 0., 0.])
    """
    more = (p - q).clamp(min=0)
    return more / more.sum() if more.any() else more
