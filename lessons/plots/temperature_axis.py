"""Curves over the axis on which lesson 04's slider moves, as SVG: what happens to each token at every temperature.

All places along the axis are per cent, so that it is as wide as the slider under it.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape

import numpy
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREY, ink
from lessons.plots.names import width_of
from lessons.plots.strip_rows import line_of
from lessons.plots.svg import STYLE
from lessons.plots.temperature import TICKS, colour
from lessons.plots.themes import DRAWN
from lessons.words.language import say
from lessons.words.writing import as_written

TOP, PLOT, FOOT = 8, 172, 22  # pixels: above the curves, of the curves, of the numbers under them
MARGIN = 58  # pixels: what stands at the left of the axis
NARROWEST = 420.0  # pixels: names that do not overlap on an axis of this width overlap on no wider one


class Axis:
    """A logarithmic axis of temperatures; places on it run from 0 to 1."""

    def __init__(self, coldest: float, hottest: float) -> None:
        self.coldest, self.hottest = coldest, hottest

    def place(self, temperature: float) -> float:
        """Where a temperature stands; what is beyond an end, at that end."""
        within = min(max(temperature, self.coldest), self.hottest)
        return math.log(within / self.coldest) / math.log(self.hottest / self.coldest)

    def ticks(self, y: float) -> str:
        """Round temperatures, written with their middle on them."""
        marks = []
        for tick in TICKS:
            side = "start" if tick == TICKS[0] else "end" if tick == TICKS[-1] else "middle"
            marks.append(on_white(self.place(tick), y, f"{tick:g}", "#444444", side))
        return "".join(marks)

    def beyond(self, temperature: float) -> str:
        """A word at the end beyond which a temperature lies; "" for one on the axis."""
        if self.coldest <= temperature <= self.hottest:
            return ""
        cold = temperature < self.coldest
        words = f"← T = {temperature:g}" if cold else f"T = {temperature:g} →"
        return line_of(0 if cold else 1, 24, words, 12, font_weight="bold", text_anchor="start" if cold else "end")


def height_at(share: float) -> float:
    """How far down a share of the whole height is, in pixels."""
    return TOP + (1 - share) * PLOT


def way(places: Sequence[float], shares: ArrayLike, **look: str) -> str:
    """A curve through shares of the height (m,), above places on the axis (m,)."""
    points = zip(places, numpy.asarray(shares, dtype=float).tolist(), strict=True)
    line = "L".join(f"{100 * place:.1f} {height_at(share):.1f}" for place, share in points)
    drawn = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in look.items())
    return f'<path d="M{line}" fill="none" vector-effect="non-scaling-stroke" stroke-width="2"{drawn}/>'


def stretched(curves: str) -> str:
    """Curves drawn over 0 to 100, as wide as the axis."""
    height = TOP + PLOT + FOOT
    return f'<svg width="100%" height="{height}" viewBox="0 0 100 {height}" preserveAspectRatio="none">{curves}</svg>'


def frame(labels: Sequence[tuple[float, str]]) -> Iterator[str]:
    """Lines across at shares of the height, each with its label at the left."""
    for share, label in labels:
        y = height_at(share)
        yield f'<rect y="{y - 0.5:.1f}" width="100%" height="1" fill="#e0e0e0"/>'
        yield f'<text x="-7" y="{y + 4:.1f}" font-size="11" text-anchor="end" fill="#444">{escape(label)}</text>'


def probability_curves(axis: Axis, temperatures: ArrayLike, probabilities: ArrayLike, names: Sequence[str]) -> str:
    """What stands still: a curve for each token with its name on it, and a dashed one for everything else.

    temperatures (m,), probabilities (m, n): of the likeliest n tokens, at most five
    names: theirs, as they are written
    """
    places, shares = [axis.place(one) for one in numpy.asarray(temperatures).tolist()], numpy.asarray(probabilities)
    curves = "".join(way(places, shares[:, token], stroke=colour(token)) for token in range(len(names)))
    rest = 1 - shares.sum(-1)
    curves += way(places, rest, stroke="#767676", stroke_dasharray="5 4")
    written = [on_white(0.01, height_at(0.93), names[0], colour(0), "start")]
    written += peaks(places, shares, names)
    written.append(on_white(0.99, min(height_at(rest[-1]) + 16, TOP + PLOT), say("temperature_axis.rest"), GREY, "end"))
    percents = [(0, "0%"), (0.5, "50%"), (1, "100%")]
    return "".join([*frame(percents), stretched(curves), *written])


def peaks(places: Sequence[float], shares: numpy.ndarray, names: Sequence[str]) -> Iterator[str]:
    """The names of all tokens but the first, each over the highest point of its curve; none on another."""
    taken: list[tuple[float, float, float]] = []  # from, to (places on the axis), y
    for token in range(len(names) - 1, 0, -1):
        best = int(shares[:, token].argmax())
        half = width_of(names[token]) / 2 / NARROWEST
        middle, y = min(max(places[best], half), 1 - half), height_at(shares[best, token]) - 5
        for first, last, other in sorted(taken, key=lambda one: -one[2]):
            if first < middle + half and middle - half < last:
                y = min(y, other - 14)
        taken.append((middle - half, middle + half, y))
        yield on_white(middle, y, names[token], colour(token), "middle")


def on_white(place: float, y: float, name: str, of_colour: str, side: str) -> str:
    """A word in a colour, dark enough to be read, on a little white of its own."""
    look = {"fill": ink(of_colour), "text_anchor": side, "paint_order": "stroke", "stroke": "#fff"}
    return line_of(place, y, name, 11.5, stroke_width=3.5, stroke_linejoin="round", **look)


def entropy_way(axis: Axis, temperatures: ArrayLike, entropies: ArrayLike, most: float) -> str:
    """What stands still when entropies (m,) are shown: their curve, between 0 (greedy) and `most`, log V."""
    places = [axis.place(one) for one in numpy.asarray(temperatures).tolist()]
    curve = way(places, numpy.asarray(entropies) / most, stroke=BLUE)
    limits = [(0.0, "0"), (0.5, f"{most / 2:.1f}"), (1.0, f"{most:.2f}")]
    words = ((1.0, say("temperature_axis.uniform")), (0.0, say("temperature_axis.greedy")))
    written = [
        on_white(0.01, height_at(share) + (15 if share else -5), limit, "#444444", "start") for share, limit in words
    ]
    return "".join([*frame(limits), stretched(curve), *written])


def now(axis: Axis, temperature: float, shares: Sequence[float] = (), colours: Sequence[str] = ()) -> str:
    """What moves: a line from the slider's handle upwards, and a dot on each curve in its colour."""
    place, beyond = f"{axis.place(temperature):.2%}", axis.beyond(temperature)
    if beyond:
        return beyond
    drawn = [f'<rect x="{place}" y="{TOP}" width="1" height="{PLOT + FOOT}" fill="#333" transform="translate(-0.5)"/>']
    drawn += [
        f'<circle cx="{place}" cy="{height_at(share):.1f}" r="4.5" fill="{one}" stroke="#fff"/>'
        for share, one in zip(shares, colours, strict=True)
    ]
    return "".join(drawn)


def over_slider(drawn: str, words: str, height: float) -> str:
    """A drawing right above a slider, as wide as its rail; `words` are what a screen reader says."""
    look = f'width="100%" height="{height}" style="{STYLE};height:{height}px;overflow:visible"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(words)}" {look}>{drawn}</svg>'
    return as_written(f'<div class="{DRAWN}" style="margin:0 6px 0 {MARGIN}px">{svg}</div>')
