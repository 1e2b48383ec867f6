"""Lesson 07's picture as a drawing, for its explorer: how likely a decoder's texts are, against how varied."""

import re
from collections.abc import Mapping, Sequence

from matplotlib.ticker import MaxNLocator

from lessons.plots.canvas import GREEN, GREY, ink
from lessons.plots.chart import INK, Chart
from lessons.plots.decoders import NAMES, Label, Point, colour_of, columns_of, lines_apart, short, title_of
from lessons.plots.names import shortened
from lessons.plots.svg import Svg, drawing, path, text
from lessons.words.language import say

WIDTH, HEIGHT = 492, 300
LEFT, TOP, RIGHT, BOTTOM = 70, 34, 8, 48  # pixels around the chart
LONGEST, LINE = 140.0, 15.0  # pixels: of a name, from one name to the next
STAR = "M0-9 2.1-2.9 8.6-2.8 3.4 1.1 5.3 7.3 0 3.6-5.3 7.3-3.4 1.1-8.6-2.8-2.1-2.9Z"


def decoder_map(points: Mapping[str, Point], real: Point | None = None, chosen: Sequence[str] = ()) -> Svg:
    """A drawing of decoders by the surprisal of their texts (nats per token) and the share of different 2-grams.

    points: {decoder: (surprisal, share)}
    real: the same of texts that no model wrote
    chosen: the decoders to point out, the left one and the right one
    """
    chart = chart_of([*points.values(), *([real] if real else [])])
    title = title_of(points, real)
    labels = say(NAMES["x"]), say(NAMES["y"])
    words = (lambda value: f"{value:g}", lambda value: f"{value:.0%}")
    parts = [*chart.frame(title, labels, (ticks(*chart.x_ends), ticks(*chart.y_ends)), words)]
    named = [Label(shorter(name), *point, colour_of(name, chosen) or INK) for name, point in points.items()]
    if real is not None:
        named.append(Label(say(NAMES["real"]), *real, GREEN))
    parts += names(chart, named)
    for name in sorted(points, key=lambda name: name in chosen):  # the chosen ones above the others
        x, y = chart.x(points[name][0]), chart.y(points[name][1])
        size = 7 if name in chosen else 4.5
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour_of(name, chosen) or GREY}"/>')
    if real is not None:
        where = f"translate({chart.x(real[0]):.1f} {chart.y(real[1]):.1f})"
        parts.append(f'<path d="{STAR}" fill="{GREEN}" transform="{where}"/>')
    return drawing(WIDTH, HEIGHT, title, parts)


def shorter(name: str) -> str:
    """A call as its settings.

    >>> shorter("sample(top_k=50, top_p=0.95)"), shorter("sample()"), shorter("beam_search(num_beams=5)")
    ('top_k=50, top_p=0.95', 'sample()', 'beams(5)')
    """
    return re.sub(r"^sample\((.+)\)$", r"\1", short(name))


def chart_of(points: Sequence[Point]) -> Chart:
    """A chart with room for names at the right of the points."""
    xs, ys = zip(*points, strict=True)
    width, height = max(xs) - min(xs) or 1, max(ys) - min(ys) or 1
    x_ends = (min(xs) - 0.06 * width, max(xs) + 0.56 * width)
    y_ends = (min(ys) - 0.12 * height, max(ys) + 0.2 * height)
    return Chart(LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, x_ends, y_ends)


def ticks(least: float, most: float) -> list[float]:
    """Round numbers between two ends, no more than seven, none below 0."""
    found = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(least, most)
    return [round(float(value), 6) for value in found if max(least, 0) <= value <= most]


def names(chart: Chart, labels: Sequence[Label]) -> list[str]:
    """Each name at the right of its point; those of points that lie close together in one column, with a line to the
    point."""
    placed = [Label(one.text, chart.x(one.x), -chart.y(one.y), one.colour) for one in labels]  # in pixels, upwards
    parts = []
    for column in columns_of(placed, width=LONGEST, line=LINE):
        x = max(label.x for label in column) + 13
        for label, up in zip(column, lines_apart([label.y for label in column], LINE), strict=True):
            if len(column) > 1:
                parts.append(path(f"M{label.x:.1f} {-label.y:.1f}L{x - 2:.1f} {-up:.1f}", stroke="#cccccc"))
            words = shortened(label.text, LONGEST)
            parts.append(text(x, -up + 4, words, 11, fill=ink(label.colour)))
    return parts
