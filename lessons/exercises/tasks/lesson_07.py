"""Exercises of lesson 07: which decoder for which text?

V = size of the vocabulary. Surprisals are in nats.
"""

from functools import partial

from lessons.exercises.cases import random_chain, random_ids
from lessons.exercises.exercise import Arguments, Exercise
from lessons.models.source import NextLogits

Text = list[tuple[int, float]]  # (id, surprisal) of each token


def small_sampler(next_logits: "NextLogits", ids: list[int], uniforms: list[float], T: float, k: int) -> list[int]:
    ids = list(ids)
    for u in uniforms:
        best = (next_logits(ids) / T).topk(k)  # the likeliest first
        cumulative = best.values.softmax(dim=-1).cumsum(-1)
        # the first token whose cumulative probability is above u
        place = int((cumulative <= u).sum())
        ids.append(int(best.indices[min(place, k - 1)]))
    return ids


def distinct_pairs(texts: list[list[int]]) -> float:
    pairs = [(text[place], text[place + 1]) for text in texts for place in range(len(text) - 1)]
    return len(set(pairs)) / len(pairs)


def choose_decoder(texts: dict, most_surprisal: float) -> str:
    variety = {}
    for decoder, written in texts.items():
        surprisals = [surprisal for text in written for _, surprisal in text]
        if sum(surprisals) / len(surprisals) <= most_surprisal:  # the condition first
            ids = [id for text in written for id, _ in text]
            variety[decoder] = len(set(ids)) / len(ids)
    return max(variety, key=lambda decoder: variety[decoder])  # then the purpose


def sampler_greedy(next_logits: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int) -> list[int]:
    return small_sampler(next_logits, ids, uniforms, T, 1)


def sampler_without_temperature(
    next_logits: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int
) -> list[int]:
    return small_sampler(next_logits, ids, uniforms, 1.0, k)


def sampler_not_renormalised(
    next_logits: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int
) -> list[int]:
    ids = list(ids)
    for u in uniforms:
        best = (next_logits(ids) / T).softmax(-1).topk(k)
        place = int((best.values.cumsum(-1) <= u).sum())
        ids.append(int(best.indices[min(place, k - 1)]))
    return ids


def sampler_not_appending(
    next_logits: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int
) -> list[int]:
    return ids + [small_sampler(next_logits, ids, [u], T, k)[-1] for u in uniforms]


def pairs_across(texts: list[list[int]]) -> float:
    return distinct_pairs([[id for text in texts for id in text]])


def pairs_by_text(texts: list[list[int]]) -> float:
    return sum(distinct_pairs([text]) for text in texts) / len(texts)


def single_tokens(texts: list[list[int]]) -> float:
    ids = [id for text in texts for id in text]
    return len(set(ids)) / len(ids)


def most_varied(texts: dict, most_surprisal: float) -> str:
    return choose_decoder(texts, float("inf"))


def least_surprising(texts: dict, most_surprisal: float) -> str:
    surprisals = {
        decoder: [surprisal for text in written for _, surprisal in text] for decoder, written in texts.items()
    }
    return min(surprisals, key=lambda decoder: sum(surprisals[decoder]) / len(surprisals[decoder]))


def texts_alike(texts: dict, most_surprisal: float) -> str:
    means = {
        decoder: [sum(surprisal for _, surprisal in text) / len(text) for text in written]
        for decoder, written in texts.items()
    }
    allowed = {decoder: texts[decoder] for decoder, mean in means.items() if sum(mean) / len(mean) <= most_surprisal}
    return choose_decoder(allowed, float("inf"))


def sampler_case(seed: int, size: int, steps: int, T: float, k: int) -> Arguments:
    uniforms = [number / 100 for number in random_ids(seed, steps, 100)]
    return random_chain(seed, size), random_ids(seed + 50, 2, size), uniforms, T, k


def texts_case(seed: int, texts: int, longest: int) -> Arguments:
    lengths = [2 + length for length in random_ids(seed, texts, longest)]
    return ([random_ids(seed * 31 + place, length, 4) for place, length in enumerate(lengths)],)


def text_of(ids: str, surprisal: float) -> Text:
    return [(int(digit), surprisal) for digit in ids]


def two_decoders() -> Arguments:
    return {"beam": [text_of("0000", 0.5)], "sample": [text_of("0123", 4.0)], "top-p": [text_of("0012", 2.0)]}, 3.0


def uneven_texts() -> Arguments:
    return {
        "greedy": [text_of("00", 0.5), text_of("00", 0.5)],
        "hot": [text_of("0123456789", 4.0), text_of("11", 1.0)],
        "warm": [text_of("0012", 2.0), text_of("2210", 2.5)],
    }, 3.0


def all_allowed() -> Arguments:
    return {"greedy": [text_of("0101", 0.5)], "sample": [text_of("0312", 1.5)]}, 2.0


SAMPLER = [(3, 2, 1.0, 2), (4, 4, 0.5, 3), (5, 6, 2.0, 3), (8, 12, 0.7, 4)]

EXERCISES = (
    Exercise(
        "distinct-pairs",
        7,
        distinct_pairs,
        [partial(texts_case, seed, *case) for seed, case in enumerate([(1, 3), (2, 3), (3, 4), (6, 8)])],
        {"across-texts": pairs_across, "text-by-text": pairs_by_text, "tokens": single_tokens},
    ),
    Exercise(
        "small-sampler",
        7,
        small_sampler,
        [partial(sampler_case, seed, *case) for seed, case in enumerate(SAMPLER)],
        {
            "greedy": sampler_greedy,
            "no-temperature": sampler_without_temperature,
            "not-renormalised": sampler_not_renormalised,
            "not-appended": sampler_not_appending,
        },
    ),
    Exercise(
        "choose-a-decoder",
        7,
        choose_decoder,
        [two_decoders, all_allowed, uneven_texts],
        {"limit-ignored": most_varied, "safest": least_surprising, "texts-alike": texts_alike},
    ),
)
