"""Lesson 03's picture of a beam search: a tree as SVG, so that what is under the mouse can say what it is.

It grows from left to right, a column for each step (`tree_grid`). Within a step, a darker box and a wider branch mean a
larger running sum. Fates differ by sign, frame and line, not by colour alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import takewhile
from math import exp

from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, RED
from lessons.plots.names import LETTER, shortened, width_of
from lessons.plots.svg import Svg, drawing, path, rect, text
from lessons.plots.tree_grid import FOOT, MARGIN, ROOT, Grid, Key
from lessons.records.beam_tree import BeamTree, Candidate, Fate
from lessons.words.language import say
from lessons.words.tokens import running, visible
from lessons.words.writing import RING, minus

NAMES: dict[Fate, str] = {
    "kept": "tree.kept",
    "pruned": "tree.pruned",
    "finished": "tree.finished",
    "dropped": "tree.dropped",
    "evicted": "tree.evicted",
}
LEGEND = {"best": "tree.legend_best", "greedy": "tree.legend_greedy", "shade": "tree.legend_shade"}
SIGNS: dict[Fate, str] = {"kept": "", "pruned": "", "finished": "■ ", "dropped": "✕ ", "evicted": "↓ "}
FRAMES: dict[Fate, tuple[str, float, str]] = {  # colour of the frame, its width, its dashes
    "kept": (BLUE, 1, ""),
    "pruned": ("#c9c9c9", 0.8, ""),
    "finished": (GREEN, 2.6, ""),
    "dropped": (GREY, 1.2, "2 2"),
    "evicted": (RED, 1.6, "5 3"),
}
LIGHT, DARK, BLACK = (231, 240, 248), (8, 81, 156), "#111"


@dataclass(frozen=True)
class Style:
    """What is to be seen in the tree.

    Attributes:
        name: id → what a token is called.
        best, greedy: (step, rank) of the candidates along the best text and along the greedy text.
        selected: the candidate that the words beside the tree are about.
        numbers: what stands under a token: "" for nothing, "probability" or "log_probability".
        words: what a candidate says under the mouse.
    """

    name: Callable[[int], str]
    best: frozenset[Key]
    greedy: frozenset[Key]
    selected: Key | None
    numbers: str
    words: Callable[[Candidate], str]


def beam_tree(
    tree: BeamTree,
    name: Callable[[int], str] | None = None,
    until: int | None = None,
    best: Sequence[int] = (),
    greedy: Sequence[int] = (),
    selected: Candidate | None = None,
    numbers: str = "",
    words: Callable[[Candidate], str] | None = None,
) -> Svg:
    """The tree as a drawing.

    name: id → what a token is called
    until: how many steps to show (None: all)
    best, greedy: new ids of two texts whose paths are marked
    selected: a candidate to mark
    numbers: "probability" or "log_probability" writes under each token its own number and that of its whole path
    words: what a candidate says under the mouse
    """
    name = name or tree.token
    shown, grid = len(tree) if until is None else until, Grid(tree, tall=bool(numbers))
    on_best, on_greedy = (frozenset((one.step, one.rank) for one in tree.find(ids)) for ids in (best, greedy))
    chosen = (selected.step, selected.rank) if selected else None
    style = Style(name, on_best, on_greedy, chosen, numbers, words or tree.text)
    candidates = [one for step in tree.steps[:shown] for one in step]
    parts = [*heads(grid, shown), *root(grid, tree)]
    parts += [halo(grid, one) for one in candidates if (one.step, one.rank) in style.greedy]
    parts += [branch(grid, tree, one, style) for one in candidates]
    parts += [box(grid, tree, one, style) for one in candidates]
    parts += [
        *legend(grid),
        *paths_legend(grid, bool(best), bool(greedy)),
        *greedy_leaves(grid, tree, greedy, name, shown),
    ]
    return drawing(grid.width, grid.height, title_of(tree, shown), parts)


def title_of(tree: BeamTree, steps: int) -> str:
    """What a screen reader says of the tree's first steps."""
    return say("tree.picture", steps=steps, candidates=sum(map(len, tree.steps[:steps])))


def share(tree: BeamTree, candidate: Candidate) -> float:
    """How likely the candidate's text is beside the likeliest of its step: from 0 to 1."""
    return exp(candidate.sum - tree[candidate.step][0].sum)


