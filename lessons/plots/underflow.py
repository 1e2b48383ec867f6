"""Lesson 02's pictures: a product of probabilities falls to each precision's floor, the sum of logarithms beside it."""

from collections.abc import Mapping, Sequence

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
DEPTHS = (10, 50, 345)  # powers of ten: just below the floors of 16, 32 and 64 bits
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
        self.title = MovingTitle(self.left)
        set_title(self.right, say("underflow.sum_title"))
        lines = (self.true, *self.products.values(), *self.crosses.values(), self.sums, self.end)
        self.moves(*lines, self.before, self.after, self.number, self.title)

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
        self.title.write(say("underflow.product_title") if any(lost.values()) else say("underflow.product_alive"))
        return self

    def _beside_the_end(self, count: float, total: float) -> tuple[list[float], list[float]]:
        """Where the sum's number stands: left of the line's end, a little below it."""
        width, depth = self.ends[0], self.ends[2]
        return [max(count - 0.03 * width, 0.3 * width)], [total - 0.02 * depth]

    def _mark(self, lost: Mapping[str, int | None], products: Mapping[str, numpy.ndarray], tens: numpy.ndarray) -> None:
        """A cross and a word where each product is lost; the value of those that are not, beside the line's end."""
        left: list[tuple[str, float, float]] = []  # (words, x of their end, y)
        right: list[tuple[str, float, float]] = []  # (words, x of their beginning, y)
        width, depth = self.ends[:2]
        for name, at in lost.items():
            floor = numpy.log10(smallest(name))
            self.crosses[name].set_data(([at], [floor]) if at else ([], []))
            if at and at > 0.6 * width:  # no space on the right: below, on the left
                left.append((_lost_words(name, at, products[name]), at - 0.01 * width, floor - 0.033 * depth))
            elif at:
                right.append((_lost_words(name, at, products[name]), at + 0.025 * width, floor + 0.03 * depth))
        alive = ", ".join(bits(name) for name, at in lost.items() if not at)
        if alive:
            words = say("underflow.alive", bits=alive, value=scientific(10.0 ** tens[-1]))
            if len(tens) > 0.5 * width:
                left.append((words, len(tens) - 0.02 * width, tens[-1] - 0.055 * depth))
            else:
                right.append((words, len(tens) + 0.03 * width, tens[-1]))
        self.before.put_each(left)
        self.after.put_each(right)

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
            for artist in [*axes.lines, *axes.texts]:
                if artist.get_gid() == "floor":
                    artist.remove()
        for name in PRECISIONS:
            floor = numpy.log10(smallest(name))
            if -floor < self.ends[1]:
                words, deep = say("underflow.floor", bits=bits(name)), -floor > 0.5 * self.ends[1]
                draw_floor(self.left, floor, COLOURS[name], words, left=deep)  # where the curves are not
            nats = floor * numpy.log(10)
            if 0.06 * self.ends[2] < -nats < self.ends[2]:  # not where it would lie on the axis
                draw_floor(self.right, nats, COLOURS[name], say("underflow.bits", bits=bits(name)), left=True)


def _lost_words(precision: str, at: int, products: numpy.ndarray) -> str:
    if products[-1] == 0:
        return say("underflow.zero_from", bits=bits(precision), at=f"{at:,}")
    return say("underflow.stuck_from", bits=bits(precision), at=f"{at:,}")


def draw_floor(axes: Axes, height: float, colour: str, label: str, left: bool) -> None:
    """A dashed line at this height with a small label under its left or right end."""
    axes.axhline(height, color=colour, linestyle="--", linewidth=1.0, gid="floor")
    end, shift, side = (0, 3, "left") if left else (1, -2, "right")
    axes.annotate(
        label,
        (end, height),
        xycoords=axes.get_yaxis_transform(),
        xytext=(shift, -3),
        textcoords="offset points",
        ha=side,
        va="top",
        fontsize=8,
        color="#555555",
        gid="floor",
    )


def underflow_curves(log_probs: ArrayLike, products: Mapping[str, ArrayLike]) -> Figure:
    """A figure of running products in several precisions, and of the running sum of logarithms beside them.

    log_probs (T,): of each token, in nats
    products: by precision, (T,) each, as from `floats.running_product`
    """
    return UnderflowPicture().update(log_probs, products).figure
