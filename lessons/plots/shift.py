"""Lesson 02's drawing of the shift: what stands in a column of log-probabilities is about the token after it."""

from collections.abc import Sequence

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREY, ink, new_figure, set_title
from lessons.plots.names import token_name
from lessons.words.language import say
from lessons.words.writing import minus

MOST = 9  # tokens that are drawn
PALE, CELLS = "#E4E4E4", 5  # of the V numbers of a row, so many are drawn
# Heights: of the tokens, their numbers, the rows' first cell, the result.
TOKENS, NUMBERS, TOP, RESULT = 3.0, 2.48, 1.75, -0.5


def next_token_shift(tokens: Sequence[str], log_probs: ArrayLike, first: int = 1) -> Figure:
    """A figure of which row of the logits is about which token: tokens above, rows below, and of each row the one
    number that `gather` picks.

    tokens: T + 1 texts; of a longer text the nine around `first` are drawn
    log_probs (T,): of the tokens from the second on, in nats
    first: the number of the token from which on the log-probabilities count: 1, or how long a prompt is
    """
    values = numpy.asarray(log_probs, dtype=float)
    begin = max(0, min(first - MOST // 2, len(tokens) - MOST))
    shown = range(begin, min(begin + MOST, len(tokens)))
    figure, axes = new_figure(8.6, 3.7)
    for place in shown:
        number = place + 1  # of the token that row `place` is about
        _draw_token(axes, place, tokens[place], counts=place >= first)
        if number <= len(values):
            _draw_row(axes, place, minus(f"{values[place]:.2f}"), counts=number >= first)
        if number in shown:
            arrow = {"arrowstyle": "-|>", "color": BLUE if number >= first else GREY, "shrinkA": 0, "shrinkB": 2}
            axes.annotate("", (place + 0.86, NUMBERS - 0.16), (place, TOP + 0.16), arrowprops=arrow)
    axes.set_yticks([TOKENS, TOP - 0.9, RESULT], [say("shift.tokens"), say("shift.rows"), say("shift.picked")])
    axes.set(xlim=(begin - 0.6, shown[-1] + 0.6), ylim=(RESULT - 0.95, TOKENS + 0.4), xticks=[])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    set_title(axes, say("shift.title") if first == 1 else say("shift.title_from", n=first, column=first - 1))
    return figure


def _draw_token(axes: Axes, place: int, token: str, counts: bool) -> None:
    """A token in its box, with its number."""
    colour = BLUE if counts else PALE
    axes.add_patch(Rectangle((place - 0.46, TOKENS - 0.26), 0.92, 0.52, facecolor=colour, edgecolor="white"))
    name, look = token_name(token, 66), "white" if counts else "#222222"
    axes.text(place, TOKENS, name, ha="center", va="center", fontsize=9, color=look, parse_math=False)
    axes.text(place, NUMBERS, f"{place}", ha="center", va="center", fontsize=8.5, color="#555555")


def _draw_row(axes: Axes, place: int, value: str, counts: bool) -> None:
    """A row's numbers on end, the picked one in colour, and under them what was picked and the number of its column."""
    colour = BLUE if counts else GREY
    picked = (3 * place + 1) % CELLS  # which one depends on the token; here on its place, so that it is seen to move
    for cell in range(CELLS):
        fill = colour if cell == picked else "white"
        box = Rectangle((place - 0.16, TOP - 0.35 * (cell + 1)), 0.32, 0.35, facecolor=fill, edgecolor="#BBBBBB")
        axes.add_patch(box)
    words = ink(BLUE) if counts else "#666666"
    axes.text(place, RESULT, value, ha="center", va="center", fontsize=9, color=words)
    column = say("shift.column", place=place)
    axes.text(place, RESULT - 0.5, column, ha="center", va="center", fontsize=8.5, color="#555555")
