"""Lesson 08's pictures of the logit lens: the guess after each block, at one token and at all of them."""

from collections.abc import Sequence

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREEN, ORANGE, PURPLE, RED, SKY, ink, new_figure, set_title
from lessons.plots.names import token_name
from lessons.words.language import say
from lessons.words.writing import percent

LINES = (RED, BLUE, GREEN, PURPLE, ORANGE, SKY)
STRONGEST = numpy.array([107, 174, 214])  # the ground of a certain guess; dark letters can be read on all of them
NARROWEST = 4.8  # inches, for the title
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
    figure, axes = new_figure(width=max(NARROWEST, 1.1 + CELL * number), height=0.85 + 0.29 * depth)
    for row, column in numpy.ndindex(depth, number):
        right = column + 1 < number and guesses[row][column] == tokens[column + 1]
        ground = guess_colour(float(values[row, column]))
        cell = Rectangle((column - 0.48, row - 0.44), 0.96, 0.88, facecolor=ground, edgecolor="white")
        if right:
            cell.set(edgecolor=GREEN, linewidth=2.2, zorder=3)
        axes.add_patch(cell)
        name = token_name(guesses[row][column], LETTERS)
        axes.text(column, row, name, ha="center", va="center", fontsize=9, color="#111111", zorder=4, parse_math=False)
    token_axis(axes, [token_name(token, LETTERS) for token in tokens], rotation=0)
    axes.set_yticks(range(depth), [after_blocks(row) for row in range(depth)])
    axes.set(xlim=(-0.5, number - 0.5), ylim=(depth - 0.5, -0.5))
    axes.spines[:].set_visible(False)
    set_title(axes, say("lens.grid_title"))
    return figure


def after_blocks(number: int) -> str:
    """A row's name: "put in", "after 1" …"""
    return say("lens.after", number=number) if number else say("lens.put_in")


def token_axis(axes: Axes, names: Sequence[str], rotation: int) -> None:
    """Names of tokens over the columns."""
    axes.xaxis.tick_top()
    side, middle = ("left", "center") if rotation else ("center", "bottom")
    axes.set_xticks(range(len(names)), names, rotation=rotation, rotation_mode="anchor", ha=side, va=middle)
    for label in axes.get_xticklabels():
        label.set_parse_math(False)
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
    axes.set(xlim=(-0.15, blocks + 0.06), xlabel=say("lens.blocks_axis"), ylabel=say("lens.probability_axis"))
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
        return say("lens.curves_title_always", token=names[0])
    rival = names[int(values[since - 1].argmax())]
    return say("lens.curves_title", token=names[0], rival=rival, number=since)
