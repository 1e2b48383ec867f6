"""Exercises of lesson 10: can two models write faster than one, and the text be the same?

p = the model's probabilities, q = the draft's; V = size of the vocabulary.
"""

import random
from functools import partial

import torch
from torch import Tensor

from lessons.exercises.cases import random_probabilities
from lessons.exercises.exercise import Arguments, Exercise


def accept_or_replace(p: Tensor, q: Tensor, proposed: int, u: float, v: float) -> int:
    if u < p[proposed] / q[proposed]:  # a ratio above 1 is always reached
        return proposed
    left = (p - q).clamp(min=0)
    ends = (left / left.sum()).cumsum(-1)  # where each token ends
    return int((ends <= v).sum())


def residual(p: Tensor, q: Tensor) -> Tensor:
    left = (p - q).clamp(min=0)  # what q gives too little
    return left / left.sum()


def tokens_a_pass(rate: float, n: int) -> float:
    # the model's own token is sure; the k-th proposal counts if it and all before it are accepted
    return sum(rate**k for k in range(n + 1))


def mistaken(p: Tensor, q: Tensor) -> Tensor:
    accepted = torch.minimum(p, q)
    return accepted + (1 - accepted.sum()) * p


def drawn(shares: Tensor, v: float) -> int:
    """The token in whose place v falls, in the order of the ids."""
    return int(((shares / shares.sum()).cumsum(-1) <= v).sum())


def replaced_from(p: Tensor, q: Tensor, proposed: int, u: float, v: float, shares: Tensor) -> int:
    """The step whose replacement is drawn from other shares."""
    return proposed if u < p[proposed] / q[proposed] else drawn(shares, v)


def accepted_if(p: Tensor, q: Tensor, proposed: int, v: float, accepted: bool) -> int:
    """The step with another rule of acceptance."""
    return proposed if accepted else drawn((p - q).clamp(min=0), v)


def step_case(p: tuple[float, ...], q: tuple[float, ...], proposed: int, u: float, v: float) -> Arguments:
    return torch.tensor(p), torch.tensor(q), proposed, u, v


def random_step(seed: int, size: int, proposed: int, u: float, v: float) -> Arguments:
    return *pair(seed, size), proposed, u, v


def pair(seed: int, size: int) -> Arguments:
    return random_probabilities(seed, size, spread=1.2), random_probabilities(seed + 100, size, spread=1.2)


def any_rate(seed: int) -> Arguments:
    draw = random.Random(seed)
    return draw.randint(5, 95) / 100, draw.randint(2, 9)


def hand() -> Arguments:
    return torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.6, 0.2])


def normalised(shares: Tensor) -> Tensor:
    return shares / shares.sum()


def geometric(rate: float, first: int, last: int) -> float:
    """rate**first + … + rate**last"""
    return sum(rate**k for k in range(first, last + 1))


P, Q = (0.5, 0.2, 0.3), (0.2, 0.7, 0.1)
STEPS = [
    partial(step_case, P, Q, 1, 0.25, 0.9),
    partial(step_case, P, Q, 1, 0.35, 0.5),
    partial(step_case, P, Q, 1, 0.95, 0.7),
    partial(step_case, P, Q, 0, 0.99, 0.5),
    partial(step_case, P, Q, 2, 0.5, 0.1),
    *(partial(random_step, seed, size, token, u, v) for seed, size, token, u, v in [
        (1, 4, 0, 0.6, 0.2), (2, 5, 3, 0.9, 0.95), (3, 6, 1, 0.3, 0.5), (4, 8, 2, 0.8, 0.3), (5, 20, 7, 0.97, 0.6)
    ]),
]  # fmt: skip
RATES = [(0.5, 1), (0.5, 2), (0.8, 4), (0.0, 3), (0.6, 1), (0.9, 8), (1.0, 5)]

