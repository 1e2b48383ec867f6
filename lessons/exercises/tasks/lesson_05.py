"""Exercises of lesson 05: which words may be drawn at all?

V = size of the vocabulary.
"""

from functools import partial

import torch

from lessons.exercises.cases import random_logits, random_probabilities
from lessons.exercises.exercise import Arguments, Exercise


def top_p(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    ordered, ids = probabilities.sort(descending=True)
    before = ordered.cumsum(-1) - ordered  # the mass of all likelier tokens
    kept = ids[before < p]  # so the token that crosses p stays
    chosen = torch.zeros_like(probabilities)
    chosen[kept] = probabilities[kept]
    return chosen / chosen.sum()


def smallest_k(probabilities: torch.Tensor, mass: float) -> int:
    reached = probabilities.sort(descending=True).values.cumsum(-1)
    return int((reached < mass).sum()) + 1  # so many are not enough; one more is


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    # stable: of equal logits the lower id first
    kept = logits.argsort(descending=True, stable=True)[:k]
    chosen = torch.full_like(logits, -torch.inf)
    chosen[kept] = logits[kept]
    return chosen


def min_p(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    kept = probabilities >= p * probabilities.max()
    chosen = torch.where(kept, probabilities, 0.0)
    return chosen / chosen.sum()


def top_p_before_crossing(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    ordered, ids = probabilities.sort(descending=True)
    chosen = torch.zeros_like(probabilities)
    chosen[ids[ordered.cumsum(-1) <= p]] = ordered[ordered.cumsum(-1) <= p]
    return chosen / chosen.sum()


def top_p_in_order(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    return top_p(probabilities, p).sort(descending=True).values


def top_p_unsorted(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    before = probabilities.cumsum(-1) - probabilities
    chosen = torch.where(before < p, probabilities, 0.0)
    return chosen / chosen.sum()


def top_p_of_threshold(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    chosen = torch.where(probabilities >= 1 - p, probabilities, 0.0)
    return chosen / chosen.sum()


def top_p_and_one(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    ordered, ids = probabilities.sort(descending=True)
    kept = ids[: int((ordered.cumsum(-1) < p).sum()) + 2]
    chosen = torch.zeros_like(probabilities)
    chosen[kept] = probabilities[kept]
    return chosen / chosen.sum()


def softmax_again(chosen: torch.Tensor) -> torch.Tensor:
    """What is kept, made probabilities by a second softmax."""
    return torch.where(chosen > 0, chosen, -torch.inf).softmax(-1)


def kept_by_min_p(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    return torch.where(probabilities >= p * probabilities.max(), probabilities, 0.0)


def min_p_upside_down(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    chosen = probabilities - kept_by_min_p(probabilities, p)
    return chosen / chosen.sum()


def min_p_by_difference(probabilities: torch.Tensor, p: float) -> torch.Tensor:
    chosen = torch.where(probabilities >= probabilities.max() - p, probabilities, 0.0)
    return chosen / chosen.sum()


def top_k_by_ids(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    chosen = torch.full_like(logits, -torch.inf)
    chosen[ids] = logits[ids]
    return chosen


def share_case(seed: int, size: int, p: float, spread: float = 1.2) -> Arguments:
    return random_probabilities(seed, size, spread=spread), p


def tie_case(seed: int, size: int, k: int) -> Arguments:
    return random_logits(seed, size).round(), k


def tie() -> Arguments:
    return torch.tensor([1.0, 3.0, 2.0, 2.0]), 2


SHARES = [(3, 0.6), (3, 0.9), (4, 0.5), (5, 0.95), (6, 0.8), (40, 0.92)]
MASSES = [(3, 0.95), (4, 0.95), (5, 0.95), (8, 0.9), (40, 0.95), (200, 0.95)]
LEAST = [(3, 0.3), (4, 0.2), (5, 0.1), (8, 0.05), (40, 0.3)]

EXERCISES = (
    Exercise(
        "top-k",
        5,
        top_k,
        [tie, *(partial(tie_case, seed, *case) for seed, case in enumerate([(3, 1), (4, 2), (6, 3), (20, 7)]))],
        {
            "ties-kept": lambda logits, k: logits.where(logits >= logits.topk(k).values[-1], -torch.inf),
            "zero": lambda logits, k: top_k(logits, k).where(top_k(logits, k) > -torch.inf, 0.0),
            "border-dropped": lambda logits, k: logits.where(logits > logits.topk(k).values[-1], -torch.inf),
            "topk": lambda logits, k: top_k_by_ids(logits, logits.topk(k).indices),
            "higher-id": lambda logits, k: top_k_by_ids(logits, logits.argsort(stable=True)[-k:]),
            "smallest": lambda logits, k: top_k_by_ids(logits, logits.argsort(stable=True)[:k]),
            "short": lambda logits, k: logits.topk(k).values,
        },
    ),
    Exercise(
        "smallest-k",
        5,
        smallest_k,
        [*(partial(share_case, seed, *case) for seed, case in enumerate(MASSES)), partial(share_case, 9, 30, 0.5, 0.2)],
        {
            "index": lambda probabilities, mass: smallest_k(probabilities, mass) - 1,
            "unsorted": lambda probabilities, mass: int((probabilities.cumsum(-1) < mass).sum()) + 1,
            "likely-ones": lambda probabilities, mass: int((probabilities >= 1 - mass).sum()),
            "ascending": lambda probabilities, mass: int((probabilities.sort().values.cumsum(-1) < mass).sum()) + 1,
            "rest": lambda probabilities, mass: len(probabilities) - smallest_k(probabilities, mass),
            "share": lambda probabilities, mass: (
                probabilities.sort(descending=True).values[: smallest_k(probabilities, mass)].sum()
            ),
            "id": lambda probabilities, mass: probabilities.argsort(descending=True)[
                smallest_k(probabilities, mass) - 1
            ],
        },
        measure="count",
    ),
    Exercise(
        "top-p",
        5,
        top_p,
        [partial(share_case, seed, *case) for seed, case in enumerate(SHARES)],
        {
            "not-renormalised": lambda probabilities, p: torch.where(top_p(probabilities, p) > 0, probabilities, 0.0),
            "crossing-dropped": top_p_before_crossing,
            "not-put-back": top_p_in_order,
            "unsorted": top_p_unsorted,
            "threshold": top_p_of_threshold,
            "one-more": top_p_and_one,
            "softmax-again": lambda probabilities, p: softmax_again(top_p(probabilities, p)),
        },
        measure="probability",
    ),
    Exercise(
        "min-p",
        5,
        min_p,
        [partial(share_case, seed, *case) for seed, case in enumerate(LEAST)],
        {
            "absolute": lambda probabilities, p: (
                probabilities.where(probabilities >= p, 0) / probabilities[probabilities >= p].sum()
            ),
            "not-renormalised": kept_by_min_p,
            "top-p": top_p,
            "upside-down": min_p_upside_down,
            "difference": min_p_by_difference,
            "softmax-again": lambda probabilities, p: softmax_again(kept_by_min_p(probabilities, p)),
            "mask": lambda probabilities, p: (probabilities >= p * probabilities.max()).float(),
        },
        measure="probability",
    ),
)
