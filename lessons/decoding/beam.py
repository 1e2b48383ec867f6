"""Beam search: of several texts grown side by side, the finished one with the highest score.

Two ideas, kept apart. Which texts go on depends on sums of log-probabilities alone: `beams` grows them and asks the
model. Which finished text wins, and when the search may stop, depends on the length penalty and on early stopping:
`judge` decides it from sums and lengths alone. So another length penalty needs no model: the same beams are judged
again.

B = num_beams, K = candidates looked at in a step, V = vocabulary. Sums are in nats. All rules are those of
`transformers.generate`.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from functools import partial
from reprlib import repr as short
from typing import NamedTuple

from torch import Tensor

from lessons.decoding.beams import begin, grow
from lessons.decoding.knobs import Knob, knobs
from lessons.decoding.steps import why_stopped
from lessons.models.source import NextLogits, Source
from lessons.records.beam_tree import Beams, BeamTrace, BeamTree, Candidate, Fate, Hypothesis, Level
from lessons.words.arguments import check_number, check_whole
from lessons.words.language import say

Rules = Callable[[float, bool | str], BeamTrace]  # length penalty, early stopping → the best text under them

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
    active = knobs(repetition_penalty=repetition_penalty, no_repeat_ngram_size=no_repeat_ngram_size)
    length_penalty, early_stopping = check_rules(length_penalty, early_stopping)
    source, beams = begin(lm, prompt, max_new_tokens, num_beams)
    if check_whole("num_return_sequences", num_return_sequences, 1) > num_beams:
        raise ValueError(say("decoding.returned_above", beams=num_beams, value=num_return_sequences))
    texts = search(source, beams, active, length_penalty, early_stopping, num_return_sequences)
    return texts[0] if num_return_sequences == 1 else texts


def search(
    source: Source,
    beams: Beams,
    active: Sequence[Knob],
    length_penalty: float,
    early_stopping: bool | str,
    number: int = 1,
) -> list[BeamTrace]:
    """The best `number` finished texts; beams that have not begun are grown as far as the rules demand."""
    found = judge(grow(source, beams, active), beams, length_penalty, early_stopping)
    grown = replace(beams, levels=tuple(found.levels))
    return finished_texts(grown, length_penalty, early_stopping, number, partial(search, source, beams, active))


class Finished(NamedTuple):
    """A finished text: its score, and where in the levels its last candidate stands. The greatest is the best."""

    score: float
    step: int
    rank: int


class Judgement(NamedTuple):
    """What the rules make of some levels.

    Attributes:
        held: the finished texts that are held in the end, the best first and at most B.
        levels: those that were looked at.
        decided: whether the search may stop there; otherwise it has to go on.
    """

    held: list[Finished]
    levels: list[Level]
    decided: bool


def judge(levels: Iterable[Level], beams: Beams, length_penalty: float, early_stopping: bool | str) -> Judgement:
    """Which finished texts win, and where the search stops: `levels` is read no further than the rules demand."""
    num_beams = beams.num_beams
    if num_beams == 1:
        early_stopping = True  # generate with one beam is greedy search, which ends at the first end
    held: list[Finished] = []
    read: list[Level] = []
    for step, level in enumerate(levels):
        read.append(level)
        length = step + 1
        for rank, ended in enumerate(level.ended[:num_beams]):  # what ends below the first B is dropped
            if ended:
                held.append(Finished(level.sums[rank] / length**length_penalty, step, rank))
        held = sorted(held, key=lambda text: -text.score)[:num_beams]
        if not level.running:
            return Judgement(held, read, decided=True)
        if len(held) == num_beams:
            # What may yet come, at best: today's best sum at today's length, or at the greatest where longer is better.
            reach = beams.most_steps if early_stopping == "never" and length_penalty > 0 else length
            if early_stopping is True or level.sums[level.running[0]] / reach**length_penalty <= held[-1].score:
                return Judgement(held, read, decided=True)
    return Judgement(held, read, decided=False)


def finished_texts(
    beams: Beams,
    length_penalty: float = 1.0,
    early_stopping: bool | str = False,
    number: int | None = None,
    search_anew: Callable[[float, bool | str], list[BeamTrace]] | None = None,
) -> list[BeamTrace]:
    """The finished texts of grown beams under these rules, the best first: `number` of them, or all that are held.

    `search_anew`, with a length penalty and early stopping, is asked where the beams were not grown so far; without it
    they are taken as they are.
    """
    length_penalty, early_stopping = check_rules(length_penalty, early_stopping)
    found = judge(beams.levels, beams, length_penalty, early_stopping)
    if not found.decided and search_anew:
        return search_anew(length_penalty, early_stopping)
    if not found.held:
        raise ValueError(say("decoding.dead_end", step=len(found.levels) - 1))
    tree = tree_of(beams, found)
    hypotheses = tuple(hypothesis_of(tree, text, length_penalty) for text in found.held)

    def judged_anew(length_penalty: float, early_stopping: bool | str) -> BeamTrace:
        return finished_texts(beams, length_penalty, early_stopping, 1, search_anew)[0]

    return [trace_of(beams, tree, hypotheses, text, judged_anew) for text in hypotheses[:number]]


def tree_of(beams: Beams, found: Judgement) -> BeamTree:
    """Every candidate of the levels that were looked at, with what became of it."""
    winners, steps = {(text.step, text.rank) for text in found.held}, []
    went_on: list[tuple[int | None, float]] = [(None, 0.0)]  # rank and sum of each text that a step continues
    for step, level in enumerate(found.levels):
        before = [went_on[beam] for beam in level.beams]
        sums = [sum_before + added for (_, sum_before), added in zip(before, level.added, strict=True)]
        numbers = zip(
            [parent for parent, _ in before],
            level.tokens,
            level.log_probs,
            sums,
            fates_of(beams, step, winners),
            strict=True,
        )
        steps.append(tuple(Candidate(step, rank, *one) for rank, one in enumerate(numbers)))
        went_on = [(rank, sums[rank]) for rank in level.running]
    return BeamTree(beams.prompt_ids, tuple(steps), beams.decode, beams.token)


def fates_of(beams: Beams, step: int, winners: Container[tuple[int, int]]) -> list[Fate]:
    """What became of each candidate of a step; see `Candidate.fate`."""
    level = beams.levels[step]
    fates: list[Fate] = ["pruned"] * len(level.tokens)
    for rank in level.running:
        fates[rank] = "kept"
    for rank, ended in enumerate(level.ended):
        if ended and rank < beams.num_beams:
            fates[rank] = "finished" if (step, rank) in winners else "evicted"
        elif ended and level.tokens[rank] in beams.end_ids:
            fates[rank] = "dropped"
    return fates


def hypothesis_of(tree: BeamTree, text: Finished, length_penalty: float) -> Hypothesis:
    """The finished text that ends at a candidate of the tree."""
    path = tree.path(tree[text.step][text.rank])
    new_ids = tuple(candidate.token for candidate in path)
    words = tree.decode(tree.prompt_ids + new_ids)
    log_prob = sum(candidate.log_prob for candidate in path)
    score = path[-1].sum / len(path) ** length_penalty
    return Hypothesis(text.step, text.rank, new_ids, words, log_prob, path[-1].sum, score)


def trace_of(
    beams: Beams, tree: BeamTree, hypotheses: tuple[Hypothesis, ...], text: Hypothesis, judged_anew: Rules
) -> BeamTrace:
    """The record of one finished text."""
    return BeamTrace(
        beams.prompt_ids,
        tuple(beams.step(step, rank) for step, rank in beams.path(text.step, text.rank)),
        beams.decode,
        beams.token,
        why_stopped(beams, text.new_ids, beams.max_new_tokens),
        score=text.score,
        tree=tree,
        hypotheses=hypotheses,
        judged_anew=judged_anew,
    )


def check_rules(length_penalty: float, early_stopping: bool | str) -> tuple[float, bool | str]:
    """Length penalty and early stopping; raises ValueError or TypeError, which says what is allowed, for others."""
    if not (isinstance(early_stopping, bool) or (isinstance(early_stopping, str) and early_stopping == "never")):
        raise ValueError(say("decoding.early_stopping", value=short(early_stopping)))
    length_penalty = check_number("length_penalty", length_penalty)
    return check_number("length_penalty", length_penalty, least=-MOST_PENALTY, most=MOST_PENALTY), early_stopping
