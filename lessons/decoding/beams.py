"""Beams: unlike greedy search, which goes on with one text, several go on side by side.

In each step every unfinished text is continued by every token, and the likeliest of all these continuations go on.
Which they are depends on running sums of log-probabilities alone, never on length penalty or early stopping (see
`beam`).

B = num_beams, b = unfinished texts (1 in the first step, at most B), K = candidates looked at in a step, V =
vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lessons.arithmetic.probability import wide
from lessons.decoding.constrain import with_rules
from lessons.decoding.knobs import Knob, apply_knobs, in_turn
from lessons.decoding.steps import check_steps, steps_within
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Source, as_source, check_logits, read_prompt
from lessons.records.beam_tree import Beams, Level
from lessons.words.arguments import check_whole
from lessons.words.language import say


def grow_all(
    lm: Source | NextLogits,
    prompt: str | Sequence[int] | Tensor,
    max_new_tokens: int,
    num_beams: int,
    active: Sequence[Knob] = (),
) -> Beams:
    """All steps that there can be, so that any rule can judge them without asking the model."""
    source, beams = begin(lm, prompt, max_new_tokens, num_beams)
    return replace(beams, levels=tuple(grow(source, beams, active)))


def begin(
    lm: Source | NextLogits, prompt: str | Sequence[int] | Tensor, max_new_tokens: int, num_beams: int
) -> tuple[Source, Beams]:
    """The source, and the beams before their first step; raises TypeError or ValueError for what cannot be."""
    source = as_source(lm)
    num_beams, max_new_tokens = check_beams(num_beams), check_steps(max_new_tokens)
    prompt_ids = read_prompt(source, prompt)
    most_steps = steps_within(source, prompt_ids, max_new_tokens)
    limits = source.end_ids, source.context, max_new_tokens, most_steps
    return source, Beams(prompt_ids, num_beams, *limits, levels=(), decode=source.decode, token=source.token)


def grow(source: Source, beams: Beams, active: Sequence[Knob] = ()) -> Iterator[Level]:
    """The steps from the first on; the model reads no further than somebody asks."""
    session, active = source.session(beams.prompt_ids), with_rules(active, source, beams.prompt_ids)
    check_beams(beams.num_beams, vocabulary=session.logits.shape[-1])
    logits, sums, texts = session.logits, session.logits.new_zeros(1), [beams.prompt_ids]  # (b, V), (b)
    for step in range(beams.most_steps):
        filters = knob_results(active, logits, texts, beams.num_beams)
        level = next_level(source, beams, step, logits, sums, filters)
        yield level
        if not level.running:
            return
        parents, tokens = ([numbers[rank] for rank in level.running] for numbers in (level.beams, level.tokens))
        texts = [(*texts[parent], token) for parent, token in zip(parents, tokens, strict=True)]
        logits = session.extend(tokens, parents)
        sums = logits.new_tensor([level.sums[rank] for rank in level.running])


@without_gradients()
def next_level(
    source: Source, beams: Beams, step: int, logits: Tensor, sums: Tensor, filters: tuple[tuple[str, Tensor], ...]
) -> Level:
    """Every unfinished text continued by every token, the K best of them; logits (b, V), sums (b)."""
    scores = filters[-1][1] if filters else logits.log_softmax(-1)  # (b, V)
    totals = (sums.unsqueeze(-1) + scores).flatten()  # (b V)
    # K: so many that B unfinished ones are among them, even if every text's first choices all end it
    candidates = max(2, 1 + len(beams.end_ids)) * beams.num_beams
    best = totals.topk(min(candidates, len(totals)))
    if best.values[0].isnan():  # a NaN anywhere counts as the largest; infinite logits have become NaN by now
        check_logits(logits, step, source)
    possible = int((best.values > -torch.inf).sum())
    places, V = best.indices[:possible].cpu(), logits.shape[-1]
    tokens = (places % V).tolist()
    recorded = wide(logits).log_softmax(-1).flatten()[places].tolist()
    ended = [step + 1 == beams.most_steps or token in beams.end_ids for token in tokens]
    return Level(
        logits=logits,
        filters=filters,
        beams=(places // V).tolist(),
        tokens=tokens,
        log_probs=recorded,
        added=wide(filters[-1][1].flatten().cpu()[places]).tolist() if filters else recorded,
        sums=best.values[:possible].tolist(),
        ended=ended,
        running=[rank for rank, over in enumerate(ended) if not over][: beams.num_beams],
    )


@without_gradients()
def knob_results(
    active: Sequence[Knob], logits: Tensor, texts: Sequence[Sequence[int]], num_beams: int
) -> tuple[tuple[str, Tensor], ...]:
    """(name, (b, V) scores after it) for each knob.

    Unlike in the other decoders knobs act on log-probabilities here, which are not renormalised; where one text has
    nothing left to say, the others go on.
    """
    if not active:
        return ()
    if num_beams > 1:
        return in_turn(active, logits.log_softmax(-1), texts)
    # subtle: generate with one beam is greedy search, where knobs act on logits; log-probabilities are summed still
    scale = logits.logsumexp(-1, keepdim=True)
    return tuple((name, scores - scale) for name, scores in apply_knobs(active, logits, texts))


def check_beams(num_beams: int, vocabulary: int | None = None) -> int:
    """The number of beams; raises ValueError unless it is from 1 to the size of the vocabulary (where known)."""
    if isinstance(num_beams, int) and num_beams < 1:
        raise ValueError(say("decoding.no_beams", value=num_beams))
    if vocabulary is not None and num_beams > vocabulary:
        raise ValueError(say("decoding.beams_above", vocabulary=f"{vocabulary:,}", value=f"{num_beams:,}"))
    return check_whole("num_beams", num_beams, 1)
