"""All texts that were tried as one tree: a button for each piece, lines between them, a log-probability at each end."""

from collections.abc import Callable, Collection, Sequence
from html import escape

import ipywidgets as widgets

from lessons.explorers.base import SHOWN
from lessons.explorers.buttons import PictureButtons
from lessons.plots.branches import BOX, LONGEST, MARGIN, ROW, Box, Ids, Stem, branch_lines, lay_out, stems, tree_width
from lessons.plots.names import shortened, width_of
from lessons.plots.themes import DRAWN
from lessons.words.language import say
from lessons.words.tokens import running, text_after
from lessons.words.writing import RING, as_written, minus

TREE = """{around} .lessons-tree{{display:grid;overflow:auto;max-height:{most}px}}
{around} .lessons-tree>*{{grid-area:1/1}}
{around} .lessons-tree,{around} .lessons-tree>*{{position:static}}
{around} .lessons-tree>:first-child{{pointer-events:none}}
{box}{{display:grid;grid-auto-rows:{row}px;padding-top:{margin}px}}
{box}>*{{grid-column:1;box-sizing:border-box;height:{height}px;margin:0;padding:0 2px;border:1px solid #8a8a8a;
border-radius:4px;background:#fff;color:#6f6f6f;font-size:13px;line-height:{line}px;text-align:center;white-space:nowrap;
overflow:hidden;cursor:pointer}}
{box}>:hover,{box}>:focus-visible{{background:#ffe9c7;box-shadow:none}}"""
HEADING = "color:#111;font-size:13px;line-height:1.4;margin:2px 0"
ROOT, MOST_LETTERS = 80.0, 60  # the width of the root's label at size 12; letters that are looked at: fewer have room
MOST_ROWS = 8.5  # that are seen at once; where there are more, the tree can be scrolled


class BranchTree:
    """The tree of all texts that were tried.

    Attributes:
        box: all of it; empty while nothing was chosen.
        pieces: the buttons.
        lines: what is drawn under them, and their style, as HTML.
    """

    def __init__(
        self, scope: str, listen: Callable[[widgets.Widget, Callable[[], None]], None], press: Callable[[Ids], None]
    ) -> None:
        """
        scope, listen: as in `PictureButtons`
        press: called with the text that ends with the piece that was clicked
        """
        self.pieces = PictureButtons(scope, "lessons-pieces", listen, lambda place: press(self._found[place].ids))
        self.lines = widgets.HTML().add_class(SHOWN)
        self._heading = widgets.HTML().add_class(SHOWN)
        tree = widgets.Box([self.lines, self.pieces.box]).add_class("lessons-tree")
        self.box = widgets.VBox([self._heading, tree]).add_class("lessons-branches").add_class(DRAWN)
        around, most = f".{scope} .lessons-branches", MARGIN + MOST_ROWS * ROW
        self._still = TREE.format(
            around=around, box=self.pieces.rule, most=round(most), row=ROW, margin=MARGIN, height=BOX, line=BOX - 2
        ) + self.pieces.details(around)
        self._found: list[Stem] = []

    def show(
        self,
        paths: Sequence[Ids],
        given: Ids,
        here: tuple[Ids, int],
        decode: Callable[[Sequence[int]], str],
        log_prob: Callable[[Ids, int], float],
    ) -> None:
        """Draw the texts `paths`.

        given: what was there before anything was chosen
        here: the present text, and how many of its tokens count
        log_prob: (ids, start) → the log-probability of all tokens from place `start` on
        """
        path, place = here
        self._found = found = stems(paths, given, path[:place])
        if len(found) == 1:  # nothing was chosen yet
            self.pieces.put([], [])
            self._heading.value = self.lines.value = ""
            return
        log_probs = [log_prob(stem.ids, len(found[0].ids)) for stem in found]
        texts = [piece_text(decode, stem) for stem in found]
        labels = [end_of(texts[0]), *(shortened(text.strip()[:MOST_LETTERS] or "␣", LONGEST) for text in texts[1:])]
        titles = [
            say("branches.piece", text=text, log_prob=minus(f"{log_prob:.2f}"))
            for text, log_prob in zip(texts, log_probs, strict=True)
        ]
        self.pieces.put(labels, titles)
        boxes = lay_out(found, labels)
        present = {number for number, stem in enumerate(found) if stem.ids == path[: len(stem.ids)]}
        lines = branch_lines(found, boxes, log_probs, present)
        self._heading.value = f"<div style='{HEADING}'><b>{escape(say('branches.heading'))}</b></div>"
        held = f"<div style='width:{tree_width(boxes):.0f}px'>{lines}</div>"  # as wide as it was drawn
        self.lines.value = self._sheet(found, boxes, present, place) + as_written(held)

    def _sheet(self, found: Sequence[Stem], boxes: Sequence[Box], present: Collection[int], place: int) -> str:
        """The style of the pieces: where each of them is, and whether it belongs to the present text."""
        rules = [self._still]
        for number, (stem, (left, _, width)) in enumerate(zip(found, boxes, strict=True)):
            look = f"grid-row:{stem.row + 1};margin-left:{left}px;width:{width}px;"
            if number in present and len(stem.ids) <= place:
                look += "color:#111;border-color:#111;"
            if number in present and (len(stem.ids) == place or (number == 0 and len(stem.ids) > place)):
                look += f"outline:2px solid {RING};outline-offset:1px;"
            rules.append(self.pieces.nth(number, look))
        return f"<style>{''.join(rules)}{self.pieces.nth_on(len(found), 'display:none')}</style>"


def piece_text(decode: Callable[[Sequence[int]], str], stem: Stem) -> str:
    """What a piece adds to the text before it, in one line."""
    return running(text_after(decode, stem.ids[: stem.start], stem.ids[stem.start :]))


def end_of(text: str) -> str:
    """The last words of a text, with an ellipsis for what is left out."""
    shown = text[-MOST_LETTERS:]
    while width_of(shown) > ROOT:
        shown = shown[1:]
    return shown if shown == text else "…" + shown[shown.rstrip().find(" ") + 1 :]
