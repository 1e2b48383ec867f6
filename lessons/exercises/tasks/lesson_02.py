"""Exercises of lesson 02: where did the probability go?

T = tokens, V = size of the vocabulary. Log-probabilities are in nats.
"""

import math
import random
from functools import partial

import torch

import lessons
from lessons.exercises.cases import random_ids, random_logits, random_probabilities
from lessons.exercises.exercise import Arguments, Exercise


def rounds_to_zero(p: float) -> int:
    n = 0
    # the exact number p**n, rounded to 32 bits
    while torch.tensor(p**n, dtype=torch.float32) > 0:
        n += 1
    return n


def text_log_prob(probabilities: torch.Tensor) -> torch.Tensor:
    return probabilities.log().sum()


def log_probs_of_labels(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    log_probs = logits.log_softmax(dim=-1)  # (T, V)
    return log_probs.gather(-1, labels.unsqueeze(-1)).squeeze(-1)  # (T,)


def continuation_log_prob(logits: torch.Tensor, ids: torch.Tensor, input_len: int) -> torch.Tensor:
    log_probs = logits[:-1].log_softmax(dim=-1)  # row i is about token i + 1
    of_tokens = log_probs.gather(-1, ids[1:].unsqueeze(-1)).squeeze(-1)  # (T - 1,)
    # token number input_len is predicted by row input_len - 1
    return of_tokens[input_len - 1 :].sum()


def lost_by_multiplying(p: float) -> int:
    n, product = 0, torch.tensor(1.0)
    while product > 0:
        n, product = n + 1, product * p
    return n


def lost_in_64_bits(p: float) -> int:
    n = 0
    while p**n > 0:
        n += 1
    return n


def lost_below_normal(p: float) -> int:
    n = 0
    while p**n >= torch.finfo(torch.float32).tiny:
        n += 1
    return n


def lost_below_smallest(p: float) -> int:
    n = 0
    while p**n >= 2**-149:
        n += 1
    return n


def lost_in_16_bits(p: float) -> int:
    n = 0
    while torch.tensor(p**n, dtype=torch.float16) > 0:
        n += 1
    return n


def lost_as_in_the_lesson(p: float) -> int | None:
    return lessons.lost_at(lessons.running_product([p] * 3000, "float32"), [math.log(p)] * 3000)


def of_tokens(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    return log_probs_of_labels(logits[:-1], ids[1:])


def probability_case(seed: int, tokens: int) -> Arguments:
    return (random_probabilities(seed, tokens, 4)[:, 0],)


def any_probability(seed: int) -> Arguments:
    return (random.Random(seed).randint(5, 95) / 100,)


def labels_case(seed: int, tokens: int, size: int) -> Arguments:
    return random_logits(seed, tokens, size), torch.tensor(random_ids(seed, tokens, size))


def large_logits() -> Arguments:
    return torch.tensor([[0.0, 1000.0], [1000.0, 0.0], [200.0, 0.0]]), torch.tensor([0, 0, 1])


def text_case(seed: int, tokens: int, input_len: int) -> Arguments:
    return random_logits(seed, tokens, 5), torch.tensor(random_ids(seed, tokens, 5)), input_len


EXERCISES = (
    Exercise(
        "lost-at",
        2,
        rounds_to_zero,
        [partial(tuple, [p]) for p in (0.5, 0.1, 0.9, 0.7)],
        {
            "multiplied": lost_by_multiplying,
            "float64": lost_in_64_bits,
            "last-alive": lambda p: rounds_to_zero(p) - 1,
            "normal": lost_below_normal,
            "half": lost_below_smallest,
            "float16": lost_in_16_bits,
            "lesson": lost_as_in_the_lesson,
        },
        measure="count",
        endless={"multiplied": 2},
        fresh=any_probability,
    ),
    Exercise(
        "text-log-prob",
        2,
        text_log_prob,
        [partial(probability_case, seed, tokens) for seed, tokens in enumerate((2, 3, 20, 800))],
        {
            "product": lambda probabilities: probabilities.prod().log(),
            "mean": lambda probabilities: probabilities.log().mean(),
            "log-of-sum": lambda probabilities: probabilities.sum().log(),
            "product-in-python": lambda probabilities: math.log(math.prod(probabilities.tolist())),
            "base-ten": lambda probabilities: probabilities.log10().sum(),
            "softmax": lambda probabilities: probabilities.log_softmax(-1).sum(),
            "last-token": lambda probabilities: probabilities[-1].log(),
        },
        measure="log-probability",
    ),
    Exercise(
        "log-probs-of-labels",
        2,
        log_probs_of_labels,
        [*(partial(labels_case, seed, *shape) for seed, shape in enumerate([(2, 3), (3, 4), (7, 30)])), large_logits],
        {
            "log-of-softmax": lambda logits, labels: logits.softmax(-1).log().gather(-1, labels[:, None])[:, 0],
            "overflow": lambda logits, labels: (logits - logits.exp().sum(-1, keepdim=True).log()).gather(
                -1, labels[:, None]
            )[:, 0],
            "wrong-axis": lambda logits, labels: logits.log_softmax(0).gather(-1, labels[:, None])[:, 0],
            "largest": lambda logits, labels: logits.log_softmax(-1).amax(-1),
            "no-softmax": lambda logits, labels: logits.gather(-1, labels[:, None])[:, 0],
            "averaged": lambda logits, labels: torch.nn.functional.cross_entropy(logits, labels),
            "all-pairs": lambda logits, labels: logits.log_softmax(-1)[:, labels],
            "all-tokens": lambda logits, labels: logits.log_softmax(-1),
        },
        measure="log-probability",
    ),
    Exercise(
        "sequence-logprob",
        2,
        continuation_log_prob,
        [partial(text_case, seed, *shape) for seed, shape in enumerate([(4, 1), (5, 2), (7, 3), (9, 1), (12, 6)])],
        {
            "one-token": lambda logits, ids, input_len: of_tokens(logits, ids)[input_len],
            "first-dropped": lambda logits, ids, input_len: of_tokens(logits, ids)[input_len:].sum(),
            "not-shifted": lambda logits, ids, input_len: log_probs_of_labels(logits, ids)[input_len:].sum(),
            "prompt-counted": lambda logits, ids, input_len: of_tokens(logits, ids).sum(),
            "mean": lambda logits, ids, input_len: of_tokens(logits, ids)[input_len - 1 :].mean(),
            "last-dropped": lambda logits, ids, input_len: of_tokens(logits, ids)[input_len - 1 : -1].sum(),
            "no-softmax": lambda logits, ids, input_len: logits[:-1].gather(-1, ids[1:, None])[input_len - 1 :].sum(),
            "largest": lambda logits, ids, input_len: logits[input_len - 1 : -1].log_softmax(-1).amax(-1).sum(),
        },
        measure="log-probability",
    ),
)
