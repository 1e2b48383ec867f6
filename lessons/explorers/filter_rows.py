"""One filter of lesson 05's explorer in one row: its switch, its slider, its strip, and what it left."""

from collections.abc import Sequence

import ipywidgets as widgets
import torch

from lessons.decoding.knobs import Cut
from lessons.explorers.base import IN_A_ROW
from lessons.explorers.strip_pages import FLAT, strip_html, strip_page
from lessons.plots.strip_rows import Piece, axis, funnel, passed_by, pieces, strip
from lessons.words.language import say

MOST_K = 200
# Each knob's slider: value at the start, least, most, step.
SLIDERS = {
    "repetition_penalty": (1.2, 1.0, 2.0, 0.05),
    "no_repeat_ngram_size": (2, 1, 4, 1),
    "temperature": (1.5, 0.1, 5.0, 0.05),
    "top_k": (50, 1, MOST_K, 1),
    "top_p": (0.9, 0.01, 1.0, 0.01),
    "min_p": (0.05, 0.01, 1.0, 0.01),
    "typical_p": (0.9, 0.05, 1.0, 0.01),
}
NOTES = {"cut": "filter_rows.note_cut", "reshaped": "filter_rows.note_reshaped", "nothing": "filter_rows.note_nothing"}
KNOB_WORDS = {
    "cut": "filter_rows.knob_cut",
    "reshaped": "filter_rows.knob_reshaped",
    "nothing": "filter_rows.knob_nothing",
}
SWITCH, SLIDER = 172, 196  # pixels
WIDE = 900.0  # pixels: of a strip that is alone, in a wide window
ROW = IN_A_ROW | FLAT


class FilterRow:
    """Where a filter stands in the chain.

    Attributes:
        switch, slider: its controls; page: its strip; box: all three in a row.
    """

    def __init__(self, name: str, on: bool, mark: str) -> None:
        value, least, most, step = SLIDERS[name]
        kind = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
        self.name, self.hatch = name, f"hatch-{mark}-{name}"
        look = {"width": f"{SWITCH}px", "margin": "0", "flex": "0 0 auto"}
        self.switch = widgets.Checkbox(on, description=name, indent=False, layout=look)
        look = {"width": f"{SLIDER}px", "margin": "0 4px 0 0", "flex": "0 0 auto"}
        self.slider = kind(value=value, min=least, max=most, step=step, layout=look)
        self.page = strip_page()
        self.box = widgets.HBox([self.switch, self.slider, self.page], layout=ROW)
        self.drawn: str = passed_by()

    def show(self, cut: Cut | None, names: Sequence[str], alone: bool = False) -> None:
        """Draw what the filter did, or that it is off; alone: over an axis, for nothing follows."""
        self.slider.disabled = not self.switch.value
        parts: list[Piece] = []
        self.drawn = passed_by()
        if cut is not None:
            shares, kept = (cut.offered, cut.left) if effect(cut) == "cut" else (cut.result, None)
            parts = pieces(shares, names, kept)
            self.drawn = strip(parts, self.hatch, WIDE) + axis() if alone else strip(parts, self.hatch) + funnel(parts)
        self.page.value = strip_html(self.drawn, parts, self.name, note(cut))


def effect(cut: Cut) -> str:
    """What the knob did to what it was offered: "cut" some of it, "reshaped" it, or "nothing"."""
    if cut.removed:
        return "cut"
    return "nothing" if torch.equal(cut.offered, cut.result) else "reshaped"


def note(cut: Cut | None) -> str:
    """What stands beside a strip."""
    if cut is None:
        return ""
    return say(NOTES[effect(cut)], number=f"{cut.number:,}", mass=f"{cut.mass:.1%}")


def knob_words(cut: Cut, value: float) -> str:
    """What a knob of this value did, in words."""
    words = KNOB_WORDS[effect(cut)]
    return say(words, name=cut.name, value=f"{value:g}", number=f"{cut.number:,}", mass=f"{cut.mass:.1%}")
