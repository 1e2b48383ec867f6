"""Exercises of lesson 07: which decoder for which text?

V = size of the vocabulary. Surprisals are in nats.
"""

import random
from functools import partial
from itertools import pairwise

from lessons.exercises.cases import Language, random_ids
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


def ids_of(written: list[Text]) -> list[int]:
    return [id for text in written for id, _ in text]


def sampler_not_renormalised(source: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int) -> list[int]:
    ids = list(ids)
    for u in uniforms:
        best = (source(ids) / T).softmax(-1).topk(k)
        place = int((best.values.cumsum(-1) <= u).sum())
        ids.append(int(best.indices[min(place, k - 1)]))
    return ids


def sampler_not_appending(source: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int) -> list[int]:
    return ids + [small_sampler(source, ids, [u], T, k)[-1] for u in uniforms]


def sampler_forgetting(next_logits: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int) -> list[int]:
    return small_sampler(lambda text: next_logits(text[-1:]), ids, uniforms, T, k)


def sampler_by_ids(next_logits: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int) -> list[int]:
    ids = list(ids)
    for u in uniforms:
        logits = next_logits(ids) / T
        kept = logits.topk(k).indices.sort().values
        place = int((logits[kept].softmax(-1).cumsum(-1) <= u).sum())
        ids.append(int(kept[min(place, k - 1)]))
    return ids


def sampler_of_places(next_logits: NextLogits, ids: list[int], uniforms: list[float], T: float, k: int) -> list[int]:
    ids = list(ids)
    for u in uniforms:
        cumulative = (next_logits(ids) / T).topk(k).values.softmax(-1).cumsum(-1)
        ids.append(min(int((cumulative <= u).sum()), k - 1))
    return ids


def pairs_by_text(texts: list[list[int]]) -> float:
    return sum(distinct_pairs([text]) for text in texts) / len(texts)


def pairs_cut(texts: list[list[int]]) -> float:
    pairs = [pair for text in texts for pair in zip(text[::2], text[1::2], strict=False)]
    return len(set(pairs)) / len(pairs)


def pairs_without_order(texts: list[list[int]]) -> float:
    pairs = [tuple(sorted(pair)) for text in texts for pair in pairwise(text)]
    return len(set(pairs)) / len(pairs)


def number_of_pairs(texts: list[list[int]]) -> int:
    return len({pair for text in texts for pair in pairwise(text)})


def texts_alike(texts: dict, most_surprisal: float) -> str:
    def mean(written: list[Text]) -> float:
        return sum(mean_surprisal([text]) for text in written) / len(written)

    below = {decoder: written for decoder, written in texts.items() if mean(written) <= most_surprisal}
    return choose_decoder(below, float("inf"))


def variety(ids: list[int]) -> float:
    return len(set(ids)) / len(ids)


def mean_surprisal(written: list[Text]) -> float:
    surprisals = [surprisal for text in written for _, surprisal in text]
    return sum(surprisals) / len(surprisals)


def allowed(texts: dict, most_surprisal: float) -> list[str]:
    return [decoder for decoder, written in texts.items() if mean_surprisal(written) <= most_surprisal]


def most_ids(texts: dict, most_surprisal: float) -> str:
    return max(allowed(texts, most_surprisal), key=lambda decoder: len(set(ids_of(texts[decoder]))))


def most_varied_each(texts: dict, most_surprisal: float) -> str:
    return max(
        allowed(texts, most_surprisal),
        key=lambda decoder: sum(variety(ids_of([text])) for text in texts[decoder]) / len(texts[decoder]),
    )


def least_varied(texts: dict, most_surprisal: float) -> str:
    return min(allowed(texts, most_surprisal), key=lambda decoder: variety(ids_of(texts[decoder])))


def boldest_allowed(texts: dict, most_surprisal: float) -> str:
    return max(allowed(texts, most_surprisal), key=lambda decoder: mean_surprisal(texts[decoder]))


