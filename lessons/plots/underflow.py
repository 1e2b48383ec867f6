"""Lesson 02's picture: a product of probabilities falls to each precision's floor, the sum of logarithms beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import ArrayLike

from lessons.arithmetic.floats import PRECISIONS, lost_at, smallest
from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE
from lessons.plots.chart import Chart, whole, whole_ticks
from lessons.plots.svg import Svg, drawing, text
from lessons.words.language import say
from lessons.words.writing import minus, scientific

COLOURS = dict(zip(PRECISIONS, (ORANGE, BLUE, GREEN), strict=True))
WIDTHS = dict(zip(PRECISIONS, (1.4, 3.2, 5.2), strict=True))  # laid over each other, all three can be seen
LENGTHS = (30, 60, 120, 250, 420, 700, 1200)  # where the horizontal axis may end: few, so that it seldom jumps
DEPTHS = (10, 55, 345)  # powers of ten: below the floors of 16, 32 and 64 bits
SUMS = (25, 60, 150, 400, 800, 1400, 2500, 6000)  # nats
FLOORS = {name: float(numpy.log10(smallest(name))) for name in PRECISIONS}  # as powers of ten
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
Label = tuple[str, float, float, str]  # words, x and y of their middle line, where they are held: "start" or "end"


def bits(precision: str) -> str:
    """How many bits a number has: "16" for "float16"."""
    return precision.removeprefix("float")


def least_above(value: float, ends: Sequence[float]) -> float:
    """The first of the ends that is not below the value; the last one if there is none."""
    return next((end for end in ends if end >= value), ends[-1])


def power_of_ten(power: float) -> str:
    """10⁻⁴⁵ for -45; 1 for 0.

    >>> power_of_ten(-45.2), power_of_ten(-0.3)
    ('10⁻⁴⁵', '1')
    """
    return f"10{str(round(power)).translate(RAISED)}" if round(power) else "1"


@dataclass(frozen=True)
class Fall:
    """What is drawn: the running products (T,) by precision, the running sums of logarithms (T,) in nats, and the token
    at which each product is lost."""

    products: Mapping[str, numpy.ndarray]
    sums: numpy.ndarray
    lost: Mapping[str, int | None]

    @property
    def width(self) -> float:
        return least_above(len(self.sums), LENGTHS)

    @property
    def depth(self) -> float:
        """In powers of ten."""
        return least_above(-self.tens[-1], DEPTHS)

    @property
    def tens(self) -> numpy.ndarray:
        return self.sums / numpy.log(10)


def underflow_curves(log_probs: ArrayLike, products: Mapping[str, ArrayLike]) -> Svg:
    """A drawing of running products in several precisions, and of the running sum of logarithms beside them.

    log_probs (T,): of each token, in nats
    products: by precision, (T,) each, as from `floats.running_product`
    """
    sums = numpy.cumsum(numpy.asarray(log_probs, dtype=float))
    lost = {name: lost_at(products[name], log_probs) for name in PRECISIONS}
    fall = Fall({name: numpy.asarray(products[name], dtype=float) for name in PRECISIONS}, sums, lost)
    title = say("underflow.product_title") if any(lost.values()) else say("underflow.product_alive")
    return drawing(776, 322, title, [*product_panel(fall, title), *sum_panel(fall)])


def product_panel(fall: Fall, title: str) -> Iterator[str]:
    """Left: how far each precision follows the true product."""
    chart = Chart(72, 34, 382, 236, (0, fall.width * 1.02), (-fall.depth, 0.02 * fall.depth))
    heights = whole_ticks(-fall.depth, 0, 6)
    labels = say("underflow.tokens_axis"), say("underflow.product_axis")
    yield from chart.frame(title, labels, (whole_ticks(*chart.x_ends), heights), (whole, power_of_ten))
    counts = range(len(fall.sums) + 1)
    for name in reversed(PRECISIONS):
        if -FLOORS[name] < fall.depth:
            yield floor(chart, FLOORS[name], COLOURS[name])
        with numpy.errstate(divide="ignore"):
            powers = [0, *numpy.where(fall.products[name] > 0, numpy.log10(fall.products[name]), numpy.nan)]
        yield chart.curve(counts, powers, stroke=COLOURS[name], stroke_width=WIDTHS[name])
    yield chart.curve(counts, [0, *fall.tens], stroke=GREY, stroke_width=1.3, stroke_dasharray="1.5 3")
    for name, at in fall.lost.items():
        if at:
            yield chart.cross(at, FLOORS[name], stroke="#111", stroke_width=2)
    for words, x, y, held in [*fates(fall), *floor_names(fall)]:
        yield text(chart.x(x), chart.y(y) + 4, words, 11.5, text_anchor=held)


def sum_panel(fall: Fall) -> Iterator[str]:
    """Right: the sum of logarithms, past the same floors."""
    nats = least_above(-fall.sums[-1], SUMS)
    chart = Chart(540, 34, 224, 236, (0, fall.width * 1.02), (-1.06 * nats, 0.02 * nats))
    heights, count = whole_ticks(-nats, 0), len(fall.sums)
    name = say("underflow.sum_title")
    labels = say("underflow.tokens_added"), say("underflow.sum_axis")
    ticks, words = (whole_ticks(*chart.x_ends), heights), (whole, lambda value: minus(whole(value)))
    yield from chart.frame(name, labels, ticks, words)
    long = count > 0.7 * fall.width  # else the sum's number stands on the left
    for precision, power in FLOORS.items():
        end = power * numpy.log(10)
        if 0.06 * nats < -end < nats:  # not where it would lie on the axis
            yield floor(chart, end, COLOURS[precision])
            crossed = numpy.flatnonzero(fall.sums < end)
            left = long and (len(crossed) == 0 or crossed[0] > 0.5 * fall.width)
            place = (
                (0.02 * fall.width, end + 0.045 * nats, "start") if left else (fall.width, end - 0.045 * nats, "end")
            )
            yield text(
                chart.x(place[0]),
                chart.y(place[1]) + 4,
                say("underflow.bits", bits=bits(precision)),
                11,
                text_anchor=place[2],
            )
    yield chart.curve(range(count + 1), [0, *fall.sums], stroke="#111", stroke_width=2)
    yield text(chart.x(count), chart.y(fall.sums[-1]) + 5, "●", 12, text_anchor="middle")
    number, y = say("underflow.end_of_sum", sum=minus(f"{fall.sums[-1]:,.1f}")), max(fall.sums[-1] - 0.03 * nats, -nats)
    beside, held = (-12, "end") if count > 0.5 * fall.width else (12, "start")
    yield text(chart.x(count) + beside, chart.y(y) + 4, number, 12, text_anchor=held, font_weight="600")


def floor(chart: Chart, height: float, colour: str) -> str:
    return chart.across(height, stroke=colour, stroke_width=1, stroke_dasharray="5 3")


def fates(fall: Fall) -> list[Label]:
    """A word where each product is lost; the value of those that are not, beside the line's end."""
    width, depth, found = fall.width, fall.depth, list[Label]()
    for name, at in fall.lost.items():
        words, height = lost_words(name, at, fall.products[name]) if at else "", FLOORS[name]
        if at and at > 0.5 * width:  # no space on the right: below, on the left
            found.append((words, at - 0.02 * width, height - 0.04 * depth, "end"))
        elif at:
            found.append((words, at + 0.03 * width, height + 0.04 * depth, "start"))
    alive = ", ".join(bits(name) for name, at in fall.lost.items() if not at)
    if alive:
        words, end = say("underflow.alive", bits=alive, value=scientific(10.0 ** fall.tens[-1])), len(fall.sums)
        if end > 0.5 * width:
            taken = [height for _, _, height, held in found if held == "end"]
            height = max(fall.tens[-1] - 0.055 * depth, -0.955 * depth)
            reached = int((fall.tens >= height + 0.03 * depth).sum())  # where the line passes above the words
            found.append((words, min(end, reached) - 0.06 * width, below(height, taken, 0.07 * depth), "end"))
        else:
            taken = [power - 0.03 * depth for power in FLOORS.values()]  # the floors' names
            found.append((words, end + 0.03 * width, below(fall.tens[-1], taken, 0.07 * depth), "start"))
    return found


def floor_names(fall: Fall) -> Iterator[Label]:
    """The floors' names at the ends of their lines, where neither the curve nor the other words are."""
    long = len(fall.sums) > 0.7 * fall.width
    for name, power in FLOORS.items():
        words = say("underflow.floor", bits=bits(name))
        if -power < fall.depth and (fall.lost[name] or (fall.width if long else 0)) > 0.5 * fall.width:
            yield words, 0.012 * fall.width, power + 0.04 * fall.depth, "start"
        elif -power < fall.depth:
            yield words, fall.width, power - 0.045 * fall.depth, "end"


def below(height: float, taken: Sequence[float], line: float) -> float:
    """The height, or a line below the one that is taken there.

    >>> below(-46.0, [-7.0, -45.0], line=4.0), below(-60.0, [-45.0], line=4.0)
    (-49.0, -60.0)
    """
    return min([height, *(other - line for other in taken if abs(other - height) < line)])


def lost_words(precision: str, at: int, products: numpy.ndarray) -> str:
    if products[-1] == 0:
        return say("underflow.zero_from", bits=bits(precision), at=f"{at:,}")
    return say("underflow.stuck_from", bits=bits(precision), at=f"{at:,}")
