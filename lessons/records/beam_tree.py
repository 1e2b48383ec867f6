"""The record of a beam search: what every step offered, every candidate with its fate, the finished texts in order.

B = num_beams, b = unfinished texts in a step (1 in the first, at most B), K = candidates looked at in a step, V =
vocabulary. Log-probabilities and their sums are in nats.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from torch import Tensor

from lessons.records.trace import Step, Trace
from lessons.words.tokens import text_after

if TYPE_CHECKING:
    from lessons.words.frames import TokenTable

Fate = Literal["kept", "pruned", "finished", "dropped", "evicted"]


class Level(NamedTuple):
    """One step of all beams before anything is judged: the K best of their b x V continuations, the best first.

    Attributes:
        logits: (b, V) what the model offered after each unfinished text.
        filters: (name, (b, V) scores after it) for each knob that acted; the last ones are summed.
        beams: (K) which of the b texts a candidate continues.
        tokens: (K) the token it adds.
        log_probs: (K) that token's log-probability under the model, from 64 bits.
        added: (K) what it adds to the running sum: its log-probability, or what the knobs made of it.
        sums: (K) the running sum from the first new token to this one, in the 32 bits by which `transformers` ranks.
        ended: (K) whether nothing can follow: an end-of-text token, or no room for another step.
        running: places among the K of those that go on, the best first: at most B.
    """

    logits: Tensor
    filters: tuple[tuple[str, Tensor], ...]
    beams: list[int]
    tokens: list[int]
    log_probs: list[float]
    added: list[float]
    sums: list[float]
    ended: list[bool]
    running: list[int]


@dataclass(frozen=True, eq=False)
class Beams:
    """All steps of a beam search, before anything is judged: which texts went on, and what they were offered.

    Attributes:
        prompt_ids: ids that were given.
        num_beams: B, how many unfinished texts go on in each step.
        end_ids: the tokens that end a text.
        context: how many tokens the model can read; None = no limit.
        max_new_tokens: how many steps were asked for.
        most_steps: how many there can be: fewer where the model's context ends.
        levels: the steps, as far as they were grown.
        decode: ids → text.
        token: id → what the token is called.
    """

    prompt_ids: tuple[int, ...]
    num_beams: int
    end_ids: tuple[int, ...]
    context: int | None
    max_new_tokens: int
    most_steps: int
    levels: tuple[Level, ...]
    decode: Callable[[Sequence[int]], str] = field(repr=False)
    token: Callable[[int], str] = field(repr=False)

    def path(self, step: int, rank: int) -> list[tuple[int, int]]:
        """(step, rank) of the candidates from the first step to this one, each continuing the one before."""
        path = [(step, rank)]
        while step:
            step, rank = step - 1, self.levels[step - 1].running[self.levels[step].beams[rank]]
            path.append((step, rank))
        return path[::-1]

    def step(self, step: int, rank: int) -> Step:
        """A candidate's choice as a `Step`."""
        level = self.levels[step]
        offered = level.logits[level.beams[rank]]  # (V,)
        filters = tuple((name, scores[level.beams[rank]]) for name, scores in level.filters)
        return Step(offered, filters[-1][1] if filters else offered, level.tokens[rank], filters)


class Candidate(NamedTuple):
    """One continuation that a step looked at.

    Attributes:
        step: when, counted from 0.
        rank: its place among the step's candidates by running sum; 0 is the best.
        parent: the rank of the candidate that it continues, in the step before; None in the first step.
        token: id of the token it adds.
        log_prob: the token's log-probability under the model, given all before it.
        sum: the running sum over the new tokens so far: of log-probabilities, or of what the knobs made of them.
        fate: "kept": goes on, being one of the B best unfinished. "pruned": unfinished, and not among the B best.
            "finished": one of the B best finished texts. "dropped": ended, but ranked below the B best candidates of
            its step. "evicted": finished, and pushed out by B finished texts with higher scores.
    """

    step: int
    rank: int
    parent: int | None
    token: int
    log_prob: float
    sum: float
    fate: Fate


@dataclass(frozen=True)
class Hypothesis:
    """A finished text.

    Attributes:
        step, rank: its last candidate's place in the tree.
        new_ids: the tokens added to the prompt.
        text: prompt and continuation.
        log_prob: the continuation's log-probability under the model.
        sum: the sum that the search ranked by; the same as `log_prob` where no knob is on.
        score: sum / length ** length_penalty; the largest wins.
    """

    step: int
    rank: int
    new_ids: tuple[int, ...]
    text: str
    log_prob: float
    sum: float
    score: float

    @property
    def length(self) -> int:
        """How many tokens were added, an end-of-text token counted."""
        return len(self.new_ids)


