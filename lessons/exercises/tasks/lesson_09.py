"""Exercises of lesson 09: how can a model be made to obey?

V = size of the vocabulary, T = tokens of a text.
"""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from lessons.exercises.cases import random_logits, random_probabilities
from lessons.exercises.exercise import Arguments, Exercise


def under_rule(logits: Tensor, allowed: list[int]) -> Tensor:
    masked = torch.full_like(logits, -torch.inf)
    masked[allowed] = logits[allowed]
    return masked.softmax(-1)  # which renormalises what is left


def may_follow(texts: list[list[int]], written: list[int]) -> set[int]:
    length = len(written)
    return {text[length] for text in texts if text[:length] == written and len(text) > length}


def weight(offered: Tensor, allowed: Tensor) -> float:
    left = torch.where(allowed, offered, 0.0).sum(-1)  # the share that the rule left at each step
    return float(left.prod())


def kept_only(logits: Tensor, allowed: list[int]) -> Tensor:
    """The probabilities before any rule, 0 where it forbids."""
    return torch.zeros_like(logits).index_copy(0, torch.tensor(allowed), logits.softmax(-1)[allowed])


def zeros_for_cut(logits: Tensor, allowed: list[int]) -> Tensor:
    return torch.zeros_like(logits).index_copy(0, torch.tensor(allowed), logits[allowed]).softmax(-1)


def forbidden_instead(logits: Tensor, allowed: list[int]) -> Tensor:
    return under_rule(logits, [id for id in range(len(logits)) if id not in allowed])


def all_alike(logits: Tensor, allowed: list[int]) -> Tensor:
    return torch.zeros_like(logits).index_fill(0, torch.tensor(allowed), 1 / len(allowed))


def softmax_again(logits: Tensor, allowed: list[int]) -> Tensor:
    kept = kept_only(logits, allowed)
    return kept.where(kept > 0, -torch.inf).softmax(-1)


def likeliest_only(logits: Tensor, allowed: list[int]) -> Tensor:
    return torch.zeros_like(logits).index_fill(0, under_rule(logits, allowed).argmax(), 1.0)


def after_last(texts: list[list[int]], written: list[int]) -> set[int]:
    """What follows the last token written, wherever it stands."""
    if not written:
        return {text[0] for text in texts if text}
    pairs = [pair for text in texts for pair in pairwise(text)]
    return {after for before, after in pairs if before == written[-1]}


def left_at(offered: Tensor, allowed: Tensor) -> Tensor:
    """(T,) the share that the rule left at each step."""
    return torch.where(allowed, offered, 0.0).sum(-1)


def mask_case(seed: int, size: int, number: int) -> Arguments:
    draw = torch.Generator().manual_seed(seed)
    return random_logits(seed, size), torch.randperm(size, generator=draw)[:number].tolist()


def texts_case(seed: int, number: int, written: int) -> Arguments:
    """Texts of words 1 to 3, each ending with 0, and the beginning of one of them."""
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(written, written + 4, (number,), generator=draw).tolist()
    texts = [[*torch.randint(1, 4, (length,), generator=draw).tolist(), 0] for length in lengths]
    texts += [[*texts[0][: written + 1], 3, 0], [*texts[0][:written], 0]]
    return texts, texts[0][:written]


def two_articles() -> Arguments:
    return [[1, 3, 0], [2, 4, 0], [1, 4, 3, 0]], [1]


def weight_case(seed: int, steps: int, size: int) -> Arguments:
    draw = torch.Generator().manual_seed(seed)
    allowed = torch.rand(steps, size, generator=draw) < 0.5
    allowed[:, 0] = True
    return random_probabilities(seed, steps, size, spread=1.0), allowed


EXERCISES = (
    Exercise(
        "under-a-rule",
        9,
        under_rule,
        [partial(mask_case, seed, *case) for seed, case in enumerate([(3, 2), (4, 1), (5, 3), (8, 4), (30, 7)])],
        {
            "not-renormalised": kept_only,
            "zero-logits": zeros_for_cut,
            "upside-down": forbidden_instead,
            "short": lambda logits, allowed: logits[allowed].softmax(-1),
            "all-alike": all_alike,
            "softmax-again": softmax_again,
            "likeliest-only": likeliest_only,
            "scores": lambda logits, allowed: logits.where(under_rule(logits, allowed) > 0, -torch.inf),
        },
        measure="probability",
    ),
    Exercise(
        "may-follow",
        9,
        may_follow,
        [
            two_articles,
            *(partial(texts_case, seed, *case) for seed, case in enumerate([(2, 0), (3, 1), (5, 2), (8, 1)])),
        ],
        {
            "by-place": lambda texts, written: {text[len(written)] for text in texts if len(text) > len(written)},
            "after-last": after_last,
            "anything": lambda texts, written: {token for text in texts for token in text},
            "whole-rest": lambda texts, written: {
                token for text in texts if text[: len(written)] == written for token in text[len(written) :]
            },
            "without-end": lambda texts, written: may_follow(texts, written) - {0},
            "end-always": lambda texts, written: may_follow(texts, written) | {0},
            "first-text": lambda texts, written: set(list(may_follow(texts[:1], written)) or [texts[0][0]]),
            "one-further": lambda texts, written: {
                text[len(written) + 1]
                for text in texts
                if text[: len(written)] == written and len(text) > len(written) + 1
            },
        },
        unordered=True,
    ),
    Exercise(
        "weight-of-a-draw",
        9,
        weight,
        [partial(weight_case, seed, *case) for seed, case in enumerate([(2, 3), (1, 4), (3, 4), (5, 6), (8, 20)])],
        {
            "sum": lambda offered, allowed: left_at(offered, allowed).sum(),
            "mean": lambda offered, allowed: left_at(offered, allowed).mean(),
            "turned-round": lambda offered, allowed: 1 / left_at(offered, allowed).prod(),
            "what-was-cut": lambda offered, allowed: (1 - left_at(offered, allowed)).prod(),
            "last-step": lambda offered, allowed: left_at(offered, allowed)[-1],
            "tokens": lambda offered, allowed: allowed.double().mean(-1).prod(),
            "each-step": left_at,
            "log": lambda offered, allowed: left_at(offered, allowed).log().sum(),
        },
        measure="",
    ),
)
