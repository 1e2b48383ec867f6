"""Beam search: of several texts grown side by side, the finished one with the highest score.

Two ideas, kept apart. Which texts go on depends on sums of log-probabilities alone: `beams` grows them and asks the
model. Which finished text wins, and when the search may stop, depends on the length penalty and on early stopping:
`judge` decides it from sums and lengths alone. So another length penalty needs no model: the same beams are judged
again.

B = num_beams, K = candidates looked at in a step, V = vocabulary. Sums are in nats. All rules are those of
`transformers.generate`.
"""

from collections.abc import Container, Iterable, Sequence
from functools import partial
from itertools import repeat
from reprlib import repr as short
from typing import NamedTuple

from torch import Tensor

from lessons.decoding.beams import Beams
from lessons.decoding.knobs import knobs
from lessons.decoding.steps import why_stopped
from lessons.models.source import NextLogits, Source
from lessons.records.beam_tree import BeamTrace, BeamTree, Candidate, Fate, Hypothesis, Level
from lessons.words.arguments import check_number, check_whole
from lessons.words.language import say

MOST_PENALTY = 50  # a million tokens to this power is still a number


def beam_search(
    lm: Source | NextLogits,
    prompt: str | Sequence[int] | Tensor,
    max_new_tokens: int = 20,
    num_beams: int = 5,
    length_penalty: float = 1.0,
    early_stopping: bool | str = False,
    no_repeat_ngram_size: int | None = 0,
    repetition_penalty: float | None = 1.0,
    num_return_sequences: int = 1,
) -> BeamTrace | list[BeamTrace]:
    """The finished text with the highest score, where score = sum of log-probabilities / length ** length_penalty.

    The same text and score as `model.generate(num_beams=..., do_sample=False)`. In each step every unfinished text
    is continued by every token; of the best 2 x B candidates the B = `num_beams` best unfinished ones go on. One
    beam is greedy search. A list of texts, the best first, for `num_return_sequences` above 1. The record also holds
    `.score`, `.hypotheses` (all finished texts), `.tree` (every candidate and its fate), and
    `.rescored(length_penalty=...)`, which needs no model. It keeps B x V logits a step.

    early_stopping False stops when the best unfinished text, as long as it is now, would score no better than the worst
    of B finished ones; True as soon as B texts are finished; "never" only when no continuation could win. The knobs act
    on log-probabilities here, on logits in the other decoders. Raises ValueError for beams outside 1 … V, more returned
    sequences than beams, and logits that are no numbers; TypeError for what is no number at all. Lowerre, "The Harpy
    Speech Recognition System", 1976.

    >>> import torch
    >>> likely = torch.tensor([[0.0, 0.5, 0.4, 0.1], [0.2, 0.4, 0.2, 0.2], [0.9, 0.0, 0.0, 0.1], [1.0, 0.0, 0.0, 0.0]])
    >>> found = beam_search(lambda ids: likely[ids[-1]].log(), [0], max_new_tokens=2, num_beams=2)
    >>> found.new_ids, round(found.log_prob, 4), round(found.score, 4)  # 0.4 x 0.9, though 0.5 is the likelier start
    ((2, 0), -1.0217, -0.5108)
    """
    chain = knobs(repetition_penalty=repetition_penalty, no_repeat_ngram_size=no_repeat_ngram_size)
    rules = check_rules(length_penalty, early_stopping)
    beams = Beams(lm, prompt, max_new_tokens, num_beams, chain)
    if check_whole("num_return_sequences", num_return_sequences, 1) > num_beams:
        raise ValueError(say("decoding.returned_above", beams=num_beams, value=num_return_sequences))
    texts = finished_texts(beams, *rules, number=num_return_sequences)
    return texts[0] if num_return_sequences == 1 else texts


class Finished(NamedTuple):
    """A finished text: its score, and where in the levels its last candidate stands. The greatest is the best."""

    score: float
    step: int
    rank: int


