"""Lesson 09's pictures: two ways to make a model obey, and what they do to a distribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from lessons.plots.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    READABLE,
    RED,
    contrast_with_white,
    ink,
    new_figure,
    set_title,
    title_weight,
)
from lessons.plots.names import token_name
from lessons.words.language import say
from lessons.words.writing import percent

COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
HEIGHT = 0.4  # of a strip, as a share of a row
NAMED = 0.14  # how wide a part is at least that bears its name inside
Texts = Mapping[tuple[str, ...], Sequence[float]]  # tokens → the probability of each


@dataclass(frozen=True)
class Part:
    """A part of a strip: the beginning of a text, from `first` to `last` of the strip's width as it was offered, and
    where it lies once the strip was stretched."""

    begun: tuple[str, ...]
    share: float
    first: float
    last: float
    first_stretched: float
    last_stretched: float
    colour: str


def parts_of(texts: Texts, stretch: bool) -> list[list[Part]]:
    """For each step the beginnings of texts, each within the part of what it goes on from; which fill that part if
    they are stretched."""
    levels: list[list[Part]] = [[Part((), 1, 0, 1, 0, 1, "")]]
    for step in range(len(next(iter(texts)))):
        level = []
        for parent in levels[-1]:
            own = {text[: step + 1]: shares[step] for text, shares in texts.items() if text[:step] == parent.begun}
            width, factor = parent.last_stretched - parent.first_stretched, 1 / sum(own.values()) if stretch else 1
            ends = [parent.first_stretched + width * end for end in accumulate(own.values(), initial=0.0)]
            for (begun, share), first, last in zip(own.items(), ends, ends[1:], strict=False):
                moved = [parent.first_stretched + factor * (end - parent.first_stretched) for end in (first, last)]
                text = next(place for place, text in enumerate(texts) if text[: step + 1] == begun)
                level.append(Part(begun, share, first, last, moved[0], moved[1], COLOURS[text % len(COLOURS)]))
        levels.append(level)
    return levels[1:]


def two_ways(texts: Texts) -> Figure:
    """A figure of the same texts singled out in two ways: whole texts are thrown away that do not obey, or tokens are
    cut one by one and the rest renormalised.

    texts: those that obey, as tokens, each with the probability of its tokens; all of one length

    Both begin with all that the model may say, and go down token by token; what does not obey is hatched. At the left
    all texts are stretched by one factor, in the end; at the right each place has a factor of its own.
    """
    steps = len(next(iter(texts)))
    figure, (left, right) = new_figure(width=9.2, height=1.2 + 0.95 * steps, ncols=2, sharey=True)
    whole, cut = parts_of(texts, stretch=False), parts_of(texts, stretch=True)
    total = sum(part.last - part.first for part in whole[-1])
    ends = [end / total for end in accumulate((part.last - part.first for part in whole[-1]), initial=0.0)]
    given = list(pairwise(ends))
    masked = [(part.first_stretched, part.last_stretched) for part in cut[-1]]
    for axes, levels, title in ((left, whole, "obeying.whole_texts"), (right, cut, "obeying.token_by_token")):
        for step, level in enumerate(levels):
            draw_strip(axes, step, level, hatched=levels[step - 1] if step else None)
        set_title(axes, say(title))
    for step, level in enumerate(whole[:-1]):
        draw_funnels(axes=left, step=step, level=level, below=[(part.first, part.last) for part in level])
    draw_funnels(left, steps - 1, whole[-1], given, [say("obeying.all_by", factor=f"{1 / total:.1f}")])
    for step, level in enumerate(cut):
        draw_funnels(
            right, step, level, [(part.first_stretched, part.last_stretched) for part in level], factors(level)
        )
    for axes, shares in ((left, given), (right, masked)):
        draw_result(axes, steps, whole[-1], shares)
    left.set(yticks=range(steps + 1))
    left.set_yticklabels([*(say("obeying.step", step=step + 1) for step in range(steps)), say("obeying.in_the_end")])
    distance = sum(abs((b - a) - (d - c)) for (a, b), (c, d) in zip(given, masked, strict=True)) / 2
    title = say("obeying.two_ways", distance=f"{distance:.0%}")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight=title_weight())
    return figure


def factors(level: Sequence[Part]) -> list[str]:
    """By how much each part is stretched, in words."""
    return [f"× {(one.last_stretched - one.first_stretched) / (one.last - one.first):.3g}" for one in level]


def draw_strip(axes: Axes, step: int, level: Sequence[Part], hatched: Sequence[Part] | None) -> None:
    """What was offered at one step: the parts that go on in colours, the rest of what they go on from hatched."""
    top = step - HEIGHT / 2
    look: dict[str, Any]
    grounds = [(one.first_stretched, one.last_stretched) for one in hatched] if hatched else [(0.0, 1.0)]
    for first, last in grounds:
        look = {"facecolor": "white", "edgecolor": GREY, "hatch": "////", "linewidth": 0.8}
        axes.add_patch(Rectangle((first, top), last - first, HEIGHT, **look))
    for part in level:
        axes.add_patch(Rectangle((part.first, top), part.last - part.first, HEIGHT, facecolor=part.colour, linewidth=0))
        words = f"{token_name(part.begun[-1])} {percent(part.share)}"
        inside = part.last - part.first >= NAMED
        x, look = (part.first + part.last) / 2, {"ha": "center", "color": words_on(part.colour)}
        if not inside:
            paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
            x, look = part.last + 0.014, {"ha": "left", "color": ink(part.colour), "bbox": paper}
        axes.text(x, step, words, va="center", fontsize=8.5, parse_math=False, **look)


def words_on(colour: str) -> str:
    """White where it can be read on that colour, else black."""
    return "white" if contrast_with_white(*to_rgb(colour)) >= READABLE else "black"


def draw_funnels(
    axes: Axes, step: int, level: Sequence[Part], below: Sequence[tuple[float, float]], words: Sequence[str] = ()
) -> None:
    """How each part of a strip becomes a part of the next one, with the factor by which it is stretched."""
    top, bottom = step + HEIGHT / 2, step + 1 - HEIGHT / 2
    for part, (first, last) in zip(level, below, strict=True):
        corners = [(part.first, top), (part.last, top), (last, bottom), (first, bottom)]
        axes.add_patch(Polygon(corners, facecolor=part.colour, alpha=0.16, linewidth=0))
    for word, (first, last) in zip(words, [(0.0, 1.0)] if len(words) == 1 else below, strict=False):
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5, "color": "#333333"}
        axes.text((first + last) / 2, bottom - 0.13, word, **look)


def draw_result(axes: Axes, steps: int, level: Sequence[Part], shares: Sequence[tuple[float, float]]) -> None:
    """The last strip: what the texts that obey hold in the end."""
    for part, (first, last) in zip(level, shares, strict=True):
        look: dict[str, Any] = {"facecolor": part.colour, "edgecolor": "white", "linewidth": 1}
        axes.add_patch(Rectangle((first, steps - HEIGHT / 2), last - first, HEIGHT, **look))
        words = " ".join(map(token_name, part.begun[:-1]))
        inside, number = last - first >= 2 * NAMED, percent(last - first)
        place: dict[str, Any] = {"ha": "center", "color": words_on(part.colour)}
        x, y, said = (first + last) / 2, float(steps), f"{words}: {number}"
        if not inside:
            x, y, place = last, steps + HEIGHT / 2 + 0.16, {"ha": "right", "color": ink(part.colour)}
        axes.text(x, y, said, va="center", fontsize=9.5, fontweight=title_weight(), parse_math=False, **place)
    axes.set(xlim=(-0.002, 1.002), ylim=(steps + 0.5, -0.4), xticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(axis="y", length=0)


def given_and_masked(
    labels: Sequence[str], given: ArrayLike, masked: ArrayLike, drawn: Mapping[str, ArrayLike] | None = None
) -> Figure:
    """A figure of two distributions side by side: as it is given that the text obeys, and under the mask.

    labels: n names; given, masked (n,): their probabilities
    drawn: shares of draws (n,) by "given" and "masked", laid over the theory as rings
    """
    figure, axes = new_figure(width=8, height=3.4)
    places, drawn = numpy.arange(len(labels)), drawn or {}
    rows = {"given": (given, -0.21, BLUE, "obeying.given"), "masked": (masked, 0.21, ORANGE, "obeying.masked")}
    for name, (values, shift, colour, label) in rows.items():
        axes.bar(places + shift, numpy.asarray(values, dtype=float), width=0.4, color=colour, label=say(label))
        rings: dict[str, Any] = {
            "markersize": 5.5,
            "markerfacecolor": "none",
            "markeredgecolor": RED,
            "markeredgewidth": 1.4,
        }
        if name in drawn:
            known = say("obeying.drawn") if name == "masked" else None
            axes.plot(places + shift, numpy.asarray(drawn[name], dtype=float), "o", label=known, **rings)
    axes.set_xticks(places, labels, parse_math=False)
    axes.set(xlabel=say("obeying.days_axis"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="y")
    axes.legend(loc="upper center", frameon=False, fontsize=9)
    distance = numpy.abs(numpy.asarray(given, dtype=float) - numpy.asarray(masked, dtype=float)).sum() / 2
    set_title(axes, say("obeying.distance", distance=f"{distance:.0%}"))
    return figure