def sampler_case(seed: int, size: int, steps: int, T: float, k: int) -> Arguments:
    uniforms = [number / 100 for number in random_ids(seed, steps, 100)]
    return Language(seed, size), random_ids(seed + 50, 2, size), uniforms, T, k


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


def written_case(seed: int) -> Arguments:
    """Four decoders with texts of different lengths, and a limit that some of them keep."""
    draw = random.Random(seed)
    texts: dict[str, list[Text]] = {}
    for decoder in draw.sample(["greedy", "beam", "top-k", "top-p", "sample", "hot"], 4):
        level = draw.uniform(0.5, 4)
        lengths = [draw.randint(1, 9) for _ in range(draw.randint(2, 4))]
        texts[decoder] = [
            [(draw.randrange(9), round(level + draw.uniform(-1, 1) / 2, 1)) for _ in range(length)]
            for length in lengths
        ]
    return texts, LIMITS[seed]


def any_written_case(seed: int) -> Arguments:
    """One of the cases below with its texts given to other decoders: margins stay what they are."""
    draw = random.Random(seed)
    texts, limit = written_case(draw.choice(list(LIMITS)))
    return dict(zip(texts, draw.sample(list(texts.values()), len(texts)), strict=True)), limit


# {seed: limit}: no decoder lies within 0.1 nats of it, and each wrong way of choosing chooses otherwise in one at least
LIMITS = {120: 3.0, 23: 2.0, 89: 2.5, 158: 2.0, 114: 2.5, 68: 3.0}
SAMPLER = [(3, 2, 1.0, 2), (4, 4, 0.5, 3), (5, 6, 2.0, 3), (8, 12, 0.7, 4)]

EXERCISES = (
    Exercise(
        "distinct-pairs",
        7,
        distinct_pairs,
        [
            partial(tuple, [[[0, 1, 0, 1, 0], [2, 3, 2]]]),
            *(partial(texts_case, seed, *case) for seed, case in enumerate([(1, 3), (2, 3), (3, 4), (6, 8)])),
        ],
        {
            "across-texts": lambda texts: distinct_pairs([[id for text in texts for id in text]]),
            "text-by-text": pairs_by_text,
            "tokens": lambda texts: variety([id for text in texts for id in text]),
            "number": number_of_pairs,
            "repeated": lambda texts: 1 - distinct_pairs(texts),
            "by-tokens": lambda texts: number_of_pairs(texts) / sum(map(len, texts)),
            "cut": pairs_cut,
            "without-order": pairs_without_order,
        },
        measure="probability",
    ),
    Exercise(
        "small-sampler",
        7,
        small_sampler,
        [partial(sampler_case, seed, *case) for seed, case in enumerate(SAMPLER)],
        {
            "greedy": lambda next_logits, ids, uniforms, T, k: small_sampler(next_logits, ids, uniforms, T, 1),
            "no-temperature": lambda source, ids, uniforms, T, k: small_sampler(source, ids, uniforms, 1.0, k),
            "not-renormalised": sampler_not_renormalised,
            "not-appended": sampler_not_appending,
            "forgets": sampler_forgetting,
            "by-ids": sampler_by_ids,
            "places": sampler_of_places,
            "new-only": lambda next_logits, ids, *more: small_sampler(next_logits, ids, *more)[len(ids) :],
        },
    ),
    Exercise(
        "choose-a-decoder",
        7,
        choose_decoder,
        [two_decoders, all_allowed, uneven_texts, *(partial(written_case, seed) for seed in LIMITS)],
        {
            "limit-ignored": lambda texts, most_surprisal: choose_decoder(texts, float("inf")),
            "safest": lambda texts, most_surprisal: min(texts, key=lambda decoder: mean_surprisal(texts[decoder])),
            "texts-alike": texts_alike,
            "last": lambda texts, most_surprisal: list(texts)[-1],
            "first-allowed": lambda texts, most_surprisal: allowed(texts, most_surprisal)[0],
            "number": most_ids,
            "each-text": most_varied_each,
            "least-varied": least_varied,
            "boldest": boldest_allowed,
        },
        fresh=any_written_case,
    ),
)
