"""Lesson 08's pictures of what is inside a model: who looks at whom, and where the parameters are."""

from collections.abc import Mapping, Sequence

import numpy
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREY, RED, new_figure, set_title
from lessons.plots.lens import token_axis
from lessons.plots.names import shortened, token_name
from lessons.words.language import say


def attention_pattern(weights: ArrayLike, tokens: Sequence[str], name: str = "") -> Figure:
    """A figure of one head's attention: rows look at columns, the darker the more.

    weights (T, T): of each row, what it takes from each column; rows sum to 1
    tokens: T texts
    name: which head it is
    """
    values = numpy.asarray(weights, dtype=float)
    number = len(values)
    side = 1.15 + 0.3 * number
    figure, axes = new_figure(width=side + 0.35, height=side + 0.25)
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*numpy.nonzero(values >= 0.095), strict=True):
        colour = "white" if values[row, column] > 0.6 else "#222222"
        axes.text(column, row, f"{100 * values[row, column]:.0f}", ha="center", va="center", fontsize=7.5, color=colour)
    for row in range(number - 1):  # what comes later is not seen
        axes.add_patch(Rectangle((row + 0.5, row - 0.5), number - row - 1, 1, facecolor="#f1f1f1", linewidth=0))
    names = [token_name(token, 80) for token in tokens]
    token_axis(axes, names, rotation=90)
    axes.set_yticks(range(number), names, parse_math=False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(say("inside.attention_axis"))
    set_title(axes, name or say("inside.attention_title"))
    return figure


def attention_heads(shares: ArrayLike) -> Figure:
    """A figure of one number for every head: a square for each block (row) and head (column), the largest framed.

    shares (L, H): from 0 to 1
    """
    values = numpy.asarray(shares, dtype=float)
    blocks, heads = values.shape
    figure, axes = new_figure(width=1.3 + 0.56 * heads, height=0.95 + 0.32 * blocks)
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in numpy.ndindex(blocks, heads):
        colour = "white" if values[row, column] > 0.6 else "#222222"
        words = f"{values[row, column]:.0%}"
        axes.text(column, row, words, ha="center", va="center", fontsize=8.5, color=colour)
    row, column = numpy.unravel_index(values.argmax(), values.shape)
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=RED, linewidth=2.5, clip_on=False))
    token_axis(axes, [f"{head}" for head in range(heads)], rotation=0)
    axes.set_yticks(range(blocks), [f"h.{block}" for block in range(blocks)])
    axes.set_xlabel(say("inside.heads_axis"))
    axes.spines[:].set_visible(False)
    set_title(axes, say("inside.heads_title", block=row, head=column))
    return figure


def parameter_parts(parts: Mapping[str, int]) -> Figure:
    """A figure of how many parameters each part of a model has.

    parts: {what a part is called: its number of parameters}
    """
    names, numbers = list(parts), list(parts.values())
    figure, axes = new_figure(height=0.95 + 0.33 * len(parts))
    axes.barh(range(len(parts)), numbers, height=0.68, color=BLUE)
    for row, number in enumerate(numbers):
        words = f" {number:,} ({number / sum(numbers):.1%})"
        axes.text(number, row, words, va="center", fontsize=9, color="#333333")
    axes.set_yticks(range(len(parts)), [shortened(name, 220) for name in names], parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0, 1.32 * max(numbers)), ylim=(len(parts) - 0.5, -0.5), xlabel=say("inside.parameters_axis"))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="x", color=GREY, alpha=0.3)
    set_title(axes, say("inside.parameters_title", number=f"{sum(numbers):,}"))
    return figure
