"""Lesson 08's pictures: the guess after each block, who looks at whom, and where the parameters are."""

from collections.abc import Mapping, Sequence

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, ink, new_figure, set_title
from lessons.plots.names import shortened, token_name
from lessons.words.language import say
from lessons.words.writing import percent

LINES = (RED, BLUE, GREEN, PURPLE, ORANGE, SKY)
STRONGEST = numpy.array([107, 174, 214])  # the ground of a certain guess; dark letters can be read on all of them
CELL, LETTERS = 0.78, 62.0  # inches of a cell's width, and pixels at size 12 that its name may take


def guess_colour(probability: float) -> str:
    """The ground of a guess: white for one of probability 0, blue for a certain one.

    >>> guess_colour(0.0), guess_colour(1.0)
    ('#ffffff', '#6baed6')
    """
    red, green, blue = (round(part) for part in 255 + (STRONGEST - 255) * min(max(probability, 0.0), 1.0) ** 0.5)
    return f"#{red:02x}{green:02x}{blue:02x}"


def lens_grid(tokens: Sequence[str], guesses: Sequence[Sequence[str]], probabilities: ArrayLike) -> Figure:
    """A figure of the likeliest next token after each block (row) at each token (column), the surer the bluer.

    tokens: T texts that were read
    guesses: L + 1 rows of T texts, the first of them before any block
    probabilities (L + 1, T): of the guesses

    A guess that is the token which really comes next has a frame.
    """
    values = numpy.asarray(probabilities, dtype=float)
    depth, number = values.shape
    figure, axes = new_figure(width=1.1 + CELL * number, height=0.85 + 0.29 * depth)
    for row, column in numpy.ndindex(depth, number):
        right = column + 1 < number and guesses[row][column] == tokens[column + 1]
        ground = guess_colour(float(values[row, column]))
        cell = Rectangle((column - 0.48, row - 0.44), 0.96, 0.88, facecolor=ground, edgecolor="white")
        if right:
            cell.set(edgecolor=GREEN, linewidth=2.2, zorder=3)
        axes.add_patch(cell)
        name = token_name(guesses[row][column], LETTERS)
        axes.text(column, row, name, ha="center", va="center", fontsize=9, color="#111111", zorder=4, parse_math=False)
    _token_axis(axes, [token_name(token, LETTERS) for token in tokens], rotation=0)
    axes.set_yticks(range(depth), [after_blocks(row) for row in range(depth)])
    axes.set(xlim=(-0.5, number - 0.5), ylim=(depth - 0.5, -0.5))
    axes.spines[:].set_visible(False)
    set_title(axes, say("inside.grid_title"))
    return figure


def after_blocks(number: int) -> str:
    """A row's name: "put in", "after 1" …"""
    return say("inside.after", number=number) if number else say("inside.put_in")


def _token_axis(axes: Axes, names: Sequence[str], rotation: int) -> None:
    """Names of tokens over the columns."""
    side = "left" if rotation else "center"
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(names)), names, rotation=rotation, ha=side, rotation_mode="anchor", parse_math=False)
    axes.tick_params(length=0)


def lens_curves(probabilities: ArrayLike, tokens: Sequence[str]) -> Figure:
    """A figure of how the guess forms: the probability of some tokens after each block.

    probabilities (L + 1, n): of n tokens, at most six
    tokens: their names, that of the final winner first
    """
    values = numpy.asarray(probabilities, dtype=float)
    blocks = len(values) - 1
    figure, axes = new_figure(height=3.7)
    names = [token_name(token, 100) for token in tokens]
    for place, colour in enumerate(LINES[: len(names)]):
        axes.plot(
            values[:, place],
            "o-",
            color=colour,
            linewidth=2.6 if not place else 1.8,
            markersize=4.5,
            zorder=4 - bool(place),
        )
    gap = 0.068 * (values.max() or 1)
    for place, height in enumerate(_apart(values[-1], gap)):
        label = f"{names[place]} {percent(values[-1, place])}"
        axes.text(blocks + 0.12, height, label, va="center", fontsize=9.5, color=ink(LINES[place]), parse_math=False)
    axes.set(xlim=(-0.15, blocks + 0.06), xlabel=say("inside.blocks_axis"), ylabel=say("inside.probability_axis"))
    axes.set_ylim(0, max(1.06 * values.max(), max(_apart(values[-1], gap)) + gap))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if values.max() > 0.1 else 1))
    axes.grid(axis="y")
    set_title(axes, _curves_title(values, names))
    return figure


def _apart(heights: numpy.ndarray, gap: float) -> list[float]:
    """Heights for labels near the given ones, none nearer to another than the gap, in the same order."""
    order, placed = numpy.argsort(heights, kind="stable"), numpy.zeros(len(heights))
    lowest = gap / 2
    for place in order:
        placed[place] = lowest = max(heights[place], lowest)
        lowest += gap
    return [float(height) for height in placed]


def _curves_title(values: numpy.ndarray, names: Sequence[str]) -> str:
    """After which block the winner leads these tokens, and stays ahead."""
    behind = numpy.flatnonzero(values.argmax(-1) != 0)
    since = int(behind[-1]) + 1 if len(behind) else 0
    if not since or since >= len(values):
        return say("inside.curves_title_always", token=names[0])
    rival = names[int(values[since - 1].argmax())]
    return say("inside.curves_title", token=names[0], rival=rival, number=since)


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
    _token_axis(axes, names, rotation=45)
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
    _token_axis(axes, [f"{head}" for head in range(heads)], rotation=0)
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
