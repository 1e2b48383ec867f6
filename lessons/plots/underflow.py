"""Lesson 02's pictures: a product of probabilities falls to each precision's floor, the sum of logarithms beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import ArrayLike

from lessons.arithmetic.floats import PRECISIONS, lost_at, smallest
from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, new_figure, set_title
from lessons.plots.moving import MovingLabels, MovingPicture, MovingTitle
from lessons.words.language import say
from lessons.words.writing import minus, scientific

COLOURS = dict(zip(PRECISIONS, (ORANGE, BLUE, GREEN), strict=True))
WIDTHS = dict(zip(PRECISIONS, (1.4, 3.2, 5.2), strict=True))  # laid over each other, all three can be seen
LENGTHS = (30, 60, 120, 250, 420, 700, 1200)  # where the horizontal axis may end: few, so that it seldom jumps
DEPTHS = (10, 55, 345)  # powers of ten: below the floors of 16, 32 and 64 bits
FLOOR: dict[str, Any] = {"linestyle": "--", "linewidth": 1.0, "gid": "floor"}
SUMS = (25, 60, 150, 400, 800, 1400, 2500, 6000)  # nats


def bits(precision: str) -> str:
    """How many bits a number has: "16" for "float16"."""
    return precision.removeprefix("float")


def least_above(value: float, ends: Sequence[float]) -> float:
    """The first of the ends that is not below the value; the last one if there is none."""
    return next((end for end in ends if end >= value), ends[-1])


class UnderflowPicture(MovingPicture):
    """Left the running product in three precisions, right the running sum of logarithms."""

    def __init__(self) -> None:
        figure, (self.left, self.right) = new_figure(7.6, 3.6, ncols=2, width_ratios=[1.25, 1])
        super().__init__(figure)
        self.ends = (0.0, 0.0, 0.0)
        self.true = self.left.plot([], [], color=GREY, linestyle=":", linewidth=1.3)[0]
        self.products = {
            name: self.left.plot([], [], color=COLOURS[name], linewidth=WIDTHS[name], solid_capstyle="butt")[0]
            for name in reversed(PRECISIONS)
        }
        self.crosses = {name: self.left.plot([], [], "X", color=COLOURS[name], markersize=8)[0] for name in PRECISIONS}
        self.sums = self.right.plot([], [], color="black", linewidth=2)[0]
        self.end = self.right.plot([], [], "o", color="black", markersize=5)[0]
        self.before, self.after = (MovingLabels(self.left, align=align) for align in ("right", "left"))
        self.number = MovingLabels(self.right, align="right", weight="bold")
        self.floors = [FloorNames(axes) for axes in (self.left, self.right)]
        self.title = MovingTitle(self.left)
        set_title(self.right, say("underflow.sum_title"))
        lines = (self.true, *self.products.values(), *self.crosses.values(), self.sums, self.end)
        floors = (name for names in self.floors for name in (names.left, names.right))
        self.moves(*lines, self.before, self.after, self.number, *floors, self.title)

    def update(self, log_probs: ArrayLike, products: Mapping[str, ArrayLike]) -> "UnderflowPicture":
        """Show the running products (T,) by precision, and the log-probabilities (T,) of their factors."""
        sums = numpy.cumsum(numpy.asarray(log_probs, dtype=float))  # (T,)
        counts, tens = numpy.arange(1, len(sums) + 1), sums / numpy.log(10)
        self._set_axes(len(sums), tens[-1], sums[-1])
        self.true.set_data([0, *counts], [0, *tens])
        self.sums.set_data([0, *counts], [0, *sums])
        self.end.set_data(counts[-1:], sums[-1:])
        number = say("underflow.end_of_sum", sum=minus(f"{sums[-1]:,.1f}"))
        self.number.put([number], *self._beside_the_end(counts[-1], sums[-1]))
        lost = {name: lost_at(products[name], log_probs) for name in PRECISIONS}
        found = {name: numpy.asarray(products[name], dtype=float) for name in PRECISIONS}
        for name, values in found.items():
            powers = numpy.log10(values, where=values > 0, out=numpy.full(len(values), numpy.nan))
            self.products[name].set_data([0, *counts], [0, *powers])
        self._mark(lost, found, tens)
        self._name_floors(lost, sums)
        self.title.write(say("underflow.product_title") if any(lost.values()) else say("underflow.product_alive"))
        return self

    def _beside_the_end(self, count: float, total: float) -> tuple[list[float], list[float]]:
        """Where the sum's number stands: left of the line's end, a little below it."""
        width, depth = self.ends[0], self.ends[2]
        return [max(count - 0.03 * width, 0.3 * width)], [max(total - 0.02 * depth, -depth)]

    def _mark(self, lost: Mapping[str, int | None], products: Mapping[str, numpy.ndarray], tens: numpy.ndarray) -> None:
        """A cross and a word where each product is lost; the value of those that are not, beside the line's end."""
        left: list[tuple[str, float, float]] = []  # (words, x of their end, y)
        right: list[tuple[str, float, float]] = []  # (words, x of their beginning, y)
        width, depth = self.ends[:2]
        for name, at in lost.items():
            floor = numpy.log10(smallest(name))
            self.crosses[name].set_data(([at], [floor]) if at else ([], []))
            if at and at > 0.5 * width:  # no space on the right: below, on the left
                left.append((_lost_words(name, at, products[name]), at - 0.01 * width, floor - 0.033 * depth))
            elif at:
                right.append((_lost_words(name, at, products[name]), at + 0.025 * width, floor + 0.03 * depth))
        alive = ", ".join(bits(name) for name, at in lost.items() if not at)
        if alive:
            words, end = say("underflow.alive", bits=alive, value=scientific(10.0 ** tens[-1])), len(tens)
            if end > 0.5 * width:
                taken = [height for _, _, height in left]
                height = max(tens[-1] - 0.055 * depth, -0.955 * depth)
                left.append((words, end - 0.02 * width, _below(height, taken, 0.065 * depth)))
            else:
                taken = [numpy.log10(smallest(name)) - 0.03 * depth for name in PRECISIONS]  # the floors' names
                right.append((words, end + 0.03 * width, _below(tens[-1], taken, 0.065 * depth)))
        self.before.put_each(left)
        self.after.put_each(right)

    def _name_floors(self, lost: Mapping[str, int | None], sums: numpy.ndarray) -> None:
        """The floors' names at the ends of their lines, where neither the curves nor the other words are."""
        width, depth, nats = self.ends
        long = len(sums) > 0.7 * width  # else the sum's number stands on the left
        products, logs = [], []
        for name in PRECISIONS:
            floor, words = numpy.log10(smallest(name)), say("underflow.floor", bits=bits(name))
            if -floor < depth:
                products.append((words, floor, (lost[name] or (width if long else 0)) > 0.5 * width))
            ends, words = floor * numpy.log(10), say("underflow.bits", bits=bits(name))
            if 0.06 * nats < -ends < nats:  # not where it would lie on the axis
                crossed = numpy.flatnonzero(sums < ends)
                logs.append((words, ends, long and (len(crossed) == 0 or crossed[0] > 0.5 * width)))
        self.floors[0].put(products, 0.03 * depth)
        self.floors[1].put(logs, 0.03 * nats)

    def _set_axes(self, count: int, tens: float, total: float) -> None:
        """Axes that hold all of it, with the floors; drawn anew only when they must end elsewhere."""
        ends = (least_above(count, LENGTHS), least_above(-tens, DEPTHS), least_above(-total, SUMS))
        if ends == self.ends:
            return
        self.ends = ends
        for axes in (self.left, self.right):
            axes.set(xlim=(0, ends[0] * 1.02))
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        self.left.set(
            ylim=(-ends[1], ends[1] * 0.02), xlabel=say("underflow.tokens_axis"), ylabel=say("underflow.product_axis")
        )
        self.left.yaxis.set_major_formatter(FuncFormatter(lambda power, _: f"$10^{{{power:.0f}}}$" if power else "1"))
        self.right.set(
            ylim=(-ends[2] * 1.06, ends[2] * 0.02),
            xlabel=say("underflow.tokens_added"),
            ylabel=say("underflow.sum_axis"),
        )
        self._draw_floors()
        self.still_changed()

    def _draw_floors(self) -> None:
        for axes in (self.left, self.right):
            for line in [line for line in axes.lines if line.get_gid() == FLOOR["gid"]]:
                line.remove()
        for name in PRECISIONS:
            floor = numpy.log10(smallest(name))
            if -floor < self.ends[1]:
                self.left.axhline(floor, **FLOOR, color=COLOURS[name])
            nats = floor * numpy.log(10)
            if 0.06 * self.ends[2] < -nats < self.ends[2]:  # not where it would lie on the axis
                self.right.axhline(nats, **FLOOR, color=COLOURS[name])


