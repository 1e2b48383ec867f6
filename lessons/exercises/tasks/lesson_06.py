"""Exercises of lesson 06: how does a model learn a new voice?

T = tokens, V = size of the vocabulary. Losses and entropies are in nats.
"""

import math
import random
from functools import partial

import torch

from lessons.exercises.cases import Slowly, random_ids, random_logits
from lessons.exercises.exercise import Arguments, Exercise


def cut_into_blocks(texts: list[list[int]], block_size: int) -> list[list[int]]:
    row = []
    for text in texts:
        row.extend(text)  # adds to the row in place: each token is moved once
    whole = len(row) // block_size * block_size
    return [row[start : start + block_size] for start in range(0, whole, block_size)]


def perplexity_of(losses: list[float], tokens: list[int]) -> float:
    # a batch's loss is a mean over its tokens: times their number it is a sum
    total = sum(loss * number for loss, number in zip(losses, tokens, strict=True))
    return math.exp(total / sum(tokens))


def next_token_loss(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    # row i is about token i + 1
    return torch.nn.functional.cross_entropy(logits[:-1], ids[1:])


def entropy_floor(weights: list[float], below: list[float]) -> float:
    floor = 0.0
    for weight, entropy in zip(weights, below, strict=True):
        p = weight / sum(weights)
        floor += p * (-math.log(p) + entropy)
    return floor


def blocks_by_sum(texts: list[list[int]], block_size: int) -> list[list[int]]:
    return cut_into_blocks([sum(texts, [])], block_size)  # noqa: RUF017


def blocks_by_slices(texts: list[list[int]], block_size: int) -> list[list[int]]:
    row, blocks = [id for text in texts for id in text], []
    while len(row) >= block_size:
        blocks.append(row[:block_size])
        row = row[block_size:]
    return blocks


def blocks_overlapping(texts: list[list[int]], block_size: int) -> list[list[int]]:
    row = [id for text in texts for id in text]
    return [row[start : start + block_size] for start in range(len(row) - block_size + 1)]


def blocks_without_last(texts: list[list[int]], block_size: int) -> list[list[int]]:
    row = [id for text in texts for id in text]
    return [row[start : start + block_size] for start in range(0, len(row) - block_size, block_size)]


def blocks_padded(texts: list[list[int]], block_size: int) -> list[list[int]]:
    return [block + [0] * (block_size - len(block)) for block in blocks_with_rest(texts, block_size)]


def blocks_of_each(texts: list[list[int]], block_size: int) -> list[list[int]]:
    return [block for text in texts for block in cut_into_blocks([text], block_size)]


def blocks_with_rest(texts: list[list[int]], block_size: int) -> list[list[int]]:
    row = [id for text in texts for id in text]
    return [row[start : start + block_size] for start in range(0, len(row), block_size)]


def floor_of_choice(weights: list[float], below: list[float]) -> float:
    return entropy_floor(weights, [0.0] * len(below))


def floor_unweighted(weights: list[float], below: list[float]) -> float:
    return floor_of_choice(weights, below) + sum(below)


def floor_unnormalised(weights: list[float], below: list[float]) -> float:
    return sum(weight * (-math.log(weight) + entropy) for weight, entropy in zip(weights, below, strict=True))


def floor_in_bits(weights: list[float], below: list[float]) -> float:
    return floor_of_choice(weights, below) / math.log(2) + floor_of_what_is_below(weights, below)


def floor_of_what_is_below(weights: list[float], below: list[float]) -> float:
    return entropy_floor(weights, below) - floor_of_choice(weights, below)


def floor_without_minus(weights: list[float], below: list[float]) -> float:
    return floor_of_what_is_below(weights, below) - floor_of_choice(weights, below)


def perplexity_of_sum(losses: list[float], tokens: list[int], number: int) -> float:
    return math.exp(sum(loss * size for loss, size in zip(losses, tokens, strict=True)) / number)


def mean_of_perplexities_by_tokens(losses: list[float], tokens: list[int]) -> float:
    return sum(math.exp(loss) * size for loss, size in zip(losses, tokens, strict=True)) / sum(tokens)


def shifted_twice(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits[:-2], ids[2:])


def texts_case(seed: int, texts: int, longest: int, block_size: int) -> Arguments:
    lengths = [1 + length for length in random_ids(seed, texts, longest)]
    return [random_ids(seed + place, length, 10) for place, length in enumerate(lengths)], block_size


def one_long_text() -> Arguments:
    return [list(range(600_000))], 4


def many_texts() -> Arguments:
    return Slowly([place] * 25 for place in range(40_000)), 128


def lists_case(*lists: list[float] | list[int]) -> Arguments:
    return tuple(list(numbers) for numbers in lists)


def loss_case(seed: int, tokens: int, size: int) -> Arguments:
    return random_logits(seed, tokens, size), torch.tensor(random_ids(seed, tokens, size))


def any_losses(seed: int) -> Arguments:
    draw, batches = random.Random(seed), 2 + seed % 4
    return [draw.randint(5, 50) / 10 for _ in range(batches)], [draw.randint(1, 99) for _ in range(batches)]


def any_rules(seed: int) -> Arguments:
    draw, rules = random.Random(seed), 2 + seed % 4
    return [float(draw.randint(1, 9)) for _ in range(rules)], [draw.randint(0, 25) / 10 for _ in range(rules)]


LOSSES = [([2.0, 1.0], [30, 10]), ([3.2], [7]), ([4.1, 3.9, 2.5], [64, 64, 5]), ([1.0, 5.0, 0.5, 2.0], [1, 2, 100, 40])]
RULES = [([1.0, 1.0], [0.0, 1.0]), ([3.0, 1.0], [0.5, 2.0]), ([2.0], [1.5]), ([5.0, 3.0, 2.0], [0.0, 0.7, 1.2])]

EXERCISES = (
    Exercise(
        "next-token-loss",
        6,
        next_token_loss,
        [partial(loss_case, seed, *case) for seed, case in enumerate([(3, 2), (4, 3), (6, 5), (20, 9)])],
        {
            "not-shifted": lambda logits, ids: torch.nn.functional.cross_entropy(logits, ids),
            "wrong-way": lambda logits, ids: torch.nn.functional.cross_entropy(logits[1:], ids[:-1]),
            "shifted-twice": shifted_twice,
            "sum": lambda logits, ids: next_token_loss(logits, ids) * (len(ids) - 1),
            "by-all-tokens": lambda logits, ids: next_token_loss(logits, ids) * (len(ids) - 1) / len(ids),
            "last-token": lambda logits, ids: -logits[-2].log_softmax(-1)[ids[-1]],
            "largest": lambda logits, ids: -logits[:-1].log_softmax(-1).amax(-1).mean(),
            "no-softmax": lambda logits, ids: -logits[:-1].gather(-1, ids[1:, None]).mean(),
        },
        measure="surprisal",
    ),
    Exercise(
        "token-blocks",
        6,
        cut_into_blocks,
        [
            partial(tuple, [[[1, 2, 3], [4]], 2]),
            *(partial(texts_case, seed, *case) for seed, case in enumerate([(2, 3, 2), (4, 5, 3), (9, 8, 4)])),
            one_long_text,
            many_texts,
        ],
        {
            "quadratic": blocks_by_sum,
            "slices": blocks_by_slices,
            "each-text": blocks_of_each,
            "rest-kept": blocks_with_rest,
            "overlapping": blocks_overlapping,
            "last-dropped": blocks_without_last,
            "padded": blocks_padded,
        },
        endless={"slices": 4, "quadratic": 5},
        large=2,
        seconds=6.0,
    ),
    Exercise(
        "perplexity-from-losses",
        6,
        perplexity_of,
        [partial(lists_case, *case) for case in LOSSES],
        {
            "batches-alike": lambda losses, tokens: math.exp(sum(losses) / len(losses)),
            "mean-of-perplexities": lambda losses, tokens: sum(map(math.exp, losses)) / len(losses),
            "base-two": lambda losses, tokens: 2 ** math.log(perplexity_of(losses, tokens)),
            "by-tokens": mean_of_perplexities_by_tokens,
            "by-batches": lambda losses, tokens: perplexity_of_sum(losses, tokens, len(losses)),
            "not-divided": lambda losses, tokens: perplexity_of_sum(losses, tokens, 1),
            "last-batch": lambda losses, tokens: math.exp(losses[-1]),
        },
        measure="perplexity",
        fresh=any_losses,
    ),
    Exercise(
        "entropy-floor",
        6,
        entropy_floor,
        [partial(lists_case, *case) for case in RULES],
        {
            "choice-only": floor_of_choice,
            "unweighted": floor_unweighted,
            "unnormalised": floor_unnormalised,
            "base-two": floor_in_bits,
            "below-only": floor_of_what_is_below,
            "minus-missing": floor_without_minus,
            "alike": lambda weights, below: math.log(len(below)) + sum(below) / len(below),
        },
        measure="surprisal",
        fresh=any_rules,
    ),
)
