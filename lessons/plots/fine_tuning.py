"""Lesson 06's pictures: the loss on its way to the floor, two models' surprise at one text, two ways of looking."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, RED, STYLE, ink, new_figure, set_title
from lessons.plots.names import token_name
from lessons.words.language import say

# Who reads a text.
READERS = {"before": "fine_tuning.before_label", "after": "fine_tuning.after_label", "truth": "fine_tuning.truth_label"}
CHART = {"axis": "fine_tuning.surprisal_axis", "of one": "fine_tuning.chart_of_one"}
LOSS_TICKS = (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11)


def loss_chart(history: pandas.DataFrame, floor: float | None = None, end: float | None = None) -> Figure:
    """A figure of training and validation loss by tokens learnt from, with the floor that no model can beat.

    history: as from `fine_tune(...).history`, nats per token
    floor: a perplexity
    end: where the axis of tokens ends

    The scale of losses is logarithmic, so that the last steps towards the floor can be seen; on the right stand the
    perplexities, exp(loss).
    """
    figure, axes = new_figure(height=3.6)
    training, validation = history["training_loss"].dropna(), history["validation_loss"].dropna()
    tokens = history["tokens"]
    axes.plot(tokens[training.index], training, color=GREY, linewidth=1.2)
    axes.plot(tokens[validation.index], validation, color=BLUE, marker="o", markersize=4)
    end = end or max(tokens.iloc[-1], 1)
    lowest = [validation.min(), *training.iloc[-3:]]
    if floor is not None:
        axes.axhline(math.log(floor), color=RED, linestyle="--", linewidth=1.4)
        start = (0, math.log(floor))
        words = say("fine_tuning.floor_line")
        axes.annotate(words, start, xytext=(4, -11), textcoords="offset points", color=ink(RED), fontsize=9)
        lowest.append(math.log(floor) * 0.9)
    names = ((0.95, say("fine_tuning.validation_loss"), BLUE), (0.875, say("fine_tuning.training_loss"), "#666666"))
    for y, name, colour in names:
        axes.text(0.985, y, name, color=colour, transform=axes.transAxes, ha="right", va="top")
    axes.set(xlabel=say("fine_tuning.tokens_axis"), ylabel=say("fine_tuning.loss_axis"), xlim=(-0.01 * end, 1.03 * end))
    _loss_scale(axes, min(lowest) * 0.95, max([*validation, *training]) * 1.1)
    set_title(axes, _title(history, floor))
    return figure


def _loss_scale(axes: Axes, least: float, most: float) -> None:
    """Logarithmic losses on the left, the perplexities that they mean on the right."""
    with plt.style.context(STYLE):
        right = axes.twinx()
    right.spines[:].set_visible(False)
    for side in (axes, right):
        side.set_yscale("log")
        side.set_ylim(least, most)
        side.yaxis.set_minor_locator(NullLocator())
        side.yaxis.set_major_locator(FixedLocator([tick for tick in LOSS_TICKS if least <= tick <= most]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    right.yaxis.set_major_formatter(
        FuncFormatter(lambda loss, _: f"{math.exp(loss):,.1f}" if loss < 2.5 else f"{math.exp(loss):,.0f}")
    )
    right.set_ylabel(say("fine_tuning.perplexity_axis"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tokens, _: f"{tokens:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True)


def _title(history: pandas.DataFrame, floor: float | None) -> str:
    validation = history["validation_loss"].dropna()
    perplexity, tokens = math.exp(validation.iloc[-1]), f"{history['tokens'][validation.index[-1]]:,.0f}"
    if len(validation) == 1:
        return say("fine_tuning.chart_title_start", perplexity=f"{perplexity:.1f}")
    if floor is None:
        return say("fine_tuning.chart_title", tokens=tokens, perplexity=f"{perplexity:.2f}")
    return say(
        "fine_tuning.chart_title_floor",
        tokens=tokens,
        perplexity=f"{perplexity:.2f}",
        over=_percent(perplexity / floor - 1),
    )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 0.995 else f"{share:,.0%}"


def loss_sentence(history: pandas.DataFrame, floor: float | None = None, short: bool = False) -> str:
    """What `loss_chart` shows, in words."""
    validation = history["validation_loss"].dropna()
    before, loss = validation.iloc[0], validation.iloc[-1]
    if short:
        return say("fine_tuning.sentence_short", perplexity=f"{math.exp(loss):.3f}")
    if len(validation) == 1:
        return say("fine_tuning.sentence_start", loss=f"{loss:.3f}", perplexity=f"{math.exp(loss):.1f}")
    words = say(
        "fine_tuning.sentence",
        tokens=f"{history['tokens'][validation.index[-1]]:,.0f}",
        before=f"{before:.3f}",
        loss=f"{loss:.3f}",
        perplexity_before=f"{math.exp(before):.1f}",
        perplexity=f"{math.exp(loss):.3f}",
    )
    if floor is None:
        return words
    over = _percent(math.exp(loss) / floor - 1)
    return f"{words} {say('fine_tuning.sentence_floor', floor=f'{floor:.3f}', over=over)}"


def surprisal_pair(
    tokens: Sequence[str], before: ArrayLike, after: ArrayLike, truth: ArrayLike | None = None
) -> Figure:
    """A figure of how surprising each token is before and after training, and to one who knows the language.

    tokens: n texts
    before, after, truth: (n,) surprisals in nats; a line leads from before to after: down is learnt
    """
    before, after = numpy.asarray(before, dtype=float), numpy.asarray(after, dtype=float)
    figure, axes = new_figure(width=9.6, height=3.8)
    places, better = numpy.arange(len(tokens)), after <= before
    for chosen, colour in ((better, BLUE), (~better, ORANGE)):
        axes.vlines(places[chosen], before[chosen], after[chosen], color=colour, linewidth=3, alpha=0.45)
        axes.scatter(places[chosen], after[chosen], color=colour, s=26, zorder=3)
    axes.scatter(places, before, facecolor="white", edgecolor=GREY, s=26, zorder=3)
    if truth is not None:
        axes.hlines(numpy.minimum(truth, 50), places - 0.38, places + 0.38, color=GREEN, linewidth=2, zorder=4)
    axes.set_xticks(places, [token_name(token) for token in tokens], rotation=90, fontsize=8, parse_math=False)
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.7, len(tokens) - 0.3), ylabel=say(CHART["axis"]))
    axes.set_ylim(-0.35, max(before.max(), after.max()) * 1.2 + 0.3)
    axes.grid(axis="y")
    _legend(axes, truth is not None)
    set_title(axes, gain_in_words(before, after))
    return figure


def gain_in_words(before: numpy.ndarray, after: numpy.ndarray) -> str:
    """How much surprise training took out of some tokens, or added."""
    gained = float((before - after).sum())
    title = "fine_tuning.strips_title" if gained >= 0 else "fine_tuning.strips_title_worse"
    return say(title, gained=f"{abs(gained):.0f}", tokens=len(before))


def _legend(axes: Axes, with_truth: bool) -> None:
    """Names beside their marks, in the free space above the tokens."""
    marks = [
        (say(READERS["before"]), "o", "white", GREY),
        (say(READERS["after"]), "o", BLUE, BLUE),
        (say(READERS["truth"]), "_", GREEN, GREEN),
    ][: 3 if with_truth else 2]
    for name, marker, face, edge in marks:
        axes.plot([], [], marker, color=face, markeredgecolor=edge, markeredgewidth=1.5, markersize=7, label=name)
    axes.legend(loc="upper right", ncols=3, frameon=False, fontsize=9)


def attention_patterns(tokens: Sequence[str], hidden: int) -> Figure:
    """A figure of what a causal and a masked model may look at: rows look at columns.

    hidden: the place of the masked token
    """
    number = len(tokens)
    figure, (left, right) = new_figure(width=8.4, height=4.1, ncols=2, sharey=True)
    causal = numpy.tri(number, dtype=bool)
    _draw_attention(left, causal, [(row, row + 1) for row in range(number - 1)])
    left.set_xlabel(say("fine_tuning.attention_causal"))
    masked = numpy.ones((number, number), dtype=bool)
    masked[:, hidden] = False
    _draw_attention(right, masked, [(hidden, hidden)])
    right.set_xlabel(say("fine_tuning.attention_masked"))
    columns = ["[MASK]" if place == hidden else token for place, token in enumerate(tokens)]
    for axes, names in ((left, tokens), (right, columns)):
        axes.set_xticks(range(number), names, rotation=45, ha="left", parse_math=False)
        axes.set_yticks(range(number), tokens, parse_math=False)
    left.set_ylabel(say("fine_tuning.attention_rows"))
    set_title(left, say("fine_tuning.attention_title"))
    return figure


def _draw_attention(axes: Axes, seen: numpy.ndarray, guessed: Sequence[tuple[int, int]]) -> None:
    """A square for each pair (row, column), blue where `seen` (n, n); a frame around those that must be guessed."""
    for row, column in numpy.ndindex(seen.shape):
        colour = BLUE if seen[row, column] else "#ededed"
        axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, color=colour, linewidth=0))
    for row, column in guessed:
        axes.add_patch(Rectangle((column - 0.42, row - 0.42), 0.84, 0.84, fill=False, edgecolor=RED, linewidth=2.5))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set(xlim=(-0.5, len(seen) - 0.5), ylim=(len(seen) - 0.5, -0.5), aspect="equal")
    axes.spines[:].set_visible(False)
