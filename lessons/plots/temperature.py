"""Lesson 04's pictures: the same bars at several temperatures, probabilities and entropy against the temperature."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator, PercentFormatter
from numpy.typing import ArrayLike

from lessons.plots.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    ink,
    new_figure,
    set_title,
    title_weight,
    with_rest,
)
from lessons.plots.names import token_name
from lessons.words.language import say
from lessons.words.writing import percent

TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5)
COLOURS, PALE = (BLUE, ORANGE, GREEN, PURPLE, SKY), "#BBBBBB"
PLAQUE = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8}


def temperature_bars(tokens: Sequence[str], rows: Mapping[float, ArrayLike], others: int) -> Figure:
    """A figure of the same tokens at several temperatures, one panel each, with everything else as the last bar.

    tokens: n names
    rows: by temperature, their probabilities (n,)
    others: how many tokens share the rest of 1
    """
    figure, panels = new_figure(height=1.25 + 0.25 * (len(tokens) + 1), ncols=len(rows), sharey=True)
    values = {temperature: with_rest(probabilities) for temperature, probabilities in rows.items()}  # (n + 1,) each
    most = 1.35 * max(shares[:-1].max() for shares in values.values())
    for axes, (temperature, shares) in zip(panels, values.items(), strict=True):
        draw_bars(axes, shares, most)
        for place, share in enumerate(shares[:-1]):
            axes.text(share, place, f" {percent(share)}", va="center", fontsize=8.5, color="#333333")
        rest, beyond = percent(shares[-1]), shares[-1] > most
        side: dict[str, Any] = {"s": f"{rest} →", "ha": "right", "bbox": PLAQUE} if beyond else {"s": f" {rest}"}
        axes.text(min(shares[-1], 0.97 * most), len(tokens), va="center", fontsize=8.5, color="#333333", **side)
        axes.set_xlabel(f"T = {temperature:g}")
    names = [token_name(token) for token in tokens] + [say("temperature.rest_lines", others=f"{others:,}")]
    panels[0].set_yticks(range(len(names)), names, parse_math=False)
    (cold, at_cold), *_, (hot, at_hot) = values.items()
    likeliest = {"first": percent(at_cold[0]), "last": percent(at_hot[0])}
    message = say("temperature.bars_title", token=names[0], cold=f"{cold:g}", hot=f"{hot:g}", **likeliest)
    figure.suptitle(message, x=0.01, ha="left", fontsize=11, fontweight=title_weight(), parse_math=False)
    return figure


def draw_bars(axes: Axes, values: numpy.ndarray, most: float) -> None:
    """The bars of tokens and, hatched, of everything else; the axis runs from 0 to `most` and may cut the last off."""
    colours = [*[BLUE] * (len(values) - 1), "white"]
    bars = axes.barh(range(len(values)), values, height=0.72, color=colours, edgecolor=colours)
    bars[-1].set(hatch="////", edgecolor=GREY)
    axes.set(xlim=(0, most), ylim=(len(values) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="x")


def temperature_curves(temperatures: ArrayLike, probabilities: ArrayLike, tokens: Sequence[str]) -> Figure:
    """A figure of the leading tokens' probabilities against the temperature, and of everything else together.

    temperatures (m,), probabilities (m, n): of n tokens, at most five; the rest of 1 is everything else
    tokens: their names
    """
    figure, axes = new_figure(height=3.9)
    draw_curves(axes, temperatures, probabilities, tokens)
    axes.set_xlabel(say("temperature.curves_axis"))
    inks = [ink(line.get_color()) for line in axes.get_legend_handles_labels()[0]]
    legend = axes.legend(loc="center right", fontsize=9, labelcolor=inks, handlelength=1.4, labelspacing=0.25)
    legend.get_frame().set(facecolor="white", edgecolor="none", alpha=0.85)
    for text in legend.get_texts():
        text.set_parse_math(False)
    set_title(axes, say("temperature.curves_title"))
    return figure


def draw_curves(axes: Axes, temperatures: ArrayLike, probabilities: ArrayLike, tokens: Sequence[str]) -> None:
    """The curves of `temperature_curves`: the first five in colours, everything else dashed."""
    shares = numpy.asarray(probabilities)  # (m, n)
    rest = 1 - shares.sum(-1)  # (m,)
    for place, token in enumerate(tokens):
        name = token_name(token)
        label = f" {name}" if name.startswith("_") else name  # subtle: matplotlib leaves labels with "_" out of legends
        axes.plot(temperatures, shares[:, place], color=colour(place), label=label)
    axes.plot(temperatures, rest, color=GREY, linestyle="--", linewidth=1.6, label=say("temperature.rest_short"))
    temperature_axis(axes, temperatures)
    axes.set(ylim=(0, 1.04), ylabel=say("temperature.probability"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))


def colour(place: int) -> str:
    """The colour of a token's curve and bar: five that can be told apart, then a light grey."""
    return COLOURS[place] if place < len(COLOURS) else PALE


def temperature_axis(axes: Axes, temperatures: ArrayLike) -> None:
    """A logarithmic axis of temperatures with round numbers on it."""
    coldest, *_, hottest = numpy.asarray(temperatures, dtype=float)
    axes.set_xscale("log")
    axes.set_xlim(coldest, hottest)
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in TICKS if 0.99 * coldest < tick < 1.01 * hottest]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(True)


def entropy_curve(temperatures: ArrayLike, entropies: ArrayLike, vocabulary: int) -> Figure:
    """A figure of the entropy (m,) against the temperature (m,), from 0 to log V."""
    figure, axes = new_figure(height=3.2)
    draw_entropy(axes, temperatures, entropies, vocabulary)
    most = f"{math.log(vocabulary):.2f}"
    set_title(axes, say("temperature.entropy_title", vocabulary=f"{vocabulary:,}", most=most))
    return figure


def draw_entropy(axes: Axes, temperatures: ArrayLike, entropies: ArrayLike, vocabulary: int) -> None:
    """The curve of `entropy_curve`, with its two limits."""
    coldest, most = numpy.asarray(temperatures)[0], math.log(vocabulary)
    axes.plot(temperatures, numpy.asarray(entropies), color=BLUE)
    axes.axhline(most, color=GREY, linestyle=":", linewidth=1.3)
    limits = ((most, -11, say("temperature.uniform", most=f"{most:.2f}")), (0, 5, say("temperature.greedy")))
    for limit, shift, words in limits:
        axes.annotate(
            words, (coldest, limit), xytext=(4, shift), textcoords="offset points", fontsize=9, color="#555555"
        )
    temperature_axis(axes, temperatures)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set(ylim=(0, most * 1.06), xlabel=say("temperature.curves_axis"), ylabel=say("temperature.entropy_axis"))
