"""How a cost grows: lines on two logarithmic axes, where a power is a straight line and its exponent the slope."""

from collections.abc import Sequence

import numpy
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from benchmarks.report import Picture
from lessons.plots.canvas import BLUE, GREEN, GREY, RED, new_figure, set_title

Line = tuple[Sequence[float], Sequence[float]]
COLOURS = (BLUE, RED, GREEN, GREY)


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of the straight line through the upper half of the points, both axes logarithmic: cost ∝ size ** slope.

    >>> round(exponent([1, 10, 100, 1000], [9, 2, 20, 200]), 3)
    1.0
    """
    half = min(len(sizes) // 2, len(sizes) - 2)
    return float(numpy.polyfit(numpy.log(sizes[half:]), numpy.log(costs[half:]), 1)[0])


def growth(name: str, title: str, x: str, y: str, lines: dict[str, Line], sentence: str) -> Picture:
    """The picture of some lines, ours first; each is labelled at its end with its exponent."""
    figure, axes = new_figure(7.2, 3.6)
    for (sizes, costs), colour in zip(lines.values(), COLOURS, strict=False):
        axes.plot(sizes, costs, marker="o", markersize=4, color=colour, zorder=3 if colour == BLUE else 2)
    plain_scale(axes, sorted({size for sizes, _ in lines.values() for size in sizes}))
    axes.set(xlabel=x, ylabel=y)
    axes.grid(True, which="major")
    label_ends(axes, lines)
    set_title(axes, title)
    return Picture(name, sentence, figure)


def plain_scale(axes: Axes, sizes: Sequence[float]) -> None:
    """Both axes logarithmic, at least a decade high, with whole numbers at the ticks instead of powers of ten."""
    axes.set(xscale="log", yscale="log")
    low, high = axes.get_ylim()
    wider = max(1.0, (10 * low / high) ** 0.5)  # a line that hardly rises should look like one
    axes.set_ylim(low / wider, high * wider)
    axes.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    ticks = [step * 10.0**power for power in range(-3, 7) for step in (1, 2, 5)]
    axes.set_yticks([tick for tick in ticks if low / wider <= tick <= high * wider])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.minorticks_off()


def label_ends(axes: Axes, lines: dict[str, Line], apart: float = 0.075) -> None:
    """Each line's name at its right end; names that would overlap are moved apart, as far up as down."""
    low, high = numpy.log(axes.get_ylim())
    ends = {name: float((numpy.log(costs[-1]) - low) / (high - low)) for name, (_, costs) in lines.items()}
    colours, places = dict(zip(lines, COLOURS, strict=False)), {}
    for name in sorted(ends, key=ends.get):
        places[name] = max([ends[name], *(place + apart for place in places.values())])
    moved = sum(places[name] - ends[name] for name in ends) / len(ends)
    for name, place in places.items():
        words = f"{name}, slope {exponent(*lines[name]):.2f}"
        axes.annotate(
            words, (1.01, place - moved), xycoords="axes fraction", va="center", fontsize=9, color=colours[name]
        )
