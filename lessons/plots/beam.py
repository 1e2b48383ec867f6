"""Lesson 03's picture beside the tree: two texts token by token; and in words what became of candidates and steps."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import exp

import numpy
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, ORANGE, new_figure, title_weight
from lessons.plots.names import token_name
from lessons.plots.tree import NAMES, leaving, step_of_leaving
from lessons.records.beam_tree import BeamTrace, BeamTree, Candidate, Fate
from lessons.records.trace import Trace
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import minus

# Why a candidate met its fate.
REASONS: dict[Fate, str] = {
    "kept": "beam.kept_why",
    "pruned": "beam.pruned_why",
    "finished": "beam.finished_why",
    "dropped": "beam.dropped_why",
    "evicted": "beam.evicted_why",
}
# Which of two texts is the likelier, as `verdict` names it.
VERDICTS = {
    "same": "beam.same",
    "wins": "beam.wins",
    "loses": "beam.loses",
    "shorter": "beam.shorter",
    "longer": "beam.longer",
}


def two_texts(
    tokens: tuple[Sequence[str], Sequence[str]],
    log_probs: tuple[ArrayLike, ArrayLike],
    names: tuple[str, str] | None = None,
) -> Figure:
    """A figure of two texts side by side, a bar for each token's log-probability, and the sum over each.

    tokens: of the first text and of the second
    log_probs: theirs, in nats
    names: of the texts; None: greedy and beams
    """
    both = [numpy.asarray(values, dtype=float) for values in log_probs]
    names = names or (say("beam.legend_greedy"), say("beam.legend_best"))
    rows, least = max(map(len, tokens)), min(values.min() for values in both)
    figure, panels = new_figure(7.4, 1.3 + 0.21 * rows, ncols=2, sharex=True)
    for axes, words, values, name, colour in zip(panels, tokens, both, names, (ORANGE, BLUE), strict=True):
        axes.barh(range(len(values)), values, height=0.74, color=colour)
        for row, value in enumerate(values):
            axes.text(value - 0.015 * abs(least), row, minus(f"{value:.2f}"), ha="right", va="center", fontsize=8)
        axes.set_yticks(range(len(words)), [token_name(word) for word in words], parse_math=False)
        axes.yaxis.tick_right()
        axes.tick_params(axis="y", length=0)
        axes.set(ylim=(rows - 0.4, -0.6), xlim=(1.16 * least, 0), xlabel=say("beam.bars_axis"))
        axes.spines[["left", "right"]].set_visible(False)
        title = say("beam.bars_sum", name=name, sum=minus(f"{values.sum():.2f}"))
        axes.set_title(title, fontsize=10, fontweight="normal")
    title = message(*(values.sum() for values in both))
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight=title_weight())
    return figure


def message(first: float, second: float) -> str:
    """What the two sums say about the two texts."""
    if abs(first - second) < 1e-4:
        return say("beam.bars_same")
    ratio = exp(min(abs(first - second), 300))
    factor = f"{ratio:,.1f}" if ratio < 1e4 else f"{ratio:.1e}"
    return say("beam.bars_win", factor=factor) if second > first else say("beam.bars_lose", factor=factor)


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


def fate_words(candidate: Candidate, num_beams: int, length_penalty: float) -> str:
    """Why a candidate met its fate, in a sentence."""
    length = candidate.step + 1
    return say(
        REASONS[candidate.fate],
        beams=num_beams,
        length=length,
        penalty=minus(f"{length_penalty:g}"),
        sum=minus(f"{candidate.sum:.2f}"),
        score=minus(f"{candidate.sum / length**length_penalty:.3f}"),
    )


def words_so_far(step: Sequence[Candidate], steps: int) -> str:
    """What became of a step's candidates, before the search has come to its last step."""
    return say("beam.so_far", step=step[0].step + 1, steps=steps, candidates=len(step), counts=counts_of(step))


def counts_of(step: Sequence[Candidate]) -> str:
    """How many candidates met which fate: "3 kept, 3 pruned"."""
    counts = Counter(candidate.fate for candidate in step)
    return ", ".join(say("beam.count", number=counts[fate], fate=say(NAMES[fate])) for fate in NAMES if counts[fate])


def ending(trace: BeamTrace, greedy: Trace, name: Callable[[int], str]) -> str:
    """How greedy's text fared among the beams, in a sentence."""
    step = step_of_leaving(trace.tree, greedy.new_ids)
    if step is not None:
        return leaving(step, name(greedy.new_ids[step]))
    return say("beam.greedy_wins" if trace.new_ids == greedy.new_ids else "beam.greedy_stays")


def step_words(trace: BeamTrace, greedy: Trace, step: Sequence[Candidate]) -> str:
    """What became of a step's candidates, and whether the search found a likelier text than greedy search."""
    return say(
        "beam.sentence",
        step=step[0].step + 1,
        steps=len(trace.tree),
        candidates=len(step),
        counts=counts_of(step),
        score=minus(f"{trace.score:.3f}"),
        log_prob=minus(f"{trace.log_prob:.2f}"),
        greedy=minus(f"{greedy.log_prob:.2f}"),
        verdict=say(VERDICTS[verdict(trace, greedy)], ours=len(trace.new_ids), theirs=len(greedy.new_ids)),
    )


def verdict(beams: BeamTrace, greedy: Trace) -> str:
    """Which text is the likelier: "same", "wins" or "loses" for the beams; "shorter" or "longer" if lengths differ."""
    if beams.new_ids == greedy.new_ids:
        return "same"
    if len(beams.new_ids) != len(greedy.new_ids):
        return "shorter" if len(beams.new_ids) < len(greedy.new_ids) else "longer"
    return "wins" if beams.log_prob > greedy.log_prob else "loses"
