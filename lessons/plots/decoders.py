"""Lesson 07's picture: how likely a decoder's texts are, against how varied."""

from collections.abc import Mapping, Sequence

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lessons.plots.canvas import BLUE, GREEN, GREY, RED, new_figure, set_title
from lessons.words.language import say

# name to point
ARROW = {"arrowstyle": "-", "color": "#cccccc", "linewidth": 0.8, "shrinkA": 1, "shrinkB": 4, "relpos": (0, 0.5)}

Point = tuple[float, float]  # surprisal (nats per token), share of different 2-grams


def likelihood_and_diversity(
    points: Mapping[str, Point], real: Point | None = None, chosen: Sequence[str] = ()
) -> Figure:
    """A figure of decoders by the surprisal of their texts (nats per token) and the share of different 2-grams in them.

    points: {decoder: (surprisal, share)}; real: the same of texts that no model wrote; chosen: the decoders to point
        out.
    """
    figure, axes = new_figure(width=8.6, height=4.4)
    for name, (surprisal, share) in points.items():
        size, above = (90, 4) if name in chosen else (45, 3)
        axes.scatter(surprisal, share, color=_colour(name, chosen) or GREY, s=size, zorder=above)
    if real is not None:
        axes.scatter(*real, marker="*", s=240, color=GREEN, zorder=4)
    everything = [*points.values(), *([real] if real else [])]
    _limits(axes, everything)
    labels = {name: (point, _colour(name, chosen) or "#333333") for name, point in points.items()}
    if real is not None:
        labels[say("decoders.real")] = (real, GREEN)
    _label(axes, labels)
    axes.set(xlabel=say("decoders.surprisal_axis"), ylabel=say("decoders.distinct_axis"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(True)
    set_title(axes, title_of(points, real))
    return figure


def _colour(name: str, chosen: Sequence[str]) -> str | None:
    return (RED, BLUE)[list(chosen).index(name) % 2] if name in chosen else None


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
    axes.set(
        xlim=(min(xs) - 0.06 * width, max(xs) + 0.46 * width), ylim=(min(ys) - 0.12 * height, max(ys) + 0.24 * height)
    )


def _label(axes: Axes, labels: Mapping[str, tuple[Point, str]]) -> None:
    """Names to the right of their points; those of points that lie close together stand in one column, a line apart."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    line, pad = 0.055 * (high - low), 0.022 * (right - left)
    columns: list[list[str]] = []
    for name in sorted(labels, key=lambda name: labels[name][0][1]):  # from the lowest up
        x, y = labels[name][0]
        near = [
            column
            for column in columns
            if abs(labels[column[-1]][0][0] - x) < 0.3 * (right - left)
            and y - labels[column[0]][0][1] < line * (len(column) + 1)
        ]
        near[0].append(name) if near else columns.append([name])
    for column in columns:
        xs, ys = zip(*(labels[name][0] for name in column), strict=True)
        heights = [ys[0]]
        for y in ys[1:]:
            heights.append(max(y, heights[-1] + line))
        down = sum(heights) / len(heights) - sum(ys) / len(ys)
        for name, height in zip(column, heights, strict=True):
            point, colour = labels[name]
            place = (max(xs) + pad, height - down)
            arrow = ARROW if len(column) > 1 else None
            axes.annotate(
                short(name), point, xytext=place, va="center", fontsize=8.5, color=colour, arrowprops=arrow, zorder=5
            )