def judge(
    levels: Iterable[Level], num_beams: int, room: int, length_penalty: float, early_stopping: bool | str
) -> tuple[list[Finished], int]:
    """The finished texts that are held in the end, the best first and at most B, and how many levels were looked at.

    room: the greatest length that a text can reach. `levels` is read no further than the rules demand.
    """
    held: list[Finished] = []
    for step, level in enumerate(levels):
        length = step + 1
        for rank in range(min(num_beams, len(level.ended))):  # only the first B count: what ends below them is dropped
            if level.ended[rank]:
                held.append(Finished(level.sums[rank] / length**length_penalty, step, rank))
        held = sorted(held, key=lambda text: -text.score)[:num_beams]
        if not level.running:
            break
        if len(held) == num_beams:
            # What may yet come, at best: today's best sum at today's length, or at the greatest where longer is better.
            reach = room if early_stopping == "never" and length_penalty > 0 else length
            if early_stopping is True or level.sums[level.running[0]] / reach**length_penalty <= held[-1].score:
                break
    return held, length


def finished_texts(
    beams: Beams, length_penalty: float = 1.0, early_stopping: bool | str = False, number: int | None = None
) -> list[BeamTrace]:
    """The finished texts of the beams under these rules, the best first: `number` of them, or all that are held."""
    length_penalty, early_stopping = check_rules(length_penalty, early_stopping)
    if beams.num_beams == 1:
        early_stopping = True  # generate with one beam is greedy search, which ends at the first end
    held, length = judge(beams, beams.num_beams, beams.room, length_penalty, early_stopping)
    if not held:
        raise ValueError(say("decoding.dead_end", step=length - 1))
    tree = tree_of(beams, held, length)
    hypotheses = tuple(hypothesis_of(tree, text) for text in held)
    return [trace_of(beams, tree, hypotheses, place) for place in range(len(held))[:number]]


def tree_of(beams: Beams, held: Sequence[Finished], length: int) -> BeamTree:
    """Every candidate of the first `length` levels, with what became of it."""
    winners, steps, before = {(text.step, text.rank) for text in held}, [], [None]
    for step, level in enumerate(beams.levels[:length]):
        parents, fates = [before[beam] for beam in level.beams], fates_of(beams, step, winners)
        ranks = range(len(fates))
        steps.append(
            tuple(map(Candidate, repeat(step), ranks, parents, level.tokens, level.log_probs, level.sums, fates))
        )
        before = level.running
    return BeamTree(beams.prompt_ids, tuple(steps), beams.source.decode)


def fates_of(beams: Beams, step: int, winners: Container[tuple[int, int]]) -> list[Fate]:
    """What became of each candidate of a step; see `Candidate.fate`."""
    level = beams.levels[step]
    fates: list[Fate] = ["pruned"] * len(level.tokens)
    for rank in level.running:
        fates[rank] = "kept"
    for rank in (rank for rank, ended in enumerate(level.ended) if ended):
        if rank < beams.num_beams:
            fates[rank] = "finished" if (step, rank) in winners else "evicted"
        elif level.tokens[rank] in beams.source.end_ids:
            fates[rank] = "dropped"
    return fates


def hypothesis_of(tree: BeamTree, text: Finished) -> Hypothesis:
    """The finished text that ends at a candidate of the tree."""
    path = tree.path(tree[text.step][text.rank])
    new_ids = tuple(candidate.token for candidate in path)
    words = tree.decode(tree.prompt_ids + new_ids)
    log_prob = sum(candidate.log_prob for candidate in path)
    return Hypothesis(text.step, text.rank, new_ids, words, log_prob, path[-1].sum, text.score)


def trace_of(beams: Beams, tree: BeamTree, hypotheses: tuple[Hypothesis, ...], place: int) -> BeamTrace:
    """The record of one finished text."""
    text = hypotheses[place]
    stopped = why_stopped(beams.source, beams.prompt_ids, text.new_ids, beams.max_new_tokens)
    steps = tuple(beams.step(step, rank) for step, rank in beams.path(text.step, text.rank))
    search = {"score": text.score, "tree": tree, "hypotheses": hypotheses, "again": partial(finished_texts, beams)}
    return BeamTrace(beams.prompt_ids, steps, beams.source.decode, stopped, **search)


def check_rules(length_penalty: float, early_stopping: bool | str) -> tuple[float, bool | str]:
    """Length penalty and early stopping if both are allowed; otherwise the error that says what is."""
    if not (isinstance(early_stopping, bool) or (isinstance(early_stopping, str) and early_stopping == "never")):
        raise ValueError(say("decoding.early_stopping", value=short(early_stopping)))
    length_penalty = check_number("length_penalty", length_penalty)
    return check_number("length_penalty", length_penalty, least=-MOST_PENALTY, most=MOST_PENALTY), early_stopping
