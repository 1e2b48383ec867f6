"""Lesson 07's pictures: how likely a decoder's texts are, against how varied; the surprise along two texts."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from statistics import fmean
from typing import NamedTuple

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, RED, ink, new_figure, set_title
from lessons.plots.names import token_name
from lessons.words.language import say

# From a name to its point.
ARROW = {"arrowstyle": "-", "color": "#cccccc", "linewidth": 0.8, "shrinkA": 1, "shrinkB": 4, "relpos": (0, 0.5)}

NAMES = {"real": "decoders.real", "x": "decoders.surprisal_axis", "y": "decoders.distinct_axis"}
SIDES = (RED, BLUE)  # of the left and the right one of two chosen decoders
ALONG = (BLUE, GREEN, ORANGE)  # of texts one under the other

Point = tuple[float, float]  # surprisal (nats per token), share of different 2-grams


class Label(NamedTuple):
    """The name of a point, in the colour of the point."""

    text: str
    x: float
    y: float
    colour: str


def surprisal_along(texts: Mapping[str, tuple[Sequence[str], ArrayLike]]) -> Figure:
    """A figure of how surprising each token of some texts is, one text under the other, all on one scale.

    texts: {name: (n tokens, (n,) surprisals in nats)}

    After figure 2 of Holtzman, Buys, Du, Forbes & Choi, "The curious case of neural text degeneration", 2020.
    """
    figure, panels = new_figure(width=9.6, height=0.5 + 1.75 * len(texts), nrows=len(texts), sharey=True, squeeze=False)
    longest, means = max(len(tokens) for tokens, _ in texts.values()), {}
    for axes, colour, (name, (tokens, surprisals)) in zip(panels.flat, cycle(ALONG), texts.items(), strict=False):
        values, places = numpy.asarray(surprisals, dtype=float), numpy.arange(len(tokens))
        means[name] = values.mean()
        axes.bar(places, values, width=0.8, color=colour)
        axes.axhline(means[name], color=ink(colour), linestyle="--", linewidth=1.2)
        axes.set_xticks(places, [token_name(token, 95) for token in tokens], rotation=90, fontsize=7, parse_math=False)
        axes.tick_params(axis="x", length=0, pad=2)
        axes.set(xlim=(-0.7, longest - 0.3), ylabel=say("decoders.along_axis"))
        axes.grid(axis="y")
        words = say("decoders.along_mean", name=short(name), mean=f"{means[name]:.2f}")
        axes.annotate(words, (1, 1), xycoords="axes fraction", ha="right", va="top", fontsize=9, color=ink(colour))
    highest = max(1.0, *(float(numpy.asarray(values).max()) for _, values in texts.values()))
    panels.flat[0].set_ylim(0, 1.25 * highest)
    set_title(panels.flat[0], say("decoders.along_title", name=short(max(means, key=lambda name: means[name]))))
    return figure


def likelihood_and_diversity(
    points: Mapping[str, Point], real: Point | None = None, chosen: Sequence[str] = ()
) -> Figure:
    """A figure of decoders by the surprisal of their texts (nats per token) and the share of different 2-grams in them.

    points: {decoder: (surprisal, share)}
    real: the same of texts that no model wrote
    chosen: the decoders to point out
    """
    figure, axes = new_figure(width=8.6, height=4.4)
    for name, (surprisal, share) in points.items():
        size, above = (90, 4) if name in chosen else (45, 3)
        axes.scatter(surprisal, share, color=colour_of(name, chosen) or GREY, s=size, zorder=above)
    if real is not None:
        axes.scatter(*real, marker="*", s=240, color=GREEN, zorder=4)
    everything = [*points.values(), *([real] if real else [])]
    _limits(axes, everything)
    labels = [Label(short(name), *point, colour_of(name, chosen) or "#333333") for name, point in points.items()]
    if real is not None:
        labels.append(Label(say(NAMES["real"]), *real, GREEN))
    _write(axes, labels)
    axes.set(xlabel=say(NAMES["x"]), ylabel=say(NAMES["y"]))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(True)
    set_title(axes, title_of(points, real))
    return figure


def colour_of(name: str, chosen: Sequence[str]) -> str | None:
    """Of two chosen decoders the first one's colour and the second one's; None for the others."""
    return SIDES[list(chosen).index(name) % 2] if name in chosen else None


def nearest_to(real: Point, points: Mapping[str, Point]) -> str:
    """The decoder whose point is nearest to the real texts', with both axes measured by the spread of the decoders."""
    spread = numpy.ptp(numpy.array([*points.values(), real]), axis=0)
    spread[spread == 0] = 1
    return min(points, key=lambda name: float(((numpy.subtract(points[name], real) / spread) ** 2).sum()))


def title_of(points: Mapping[str, Point], real: Point | None) -> str:
    """The picture's message."""
    if real is None:
        likely, varied = min(points, key=lambda name: points[name][0]), max(points, key=lambda name: points[name][1])
        return say("decoders.title", likely=short(likely), varied=short(varied))
    return say("decoders.title_real", nearest=short(nearest_to(real, points)))


def short(name: str) -> str:
    """A call with less to read.

    >>> short("beam_search(num_beams=5, no_repeat_ngram_size=2)"), short("greedy_search()"), short("sample(top_k=50)")
    ('beams(5, no_repeat_ngram_size=2)', 'greedy', 'sample(top_k=50)')
    """
    return name.replace("beam_search(num_beams=", "beams(").replace("greedy_search()", "greedy")


def _limits(axes: Axes, points: Sequence[Point]) -> None:
    xs, ys = zip(*points, strict=True)
    width, height = max(xs) - min(xs) or 1, max(ys) - min(ys) or 1
    axes.set_xlim(min(xs) - 0.06 * width, max(xs) + 0.46 * width)
    axes.set_ylim(min(ys) - 0.12 * height, max(ys) + 0.24 * height)


def _write(axes: Axes, labels: Iterable[Label]) -> None:
    """Write each name to the right of its point; names of points that lie close together stand in one column."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    line = 0.055 * (high - low)
    for column in columns_of(labels, width=0.3 * (right - left), line=line):
        x = max(label.x for label in column) + 0.022 * (right - left)
        for label, y in zip(column, lines_apart([label.y for label in column], line), strict=True):
            axes.annotate(
                label.text,
                (label.x, label.y),
                xytext=(x, y),
                va="center",
                fontsize=8.5,
                color=ink(label.colour),
                arrowprops=ARROW if len(column) > 1 else None,
                zorder=2,  # under all points, so that no line runs across the star
            )


def columns_of(labels: Iterable[Label], width: float, line: float) -> list[list[Label]]:
    """The labels in columns, from the lowest point up.

    A label joins a column if its point lies less than `width` beside the column's last one, and not above the lines,
    each `line` high, that the column takes.
    """
    columns: list[list[Label]] = []
    for label in sorted(labels, key=lambda label: label.y):
        for column in columns:
            beside = abs(column[-1].x - label.x) < width
            within = label.y - column[0].y < line * (len(column) + 1)
            if beside and within:
                column.append(label)
                break
        else:
            columns.append([label])
    return columns


def lines_apart(heights: Sequence[float], line: float) -> list[float]:
    """Heights as near to the given ones, from the lowest up, as lines allow that are `line` high; with the same mean.

    >>> lines_apart([1.0, 1.0, 1.0], 0.5)
    [0.5, 1.0, 1.5]
    """
    apart = [heights[0]]
    for height in heights[1:]:
        apart.append(max(height, apart[-1] + line))
    pushed_up = fmean(apart) - fmean(heights)
    return [height - pushed_up for height in apart]
