"""Lesson 01's picture of all texts that were tried: one tree, in which what they have in common stands once.

It grows from left to right. A stem is what several texts share, or what one of them has for itself; below each other
stand the ways that part. The boxes of the stems lie over the drawing: they can be pressed, so they are no part of it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from lessons.plots.names import width_of
from lessons.plots.svg import Svg, drawing, path, text
from lessons.words.language import say
from lessons.words.writing import minus

Ids = tuple[int, ...]
Box = tuple[float, float, float]  # left, top, width; in pixels
ROW, BOX, GAP, MARGIN, NUMBER = 26, 20, 20, 4, 58  # pixels: of a row, of a box, between boxes, around, of a number
LONGEST, LETTERS = 124.0, 13 / 12  # a label's width at size 12; how much larger it is written
DARK, PALE = "#111", "#8a8a8a"


@dataclass(frozen=True)
class Stem:
    """A piece of one text or of several.

    Attributes:
        ids: the text up to the end of this piece.
        start: how many of them came before it.
        parent: the place of the stem from which it grows, in the list of all; -1 for the root.
        row: how far down it stands, from 0.
        is_end: whether a text ends here.
    """

    ids: Ids
    start: int
    parent: int
    row: int
    is_end: bool


def in_common(one: Ids, other: Ids) -> int:
    """How many ids two texts begin with in common.

    >>> in_common((1, 2, 3), (1, 2, 4, 5))
    2
    """
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def stems(paths: Sequence[Ids], given: Ids, here: Ids) -> list[Stem]:
    """The pieces of some texts, none of which begins another one; each after the one that it grows from.

    given: what the texts begin with, as far as they share it: the root
    here: the beginning of a text at which a piece ends, too

    >>> [(stem.ids[stem.start :], stem.row) for stem in stems([(1, 2, 3), (1, 2, 4, 5)], (1,), ())]
    [((1,), 0), ((2,), 0), ((3,), 0), ((4, 5), 1)]
    """
    in_order = sorted([given, *paths])
    root = given[: in_common(in_order[0], in_order[-1])]
    forks = {one[: in_common(one, other)] for one, other in pairwise(sorted(paths))}
    ends = {end for end in (*forks, *paths, here) if len(end) > len(root)}
    parts: dict[Ids, list[Ids]] = {root: []}  # each piece's end -> the ends of those that grow from it
    for one in paths:
        before = root
        for length in sorted({len(end) for end in ends if end == one[: len(end)]}):
            if one[:length] not in parts:
                parts[before].append(one[:length])
                parts[one[:length]] = []
            before = one[:length]
    return list(_grown(parts, root))


def _grown(parts: dict[Ids, list[Ids]], root: Ids) -> Iterator[Stem]:
    """The stems, from the top to the bottom; the first that grows from a stem stands in its row."""
    row, todo, number = 0, [(root, 0, -1, True)], 0
    while todo:
        ids, start, parent, is_first = todo.pop()
        row += not is_first
        yield Stem(ids, start, parent, row, not parts[ids])
        todo += [(end, len(ids), number, place == 0) for place, end in enumerate(parts[ids])][::-1]
        number += 1


def lay_out(found: Sequence[Stem], labels: Sequence[str]) -> list[Box]:
    """(left, top, width) of each stem's box, in pixels."""
    boxes: list[Box] = []
    for stem, label in zip(found, labels, strict=True):
        left = MARGIN if stem.parent < 0 else sum(boxes[stem.parent][::2]) + GAP
        boxes.append((left, MARGIN + ROW * stem.row, round(width_of(label) * LETTERS + 14, 1)))
    return boxes


def tree_width(boxes: Sequence[Box]) -> float:
    """How wide the tree is, with its numbers, in pixels."""
    return max(left + width for left, _, width in boxes) + NUMBER


def branch_lines(
    found: Sequence[Stem], boxes: Sequence[Box], log_probs: Sequence[float], present: Collection[int]
) -> Svg:
    """The lines between the boxes of a tree, and behind each end the log-probability of its text.

    boxes: as from `lay_out`
    log_probs: of each stem: of all that comes after the root, up to its end
    present: the places of the stems of the present text
    """
    pale, dark, numbers = [], [], []
    for place, (stem, (left, top, width), log_prob) in enumerate(zip(found, boxes, log_probs, strict=True)):
        if stem.parent >= 0 and place in present:
            dark.append(path(_way(boxes[stem.parent], boxes[place]), stroke=DARK, stroke_width=2.2))
        elif stem.parent >= 0:
            pale.append(path(_way(boxes[stem.parent], boxes[place]), stroke=PALE, stroke_width=1.2))
        if stem.parent >= 0 and stem.is_end:
            weight = "bold" if place in present else ""
            number = minus(f"{log_prob:.2f}")
            numbers.append(text(left + width + 6, top + BOX / 2 + 4.5, number, 12, font_weight=weight))
    height = MARGIN + ROW * (1 + max(stem.row for stem in found))
    ends = sum(stem.is_end for stem in found)
    return drawing(tree_width(boxes), height, say("branches.tree", ends=ends), [*pale, *dark, *numbers])


def _way(parent: Box, child: Box) -> str:
    """From the right side of one box to the left side of another."""
    x, y, left, down = parent[0] + parent[2], parent[1] + BOX / 2, child[0], child[1] + BOX / 2
    bend = (x + left) / 2
    return f"M{x:.1f} {y:.1f}C{bend:.1f} {y:.1f} {bend:.1f} {down:.1f} {left:.1f} {down:.1f}"
