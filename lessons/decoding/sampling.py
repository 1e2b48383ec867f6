"""Sampling: the next token is drawn, and knobs shape what it is drawn from.

A draw needs one random number u from [0, 1): lay the tokens side by side, the likeliest first, each as wide as its
probability, and take the one in which u falls. The same u under another setting of the knobs may fall into another
token: whatever then differs between two texts is the setting's doing, not luck.

V = size of the vocabulary, B = texts side by side.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from lessons.arithmetic.arguments import check_uniforms
from lessons.arithmetic.ranking import Ranking
from lessons.decoding.knobs import Knob, check_each_left_some, knobs, turn_ranked
from lessons.decoding.steps import MOST_STEPS, steps_within, why_stopped
from lessons.models.source import NextLogits, Source, as_source, check_logits, read_prompt
from lessons.records.trace import Step, Trace
from lessons.words.arguments import check_count, check_tensor, check_whole

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
    chain = knobs(
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        typical_p=typical_p,
        repetition_penalty=repetition_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
    )
    luck = uniforms(seed, number, steps_within(source, prompt_ids, max_new_tokens))
    texts = grow(source, prompt_ids, chain, luck)
    traces = [trace_of(source, prompt_ids, steps, max_new_tokens) for steps in texts]
    return traces[0] if number == 1 else traces


def uniforms(seed: int, number: int, length: int) -> Tensor:
    """(number, length) random numbers from [0, 1), 64 bits: a row for each text, a column for each step.

    Each row has a generator of its own, seeded by one that `seed` begins: more rows, or longer ones, change no other.
    Raises TypeError or ValueError for what is no whole number, or one that is too small or too large.

    >>> bool((uniforms(0, 2, 5)[:1, :3] == uniforms(0, 1, 3)).all())
    True
    """
    check_count("number", number, MOST_TEXTS)
    check_count("length", length, MOST_STEPS)
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

    uniforms: from [0, 1), in 64 bits. Raises TypeError for what is no tensor of such numbers, ValueError for one whose
    leading shape is not that of the scores, and for scores that cannot be chosen from.
    """
    check_tensor("scores", scores)
    check_uniforms("uniforms", uniforms, scores.shape[:-1])
    drawn = draw_from(Ranking(scores), uniforms)
    if drawn is None:
        for row in scores.reshape(-1, scores.shape[-1]):
            check_logits(row, 0)
    return drawn


def draw_from(ranking: Ranking, uniforms: Tensor) -> Tensor | None:
    """What `draw_many` returns, for a ranking of the scores; None where a row of them holds no probabilities."""
    for ids, _, probs in ranking.stretches():
        ends = probs.cumsum(-1)  # (..., m) where each token ends
        if (uniforms < ends[..., -1:]).all():
            return ids.gather(-1, torch.searchsorted(ends, uniforms, right=True))
    whole = ends[..., -1:]  # 1, but for rounding; a NaN where a score is one, or infinite, or all are cut
    return ids.gather(-1, torch.searchsorted(ends, uniforms * whole, right=True)) if whole.isfinite().all() else None


def grow(source: Source, prompt_ids: Sequence[int], chain: Sequence[Knob], luck: Tensor) -> list[list[Step]]:
    """The steps of B texts that grow side by side from one prompt; luck (B, steps) holds the number of each draw."""
    session, texts, ids = source.session(prompt_ids), [[] for _ in luck], [list(prompt_ids) for _ in luck]
    logits, growing = session.logits.expand(len(luck), -1), list(range(len(luck)))  # b texts that have not ended
    for step, numbers in enumerate(luck.T.contiguous()):
        mine = numbers if len(growing) == len(luck) else numbers[growing]  # (b,)
        steps = choose(logits.cpu(), chain, [ids[text] for text in growing], mine, step)
        for text, one in zip(growing, steps, strict=True):
            texts[text].append(one)
            ids[text].append(one.chosen)
        alive = [row for row, one in enumerate(steps) if one.chosen not in source.end_ids]
        if not alive or step + 1 == luck.shape[1]:
            break
        parents = alive if step else [0] * len(alive)
        logits = session.extend([steps[row].chosen for row in alive], parents)  # (b, V)
        growing = [growing[row] for row in alive]
    return texts


def choose(logits: Tensor, chain: Sequence[Knob], ids: Sequence[Sequence[int]], luck: Tensor, step: int) -> list[Step]:
    """A step of each of b texts: the knobs act on logits (b, V), and luck (b,) draws from what they leave."""
    results, ranking = turn_ranked(chain, logits, ids)  # (name, (b, V)) …
    drawn = draw_from(ranking, luck.unsqueeze(-1))
    if drawn is None:  # whose fault it is: the model's, or a knob's
        for row in logits:
            check_logits(row, step)
        check_each_left_some(chain, results)
    steps = []
    for row, (token, uniform) in enumerate(zip(drawn.flatten().tolist(), luck.tolist(), strict=True)):
        offered, filters = logits[row], tuple((name, result[row]) for name, result in results)
        steps.append(Step(offered, filters[-1][1] if filters else offered, token, filters, uniform))
    return steps


def trace_of(source: Source, prompt_ids: tuple[int, ...], steps: Sequence[Step], max_new_tokens: int) -> Trace:
    """The record of one text."""
    stopped = why_stopped(source, prompt_ids, [step.chosen for step in steps], max_new_tokens)
    return Trace(prompt_ids, tuple(steps), source.decode, stopped)
