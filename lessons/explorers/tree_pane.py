"""The tree of lesson 03 as a control: over each box of the drawing lies a button that cannot be seen.

A drawing cannot be clicked with core widgets, a button can: the styles of a page put one over each box. So every box is
reached with Tab, too, and wherever a tree is wider than its pane, reaching a box scrolls to it.
"""

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from lessons.plots.growing_tree import arrival
from lessons.plots.svg import Svg
from lessons.plots.themes import DRAWN
from lessons.words.language import say
from lessons.words.writing import RING, as_written

# What JupyterLab would make of a button, taken back.
UNSEEN = "background:transparent !important;color:transparent !important;border:0;box-shadow:none !important"
NO_SIZE = "min-width:0;margin:0;padding:0;font-size:0;border-radius:5px;outline-offset:2px"


class TreePane(widgets.VBox):
    """A drawing that scrolls sideways where it is wider than its place, its newest end always in sight.

    Attributes:
        boxes: a button for each box of the whole tree; those of later steps are hidden.
    """

    def __init__(self, drawn: widgets.HTML, new_box: Callable[[widgets.Button, int], None]) -> None:
        self.boxes: list[widgets.Button] = []
        self._new_box = new_box  # is told of each button and its number
        self._alike = {"layout": widgets.Layout(), "style": widgets.ButtonStyle()}  # of all boxes: there are up to 192
        self._styles, self._ring = widgets.HTML(layout={"margin": "0"}), widgets.HTML(layout={"margin": "0"})
        self._tree = drawn
        drawn.layout.margin = "0"
        self._content = widgets.Box([self._styles, self._ring, self._tree], layout={"display": "block"})
        scrolled = widgets.Box([self._content], layout={"display": "block", "overflow": "auto hidden"})
        hint = widgets.HTML(f'<p style="margin:0;font-size:13px">{say("tree_pane.wider")}</p>').add_class(
            "lessons-wider"
        )
        super().__init__([scrolled, hint], layout={"flex": "1000 1 560px", "min_width": "0"})
        self.name = f"lessons-tree-{self.model_id}"
        self._content.add_class(self.name)
        scrolled.add_class(f"{self.name}-scrolled")
        self.add_class(f"{self.name}-pane")

    def offer(self, words: Sequence[str]) -> None:
        """A button for each box of the whole tree, with what it is called."""
        for number in range(len(self.boxes), len(words)):
            button = widgets.Button(**self._alike).add_class("lessons-box").add_class(f"lessons-box-{number}")
            self._new_box(button, number)
            self.boxes.append(button)
        for button, name in zip(self.boxes, words, strict=False):
            button.description = button.tooltip = name
        if len(self._content.children) < 3 + len(self.boxes):
            self._content.children = (self._styles, self._ring, self._tree, *self.boxes)

    def show(
        self,
        drawing: Svg,
        size: tuple[int, int],
        places: Sequence[tuple[float, float, float, float]],
        newcomers: int | None,
    ) -> None:
        """Put the drawing in place of the last one, and the buttons over its boxes.

        places: left, top, width, height of the first boxes, in pixels; the others are hidden
        newcomers: the step whose candidates fade in; None: all stands there at once
        """
        (width, height), mine = size, f".{self.name}"
        lines = [
            f"{mine} {{position:relative;direction:ltr;width:{width}px;height:{height}px;margin-right:auto}}",
            f"{mine} > .lessons-box {{display:none;position:absolute;{UNSEEN};{NO_SIZE}}}",
            f"{mine} > .lessons-box:hover {{outline:2px solid {RING}}}",
            f"{mine} > .lessons-box:focus-visible {{outline:2px dashed {RING}}}",
            # subtle: in a line that runs from right to left a pane that is too narrow shows the end, not the beginning
            f"{mine}-scrolled {{direction:rtl}} {mine}-pane {{container-type:inline-size}}",
            f"{mine}-pane .lessons-wider {{display:none}}",
            f"@container (max-width:{width - 1}px) {{{mine}-pane .lessons-wider {{display:block}}}}",
        ]
        for number, (left, top, wide, high) in enumerate(places):
            where = f"left:{left:.1f}px;top:{top:.1f}px;width:{wide:.1f}px;height:{high:.1f}px"
            lines.append(f"{mine} > .lessons-box-{number} {{display:block;{where}}}")
        if newcomers is not None:
            lines.append(arrival(self.name, newcomers))
        self._styles.value = f"<style>{' '.join(lines)}</style>"
        self._tree.value = as_written(f'<div class="{DRAWN}">{drawing}</div>')

    def ring(self, number: int | None) -> None:
        """Mark a box, or none."""
        ring = (
            "" if number is None else f".{self.name} > .lessons-box-{number} {{outline:2.5px solid {RING} !important}}"
        )
        self._ring.value = f"<style>{ring}</style>"