class FloorNames:
    """Small names of an axes' floors: on the left above the line, where the curves are not yet, or on the right."""

    def __init__(self, axes: Axes) -> None:
        place: dict[str, Any] = {"size": 8, "color": "#555555", "transform": axes.get_yaxis_transform()}
        self.left, self.right = (MovingLabels(axes, align=side, **place) for side in ("left", "right"))

    def put(self, floors: Sequence[tuple[str, float, bool]], line: float) -> None:
        """Show each floor's words, on the left if its third value is true; `line`: how high a line is."""
        self.left.put_each([(words, 0.012, height + line) for words, height, on_the_left in floors if on_the_left])
        self.right.put_each([(words, 0.99, height - line) for words, height, on_the_left in floors if not on_the_left])


def _below(height: float, taken: Sequence[float], line: float) -> float:
    """The height, or a line below the one that is taken there.

    >>> _below(-46.0, [-7.0, -45.0], line=4.0), _below(-60.0, [-45.0], line=4.0)
    (-49.0, -60.0)
    """
    return min([height, *(other - line for other in taken if abs(other - height) < line)])


def _lost_words(precision: str, at: int, products: numpy.ndarray) -> str:
    if products[-1] == 0:
        return say("underflow.zero_from", bits=bits(precision), at=f"{at:,}")
    return say("underflow.stuck_from", bits=bits(precision), at=f"{at:,}")


def underflow_curves(log_probs: ArrayLike, products: Mapping[str, ArrayLike]) -> Figure:
    """A figure of running products in several precisions, and of the running sum of logarithms beside them.

    log_probs (T,): of each token, in nats
    products: by precision, (T,) each, as from `floats.running_product`
    """
    return UnderflowPicture().update(log_probs, products).standing()
