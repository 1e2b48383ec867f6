"""Exercises of lesson 04: what does temperature do to a distribution?

V = size of the vocabulary. Entropies are in nats.
"""

import math
import random
from collections.abc import Callable
from functools import partial

import torch

import lessons
from lessons.exercises.cases import random_logits
from lessons.exercises.exercise import Arguments, Exercise


def tempered(logits: torch.Tensor, T: float) -> torch.Tensor:
    return (logits / T).softmax(dim=-1)


def temperature_for_odds(logit_a: float, logit_b: float, odds: float) -> float:
    return (logit_a - logit_b) / math.log(odds)  # odds = exp((logit_a - logit_b) / T)


def entropy_in_nats(logits: torch.Tensor) -> torch.Tensor:
    log_probs = logits.log_softmax(dim=-1)
    possible = log_probs[log_probs > -torch.inf]  # cut ones add 0: 0 log 0 = 0
    return -(possible.exp() * possible).sum()


def temperature_for_entropy(logits: torch.Tensor, nats: float) -> float:
    low, high = 0.01, 100.0
    for _ in range(60):
        T = math.sqrt(low * high)  # the middle, by ratio
        if lessons.entropy(logits / T) < nats:
            low = T  # too sure: hotter
        else:
            high = T
    return T


def guessed_wrong_way(logits: torch.Tensor, nats: float) -> float:
    low, high = 0.01, 100.0
    for _ in range(60):
        T = math.sqrt(low * high)
        low, high = (low, T) if lessons.entropy(logits / T) < nats else (T, high)
    return T


def temperature_for(entropy: Callable[[torch.Tensor, float], torch.Tensor]) -> Callable[[torch.Tensor, float], float]:
    """The search as it should be, but for an entropy (logits, T) that is not."""

    def search(logits: torch.Tensor, nats: float) -> float:
        low, high = 0.01, 100.0
        for _ in range(60):
            T = math.sqrt(low * high)
            low, high = (T, high) if entropy(logits, T) < nats else (low, T)
        return T

    return search


def whole_degrees(logits: torch.Tensor, nats: float) -> float:
    return next((float(T) for T in range(1, 101) if lessons.entropy(logits / T) >= nats), 100.0)


def nan_entropy(logits: torch.Tensor) -> torch.Tensor:
    return -(logits.softmax(-1) * logits.log_softmax(-1)).sum()


def mean_surprisal(logits: torch.Tensor) -> torch.Tensor:
    log_probs = logits.log_softmax(-1)
    return -log_probs[log_probs > -torch.inf].mean()


def tempered_case(seed: int, size: int, T: float) -> Arguments:
    return random_logits(seed, size), T


def cut_case(seed: int, size: int, cut: int) -> Arguments:
    logits = random_logits(seed, size)
    logits[:cut] = -torch.inf
    return (logits,)


def entropy_case(seed: int, size: int, share: float) -> Arguments:
    return random_logits(seed, size), round(share * math.log(size), 3)


def any_odds(seed: int) -> Arguments:
    draw = random.Random(seed)
    logit_b = draw.randint(-30, 30) / 10
    return logit_b + draw.randint(5, 50) / 10, logit_b, float(draw.randint(2, 12))


def any_entropy_case(seed: int) -> Arguments:
    """As above. KeyError for seeds whose temperature lies near the end of a search from 0.01 to 100."""
    given = entropy_case(seed, 3 + seed % 5, random.Random(seed).randint(40, 90) / 100)
    if not 0.05 < temperature_for_entropy(*given) < 20:
        raise KeyError(seed)
    return given


TEMPERED = [(2, 0.5), (3, 2.0), (3, 1.0), (6, 0.7), (30, 1.5)]
ODDS = [(2.0, 1.0, 3.0), (1.5, -0.5, 3.0), (4.0, 1.0, 2.0), (-1.0, -6.0, 10.0)]

EXERCISES = (
    Exercise(
        "tempered",
        4,
        tempered,
        [partial(tempered_case, seed, *case) for seed, case in enumerate(TEMPERED)],
        {
            "multiplied": lambda logits, T: (logits * T).softmax(-1),
            "after-softmax": lambda logits, T: logits.softmax(-1) / T,
            "softmax-twice": lambda logits, T: (logits.softmax(-1) / T).softmax(-1),
            "power": lambda logits, T: logits.softmax(-1) ** (1 / T),
            "no-effect": lambda logits, T: logits.softmax(-1) / T / (logits.softmax(-1) / T).sum(),
            "no-softmax": lambda logits, T: logits / T,
            "not-normalised": lambda logits, T: (logits / T).exp(),
        },
        measure="probability",
    ),
    Exercise(
        "three-to-one",
        4,
        temperature_for_odds,
        [partial(tuple, case) for case in ODDS],
        {
            "no-logarithm": lambda logit_a, logit_b, odds: (logit_a - logit_b) / odds,
            "upside-down": lambda logit_a, logit_b, odds: math.log(odds) / (logit_a - logit_b),
            "quotient": lambda logit_a, logit_b, odds: logit_a / logit_b / math.log(odds),
            "base-two": lambda logit_a, logit_b, odds: (logit_a - logit_b) / math.log2(odds),
            "base-ten": lambda logit_a, logit_b, odds: (logit_a - logit_b) / math.log10(odds),
            "multiplied": lambda logit_a, logit_b, odds: (logit_a - logit_b) * math.log(odds),
            "share": lambda logit_a, logit_b, odds: (logit_a - logit_b) / math.log(odds / (odds + 1)),
            "wrong-sign": lambda logit_a, logit_b, odds: (logit_b - logit_a) / math.log(odds),
        },
        fresh=any_odds,
    ),
    Exercise(
        "entropy-in-nats",
        4,
        entropy_in_nats,
        [partial(cut_case, seed, *case) for seed, case in enumerate([(2, 0), (3, 0), (4, 1), (20, 5)])],
        {
            "zero-times-infinity": nan_entropy,
            "unweighted": mean_surprisal,
            "base-two": lambda logits: entropy_in_nats(logits) / math.log(2),
            "likeliest": lambda logits: -logits.log_softmax(-1).max(),
            "uniform": lambda logits: (logits > -torch.inf).sum().log(),
            "cut-as-zero": lambda logits: entropy_in_nats(logits.where(logits > -torch.inf, 0.0)),
            "softmax-twice": lambda logits: entropy_in_nats(logits.softmax(-1)),
        },
        measure="surprisal",
    ),
    Exercise(
        "temperature-for-entropy",
        4,
        temperature_for_entropy,
        [
            partial(entropy_case, seed, *case)
            for seed, case in enumerate([(2, 0.5), (3, 0.3), (2, 0.95), (5, 0.8), (40, 0.6)])
        ],
        {
            "wrong-way": guessed_wrong_way,
            "proportional": lambda logits, nats: nats / lessons.entropy(logits),
            "probabilities": temperature_for(lambda logits, T: lessons.entropy((logits / T).softmax(-1))),
            "multiplied": lambda logits, nats: 1 / temperature_for_entropy(logits, nats),
            "after-softmax": temperature_for(lambda logits, T: lessons.entropy(logits.softmax(-1) / T)),
            "bits": temperature_for(lambda logits, T: lessons.entropy(logits / T) / math.log(2)),
            "no-temperature": temperature_for(lambda logits, T: lessons.entropy(logits)),
            "whole-degrees": whole_degrees,
        },
        tolerance=1e-2,
        fresh=any_entropy_case,
    ),
)
