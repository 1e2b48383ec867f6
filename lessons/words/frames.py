"""Data frames as a notebook shows them: raw numbers inside, signs and percent only on show.

Frame          any data frame of ours: what is written in it is never taken for a formula
TokenTable     tokens with their spaces as signs, probabilities in percent
"""

from collections.abc import Callable
from typing import Any, Self

import pandas

from lessons.words.tokens import visible
from lessons.words.writing import as_written, visible_end


class Frame(pandas.DataFrame):
    """A data frame whose texts a notebook shows as they are written."""

    @property
    def _constructor(self) -> type["Frame"]:
        return type(self)

    def _repr_html_(self) -> str:
        return as_written(self._html())

    def _html(self) -> str:
        return super()._repr_html_()  # type: ignore[misc]  # which pandas' stubs lack


class TokenTable(Frame):
    """A data frame that shows, in a notebook, spaces and line ends of tokens as signs and probabilities in percent."""

    def _html(self) -> str:
        formatters = {column: FORMATTERS.get(column, shown_cell) for column in self.columns}
        return self.to_html(formatters=formatters, max_rows=pandas.options.display.max_rows)


class Choice(str):
    """A cell such as " most (9.76%)", with the raw numbers underneath: `.token`, `.id`, `.probability`."""

    token: str
    id: int
    probability: float

    def __new__(cls, token: str, id: int, probability: float) -> Self:
        cell = super().__new__(cls, f"{token} ({probability:.2%})")
        cell.token, cell.id, cell.probability = token, id, probability
        return cell


def shown_probability(probability: float) -> str:
    """In percent, or in powers of ten where that would be 0.00%."""
    return f"{probability:.2%}" if probability >= 5e-5 else f"{probability:.1e}"


def shown_cell(cell: Any) -> str:
    """A cell of any other column: texts with their spaces as signs, numbers with four digits behind the point."""
    if isinstance(cell, Choice):
        return f"{visible(cell.token)} ({cell.probability:.2%})"
    if isinstance(cell, str):
        return visible(cell)
    return f"{cell:.4f}" if isinstance(cell, float) else str(cell)


FORMATTERS: dict[str, Callable[[Any], str]] = {
    "Input": visible_end,
    "text": visible_end,
    "probability": shown_probability,
}
