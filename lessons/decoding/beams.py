"""Texts growing side by side: in each step the likeliest of all their continuations go on.

Which texts go on depends on running sums of log-probabilities alone, never on length penalty or early stopping (see
`beam`).

B = num_beams, b = unfinished texts (1 in the first step, at most B), K = candidates looked at in a step, V =
vocabulary.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lessons.decoding.knobs import Knob, apply_knobs
from lessons.decoding.steps import check_steps, steps_within
from lessons.models.source import NextLogits, Session, Source, as_source, check_logits, read_prompt
from lessons.records.beam_tree import Level
from lessons.records.trace import Step
from lessons.words.arguments import check_whole
from lessons.words.language import say


class Beams:
    """The steps of a beam search, grown when they are asked for, and kept: iterating twice reads the model once.

    Attributes:
        source, prompt_ids, num_beams, chain: what is searched, from where, how widely, and the knobs that are on.
        max_new_tokens, room: how many steps were asked for, and how many there can be (fewer where the context ends).
        levels: the steps grown so far.
    """

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str | Sequence[int] | Tensor,
        max_new_tokens: int,
        num_beams: int,
        chain: Sequence[Knob] = (),
    ) -> None:
        self.source = as_source(lm)
        self.num_beams = check_beams(num_beams)
        self.max_new_tokens = check_steps(max_new_tokens)
        self.prompt_ids = read_prompt(self.source, prompt)
        self.room = steps_within(self.source, self.prompt_ids, self.max_new_tokens)
        self.chain, self.levels = chain, []
        self.session: Session = self.source.session(self.prompt_ids)
        check_beams(num_beams, vocabulary=self.session.logits.shape[-1])
        # K: so many that B unfinished ones are among them, even if every text's first choices all end it
        self.candidates = max(2, 1 + len(self.source.end_ids)) * self.num_beams

    def __iter__(self) -> Iterator[Level]:
        """The levels from the first on; what was not read yet is read now."""
        for step in range(self.room):
            if step == len(self.levels):
                if step and not self.levels[-1].running:
                    return
                self.levels.append(self.grow())
            yield self.levels[step]

    @torch.inference_mode()
    def grow(self) -> Level:
        """The next level: every unfinished text continued by every token, the K best of them."""
        logits, sums = self.read()  # (b, V), (b)
        log_probs = logits.log_softmax(-1)  # (b, V)
        scores = self.turned(logits, log_probs)  # (b, V)
        best = (sums.unsqueeze(-1) + scores).flatten().topk(min(self.candidates, scores.numel()))  # (K)
        values = best.values.tolist()
        if values[0] != values[0]:  # a NaN anywhere counts as the largest; infinite logits have become NaN by now
            for row in logits:
                check_logits(row, len(self.levels))
        possible = sum(value > -torch.inf for value in values)
        places = best.indices[:possible]
        beams, tokens = (places // logits.shape[-1]).tolist(), (places % logits.shape[-1]).tolist()
        last = len(self.levels) + 1 == self.room
        ended = [last or token in self.source.end_ids for token in tokens]
        running = [rank for rank, over in enumerate(ended) if not over][: self.num_beams]
        return Level(logits, beams, tokens, log_probs.flatten()[places].tolist(), values[:possible], ended, running)

    def read(self) -> tuple[Tensor, Tensor]:
        """(b, V) the logits after each unfinished text, and (b) the texts' running sums."""
        if not self.levels:
            return self.session.logits, self.session.logits.new_zeros(1)
        level = self.levels[-1]
        parents, tokens, sums = zip(
            *((level.beams[rank], level.tokens[rank], level.sums[rank]) for rank in level.running), strict=True
        )
        logits = self.session.extend(tokens, parents)
        return logits, logits.new_tensor(sums)

    def turned(self, logits: Tensor, log_probs: Tensor) -> Tensor:
        """(b, V) the log-probabilities after the knobs."""
        if not self.chain:
            return log_probs
        ids = (
            [self.ids(len(self.levels) - 1, rank) for rank in self.levels[-1].running]
            if self.levels
            else [self.prompt_ids]
        )
        if self.num_beams == 1:
            return self.knobs_applied(logits, log_probs, ids)[-1][1]
        for knob in self.chain:
            log_probs = knob(log_probs, ids)  # not renormalised; where a text has nothing left to say, the others go on
        return log_probs

    def knobs_applied(
        self, logits: Tensor, log_probs: Tensor, ids: Sequence[int] | Sequence[Sequence[int]]
    ) -> tuple[tuple[str, Tensor], ...]:
        """(name, scores after it) for each knob that is on; logits, log_probs and scores (V,) or (b, V)."""
        if self.num_beams > 1:
            return apply_knobs(self.chain, log_probs, ids)
        # subtle: generate with one beam is greedy search, where the knobs act on logits; the sums stay those of
        # log-probabilities
        scale = logits.logsumexp(-1, keepdim=True)
        return tuple((name, scores - scale) for name, scores in apply_knobs(self.chain, logits, ids))

    def step(self, step: int, rank: int) -> Step:
        """A candidate's choice as a `Step`."""
        level = self.levels[step]
        logits = level.logits[level.beams[rank]]  # (V,)
        if not self.chain:
            return Step(logits, logits, level.tokens[rank])
        results = self.knobs_applied(logits, logits.log_softmax(-1), self.ids(step, rank)[:-1])
        return Step(logits, results[-1][1], level.tokens[rank], results)

    def path(self, step: int, rank: int) -> list[tuple[int, int]]:
        """(step, rank) of the candidates from the first step to this one."""
        path = [(step, rank)]
        while step:
            step, rank = step - 1, self.levels[step - 1].running[self.levels[step].beams[rank]]
            path.append((step, rank))
        return path[::-1]

    def ids(self, step: int, rank: int) -> tuple[int, ...]:
        """The ids of the prompt and of a candidate's continuation."""
        return self.prompt_ids + tuple(self.levels[step].tokens[rank] for step, rank in self.path(step, rank))


def check_beams(num_beams: int, vocabulary: int | None = None) -> int:
    """The number of beams if it is from 1 to the size of the vocabulary (where known); otherwise the error."""
    if isinstance(num_beams, int) and num_beams < 1:
        raise ValueError(say("decoding.no_beams", value=num_beams))
    if vocabulary is not None and num_beams > vocabulary:
        raise ValueError(say("decoding.beams_above", vocabulary=f"{vocabulary:,}", value=f"{num_beams:,}"))
    return check_whole("num_beams", num_beams, 1)
