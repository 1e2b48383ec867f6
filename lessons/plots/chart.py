"""A chart's axes as SVG: values → pixels, frame, ticks, curves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from matplotlib.ticker import MaxNLocator

from lessons.plots.svg import path, text

INK, FRAME = "#333333", "#888888"
MOST_POINTS = 300  # of a curve: more than a screen can tell apart


@dataclass(frozen=True)
class Chart:
    """A rectangle in a drawing, and the values at its edges.

    Attributes:
        left, top, width, height: in pixels.
        x_ends, y_ends: the values at its left and right, bottom and top.
    """

    left: float
    top: float
    width: float
    height: float
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]

    def x(self, value: float) -> float:
        """How far to the right a value lies, in pixels."""
        first, last = self.x_ends
        return self.left + self.width * (value - first) / (last - first)

    def y(self, value: float) -> float:
        """How far down a value lies, in pixels."""
        first, last = self.y_ends
        return self.top + self.height * (last - value) / (last - first)

    def curve(self, xs: Sequence[float], ys: Sequence[float], **look: str | float) -> str:
        """A line through the points; what is no finite number, or lies below or above, interrupts it."""
        every = max(1, len(xs) // MOST_POINTS)
        places = [*range(0, len(xs) - 1, every), len(xs) - 1]
        way, pen = "", "M"
        for place in places:
            if isfinite(ys[place]) and self.y_ends[0] <= ys[place] <= self.y_ends[1]:
                way += f"{pen}{self.x(xs[place]):.1f} {self.y(ys[place]):.1f}"
                pen = "L"
            else:
                pen = "M"
        return path(way, **look)

    def cross(self, x: float, y: float, **look: str | float) -> str:
        """A mark at a point: ×."""
        return path(f"M{self.x(x) - 5:.1f} {self.y(y) - 5:.1f}l10 10m0 -10l-10 10", **look)

    def across(self, value: float, **look: str | float) -> str:
        """A line from left to right at this height."""
        y = self.y(value)
        return path(f"M{self.left:.1f} {y:.1f}H{self.left + self.width:.1f}", **look)

    def frame(
        self,
        title: str,
        labels: tuple[str, str],
        ticks: tuple[Sequence[float], Sequence[float]],
        words: tuple[Callable[[float], str], Callable[[float], str]],
    ) -> Iterator[str]:
        """Title and the two axes, each with its label, and with the given values in words: along x, along y."""
        (x_label, y_label), (x_ticks, y_ticks), (x_words, y_words) = labels, ticks, words
        bottom, right = self.top + self.height, self.left + self.width
        yield text(self.left, self.top - 14, title, 14, fill="#111", font_weight="600")
        yield path(f"M{self.left:.1f} {self.top:.1f}V{bottom:.1f}H{right:.1f}", stroke=FRAME)
        for value in x_ticks:
            x = self.x(value)
            yield path(f"M{x:.1f} {bottom:.1f}v4", stroke=FRAME)
            yield text(x, bottom + 17, x_words(value), 11.5, fill=INK, text_anchor="middle")
        for value in y_ticks:
            y = self.y(value)
            yield path(f"M{self.left:.1f} {y:.1f}h-4", stroke=FRAME)
            yield text(self.left - 7, y + 4, y_words(value), 11.5, fill=INK, text_anchor="end")
        yield text(self.left + self.width / 2, bottom + 36, x_label, 12.5, fill=INK, text_anchor="middle")
        x, y = self.left - 54, self.top + self.height / 2
        turned = f"rotate(-90 {x:.1f} {y:.1f})"
        yield text(x, y, y_label, 12.5, fill=INK, text_anchor="middle", transform=turned)


def whole(value: float) -> str:
    """1,200"""
    return f"{value:,.0f}"


def whole_ticks(first: float, last: float, number: int = 5) -> list[float]:
    """About so many round whole numbers from the first value to the last.

    >>> whole_ticks(0, 420)
    [0.0, 100.0, 200.0, 300.0, 400.0]
    """
    found = MaxNLocator(number, integer=True).tick_values(first, last)
    return [float(value) for value in found if first <= value <= last]
