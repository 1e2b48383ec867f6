"""The history of a run as a table, and what a run leaves behind."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas

from lessons.words.language import say

if TYPE_CHECKING:
    from lessons.models.language_model import LanguageModel

COLUMNS = ["tokens", "epoch", "training_loss", "validation_loss", "learning_rate"]


def history_table(log: Sequence[dict[str, float]], tokens_per_step: int) -> pandas.DataFrame:
    """One row for each step that anything is known of, from 0: tokens learnt from, epoch, losses in nats per token,
    learning rate.

    `log` is the `Trainer`'s; its training loss is the mean since the row before.
    """
    rows = {}
    names = {
        "loss": "training_loss",
        "eval_loss": "validation_loss",
        "learning_rate": "learning_rate",
        "epoch": "epoch",
    }
    for entry in log:
        if not names.keys() & {"loss", "eval_loss"} & entry.keys():
            continue  # the summary at the end
        rows.setdefault(entry["step"], {}).update(
            {names[name]: value for name, value in entry.items() if name in names}
        )
    table = (
        pandas.DataFrame.from_dict(rows, orient="index")
        .reindex(columns=COLUMNS)
        .sort_index()
        .rename_axis("step")
        .astype(float)
    )
    table["tokens"] = table.index * tokens_per_step
    return table


@dataclass(frozen=True, eq=False)
class FineTuning:
    """What a run has made.

    Attributes:
        model: the best model so far, ready for every decoder; the model that was given is unchanged.
        history: losses by step, see `history_table`.
        perplexity_before, perplexity_after: on the validation blocks: of the given model, and of `model`.
        floor: the perplexity that no model can beat on these texts; None where nobody knows it.
        folder: where all of this lies, readable by `lessons.load`.
        trained, parameters: how many numbers were trained, and how many there are.
        precision: in which numbers the matrices were multiplied.
        seconds: spent training, in all sittings.
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
    seconds: float
    finished: bool

    def __str__(self) -> str:
        key = "finished" if self.finished else "interrupted"
        text = say(
            f"finetuning.{key}",
            before=f"{self.perplexity_before:.2f}",
            after=f"{self.perplexity_after:.3f}",
            folder=self.folder,
            tokens=f"{self.history['tokens'].iloc[-1]:,.0f}",
            seconds=f"{self.seconds:.0f}",
            precision=self.precision,
            share=f"{self.trained / self.parameters:.1%}",
            trained=f"{self.trained:,}",
        )
        if self.floor is None:
            return text
        return (
            text
            + " "
            + say(
                "finetuning.over_floor", floor=f"{self.floor:.3f}", over=f"{self.perplexity_after / self.floor - 1:.1%}"
            )
        )


def perplexity_of(loss: float) -> float:
    """exp(loss): among how many equally likely tokens a model that loses so much might as well choose."""
    return math.exp(loss)