def fill(value: float) -> tuple[str, str]:
    """The colour of a box for a share from 0 to 1, and that of the writing on it."""
    mixed = [round(light + (dark - light) * value) for light, dark in zip(LIGHT, DARK, strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*mixed), "#fff" if value > 0.45 else BLACK


def halo(grid: Grid, candidate: Candidate) -> str:
    """The greedy path: a broad band under the branch and around the box."""
    x, y = grid.left(candidate.step), grid.place[candidate.step, candidate.rank]
    band = path(grid.way(candidate), stroke=ORANGE, stroke_width=9, opacity=0.6)
    return band + rect(x - 4, y - grid.row / 2 + 0.5, grid.box + 8, grid.row - 1, rx=7, fill=ORANGE, opacity=0.6)


def branch(grid: Grid, tree: BeamTree, candidate: Candidate, style: Style) -> str:
    """The line to a candidate: the wider, the larger its running sum."""
    colour, _, dashes = FRAMES[candidate.fate]
    width = 0.8 if candidate.fate == "pruned" else 1 + 3.5 * share(tree, candidate)
    if (candidate.step, candidate.rank) in style.best:
        colour, width = BLACK, max(width, 2.2)
    return path(grid.way(candidate), stroke=colour, stroke_width=round(width, 1), stroke_dasharray=dashes)


def box(grid: Grid, tree: BeamTree, candidate: Candidate, style: Style) -> str:
    """A candidate's box, and what it says under the mouse."""
    return f"<g><title>{escape(style.words(candidate))}</title>{face(grid, tree, candidate, style)}</g>"


def face(grid: Grid, tree: BeamTree, candidate: Candidate, style: Style) -> str:
    """What a candidate's box looks like: its token, and its numbers if they are wanted."""
    key, fate = (candidate.step, candidate.rank), candidate.fate
    x, y, half = grid.left(candidate.step), grid.place[key], grid.row / 2 - 2.5
    colour, ink = fill(share(tree, candidate)) if fate != "pruned" else ("#fff", "#6d6d6d")
    frame, width, dashes = FRAMES[fate]
    frame, width = (BLACK, 2.2) if key in style.best else (frame, width)
    label = SIGNS[fate] + shortened(visible(style.name(candidate.token)), grid.box - (20 if SIGNS[fate] else 6))
    parts = [
        rect(x, y - half, grid.box, 2 * half, fill=colour, stroke=frame, stroke_width=width, stroke_dasharray=dashes)
    ]
    if key == style.selected:
        parts.append(rect(x - 4, y - half - 3.5, grid.box + 8, 2 * half + 7, rx=7, stroke=RING, stroke_width=2.5))
    middle = x + grid.box / 2
    parts.append(text(middle, y - 2 if style.numbers else y + 4, label, fill=ink, text_anchor="middle"))
    if style.numbers:
        numbers = numbers_of(candidate, style.numbers)
        parts.append(text(middle, y + 12, numbers, 10.5, fill=ink, text_anchor="middle"))
    return "".join(parts)


def numbers_of(candidate: Candidate, kind: str) -> str:
    """A candidate's own number and that of its whole path: "0.90 → 0.36", or "−0.11 → −1.02"."""
    own, whole = candidate.log_prob, candidate.sum
    if kind == "probability":
        own, whole = exp(own), exp(whole)
    return minus(f"{own:.2f} → {whole:.2f}")


def heads(grid: Grid, shown: int) -> Iterator[str]:
    """The columns' numbers, and a band behind the last one shown."""
    yield rect(grid.left(shown - 1) - 8, 2, grid.box + 16, grid.height - FOOT + 2, rx=6, fill="#f3f3f3")
    for step in range(shown):
        words = say("tree.step", step=step + 1)
        yield text(grid.left(step) + grid.box / 2, 17, words, 11, fill="#555", text_anchor="middle")


def root(grid: Grid, tree: BeamTree) -> Iterator[str]:
    """The end of the prompt, from which everything grows."""
    words = running(tree.decode(tree.prompt_ids))
    whole = width_of(words) <= ROOT - 8
    while width_of(words) > ROOT - 8 - LETTER:
        words = words[1:]
    yield rect(MARGIN, grid.middle - 12, ROOT, 24, fill="#444")
    shown = words if whole else "…" + words
    yield text(MARGIN + ROOT / 2, grid.middle + 4, shown, fill="#fff", text_anchor="middle")


def greedy_leaves(
    grid: Grid, tree: BeamTree, greedy: Sequence[int], name: Callable[[int], str], shown: int
) -> Iterator[str]:
    """A word about where the greedy text falls out of the beams, if it does so in the steps shown."""
    step = step_of_leaving(tree, greedy)
    if step is not None and step < shown:
        words = leaving(step, name(greedy[step]))
        yield text(
            grid.width - MARGIN, grid.height - 8, words, 11.5, fill="#7a4f00", font_weight="bold", text_anchor="end"
        )


def step_of_leaving(tree: BeamTree, greedy: Sequence[int]) -> int | None:
    """The step, from 0, at which the greedy text falls out of the beams; None if it stays, or ended among the best."""
    path = tree.find(greedy)
    step = len(list(takewhile(lambda one: one.fate == "kept", path)))  # at which it is no longer kept
    ended = step < len(path) and path[step].fate in ("finished", "evicted")
    return None if ended or step >= min(len(tree), len(greedy)) else step


def leaving(step: int, token: str) -> str:
    """Where the greedy text falls out of the beams, in words."""
    return say("tree.greedy_leaves", step=step + 1, token=visible(token))


def legend(grid: Grid) -> Iterator[str]:
    """The five fates in a line, and below it what a box's shade and the square mean."""
    x, y = float(MARGIN), grid.height - 42
    for fate, (colour, width, dashes) in FRAMES.items():
        words, ground = SIGNS[fate] + say(NAMES[fate]), "#fff" if fate == "pruned" else fill(0)[0]
        yield rect(x, y - 11, 18, 13, rx=3, fill=ground, stroke=colour, stroke_width=width, stroke_dasharray=dashes)
        yield text(x + 23, y, words, 11, fill="#333")
        x += 38 + width_of(words) * 11 / 12
    yield text(MARGIN, y + 17, say(LEGEND["shade"]), 11, fill="#333")


def paths_legend(grid: Grid, best: bool, greedy: bool) -> Iterator[str]:
    """The two paths that can be marked, in the line below."""
    x, y = float(MARGIN), grid.height - 8
    marks = ((best, BLACK, 2.4, say(LEGEND["best"])), (greedy, ORANGE, 8, say(LEGEND["greedy"])))
    for shown, colour, width, words in marks:
        if shown:
            yield path(f"M{x} {y - 4}h22", stroke=colour, stroke_width=width)
            yield text(x + 28, y, words, 11, fill="#333")
            x += 44 + width_of(words) * 11 / 12