@dataclass(frozen=True, eq=False)
class BeamTree:
    """Every candidate of every step, and what became of it; `tree[step][rank]` is a `Candidate`.

    Attributes:
        prompt_ids: ids that were given.
        steps: for each step its candidates, the best first.
        decode: ids → text.
        token: id → what the token is called.
    """

    prompt_ids: tuple[int, ...]
    steps: tuple[tuple[Candidate, ...], ...]
    decode: Callable[[Sequence[int]], str] = field(repr=False)
    token: Callable[[int], str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, step: int) -> tuple[Candidate, ...]:
        return self.steps[step]

    def __iter__(self) -> Iterator[tuple[Candidate, ...]]:
        return iter(self.steps)

    def path(self, candidate: Candidate) -> tuple[Candidate, ...]:
        """The candidates from the first step to this one, each the parent of the next."""
        path = [candidate]
        while path[-1].parent is not None:
            path.append(self.steps[path[-1].step - 1][path[-1].parent])
        return tuple(reversed(path))

    def new_ids(self, candidate: Candidate) -> tuple[int, ...]:
        """The tokens that a candidate's text adds to the prompt."""
        return tuple(link.token for link in self.path(candidate))

    def text(self, candidate: Candidate) -> str:
        """The prompt and a candidate's continuation of it."""
        return self.decode(self.prompt_ids + self.new_ids(candidate))

    def find(self, new_ids: Sequence[int]) -> tuple[Candidate, ...]:
        """The candidates along a continuation, for as long as it lies within the tree (a greedy text may leave it)."""
        path: list[Candidate] = []
        for step, token in zip(self.steps, new_ids, strict=False):
            parent = path[-1].rank if path else None
            found = [candidate for candidate in step if (candidate.parent, candidate.token) == (parent, token)]
            if not found:
                break
            path.append(found[0])
        return tuple(path)

    def table(self) -> "TokenTable":
        """One row for each candidate: step, rank, parent, token, id, log_probability, sum (raw, nats), fate, text."""
        from lessons.words.frames import TokenTable

        rows = [
            (one.step, one.rank, one.parent, self.token(one.token), one.token, one.log_prob, one.sum, one.fate,
             text_after(self.decode, self.prompt_ids, self.new_ids(one)))
            for step in self.steps for one in step
        ]  # fmt: skip
        columns = ("step", "rank", "parent", "token", "id", "log_probability", "sum", "fate", "text")
        return TokenTable(rows, columns=columns).astype({"parent": "Int64"})

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __repr__(self) -> str:
        return f"BeamTree({len(self)} steps, {sum(map(len, self.steps))} candidates)"


@dataclass(frozen=True, eq=False, kw_only=True)
class BeamTrace(Trace):
    """A finished text of a beam search as a `Trace`, with the search it came from.

    Attributes:
        score: sum / length ** length_penalty.
        tree: every candidate of every step with its fate.
        hypotheses: all finished texts that were held in the end, the best first; at most B.
        judged_anew: length penalty, early stopping → the best text under these rules.
    """

    score: float
    tree: BeamTree = field(repr=False)
    hypotheses: tuple[Hypothesis, ...] = field(repr=False)
    judged_anew: Callable[[float, bool | str], "BeamTrace"] = field(repr=False)

    def rescored(self, length_penalty: float = 1.0, early_stopping: bool | str = False) -> "BeamTrace":
        """The best text of the same search under another length penalty or another rule for stopping.

        The same as a new search, to the last digit; the model is asked only if this search did not come so far.
        """
        return self.judged_anew(length_penalty, early_stopping)

    def table_of_hypotheses(self) -> "TokenTable":
        """One row for each finished text, the best first: text, length, log_probability, sum, score (raw, nats)."""
        from lessons.words.frames import TokenTable

        rows = [(text.text, text.length, text.log_prob, text.sum, text.score) for text in self.hypotheses]
        return TokenTable(rows, columns=("text", "length", "log_probability", "sum", "score"))

    @cached_property
    def sum(self) -> float:
        """The sum that the search ranked this text by, in nats: `log_prob`, or what the knobs made of it."""
        return next(hypothesis.sum for hypothesis in self.hypotheses if hypothesis.new_ids == self.new_ids)

    def __repr__(self) -> str:
        numbers = f"log_prob={self.log_prob:.4f}, score={self.score:.4f}"
        return f"BeamTrace({self.text!r}, {len(self.steps)} new tokens, {numbers})"
