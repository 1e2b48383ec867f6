"""Exercises of lesson 01: what does the model say next?

T = tokens, V = size of the vocabulary.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from lessons.exercises.cases import Language, Reader, random_ids, random_logits
from lessons.exercises.exercise import Arguments, Exercise
from lessons.models.source import NextLogits

Read = Callable[[Sequence[int], Any], tuple[torch.Tensor, Any]]  # (tokens, cache) -> (logits (V,), cache)


def likeliest_token(logits: torch.Tensor) -> int:
    return int(logits[0, -1].argmax())


def next_probabilities(logits: torch.Tensor) -> torch.Tensor:
    return logits[0, -1].softmax(dim=-1)


def table_by_hand(next_logits: "NextLogits", ids: list[int], steps: int, choices: int) -> list:
    ids, rows = list(ids), []  # a list of our own: the caller's stays as it is
    for _ in range(steps):
        probabilities = next_logits(ids).softmax(dim=-1)  # (V,) of the whole vocabulary
        best = probabilities.topk(choices)
        rows.append([(int(id), float(probabilities[id])) for id in best.indices])
        ids.append(int(best.indices[0]))
    return rows


def greedy_with_cache(read: "Read", ids: list[int], steps: int) -> list[int]:
    unread, cache, new_ids = list(ids), None, []
    for _ in range(steps):
        logits, cache = read(unread, cache)
        unread = [int(logits.argmax())]  # only this token has not been read yet
        new_ids += unread
    return new_ids


def table_without_append(next_logits: NextLogits, ids: list[int], steps: int, choices: int) -> list:
    return table_by_hand(next_logits, ids, 1, choices) * steps


def table_of_few(next_logits: NextLogits, ids: list[int], steps: int, choices: int) -> list:
    rows = table_by_hand(next_logits, ids, steps, choices)
    return [[(id, p / sum(other for _, other in row)) for id, p in row] for row in rows]


def table_upside_down(next_logits: NextLogits, ids: list[int], steps: int, choices: int) -> list:
    ids, rows = list(ids), []
    for _ in range(steps):
        probabilities = next_logits(ids).softmax(dim=-1)
        order = probabilities.argsort()
        rows.append([(int(id), float(probabilities[id])) for id in order[:choices]])
        ids.append(int(order[0]))
    return rows


def table_of_last_word(next_logits: NextLogits, ids: list[int], steps: int, choices: int) -> list:
    return table_by_hand(lambda text: next_logits(text[-1:]), ids, steps, choices)


def table_of_new_words(next_logits: NextLogits, ids: list[int], steps: int, choices: int) -> list:
    return table_by_hand(lambda text: next_logits(text[len(ids) :]), ids, steps, choices)


def table_of_logits(next_logits: NextLogits, ids: list[int], steps: int, choices: int) -> list:
    ids, rows = list(ids), []
    for _ in range(steps):
        best = next_logits(ids).topk(choices)
        rows.append(list(zip(best.indices.tolist(), best.values.tolist(), strict=True)))
        ids.append(int(best.indices[0]))
    return rows


def table_swapped(next_logits: NextLogits, ids: list[int], steps: int, choices: int) -> list:
    return [[(p, id) for id, p in row] for row in table_by_hand(next_logits, ids, steps, choices)]


def table_with_last(next_logits: NextLogits, ids: list[int], steps: int, choices: int) -> list:
    ids, rows = list(ids), []
    for _ in range(steps):
        rows += table_by_hand(next_logits, ids, 1, choices)
        ids.append(rows[-1][-1][0])
    return rows


def greedy_reading_all(read: Read, ids: list[int], steps: int) -> list[int]:
    new_ids: list[int] = []
    for _ in range(steps):
        new_ids.append(int(read([*ids, *new_ids], None)[0].argmax()))
    return new_ids


def greedy_reading_twice(read: Read, ids: list[int], steps: int) -> list[int]:
    cache, new_ids = None, list[int]()
    for _ in range(steps):
        logits, cache = read([*ids, *new_ids], cache)
        new_ids.append(int(logits.argmax()))
    return new_ids


def greedy_forgetting(read: Read, ids: list[int], steps: int) -> list[int]:
    unread, new_ids = list(ids), []
    for _ in range(steps):
        unread = [int(read(unread, None)[0].argmax())]
        new_ids += unread
    return new_ids


def greedy_reading_last(read: Read, ids: list[int], steps: int) -> list[int]:
    new_ids, (logits, cache) = list[int](), read(ids, None)
    for _ in range(steps):
        new_ids.append(int(logits.argmax()))
        logits, cache = read(new_ids[-1:], cache)
    return new_ids


def greedy_with_old_cache(read: Read, ids: list[int], steps: int) -> list[int]:
    logits, cache = read(ids, None)
    new_ids = [int(logits.argmax())]
    for _ in range(steps - 1):
        new_ids.append(int(read(new_ids[-1:], cache)[0].argmax()))
    return new_ids


def greedy_upside_down(read: Read, ids: list[int], steps: int) -> list[int]:
    def opposite(tokens: Sequence[int], cache: object) -> tuple[torch.Tensor, Any]:
        logits, cache = read(tokens, cache)
        return -logits, cache

    return greedy_with_cache(opposite, ids, steps)


def logits_case(seed: int, tokens: int, size: int) -> Arguments:
    return (random_logits(seed, 1, tokens, size),)


def table_case(seed: int, size: int, steps: int, choices: int) -> Arguments:
    return Language(seed, size), random_ids(seed, 1 + seed % 3, size), steps, choices


def reader_case(seed: int, tokens: int, steps: int) -> Arguments:
    return Reader(seed, 6), random_ids(seed, tokens, 6), steps


SHAPES = [(2, 3), (3, 4), (3, 5), (4, 4), (5, 7), (6, 20), (9, 50)]
LOGITS = [partial(logits_case, seed, *shape) for seed, shape in enumerate(SHAPES)]

EXERCISES = (
    Exercise(
        "likeliest-token",
        1,
        likeliest_token,
        LOGITS,
        {
            "first-row": lambda logits: logits[0, 0].argmax(),
            "flat": lambda logits: logits.argmax(),
            "wrong-axis": lambda logits: logits[0].argmax(0)[-1],
            "least": lambda logits: logits[0, -1].argmin(),
            "every-row": lambda logits: logits[0].argmax(-1),
            "value": lambda logits: logits[0, -1].max(),
            "one-too-early": lambda logits: logits[0, -2].argmax(),
        },
    ),
    Exercise(
        "next-probabilities",
        1,
        next_probabilities,
        LOGITS,
        {
            "wrong-axis": lambda logits: logits.softmax(1)[0, -1],
            "first-row": lambda logits: logits[0, 0].softmax(-1),
            "all-rows": lambda logits: logits.flatten().softmax(0).view_as(logits)[0, -1],
            "whole-matrix": lambda logits: logits.softmax(-1),
            "no-softmax": lambda logits: logits[0, -1],
            "no-exponential": lambda logits: logits[0, -1] / logits[0, -1].sum(),
            "sigmoid": lambda logits: logits[0, -1].sigmoid(),
            "sorted": lambda logits: next_probabilities(logits).sort(descending=True).values,
        },
        measure="probability",
    ),
    Exercise(
        "table-by-hand",
        1,
        table_by_hand,
        [partial(table_case, seed, *shape) for seed, shape in enumerate([(3, 1, 2), (4, 2, 2), (5, 3, 3), (8, 6, 4)])],
        {
            "not-appended": table_without_append,
            "few": table_of_few,
            "upside-down": table_upside_down,
            "forgets": table_of_last_word,
            "prompt-lost": table_of_new_words,
            "logits": table_of_logits,
            "swapped": table_swapped,
            "last-appended": table_with_last,
        },
    ),
    Exercise(
        "greedy-with-a-cache",
        1,
        greedy_with_cache,
        [partial(reader_case, seed, *shape) for seed, shape in enumerate([(1, 2), (2, 2), (3, 4), (5, 8)])],
        {
            "no-cache": greedy_reading_all,
            "read-twice": greedy_reading_twice,
            "forgets": greedy_forgetting,
            "last-read": greedy_reading_last,
            "old-cache": greedy_with_old_cache,
            "with-prompt": lambda read, ids, steps: ids + greedy_with_cache(read, ids, steps),
            "least": greedy_upside_down,
        },
        compared=lambda given, result: [result, given[0].tokens_read],
    ),
)
