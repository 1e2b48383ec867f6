"""Exercises of lesson 03: is the likeliest word the start of the likeliest text?

B = beams, V = size of the vocabulary. Log-probabilities are in nats.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import torch

import lessons
from lessons.exercises.cases import random_chain, random_ids, random_logits
from lessons.exercises.exercise import Arguments, Case, Exercise
from lessons.models.source import NextLogits

Loses = Callable[[float, float], bool]  # whether beam search loses: (its log-probability, that of greedy search)


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


def step_of_first(sums: torch.Tensor, log_probs: torch.Tensor, num_beams: int) -> list:
    return [
        (0, int(token), float(sums[0] + log_probs[0, token]))
        for token in log_probs[0].argsort(descending=True)[:num_beams]
    ]


def step_without_sum(sums: torch.Tensor, log_probs: torch.Tensor, num_beams: int) -> list:
    return [(beam, token, float(log_probs[beam, token])) for beam, token, _ in beam_step(sums, log_probs, num_beams)]


def forbidden_past_the_end(ids: list[int]) -> set[int]:
    return {ids[place + 1] for place in range(len(ids)) if ids[place] == ids[-1]}


def places(lm: NextLogits, prompts: list, steps: int, num_beams: int, loses: Loses) -> list[int]:
    """At which prompts `loses(log-probability of beams, of greedy search)` is true."""
    found = []
    for place, prompt in enumerate(prompts):
        greedy = lessons.greedy_search(lm, prompt, max_new_tokens=steps)
        beams = lessons.beam_search(lm, prompt, max_new_tokens=steps, num_beams=num_beams)
        if loses(beams.log_prob, greedy.log_prob):
            found.append(place)
    return found


def losing_never(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> None:
    return None


def losing_backwards(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> list[int] | None:
    found = places(lm, prompts, steps, num_beams, lambda beams, greedy: beams > greedy + 1e-6)
    return prompts[found[0]] if found else None


def losing_ties(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> list[int] | None:
    found = places(lm, prompts, steps, num_beams, lambda beams, greedy: beams <= greedy + 1e-6)
    return prompts[found[0]] if found else None


def losing_first_only(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> list[int] | None:
    return beams_lose(lm, prompts[:1], steps, num_beams)


def losing_last(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> list[int] | None:
    return beams_lose(lm, prompts[::-1], steps, num_beams)


def losing_place(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> int | None:
    found = beams_lose(lm, prompts, steps, num_beams)
    return prompts.index(found) if found else None


def losing_all(lm: NextLogits, prompts: list, steps: int, num_beams: int) -> list[list[int]]:
    return [
        prompts[place] for place in places(lm, prompts, steps, num_beams, lambda beams, greedy: beams < greedy - 1e-6)
    ]


def step_case(seed: int, beams: int, size: int) -> Arguments:
    sums = random_logits(seed + 100, beams).abs().neg().sort(descending=True).values
    return sums, random_logits(seed, beams, size).log_softmax(-1), beams


def score_case(seed: int, length: int, length_penalty: float) -> Arguments:
    return random_logits(seed, length).abs().neg(), length_penalty


def losing_case(seed: int, size: int, steps: int, num_beams: int, *words: int) -> Arguments:
    return random_chain(seed, size), [[word] for word in words], steps, num_beams


def any_losing_case(seed: int) -> Arguments:
    """One of the languages below with its words in another order, and so its prompts: margins stay what they are."""
    draw = random.Random(seed)
    chain, prompts, *more = losing_case(*draw.choice(LOSING))
    order = draw.sample(range(len(chain.words)), len(chain.words))
    rows = tuple(tuple(chain.probabilities[row][column] for column in order) for row in order)
    shuffled = [[order.index(word)] for (word,) in draw.sample(prompts, len(prompts))]
    return replace(chain, probabilities=rows), shuffled, *more


def ids_case(seed: int, length: int) -> Arguments:
    return (random_ids(seed, length, 4),)


SHORT_TEXTS: list[Case] = [partial(tuple, [ids]) for ids in ([1], [1, 2, 1], [3, 0, 2, 3, 1, 3], [2, 2])]

# (seed, words, steps, beams, prompts): in each language beams win, lose or tie by 0.05 nats at least, or not at all.
LOSING = [
    (136, 3, 3, 2, 2, 0, 1),  # tie, loss, win
    (136, 3, 3, 2, 1, 2),  # win, tie
    (63, 4, 6, 2, 0, 2, 1, 3),  # win, win, loss, loss
    (5, 5, 5, 2, 1, 0, 3, 2),  # win, loss, loss, win
    (118, 5, 5, 2, 3, 1, 4),  # loss, win, tie
    (168, 5, 5, 2, 2, 4, 0),  # tie, win, win
]

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
            "first-beam": step_of_first,
            "worst-first": lambda sums, log_probs, num_beams: beam_step(sums, log_probs, num_beams)[::-1],
            "token-alone": step_without_sum,
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
            "no-effect": lambda log_probs, length_penalty: log_probs.sum() / (len(log_probs) - 1 + 1**length_penalty),
            "multiplied": lambda log_probs, length_penalty: log_probs.sum() * len(log_probs) ** length_penalty,
            "probability": lambda log_probs, length_penalty: log_probs.sum().exp() / len(log_probs) ** length_penalty,
            "power-of-mean": lambda log_probs, length_penalty: (log_probs.sum() / len(log_probs)) ** length_penalty,
            "undivided": lambda log_probs, length_penalty: log_probs.sum(),
            "one-longer": lambda log_probs, length_penalty: log_probs.sum() / (len(log_probs) + 1) ** length_penalty,
            "times": lambda log_probs, length_penalty: log_probs.sum() / (len(log_probs) * length_penalty),
            "wu": lambda log_probs, length_penalty: log_probs.sum() / ((5 + len(log_probs)) / 6) ** length_penalty,
        },
        measure="log-probability",
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
            "first-only": lambda ids: set([after for before, after in pairwise(ids) if before == ids[-1]][:1]),
            "last-only": lambda ids: set([after for before, after in pairwise(ids) if before == ids[-1]][-1:]),
            "twice": lambda ids: [after for before, after in pairwise(ids) if before == ids[-1]],
            "followers": lambda ids: set(ids[1:]),
            "places": lambda ids: {place for place in range(len(ids) - 1) if ids[place] == ids[-1]},
            "past-the-end": forbidden_past_the_end,
        },
        unordered=True,
    ),
    Exercise(
        "beams-lose",
        3,
        beams_lose,
        [partial(losing_case, *case) for case in LOSING],
        {
            "never": losing_never,
            "backwards": losing_backwards,
            "ties": losing_ties,
            "first-only": losing_first_only,
            "last": losing_last,
            "place": losing_place,
            "all": losing_all,
        },
        fresh=any_losing_case,
    ),
)
