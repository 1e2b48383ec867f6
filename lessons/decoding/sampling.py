"""Sampling: unlike in greedy search the next token is drawn, and knobs shape what it is drawn from.

A draw needs one random number u from [0, 1): lay the tokens side by side, the likeliest first, each as wide as its
probability, and take the one in which u falls. The same u under another setting of the knobs may fall into another
token: whatever then differs between two texts is the setting's doing, not chance.

V = size of the vocabulary, B = texts asked for, b = those of them that have not ended.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from lessons.arithmetic.probability import likeliest_first, widest
from lessons.decoding.knobs import Knob, apply_knobs, knobs
from lessons.decoding.steps import MOST_STEPS, steps_within, why_stopped
from lessons.models.source import NextLogits, Source, as_source, check_logits, read_prompt
from lessons.records.trace import Step, Trace
from lessons.words.arguments import check_count, check_whole

MOST_TEXTS = 10_000  # in one call: their records are kept in memory


@torch.inference_mode()
def sample(
    lm: Source | NextLogits,
    prompt: str | Sequence[int] | Tensor,
    max_new_tokens: int = 20,
    temperature: float | None = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    typical_p: float | None = None,
    repetition_penalty: float | None = 1.0,
    no_repeat_ngram_size: int | None = 0,
    num_return_sequences: int = 1,
    seed: int = 0,
) -> Trace | list[Trace]:
    """The text made by drawing each next token from what the knobs leave; a list if `num_return_sequences` is above 1.

    The knobs are those of `transformers.generate(do_sample=True)` and act in its order; None and 0 or 1 mean off, as
    there, but `top_k` is off unless you give it (there it is 50). `Step.filters` holds the scores after each knob,
    `Step.uniform` the random number of the draw. The same seed makes the same text; asking for more texts, or for
    longer ones, changes none of the others. Raises TypeError or ValueError for an argument that cannot be, an empty or
    too long prompt, knobs that leave nothing to choose from, and logits that are no numbers.

    >>> likely = torch.tensor([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.9, 0.0, 0.1]])
    >>> sample(lambda ids: likely[ids[-1]].log(), [0], max_new_tokens=4, top_k=1).new_ids
    (1, 2, 0, 1)
    """
    source = as_source(lm)
    prompt_ids = read_prompt(source, prompt)
    max_new_tokens = check_count("max_new_tokens", max_new_tokens, MOST_STEPS)
    number = check_count("num_return_sequences", num_return_sequences, MOST_TEXTS)
    active = knobs(
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        typical_p=typical_p,
        repetition_penalty=repetition_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
    )
    numbers = uniforms(seed, number, steps_within(source, prompt_ids, max_new_tokens))
    traces = []
    for steps in grow_texts(source, prompt_ids, active, numbers):
        stopped = why_stopped(source, [step.chosen for step in steps], max_new_tokens)
        traces.append(Trace(prompt_ids, tuple(steps), source.decode, stopped))
    return traces[0] if number == 1 else traces


def uniforms(seed: int, number: int, length: int) -> Tensor:
    """(number, length) random numbers from [0, 1), 64 bits: a row for each text, a column for each step.

    Each row has a generator of its own, seeded by one that `seed` begins: more rows, or longer ones, change no other.

    >>> bool((uniforms(0, 2, 5)[:1, :3] == uniforms(0, 1, 3)).all())
    True
    """
    first = torch.Generator().manual_seed(check_whole("seed", seed, 0, 2**63 - 1))
    seeds = torch.randint(2**62, (number,), generator=first).tolist()
    rows = [torch.rand(length, dtype=torch.float64, generator=torch.Generator().manual_seed(row)) for row in seeds]
    return torch.stack(rows)


def draw(scores: Tensor, uniform: float) -> int:
    """The id into whose place `uniform`, from [0, 1), falls when the tokens lie side by side, the likeliest first.

    scores (V,), minus infinity where cut. Each token is as wide as its probability under softmax(scores); of equal
    ones the lower id comes first. (This inverts the cumulative distribution: Devroye, "Non-Uniform Random Variate
    Generation", 1986.)

    >>> [draw(torch.tensor([0.3, 0.6, 0.1]).log(), uniform) for uniform in (0.0, 0.59, 0.61, 0.95)]
    [1, 1, 0, 2]
    """
    return int(draw_many(scores, torch.tensor([uniform], dtype=torch.float64)))


def draw_many(scores: Tensor, uniforms: Tensor) -> Tensor:
    """(..., n) the ids that `draw` takes for each of n numbers (..., n) from scores (..., V).

    Raises ValueError for scores that are no numbers.
    """
    check_logits(scores, 0)
    return tokens_at(scores, uniforms)


def tokens_at(scores: Tensor, uniforms: Tensor) -> Tensor:
    """(..., n) the ids of the tokens in whose places the numbers (..., n) fall; scores (..., V)."""
    ids = likeliest_first(scores)  # (..., V)
    ends = scores.gather(-1, ids).softmax(-1, dtype=widest(scores)).cumsum(-1)  # (..., V) where each token ends
    # subtle: the last end is 1 on paper; a number above it in the machine would fall on no token
    places = torch.searchsorted(ends, uniforms.to(ends.dtype) * ends[..., -1:], right=True)
    return ids.gather(-1, places)


def grow_texts(source: Source, prompt_ids: Sequence[int], active: Sequence[Knob], numbers: Tensor) -> list[list[Step]]:
    """The steps of B texts that grow side by side from one prompt; numbers (B, steps) holds the u of each draw."""
    session, texts, ids = source.session(prompt_ids), [[] for _ in numbers], [list(prompt_ids) for _ in numbers]
    growing, logits = list(range(len(numbers))), session.logits.expand(len(numbers), -1)  # (b, V)
    for step in range(numbers.shape[1]):
        check_logits(logits, step)
        steps = choose(logits.cpu(), active, [ids[text] for text in growing], numbers[growing, step])
        for text, taken in zip(growing, steps, strict=True):
            texts[text].append(taken)
            ids[text].append(taken.chosen)
        alive = [row for row, text in enumerate(growing) if ids[text][-1] not in source.end_ids]
        if not alive or step + 1 == numbers.shape[1]:
            break
        parents = alive if step else [0] * len(alive)  # in the first step all go on from the one prompt
        growing = [growing[row] for row in alive]
        logits = session.extend([ids[text][-1] for text in growing], parents)
    return texts


def choose(logits: Tensor, active: Sequence[Knob], ids: Sequence[Sequence[int]], numbers: Tensor) -> list[Step]:
    """A step of each of b texts: the knobs act on logits (b, V), and numbers (b,) draw from what they leave."""
    results = apply_knobs(active, logits, ids)  # (name, (b, V)) …
    scores = results[-1][1] if results else logits
    chosen = tokens_at(scores, numbers.unsqueeze(-1)).flatten().tolist()
    steps = []
    for row, (token, uniform) in enumerate(zip(chosen, numbers.tolist(), strict=True)):
        offered, filters = logits[row], tuple((name, result[row]) for name, result in results)
        steps.append(Step(offered, filters[-1][1] if filters else offered, token, filters, uniform))
    return steps
