"""The record of a text that two models wrote: what the draft proposed, and what the model made of each proposal.

p = the model's probabilities after the knobs, q = the draft's; V = size of the vocabulary.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from lessons.arithmetic.probability import wide
from lessons.records.trace import Step, Trace
from lessons.words.judged import Piece, judged_text, told

if TYPE_CHECKING:
    from lessons.words.frames import TokenTable

Fate = Literal["accepted", "corrected", "extra"]


@dataclass(frozen=True, eq=False)
class Guess:
    """A token that the draft proposed.

    Attributes:
        token: its id.
        scores: (V,) what the draft chose it from, once the knobs had acted: minus infinity where it cannot be.
        uniform: the random number from [0, 1) that drew it; None where nothing is drawn.
    """

    token: int
    scores: Tensor
    uniform: float | None = None


@dataclass(frozen=True, eq=False)
class JudgedStep(Step):
    """One token of the text: a proposal that the model accepted, what it said instead, or one more of its own.

    Attributes:
        guess: what the draft proposed here; None where it proposed nothing.
        judged_by: the random number from [0, 1) that decided whether the proposal was accepted; None where nothing is
            drawn. (`uniform` is the one that drew the model's own token, where that was drawn.)
    """

    guess: Guess | None = None
    judged_by: float | None = None

    @property
    def fate(self) -> Fate:
        """What became of the proposal: "accepted"; "corrected": another token took its place; "extra": there was none,
        the token is the model's own."""
        if self.guess is None:
            return "extra"
        return "accepted" if self.guess.token == self.chosen else "corrected"

    @cached_property
    def p(self) -> Tensor:
        """(V,) the model's probabilities, from which the token is drawn in the end; 64 bits."""
        return wide(self.scores.cpu()).softmax(-1)

    @cached_property
    def q(self) -> Tensor:
        """(V,) the draft's probabilities, from which it drew, in 64 bits; all 0 where it proposed nothing."""
        return torch.zeros_like(self.p) if self.guess is None else wide(self.guess.scores.cpu()).softmax(-1)

    @cached_property
    def acceptance(self) -> float:
        """The probability that a proposal drawn here is accepted: the sum of min(p, q)."""
        return torch.minimum(self.p, self.q).sum().item()


@dataclass(frozen=True, eq=False)
class Pass:
    """What the model said in one pass.

    Attributes:
        guesses: what was proposed, in order; what stands behind a rejected one was never judged.
        steps: the tokens by which the text grew: those accepted, and one that is the model's own.
    """

    guesses: tuple[Guess, ...]
    steps: tuple[JudgedStep, ...]

    @property
    def accepted(self) -> int:
        """How many proposals were accepted."""
        return sum(step.fate == "accepted" for step in self.steps)

    @property
    def judged(self) -> int:
        """How many proposals were judged: those accepted, and the one that was not."""
        return sum(step.guess is not None for step in self.steps)


@dataclass(frozen=True, eq=False)
class SpeculativeTrace(Trace):
    """A text that two models wrote, and how it came about.

    Attributes:
        passes: what each pass of the model brought. The first reads the prompt, for which nothing is proposed.
    """

    passes: tuple[Pass, ...] = ()

    @property
    def accepted(self) -> int:
        """How many of the draft's proposals were accepted."""
        return sum(one.accepted for one in self.passes)

    @property
    def judged(self) -> int:
        """How many of the draft's proposals were judged."""
        return sum(one.judged for one in self.passes)

    @property
    def tokens_a_pass(self) -> float:
        """How many tokens a pass of the model brought, on average."""
        return len(self.steps) / len(self.passes)

    def numbered(self) -> Iterator[tuple[int, JudgedStep]]:
        """(number of its pass, from 1, step) for each token added."""
        return ((number, step) for number, one in enumerate(self.passes, start=1) for step in one.steps)

    def pieces(self) -> list[Piece]:
        """The text in pieces: what was given, each token added, and before it the proposal that it replaced."""
        pieces, last = [Piece(self.decode(self.prompt_ids), "given")], {id(one.steps[-1]) for one in self.passes}
        for place, (number, step) in enumerate(self.numbered()):
            before = [("rejected", step.guess.token)] if step.guess and step.fate == "corrected" else []
            for kind, token in [*before, (step.fate, step.chosen)]:
                name, ends = self.token(token), kind != "rejected" and id(step) in last
                title = told(name, kind, number, step.p[token].item(), step.q[token].item())
                pieces.append(Piece(name, kind, title, place, ends))
        return pieces

    def _repr_html_(self) -> str:
        return judged_text(self.pieces())

    def table(self) -> "TokenTable":
        """One row for each token added: as any text's, and its pass (from 1), what was proposed, what became of that,
        and the probabilities p and q of the proposal that were weighed."""
        table = super().table()
        table["pass"] = [number for number, _ in self.numbered()]
        guesses = [step.guess for _, step in self.numbered()]
        table["proposed"] = ["" if guess is None else self.token(guess.token) for guess in guesses]
        table["fate"] = [step.fate for _, step in self.numbered()]
        for name in ("p", "q"):
            weighed = [(getattr(step, name), step.guess) for _, step in self.numbered()]
            table[name] = [float("nan") if guess is None else row[guess.token].item() for row, guess in weighed]
        return table

    def __repr__(self) -> str:
        written = f"{len(self.steps)} new tokens in {len(self.passes)} passes"
        return f"SpeculativeTrace({self.text!r}, {written}, log_prob={self.log_prob:.4f})"
