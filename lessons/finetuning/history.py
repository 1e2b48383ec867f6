"""The history of a run as a table, and what a run leaves behind."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas

from lessons.finetuning.pace import blocks_in_words
from lessons.finetuning.record import Log, Plan, RunRecord
from lessons.words.language import say

if TYPE_CHECKING:
    from lessons.models.language_model import LanguageModel

COLUMNS = ["tokens", "epoch", "training_loss", "validation_loss", "learning_rate"]
# what the `Trainer` calls them
COLUMN_OF = {
    "epoch": "epoch",
    "loss": "training_loss",
    "eval_loss": "validation_loss",
    "learning_rate": "learning_rate",
}


def history_table(log: Log, tokens_per_step: int) -> pandas.DataFrame:
    """One row for each step that anything is known of, from 0: tokens learnt from, epoch, losses in nats per token,
    learning rate.

    The training loss is the mean since the row before.
    """
    rows: dict[float, dict[str, float]] = {}
    for entry in log:
        if "loss" in entry or "eval_loss" in entry:  # all but the summary at the end
            row = rows.setdefault(entry["step"], {})
            row |= {COLUMN_OF[name]: value for name, value in entry.items() if name in COLUMN_OF}
    table = pandas.DataFrame(rows.values(), index=pandas.Index(rows, name="step"), columns=COLUMNS, dtype=float)
    table = table.sort_index()
    table["tokens"] = table.index * tokens_per_step
    return table


@dataclass(frozen=True, eq=False)
class FineTuning:
    """What a run has made.

    Attributes:
        model: the best model so far, ready for every decoder; the model that was given is unchanged.
        history: losses by step, see `history_table`.
        perplexity_before, perplexity_after: on the validation blocks (`plan` says how many): of the given model, and of
            `model`.
        floor: the perplexity that no model can beat on these texts; None where nobody knows it.
        folder: where all of this lies, readable by `lessons.load`.
        trained, parameters: how many numbers were trained, and how many there are.
        precision: in which numbers the matrices were multiplied.
        learning_rate: at its highest.
        plan: how many steps were to be made, of how many; None for a run of an earlier version.
        seconds: spent training, over every time that the run went on.
        finished: False if it was interrupted; calling again with resume=True goes on.
    """

    model: "LanguageModel" = field(repr=False)
    history: pandas.DataFrame = field(repr=False)
    perplexity_before: float
    perplexity_after: float
    floor: float | None
    folder: Path
    trained: int
    parameters: int
    precision: str
    learning_rate: float
    plan: Plan | None
    seconds: float
    finished: bool

    def __str__(self) -> str:
        return " ".join(filter(None, (self._losses(), blocks_in_words(self.plan), self._over_floor())))

    def _over_floor(self) -> str:
        """How near the model comes to the floor; "" where nobody knows it."""
        if self.floor is None:
            return ""
        over = f"{self.perplexity_after / self.floor - 1:.1%}"
        return say("finetuning.over_floor", floor=f"{self.floor:.3f}", over=over)

    def _losses(self) -> str:
        """Both perplexities, and what they took."""
        return say(
            "finetuning.finished" if self.finished else "finetuning.interrupted",
            before=f"{self.perplexity_before:.2f}",
            after=f"{self.perplexity_after:.3f}",
            folder=self.folder,
            tokens=f"{self.history['tokens'].iloc[-1]:,.0f}",
            seconds=f"{self.seconds:.0f}",
            precision=self.precision,
            learning_rate=f"{self.learning_rate:g}",
            share=f"{self.trained / self.parameters:.1%}",
            trained=f"{self.trained:,}",
        )


def result_of(record: RunRecord, model: "LanguageModel", folder: Path) -> FineTuning:
    """What the run of this record has made."""
    return FineTuning(
        model,
        history_table(record.log, record.tokens_per_step),
        perplexity_before=math.exp(record.before),
        perplexity_after=math.exp(record.after),
        floor=record.floor,
        folder=folder,
        trained=record.trained,
        parameters=record.parameters,
        precision=record.precision,
        learning_rate=record.asked["learning_rate"],
        plan=record.plan,
        seconds=record.seconds,
        finished=record.finished,
    )
