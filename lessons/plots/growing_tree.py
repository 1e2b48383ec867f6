"""The tree of a beam search as far as the search has come: the candidates of its last step fade in, then those that do
not go on turn grey.

It ends where its last column ends. Title and legend stand around it as words that wrap, for a page may be narrow.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from lessons.plots.canvas import ORANGE
from lessons.plots.svg import Svg, drawing
from lessons.plots.themes import DRAWN
from lessons.plots.tree import (
    BLACK,
    FRAMES,
    LEGEND,
    NAMES,
    SIGNS,
    Style,
    box,
    branch,
    face,
    fill,
    halo,
    heads,
    root,
    title_of,
)
from lessons.plots.tree_grid import FOOT, MARGIN, Grid
from lessons.records.beam_tree import BeamTree, Candidate
from lessons.words.language import say

PITCHES = {6: 112, 8: 96}  # most steps: pixels from one column to the next, so that words have room beside the tree
SMALLEST_PITCH = 88
WAS = "lessons-was"  # the class of what a candidate looked like before it was pruned
COMES = """@keyframes lessons-come {from {opacity:0}}
@keyframes lessons-go {from {opacity:1}}
@media (prefers-reduced-motion: reduce) {.lessons-grown * {animation:none !important}}"""


def roomy_grid(tree: BeamTree) -> Grid:
    """A grid for a tree with words beside it."""
    fitting = [pitch for steps, pitch in PITCHES.items() if len(tree) <= steps]
    return Grid(tree, tall=False, pitch=max(fitting, default=SMALLEST_PITCH))


def growing_tree(
    tree: BeamTree,
    grid: Grid,
    name: Callable[[int], str],
    best: Sequence[int] = (),
    greedy: Sequence[int] = (),
    words: Callable[[Candidate], str] | None = None,
) -> Svg:
    """The tree so far on the grid of the whole tree, as wide as its columns.

    best, greedy: new ids of two texts whose paths are marked as far as the tree goes
    words: what a candidate says under the mouse
    """
    on_best, on_greedy = (frozenset((one.step, one.rank) for one in tree.find(ids)) for ids in (best, greedy))
    style, last = Style(name, on_best, on_greedy, None, "", words or tree.text), len(tree) - 1
    older = [one for step in tree.steps[:last] for one in step]
    parts = [*heads(grid, len(tree)), *root(grid, tree), *layers(grid, tree, older, style)]
    before = [
        face(grid, tree, one._replace(fate="kept"), style) for one in tree[last] if one.fate in ("pruned", "dropped")
    ]
    was = f'<g class="{WAS}" opacity="0">{"".join(before)}</g>'
    newest = "".join(layers(grid, tree, tree[last], style)) + was
    return drawing(
        *size_of(grid, len(tree)), title_of(tree, len(tree)), [*parts, f'<g class="{class_of(last)}">{newest}</g>']
    )


def layers(grid: Grid, tree: BeamTree, candidates: Sequence[Candidate], style: Style) -> Iterator[str]:
    """Bands below branches below boxes."""
    yield from (halo(grid, one) for one in candidates if (one.step, one.rank) in style.greedy)
    yield from (branch(grid, tree, one, style) for one in candidates)
    yield from (box(grid, tree, one, style) for one in candidates)


def class_of(step: int) -> str:
    return f"lessons-step-{step}"


def arrival(within: str, step: int) -> str:
    """A style by which, within what has this class, the candidates of a step come, and what they were goes."""
    newest = f".{within} .{class_of(step)}"
    return f"{COMES}{newest} {{animation:lessons-come .5s both}} {newest} .{WAS} {{animation:lessons-go .6s .7s both}}"


def size_of(grid: Grid, steps: int) -> tuple[int, int]:
    """How wide and high the tree of the first steps is, in pixels."""
    return round(grid.left(steps - 1) + grid.box + 8 + MARGIN), round(grid.height - FOOT + MARGIN)


def places_of(grid: Grid, tree: BeamTree) -> list[tuple[float, float, float, float]]:
    """(left, top, width, height) of each candidate's box in pixels, step after step, the best of a step first."""
    height = grid.row - 5
    return [
        (grid.left(one.step), grid.place[one.step, one.rank] - height / 2, grid.box, height)
        for step in tree
        for one in step
    ]


def legend_in_words(best: bool) -> str:
    """What frames, shades and lines mean, as HTML that wraps.

    best: whether the path of the best text is marked, too
    """
    frame = "display:inline-block;width:18px;height:12px;border-radius:3px;vertical-align:-2px;margin-right:5px"
    items = []
    for fate, (colour, width, dashes) in FRAMES.items():
        ground, line = "#fff" if fate == "pruned" else fill(0)[0], "dashed" if dashes else "solid"
        look = f"{frame};background:{ground};border:{max(width, 1):.0f}px {line} {colour};box-sizing:border-box"
        items.append((look, SIGNS[fate] + say(NAMES[fate])))
    stroke = frame.replace("height:12px;border-radius:3px;vertical-align:-2px", "vertical-align:3px")
    items.append((f"{stroke};height:8px;vertical-align:0;background:{ORANGE};opacity:.6", say(LEGEND["greedy"])))
    if best:
        items.append((f"{stroke};height:2px;background:{BLACK}", say(LEGEND["best"])))
    signs = "".join(
        f'<span style="white-space:nowrap;margin-right:14px"><span style="{look}"></span>{escape(words)}</span>'
        for look, words in items
    )
    style = "color:#333;font-size:12px;line-height:1.5"
    return f'<div class="{DRAWN}" style="{style}">{signs}<span>{escape(say(LEGEND["shade"]))}</span></div>'
