"""Exercises of lesson 03: is the likeliest word the start of the likeliest text?

B = beams, V = size of the vocabulary. Log-probabilities are in nats.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import torch

import lessons
from lessons.exercises.cases import random_chain, random_ids, random_logits
from lessons.exercises.exercise import Arguments, Case, Exercise
from lessons.models.source import NextLogits

Loses = Callable[[Any, Any], bool]  # whether beam search loses: (its trace, that of greedy search)


def beam_step(sums: torch.Tensor, log_probs: torch.Tensor, num_beams: int) -> list:
    totals = sums.unsqueeze(-1) + log_probs  # (B, V) each beam with each next token
    best = totals.flatten().topk(num_beams)
    V = log_probs.shape[-1]
    ranked = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return [(place // V, place % V, total) for place, total in ranked]


def beam_score(log_probs: torch.Tensor, length_penalty: float) -> torch.Tensor:
    return log_probs.sum() / len(log_probs) ** length_penalty


def forbidden_tokens(ids: list[int]) -> set[int]:
    # where the last token was said before
    places = [place for place in range(len(ids) - 1) if ids[place] == ids[-1]]
    return {ids[place + 1] for place in places}


def beams_lose(lm: "NextLogits", prompts: list, steps: int, num_beams: int) -> list[int] | None:
    for prompt in prompts:
        greedy = lessons.greedy_search(lm, prompt, max_new_tokens=steps)
        beams = lessons.beam_search(lm, prompt, max_new_tokens=steps, num_beams=num_beams)
        # the log-probability of the text, not its score
        if beams.log_prob < greedy.log_prob - 1e-6:
            return prompt
    return None


def step_of_each(sums: torch.Tensor, log_probs: torch.Tensor, num_beams: int) -> list:
    best = log_probs.max(-1)
    rows = [(beam, int(best.indices[beam]), float(sums[beam] + best.values[beam])) for beam in range(len(sums))]
    return sorted(rows, key=lambda row: -row[2])


def step_without_past(sums: torch.Tensor, log_probs: torch.Tensor, num_beams: int) -> list:
    return beam_step(torch.zeros_like(sums), log_probs, num_beams)


def step_by_beams(sums: torch.Tensor, log_probs: torch.Tensor, num_beams: int) -> list:
    best, B = (sums.unsqueeze(-1) + log_probs).flatten().topk(num_beams), len(sums)
    return [
        (int(place) // B, int(place) % B, float(total)) for place, total in zip(best.indices, best.values, strict=True)
    ]


def step_swapped(sums: torch.Tensor, log_probs: torch.Tensor, num_beams: int) -> list:
    return [(token, beam, total) for beam, token, total in beam_step(sums, log_probs, num_beams)]


def losing_by_score(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> list[int] | None:
    return first_losing(lm, prompts, steps, num_beams, lambda beams, greedy: beams.score < greedy.log_prob)


def losing_backwards(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> list[int] | None:
    return first_losing(lm, prompts, steps, num_beams, lambda beams, greedy: beams.log_prob > greedy.log_prob)


def losing_ties(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> list[int] | None:
    return first_losing(lm, prompts, steps, num_beams, lambda beams, greedy: beams.log_prob <= greedy.log_prob)


def first_losing(lm: NextLogits, prompts: list, steps: int, num_beams: int, loses: Loses) -> list[int] | None:
    for prompt in prompts:
        greedy = lessons.greedy_search(lm, prompt, max_new_tokens=steps)
        if loses(lessons.beam_search(lm, prompt, max_new_tokens=steps, num_beams=num_beams), greedy):
            return prompt
    return None


def step_case(seed: int, beams: int, size: int) -> Arguments:
    sums = random_logits(seed + 100, beams).abs().neg().sort(descending=True).values
    return sums, random_logits(seed, beams, size).log_softmax(-1), beams


def score_case(seed: int, length: int, length_penalty: float) -> Arguments:
    return random_logits(seed, length).abs().neg(), length_penalty


def losing_case(seed: int, size: int, steps: int, num_beams: int) -> Arguments:
    return random_chain(seed, size, ends=[0]), [[word] for word in range(1, size)], steps, num_beams


def ids_case(seed: int, length: int) -> Arguments:
    return (random_ids(seed, length, 4),)


SHORT_TEXTS: list[Case] = [partial(tuple, [ids]) for ids in ([1], [1, 2, 1], [3, 0, 2, 3, 1, 3], [2, 2])]

EXERCISES = (
    Exercise(
        "beam-step",
        3,
        beam_step,
        [partial(step_case, seed, *shape) for seed, shape in enumerate([(2, 3), (2, 4), (3, 5), (4, 9), (5, 40)])],
        {
            "each-its-own": step_of_each,
            "past-forgotten": step_without_past,
            "divided-by-beams": step_by_beams,
            "swapped": step_swapped,
        },
    ),
    Exercise(
        "length-penalty",
        3,
        beam_score,
        [
            partial(score_case, seed, *case)
            for seed, case in enumerate([(2, 1.0), (2, 0.0), (3, 2.0), (5, 0.5), (9, -1.0)])
        ],
        {
            "precedence": lambda log_probs, length_penalty: log_probs.sum() / (len(log_probs) - 1 + 1**length_penalty),
            "multiplied": lambda log_probs, length_penalty: log_probs.sum() * len(log_probs) ** length_penalty,
            "probability": lambda log_probs, length_penalty: log_probs.sum().exp() / len(log_probs) ** length_penalty,
        },
    ),
    Exercise(
        "forbidden-tokens",
        3,
        forbidden_tokens,
        [*SHORT_TEXTS, *(partial(ids_case, seed, length) for seed, length in enumerate((6, 9, 15)))],
        {
            "all-said": lambda ids: set(ids),
            "before": lambda ids: {before for before, after in pairwise(ids) if after == ids[-1]},
            "itself": lambda ids: {ids[-1]},
        },
        unordered=True,
    ),
    Exercise(
        "beams-lose",
        3,
        beams_lose,
        [partial(losing_case, *case) for case in ((2, 3, 4, 2), (8, 4, 5, 2), (8, 5, 6, 3))],
        {"score": losing_by_score, "backwards": losing_backwards, "ties": losing_ties},
    ),
)
