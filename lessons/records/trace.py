"""The record of a text in the making: what the model offered at each step, what the knobs kept, what was taken.

Tables, plots and explorers read these records and nothing else. A decoder chooses in the 32 bits of its logits, as
`transformers` does; what is recorded of probabilities is computed in 64 when somebody asks, for 32 bits are off by a
hundred-thousandth where there are many tokens. V = size of the vocabulary; log-probabilities are in nats.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import torch
from torch import Tensor

from lessons.arithmetic.probability import entropy, log_probs_from_logits, wide
from lessons.words.language import say
from lessons.words.tokens import text_after

if TYPE_CHECKING:
    from lessons.words.frames import TokenTable


@dataclass(frozen=True, eq=False)
class Step:
    """One choice.

    Attributes:
        logits: (V,) what the model offered.
        scores: (V,) what was left to choose from once the knobs had acted: minus infinity where cut. The same tensor as
            `logits` when no knob is on. (In beam search the knobs act on log-probabilities, so these are processed
            log-probabilities.)
        chosen: id of the token taken.
        filters: (name, scores after it) for each knob that acted, in the order in which they did.
        uniform: the random number from [0, 1) that decided a sampled choice; None where nothing is drawn.
    """

    logits: Tensor
    scores: Tensor
    chosen: int
    filters: tuple[tuple[str, Tensor], ...] = ()
    uniform: float | None = None

    @cached_property
    def log_probs(self) -> Tensor:
        """(V,) the log-probabilities that the model gave, before any knob; in 64 bits, on the CPU."""
        return wide(self.logits.cpu()).log_softmax(-1)

    @cached_property
    def log_prob(self) -> float:
        """The chosen token's log-probability under the model, in nats."""
        # not by way of log_probs, which would keep (V,) numbers for every step of a text
        return log_probs_from_logits(wide(self.logits.cpu()), torch.tensor(self.chosen)).item()

    @property
    def surprisal(self) -> float:
        """How surprising the chosen token was: minus its log-probability, in nats."""
        return -self.log_prob

    @cached_property
    def rank(self) -> int:
        """The chosen token's place among all tokens by the model's probability; 1 is the likeliest."""
        return int((self.logits > self.logits[self.chosen]).sum()) + 1

    @cached_property
    def entropy(self) -> float:
        """The mean surprisal of the model's distribution at this step, in nats."""
        return entropy(self.logits).item()


class StepWithoutScores(Step):
    """A choice of which the numbers alone are kept: `chosen`, `uniform`, `log_prob`, `rank` and `entropy`.

    A thousand steps from 50,000 tokens are a few kB, not 200 MB and as much again for each knob. Raises AttributeError
    for `logits`, `scores`, `filters` and `log_probs`.
    """

    def __init__(self, step: Step) -> None:
        vars(self).update({name: getattr(step, name) for name in ("chosen", "uniform", "log_prob", "rank", "entropy")})

    @property
    def logits(self) -> NoReturn:  # type: ignore[override]  # a step that has none is a step all the same
        raise AttributeError(say("records.no_scores"))

    scores = filters = logits  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"StepWithoutScores(chosen={self.chosen}, log_prob={self.log_prob:.4f})"


@dataclass(frozen=True, eq=False)
class Trace:
    """A text and how it came about.

    Attributes:
        prompt_ids: ids that were given.
        steps: one `Step` for each token added.
        decode: ids → text.
        token: id → what the token is called.
        stopped: why no further token was added, in words.
    """

    prompt_ids: tuple[int, ...]
    steps: tuple[Step, ...]
    decode: Callable[[Sequence[int]], str] = field(repr=False)
    token: Callable[[int], str] = field(repr=False)
    stopped: str = ""

    @property
    def new_ids(self) -> tuple[int, ...]:
        """Ids of the tokens added to the prompt."""
        return tuple(step.chosen for step in self.steps)

    @property
    def ids(self) -> tuple[int, ...]:
        """Ids of the prompt and of the tokens added to it."""
        return self.prompt_ids + self.new_ids

    @cached_property
    def text(self) -> str:
        """Prompt and continuation as text."""
        return self.decode(self.ids)

    @cached_property
    def new_text(self) -> str:
        """What the continuation adds to the text of the prompt."""
        return text_after(self.decode, self.prompt_ids, self.new_ids)

    @cached_property
    def log_prob(self) -> float:
        """The continuation's log-probability under the model, given the prompt: the sum over its tokens, in nats."""
        return sum(step.log_prob for step in self.steps)

    @property
    def log_probs(self) -> Tensor:
        """(number of steps,) log-probability of each token added, in nats, 64 bits."""
        return torch.tensor([step.log_prob for step in self.steps], dtype=torch.float64)

    def table(self) -> "TokenTable":
        """One row for each token added: token, id, probability, log_probability, rank, entropy (raw floats, nats)."""
        from lessons.words.frames import TokenTable

        rows = [
            {
                "token": self.token(step.chosen),
                "id": step.chosen,
                "probability": math.exp(step.log_prob),
                "log_probability": step.log_prob,
                "rank": step.rank,
                "entropy": step.entropy,
            }
            for step in self.steps
        ]
        columns = ["token", "id", "probability", "log_probability", "rank", "entropy"]
        return TokenTable(rows, columns=columns).rename_axis("step")

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __repr__(self) -> str:
        return f"Trace({self.text!r}, {len(self.steps)} new tokens, log_prob={self.log_prob:.4f})"
