"""Lesson 07's picture: how likely a decoder's texts are, against how varied."""

from collections.abc import Mapping, Sequence

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lessons.language import say
from lessons.plots.canvas import BLUE, GREEN, GREY, RED, new_figure, set_title

Point = tuple[float, float]  # surprisal (nats per token), share of different 2-grams


def likelihood_and_diversity(points: Mapping[str, Point], real: Point | None = None, chosen: Sequence[str] = ()) -> Figure:
    """A figure of decoders by the surprisal of their texts (nats per token) and the share of different 2-grams in them.

    points: {decoder: (surprisal, share)}; real: the same of texts that no model wrote; chosen: the decoders to point out.
    """
    figure, axes = new_figure(width=8.6, height=4.4)
    for name, (surprisal, share) in points.items():
        colour = (RED, BLUE)[chosen.index(name) % 2] if name in chosen else GREY
        axes.scatter(surprisal, share, color=colour, s=70 if name in chosen else 40, zorder=3)
    if real is not None:
        axes.scatter(*real, marker="*", s=240, color=GREEN, zorder=4)
    everything = [*points.values(), *([real] if real else [])]
    _limits(axes, everything)
    labels = {name: (point, "#333333") for name, point in points.items()}
    if real is not None:
        labels[say("decoders.real")] = (real, GREEN)
    _label(axes, labels)
    axes.set(xlabel=say("decoders.surprisal_axis"), ylabel=say("decoders.distinct_axis"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(True)
    set_title(axes, title_of(points, real))
    return figure


def nearest_to(real: Point, points: Mapping[str, Point]) -> str:
    """The decoder whose point is nearest to the real texts', with both axes measured by the spread of the decoders."""
    spread = numpy.ptp(numpy.array([*points.values(), real]), axis=0)
    spread[spread == 0] = 1
    return min(points, key=lambda name: float(((numpy.subtract(points[name], real) / spread) ** 2).sum()))


def title_of(points: Mapping[str, Point], real: Point | None) -> str:
    """The picture's message."""
    if real is None:
        return say("decoders.title", likely=min(points, key=lambda name: points[name][0]), varied=max(points, key=lambda name: points[name][1]))
    return say("decoders.title_real", nearest=nearest_to(real, points))


def _limits(axes: Axes, points: Sequence[Point]) -> None:
    xs, ys = zip(*points, strict=True)
    width, height = max(xs) - min(xs) or 1, max(ys) - min(ys) or 1
    axes.set(xlim=(min(xs) - 0.06 * width, max(xs) + 0.42 * width), ylim=(min(ys) - 0.1 * height, max(ys) + 0.12 * height))


def _label(axes: Axes, labels: Mapping[str, tuple[Point, str]]) -> None:
    """Names to the right of their points, from the lowest up, each at least a line above the one below it where they would touch."""
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    line, placed = 0.058 * (high - low), []
    for name, ((x, y), colour) in sorted(labels.items(), key=lambda item: item[1][0][1]):
        at = y
        while any(abs(at - other_y) < line and abs(x - other_x) < 0.4 * (right - left) for other_x, other_y in placed):
            at += line / 4
        placed.append((x, at))
        arrow = {"arrowstyle": "-", "color": "#bbbbbb", "linewidth": 0.7} if at - y > line / 3 else None
        axes.annotate(name, (x, y), xytext=(x + 0.02 * (right - left), at), va="center", fontsize=8.5, color=colour, arrowprops=arrow)
