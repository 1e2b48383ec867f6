"""Lesson 01's pictures: the likeliest tokens as bars, and the whole distribution by rank."""

from collections.abc import Mapping, Sequence

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREY, RED, ink, new_figure, set_title, with_rest
from lessons.plots.names import token_name
from lessons.words.language import say
from lessons.words.writing import percent

RANGES = (0.25, 0.5, 1.0)  # where the axis of bars may end: few, so that pictures can be compared
AXES_POINTS = 190  # about the height of the axes of `probability_by_rank`


def next_token_bars(
    tokens: Sequence[str], probabilities: ArrayLike, others: int, highlight: int | None = None
) -> Figure:
    """A figure of the likeliest tokens as bars, with everything else drawn and not dropped.

    tokens: n texts
    probabilities (n,): theirs, the likeliest first
    others: how many tokens share the rest of 1
    highlight: the place of a bar that stands out
    """
    values, places = with_rest(probabilities), numpy.arange(len(tokens) + 1)  # (n + 1,)
    height = 1.15 + 0.26 * len(values)
    figure, axes = new_figure(height=height, layout=None)  # as much room for the names in every picture
    figure.subplots_adjust(left=0.33, right=0.97, top=1 - 0.42 / height, bottom=0.52 / height)
    colours = [RED if place == highlight else BLUE for place in range(len(tokens))]
    bars = axes.barh(places, values, height=0.72, color=[*colours, "white"], edgecolor=[*colours, GREY])
    bars[-1].set_hatch("////")
    end = next(end for end in RANGES if end >= values.max() - 1e-9) * 1.12  # a number stands behind the bar
    axes.set(xlim=(0, end), ylim=(len(tokens) + 0.6, -0.6), yticks=[], xlabel=say("next_token.probability_axis"))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    axes.grid(axis="x")
    names = [token_name(token) for token in tokens] + [say("next_token.everything_else", others=f"{others:,}")]
    look = {"va": "center", "color": "#333333", "parse_math": False}
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        axes.text(-0.012, place, name, fontsize=10, ha="right", transform=axes.get_yaxis_transform(), **look)
        axes.text(value + 0.008 * end, place, percent(value), fontsize=9, **look)
    set_title(axes, say("next_token.bars_title", n=len(tokens), share=f"{values[:-1].sum():.0%}"))
    return figure


def probability_by_rank(probabilities: ArrayLike, marks: Sequence[float] = (0.5, 0.9, 0.99)) -> Figure:
    """A figure of a whole distribution by rank, both axes logarithmic, so that the long tail can be seen.

    probabilities (V,): in any order
    marks: shares of the mass whose rank is marked ("90 % lies in the first 212 tokens")
    """
    descending = numpy.sort(numpy.asarray(probabilities, dtype=float))[::-1]  # (V,)
    ranks, mass = numpy.arange(1, len(descending) + 1), descending.cumsum()
    figure, axes = new_figure(height=3.8)
    axes.loglog(ranks, descending, color=BLUE)
    axes.scatter(ranks[:1], descending[:1], color=RED, zorder=3)
    axes.annotate(percent(descending[0]), (1, descending[0]), xytext=(8, 2), textcoords="offset points", color=ink(RED))
    crossings = numpy.searchsorted(mass, numpy.asarray(marks)).clip(max=len(mass) - 1)  # places of the crossing tokens
    _mark_crossings(axes, dict(zip(crossings.tolist(), marks, strict=True)), descending)
    axes.set(xlabel=say("next_token.rank_axis"), ylabel=say("next_token.probability_axis"))
    axes.set_xlim(0.85, len(ranks) * 1.6)
    axes.grid(True)
    needed = {"share": f"{marks[-1]:.0%}", "rank": f"{ranks[crossings[-1]]:,}", "vocabulary": f"{len(ranks):,}"}
    set_title(axes, say("next_token.rank_title", **needed))
    return figure


def _mark_crossings(axes: Axes, crossings: Mapping[int, float], descending: numpy.ndarray) -> None:
    """A dotted line down from the token at each place, with which the mass reaches a share, and its rank beside it."""
    falls = numpy.log(descending[0] / descending) / max(1e-9, numpy.log(descending[0] / descending[-1]))  # from 0 to 1
    left = [place for place in crossings if place >= 3]  # the first ranks have no space on their left: at the foot
    foots = [place for place in crossings if place < 3]
    for places, heights, shift, side in (
        (left, [AXES_POINTS * (1 - falls[place]) - 5 for place in left], -5, "right"),
        (foots, [5.0] * len(foots), 6, "left"),
    ):
        for place, height in zip(places, _stacked(heights), strict=True):
            axes.vlines(place + 1, descending[-1], descending[place], color=GREY, linestyle=":", linewidth=1.2)
            axes.annotate(
                say("next_token.mass_mark", share=f"{crossings[place]:.0%}", rank=f"{place + 1:,}"),
                (place + 1, 0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(shift, height),
                textcoords="offset points",
                ha=side,
                fontsize=9,
                color="#333333",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )


def _stacked(heights: Sequence[float], least: float = 5.0, line: float = 14.0) -> list[float]:
    """Heights, the highest first, as they are given but none below `least`, and each a line above the next.

    >>> _stacked([100.0, 20.0, 9.0])
    [100.0, 23.0, 9.0]
    """
    stacked: list[float] = []
    for height in reversed(heights):
        stacked.append(max(height, stacked[-1] + line if stacked else least))
    return stacked[::-1]


def seconds_per_step(with_cache: Sequence[float], without_cache: Sequence[float]) -> Figure:
    """A figure of how long each new token took, reading the whole text anew and reading only the newest token;
    seconds."""
    figure, axes = new_figure(height=3.0)
    for seconds, colour in ((without_cache, RED), (with_cache, BLUE)):
        milliseconds = 1000 * numpy.asarray(seconds, dtype=float)
        axes.plot(range(1, len(milliseconds) + 1), milliseconds, color=colour, linewidth=1.4)
    axes.set(xlabel=say("next_token.token_axis"), ylabel=say("next_token.milliseconds_axis"))
    axes.set(xlim=(0, max(len(with_cache), len(without_cache))), ylim=(0, axes.get_ylim()[1]))
    axes.grid(axis="y")
    _name_lines(axes, with_cache, without_cache)
    set_title(axes, say("next_token.seconds_title", times=f"{sum(without_cache) / sum(with_cache):.1f}"))
    return figure


def _name_lines(axes: Axes, with_cache: Sequence[float], without_cache: Sequence[float]) -> None:
    """The two lines' names at their ends, outside the axes; none lower than the axis, none on the other."""
    two_lines = 0.2 * axes.get_ylim()[1]
    cached, anew = (1000 * float(numpy.median(seconds[-10:])) for seconds in (with_cache, without_cache))
    low = max(cached, 0.5 * two_lines)
    anew_name, cached_name = say("next_token.anew"), say("next_token.cached")
    for height, colour, words in ((max(anew, low + two_lines), RED, anew_name), (low, BLUE, cached_name)):
        axes.annotate(
            words,
            (1, height),
            xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            color=ink(colour),
            va="center",
            fontsize=9,
            annotation_clip=False,
        )
