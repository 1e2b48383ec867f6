"""Tokens laid side by side, the likeliest first, each as wide as its probability: the picture of a draw, of a cut."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from lessons.plots.canvas import RED, ink, new_figure, set_title
from lessons.plots.names import token_name
from lessons.words.language import say

RANKS = ("#08306B", "#2171B5", "#6BAED6", "#9ECAE1", "#C6DBEF", "#DEEBF7")  # ranks 1, 2–10, 11–100 …
LETTER = 0.0155  # the width of a letter as a share of a strip's


def strip_colours(probabilities: ArrayLike, width: int, gap: int = 1) -> numpy.ndarray:
    """(1, width, 3) pixels of a strip, 0 to 255: each token as wide as its probability, and the paler the rarer.

    probabilities (V,): in the order of the strip, of any sum
    gap: how many white pixels come after a token, if it is at least four gaps wide
    """
    probabilities = numpy.asarray(probabilities, dtype=float)
    ends = probabilities.cumsum()  # (V,) where each token ends
    middles = (numpy.arange(width) + 0.5) / width * ends[-1]  # (width,) of the pixels
    token = numpy.searchsorted(ends, middles, side="right").clip(0, len(ends) - 1)  # (width,)
    group = numpy.searchsorted(10 ** numpy.arange(len(RANKS) - 1), token + 1)  # (width,) 0 for rank 1, 1 for 2–10 …
    pixels = PALETTE[group][None]
    wide = numpy.bincount(token)[token] >= 4 * gap  # (width,)
    last = numpy.append(token[gap:] != token[:-gap], [True] * gap)  # the last pixels of each token
    pixels[:, wide & last] = 255
    return pixels


PALETTE = numpy.round(255 * numpy.array([to_rgb(colour) for colour in RANKS])).astype(numpy.uint8)


def labels_that_fit(probabilities: ArrayLike, tokens: Sequence[str]) -> list[tuple[float, str]]:
    """(middle, name) of each of the first tokens of a strip that is wide enough to bear its name."""
    shares, names = numpy.asarray(probabilities, dtype=float)[:10], [token_name(token) for token in tokens[:10]]
    starts = shares.cumsum() - shares
    return [
        (start + share / 2, name)
        for start, share, name in zip(starts, shares, names, strict=False)
        if share >= LETTER * (len(name) + 1)
    ]


def draw_strips(rows: Mapping[str, ArrayLike], tokens: Sequence[str], uniform: float) -> Figure:
    """A figure of one draw under several settings: a strip for each, and the same random number through all of them.

    rows: by label, probabilities (V,), all in one order of tokens, the likeliest first
    tokens: V names in that order
    uniform: the random number from [0, 1), which takes the token in which it falls
    """
    figure, axes = new_figure(height=0.95 + 0.5 * len(rows))
    for row, (label, probabilities) in enumerate(rows.items()):
        shares = numpy.asarray(probabilities, dtype=float)
        axes.imshow(strip_colours(shares, 2400, gap=4), extent=(0, 1, row + 0.34, row - 0.34), aspect="auto")
        for middle, name in labels_that_fit(shares, tokens):
            axes.text(middle, row, name, ha="center", va="center", fontsize=8.5, color="white", parse_math=False)
        drawn = min(int(numpy.searchsorted(shares.cumsum(), uniform, side="right")), len(shares) - 1)
        label = say("strips.drawn", token=token_name(tokens[drawn]), rank=f"{drawn + 1:,}")
        axes.text(1.015, row, label, va="center", color=ink(RED), fontsize=9.5, parse_math=False)
    axes.axvline(uniform, color=RED, linewidth=1.6)
    set_rows(axes, list(rows), say("strips.strip_axis"))
    axes.spines["left"].set_visible(False)
    set_title(axes, say("strips.strip_title", uniform=f"{uniform:.3f}"))
    return figure


def mass_by_rank(rows: Mapping[str, ArrayLike], beyond: int = 10) -> Figure:
    """A figure of how much of the probability lies in which ranks: 1, 2–10, 11–100 … a bar for each setting.

    rows: by label, probabilities (V,), the likeliest first.
    beyond: the title says how much lies beyond this rank.
    """
    figure, axes = new_figure(height=1.35 + 0.5 * len(rows))
    masses = {label: numpy.asarray(probabilities, dtype=float) for label, probabilities in rows.items()}
    size = len(next(iter(masses.values())))
    borders = [0, *(10**power for power in range(len(RANKS) - 1) if 10**power < size), size]  # 0, 1, 10, 100 … V
    for row, probabilities in enumerate(masses.values()):
        _draw_groups(axes, row, [probabilities[first:last].sum() for first, last in pairwise(borders)])
    set_rows(axes, list(masses), say("strips.mass_axis"))
    axes.spines["left"].set_visible(False)
    groups = [rank_range(first, last) for first, last in pairwise(borders)]
    axes.legend(
        axes.patches[: len(groups)],
        groups,
        title=say("strips.ranks"),
        fontsize=9,
        title_fontsize=9,
        bbox_to_anchor=(1.0, 1.05),
        loc="upper left",
        frameon=False,
    )
    (cold, at_cold), *_, (hot, at_hot) = masses.items()
    shares = {"share_cold": f"{at_cold[beyond:].sum():.0%}", "share_hot": f"{at_hot[beyond:].sum():.0%}"}
    set_title(axes, say("strips.mass_title", rank=beyond, cold=cold, hot=hot, **shares))
    return figure


def _draw_groups(axes: Axes, row: int, masses: Sequence[float]) -> None:
    """A row of bars side by side, one for each group of ranks, as wide as the group's probability."""
    start = 0.0
    for group, mass in enumerate(masses):
        axes.barh(row, mass, left=start, height=0.68, color=RANKS[group], edgecolor="white")
        if mass >= 0.05:
            ink = "white" if group < 2 else "#222222"
            axes.text(start + mass / 2, row, f"{mass:.0%}", ha="center", va="center", fontsize=9, color=ink)
        start += mass


def set_rows(axes: Axes, labels: Sequence[str], xlabel: str) -> None:
    """A row for each label, from the top down, over an axis from 0 to 100 %."""
    axes.set(xlim=(0, 1), ylim=(len(labels) - 0.5, -0.5), xlabel=xlabel)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))


def rank_range(first: int, last: int) -> str:
    """Ranks counted from 1, as a label: "1", "2–10", "11–100" …

    >>> rank_range(0, 1), rank_range(10, 4096)
    ('1', '11–4,096')
    """
    return f"{last:,}" if last == first + 1 else f"{first + 1:,}–{last:,}"