EXERCISES = (
    Exercise(
        "accept-or-replace",
        10,
        accept_or_replace,
        STEPS,
        {
            "no-ratio": lambda p, q, proposed, u, v: accepted_if(p, q, proposed, v, u < p[proposed]),
            "upside-down": lambda p, q, proposed, u, v: accepted_if(p, q, proposed, v, u < q[proposed] / p[proposed]),
            "never-by-luck": lambda p, q, proposed, u, v: accepted_if(p, q, proposed, v, p[proposed] >= q[proposed]),
            "turned": lambda p, q, proposed, u, v: accepted_if(p, q, proposed, v, u >= p[proposed] / q[proposed]),
            "from-p": lambda p, q, proposed, u, v: replaced_from(p, q, proposed, u, v, p),
            "from-q": lambda p, q, proposed, u, v: replaced_from(p, q, proposed, u, v, q),
            "from-difference": lambda p, q, proposed, u, v: replaced_from(p, q, proposed, u, v, (p - q).abs()),
            "from-wrong-side": lambda p, q, proposed, u, v: replaced_from(p, q, proposed, u, v, (q - p).clamp(min=0)),
            "likeliest": lambda p, q, proposed, u, v: (
                proposed if u < p[proposed] / q[proposed] else int((p - q).argmax())
            ),
            "not-renormalised": lambda p, q, proposed, u, v: (
                proposed if u < p[proposed] / q[proposed] else int(((p - q).clamp(min=0).cumsum(-1) <= v).sum())
            ),
        },
    ),
    Exercise(
        "residual",
        10,
        residual,
        [hand, *(partial(pair, seed, size) for seed, size in [(1, 3), (2, 4), (3, 6), (4, 12), (5, 40)])],
        {
            "not-renormalised": lambda p, q: (p - q).clamp(min=0),
            "absolute": lambda p, q: normalised((p - q).abs()),
            "wrong-side": lambda p, q: normalised((q - p).clamp(min=0)),
            "whole-p": lambda p, q: normalised(torch.where(p > q, p, 0.0)),
            "common": lambda p, q: normalised(torch.minimum(p, q)),
            "negative": lambda p, q: p - q,
            "ratio": lambda p, q: normalised((p / q - 1).clamp(min=0)),
            "softmax": lambda p, q: (p - q).clamp(min=0).softmax(-1),
        },
        measure="probability",
    ),
    Exercise(
        "tokens-a-pass",
        10,
        tokens_a_pass,
        [partial(lambda *given: given, *case) for case in RATES],
        {
            "own-forgotten": lambda rate, n: geometric(rate, 1, n),
            "not-in-a-row": lambda rate, n: 1 + rate * n,
            "product": lambda rate, n: rate * n,
            "one-short": lambda rate, n: geometric(rate, 0, n - 1),
            "all-or-nothing": lambda rate, n: 1 + n * rate**n,
            "endless-draft": lambda rate, n: 1 / (1 - rate) if rate < 1 else float("inf"),
            "rejected": lambda rate, n: geometric(1 - rate, 0, n),
            "one-more": lambda rate, n: geometric(rate, 0, n + 1),
        },
        fresh=any_rate,
    ),
    Exercise(
        "mistaken-correction",
        10,
        mistaken,
        [hand, *(partial(pair, seed, size) for seed, size in [(11, 3), (12, 4), (13, 6), (14, 12), (15, 40)])],
        {
            "still-p": lambda p, q: p,
            "of-the-draft": lambda p, q: q,
            "accepted-only": lambda p, q: torch.minimum(p, q),
            "accepted-renormalised": lambda p, q: normalised(torch.minimum(p, q)),
            "weights-swapped": lambda p, q: (
                normalised(torch.minimum(p, q)) * (1 - torch.minimum(p, q).sum()) + torch.minimum(p, q).sum() * p
            ),
            "not-weighted": lambda p, q: torch.minimum(p, q) + p,
            "half-and-half": lambda p, q: (p + q) / 2,
            "from-q": lambda p, q: torch.minimum(p, q) + (1 - torch.minimum(p, q).sum()) * q,
            "mixture": lambda p, q: torch.minimum(p, q).sum() * q + (1 - torch.minimum(p, q).sum()) * p,
        },
        measure="probability",
    ),
)
