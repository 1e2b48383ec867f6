"""Lesson 06's picture of two readers as a drawing, for its explorer: all tokens of a text, as wide as they need."""

from collections.abc import Sequence
from math import isfinite

import numpy
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, ink
from lessons.plots.chart import INK
from lessons.plots.fine_tuning import CHART, READERS, gain_in_words
from lessons.plots.names import token_name, width_of
from lessons.plots.svg import Svg, drawing, path, text
from lessons.words.language import say

PITCH, LEFT, TOP, HEIGHT, RIGHT = 20, 52, 52, 180, 14  # pixels
LEAST_WIDTH = 560
LONGEST_NAME = 100.0


def surprisal_chart(
    tokens: Sequence[str], before: ArrayLike, after: ArrayLike | None = None, truth: ArrayLike | None = None
) -> Svg:
    """A drawing of how surprising each token is before and after training, and to one who knows the language.

    tokens: n texts
    before, after, truth: (n,) surprisals in nats; a line leads from before to after
    """
    first = numpy.asarray(before, dtype=float)
    second = first if after is None else numpy.asarray(after, dtype=float)
    highest = 1.1 * max(1.0, float(first.max()), float(second.max()))
    width = max(LEAST_WIDTH, LEFT + PITCH * len(tokens) + RIGHT)
    parts = [*axis(highest, width), *legend(after is not None, truth is not None)]
    for place, token in enumerate(tokens):
        x, one, two = LEFT + PITCH * (place + 0.5), down(first[place], highest), down(second[place], highest)
        colour = BLUE if second[place] <= first[place] else ORANGE
        if after is not None:
            parts.append(path(f"M{x} {one:.1f}V{two:.1f}", stroke=colour, stroke_width=3, stroke_opacity=0.45))
        parts.append(circle(x, one, "#fff", GREY))
        if after is not None:
            parts.append(circle(x, two, colour, colour))
        if truth is not None and isfinite(asked := float(numpy.asarray(truth, dtype=float)[place])):
            parts.append(path(f"M{x - 8} {down(min(asked, highest), highest):.1f}h16", stroke=GREEN, stroke_width=2.5))
        parts.append(name(token, x))
    title = gain_in_words(first, second) if after is not None else say(CHART["of one"])
    parts.append(text(8, 16, title, 13.5, fill="#111", font_weight="600"))
    below = 24 + max(width_of(token_name(token, LONGEST_NAME)) for token in tokens)
    return drawing(width, TOP + HEIGHT + below, title, parts)


def down(value: float, highest: float) -> float:
    """How far down a surprisal stands, in pixels."""
    return TOP + HEIGHT * (1 - value / highest)


def circle(x: float, y: float, fill: str, edge: str) -> str:
    return f'<circle cx="{x}" cy="{y:.1f}" r="4.5" fill="{fill}" stroke="{edge}" stroke-width="1.4"/>'


def axis(highest: float, width: float) -> list[str]:
    """Lines at round numbers of nats, and what they count."""
    step = next(step for step in (0.5, 1, 2, 5, 10, 20) if highest / step <= 6 or step == 20)
    parts = []
    for value in numpy.arange(0, highest, step):
        y = down(float(value), highest)
        parts.append(path(f"M{LEFT} {y:.1f}H{width - RIGHT}", stroke="#dddddd"))
        parts.append(text(LEFT - 7, y + 4, f"{value:g}", 11, fill=INK, text_anchor="end"))
    x, y = 14, TOP + HEIGHT / 2
    look = {"text_anchor": "middle", "transform": f"rotate(-90 {x} {y})"}
    return [*parts, text(x, y, say(CHART["axis"]), 11.5, fill=INK, **look)]


def legend(with_after: bool, with_truth: bool) -> list[str]:
    """The readers beside their marks."""
    x, y, parts = float(LEFT), 36, []
    shown = [(READERS["before"], circle, "#fff", GREY)]
    shown += [(READERS["after"], circle, BLUE, BLUE)] if with_after else []
    for key, mark, fill, edge in shown:
        parts += [mark(x, y - 4, fill, edge), text(x + 10, y, say(key), 11.5, fill=INK)]
        x += 34 + width_of(say(key))
    if with_truth:
        parts += [path(f"M{x} {y - 4}h16", stroke=GREEN, stroke_width=2.5)]
        parts.append(text(x + 22, y, say(READERS["truth"]), 11.5, fill=ink(GREEN)))
    return parts


def name(token: str, x: float) -> str:
    """A token's name below its place, turned."""
    y = TOP + HEIGHT + 10
    look = {"text_anchor": "end", "transform": f"rotate(-90 {x + 4} {y})"}
    return text(x + 4, y, token_name(token, LONGEST_NAME), 11, fill=INK, **look)
