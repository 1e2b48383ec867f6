"""Lesson 03's pictures beside the tree: two texts token by token, and a candidate in words."""

from collections.abc import Callable, Sequence
from math import exp

import numpy
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, ORANGE, new_figure
from lessons.records.beam_tree import BeamTree, Candidate
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import minus


def two_texts(
    tokens: tuple[Sequence[str], Sequence[str]],
    log_probs: tuple[ArrayLike, ArrayLike],
    names: tuple[str, str] | None = None,
) -> Figure:
    """A figure of two texts side by side, a bar for each token's log-probability, and the sum over each.

    tokens: of the first text and of the second; log_probs: theirs, in nats; names: of the texts (greedy and beams).
    """
    log_probs = [numpy.asarray(values, dtype=float) for values in log_probs]
    names = names or (say("beam.legend_greedy"), say("beam.legend_best"))
    rows, least = max(map(len, tokens)), min(values.min() for values in log_probs)
    figure, panels = new_figure(7.4, 1.3 + 0.21 * rows, ncols=2, sharex=True)
    for axes, words, values, name, colour in zip(panels, tokens, log_probs, names, (ORANGE, BLUE), strict=True):
        axes.barh(range(len(values)), values, height=0.74, color=colour)
        for row, value in enumerate(values):
            axes.text(value - 0.015 * abs(least), row, minus(f"{value:.2f}"), ha="right", va="center", fontsize=8)
        axes.set_yticks(range(len(words)), [visible(word) for word in words], parse_math=False)
        axes.yaxis.tick_right()
        axes.tick_params(axis="y", length=0)
        axes.set(ylim=(rows - 0.4, -0.6), xlim=(1.16 * least, 0), xlabel=say("beam.bars_axis"))
        axes.spines[["left", "right"]].set_visible(False)
        axes.set_title(
            say("beam.bars_sum", name=name, sum=minus(f"{values.sum():.2f}")), fontsize=10, fontweight="normal"
        )
    figure.suptitle(message(*(values.sum() for values in log_probs)), x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def message(first: float, second: float) -> str:
    """What the two sums say about the two texts."""
    if abs(first - second) < 1e-4:
        return say("beam.bars_same")
    factor = exp(min(abs(first - second), 300))
    return say(
        f"beam.bars_{'win' if second > first else 'lose'}", factor=f"{factor:,.1f}" if factor < 1e4 else f"{factor:.1e}"
    )


def candidate_words(tree: BeamTree, candidate: Candidate, name: Callable[[int], str]) -> str:
    """A candidate in a sentence: where it stands, what it continues, its log-probability and running sum."""
    before = tree.path(candidate)[:-1]
    text = tree.decode((*tree.prompt_ids, *(one.token for one in before)))
    return say(
        "beam.candidate",
        step=candidate.step + 1,
        place=candidate.rank + 1,
        of=len(tree[candidate.step]),
        token=visible(name(candidate.token)),
        before=("…" + text[-40:] if len(text) > 41 else text).replace("\n", "↵"),
        log_prob=minus(f"{candidate.log_prob:.3f}"),
        probability=f"{exp(candidate.log_prob):.2%}",
        sum=minus(f"{candidate.sum:.3f}"),
        product=f"{exp(candidate.sum):.2g}",
    )
