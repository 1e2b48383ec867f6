"""Lesson 05's pictures: where top-k and top-p cut a distribution, and what several filters leave of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, PercentFormatter
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREY, ORANGE, RED, ink, new_figure, set_title
from lessons.plots.names import token_name
from lessons.words.language import say
from lessons.words.writing import percent

PALE = "#D9D9D9"
AXIS = (0, 1.09)  # space for a number beside a bar of 100 %
SMALL: dict[str, Any] = {"textcoords": "offset points", "fontsize": 9}


def cumulative_cuts(rows: Mapping[str, ArrayLike], k: int, shares: Sequence[float]) -> Figure:
    """A figure of cumulative distributions by rank, and where k tokens or each share of the mass cut them.

    rows: by label, probabilities (V,), the likeliest first; two or three of them
    """
    figure, axes = new_figure(height=4.1)
    counts = {}
    for (label, probabilities), colour in zip(rows.items(), (BLUE, RED, ORANGE), strict=False):
        mass = numpy.cumsum(numpy.asarray(probabilities, dtype=float))  # (V,)
        ends = numpy.searchsorted(mass, numpy.asarray(shares) - 1e-6)  # the places of the tokens that reach each share
        counts[label] = [f"{end + 1:,}" for end in ends]
        axes.plot(range(1, len(mass) + 1), mass, color=colour, label=label)
        axes.plot(ends + 1, mass[ends], "o", color=colour, markersize=5)
        axes.plot([k], [mass[k - 1]], "s", color=colour, markersize=6, markerfacecolor="white", markeredgewidth=1.6)
        axes.annotate(f"{mass[k - 1]:.0%}", (k, mass[k - 1]), xytext=(7, -11), color=ink(colour), **SMALL)
        axes.annotate(counts[label][0], (ends[0] + 1, mass[ends[0]]), xytext=(5, -12), color=ink(colour), **SMALL)
    axes.axvline(k, color=GREY, linestyle=":", linewidth=1.4)
    axes.annotate(f"k = {k}", (k, 0), xytext=(5, 5), color="#555555", **SMALL)
    axes.hlines(shares, 0.9, 1.1 * len(mass), color=GREY, linestyle="--", linewidth=0.8)
    names = ", ".join(f"{share:g}" for share in shares)
    axes.annotate(f"p = {names}", (1, max(shares)), xytext=(4, 3), color="#555555", **SMALL)
    rank_axis(axes, len(mass))
    axes.set(ylim=(0, 1.04), ylabel=say("truncation.cumulative_axis"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    inks = [ink(line.get_color()) for line in axes.get_legend_handles_labels()[0]]
    axes.legend(loc="lower right", frameon=False, fontsize=9, labelcolor=inks)
    first, *_, last = counts.values()
    set_title(axes, say("truncation.cuts_title", k=k, p=f"{shares[0]:g}", first=first[0], last=last[0]))
    return figure


def rank_axis(axes: Axes, size: int) -> None:
    """A logarithmic axis of ranks from 1 to V, with plain numbers on it."""
    axes.set_xscale("log")
    axes.set(xlim=(0.9, size * 1.1), xlabel=say("truncation.rank_axis"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(True)


def before_and_after(
    tokens: Sequence[str], before: ArrayLike, after: ArrayLike, counts: ArrayLike | None = None
) -> Figure:
    """A figure of what filters make of a distribution: grey as offered, blue as left and renormalised.

    tokens: names of the first n
    before, after (V,): probabilities in that order (after: 0 where cut)
    counts (V,): how often each token was drawn, laid over the theory as orange rings
    """
    figure, axes = new_figure(height=1.0 + 0.25 * (len(tokens) + 1))
    before, after = numpy.asarray(before, dtype=float), numpy.asarray(after, dtype=float)
    draw_offered(axes, tokens, before)
    values, rows = first_and_others(after, len(tokens)), range(len(tokens) + 1)
    drawn = shares_drawn(counts, len(tokens))
    axes.barh(rows, values, height=0.4, color=BLUE)
    axes.plot(drawn, rows, **RINGS)
    ends = numpy.nanmax([values, first_and_others(before, len(tokens)), drawn + RADIUS], axis=0)
    for place, value in enumerate(values):
        axes.text(ends[place], place, f" {result_label(value)}", va="center", fontsize=9, color="#333333")
    set_title(axes, say("truncation.bars_title", kept=f"{int((after > 0).sum()):,}", vocabulary=f"{len(after):,}"))
    return figure


RINGS: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 7, "markeredgewidth": 1.7}
RINGS |= {"markerfacecolor": "none", "markeredgecolor": RED}
RADIUS = 0.012  # of a ring, as a share of the axis


def first_and_others(values: ArrayLike, first: int) -> numpy.ndarray:
    """(first + 1,) the first values, and the sum of all others."""
    every = numpy.asarray(values, dtype=float)
    return numpy.append(every[:first], every[first:].sum())  # subtle: exactly 0 where all others are cut


def shares_drawn(counts: ArrayLike | None, first: int) -> numpy.ndarray:
    """(first + 1,) the share of the draws that took each of the first tokens, and any other; NaN where none did."""
    drawn = numpy.zeros(first + 1) if counts is None else first_and_others(counts, first)
    return numpy.where(drawn > 0, drawn / max(1, drawn.sum()), numpy.nan)


def result_label(value: float) -> str:
    """A probability, or the word for a token that cannot be drawn."""
    return percent(value) if value > 0 else say("truncation.cut")


def draw_offered(axes: Axes, tokens: Sequence[str], before: numpy.ndarray) -> None:
    """The grey bars of the distribution as it was offered, with everything else as the last one."""
    values = first_and_others(before, len(tokens))
    axes.barh(range(len(values)), values, height=0.78, color=PALE)
    names = [token_name(token) for token in tokens] + [say("truncation.rest", others=f"{len(before) - len(tokens):,}")]
    axes.set_yticks(range(len(values)), names, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=AXIS, ylim=(len(values) - 0.4, -0.6), xlabel=say("truncation.bars_axis"))
    axes.xaxis.set_major_locator(FixedLocator([0, 0.2, 0.4, 0.6, 0.8, 1]))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="x")
