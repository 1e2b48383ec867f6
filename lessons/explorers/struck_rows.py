"""Bars that are buttons, tokens that a rule forbids struck out: what was offered, and what is left."""

from collections.abc import Sequence
from typing import NamedTuple

from lessons.explorers.choices import HIGH, TOKEN, ChoiceRows, whole
from lessons.plots.canvas import BLUE, RED
from lessons.plots.names import shortened
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import Markup, percent

NUMBERS = 142  # pixels at the right of a bar
OFFERED, STRUCK = "#c9c9c9", "#6f6f6f"


class Row(NamedTuple):
    """A token: what it is called, its probability as offered and as left (0: it is cut), what is said of it."""

    name: str
    offered: float
    left: float
    title: str


class StruckRows(ChoiceRows):
    """Rows `token | grey bar: offered, blue bar: left | % → %`, under a strip of what the rule leaves of all."""

    def show_cut(self, rows: Sequence[Row], mass: float, number: int, size: int) -> None:
        """Show rows; the rule leaves `number` of `size` tokens, which hold the share `mass`. Without rows, nothing."""
        self.rows.put([shortened(visible(row.name), TOKEN - 14) or "“”" for row in rows], [row.title for row in rows])
        scale = say("struck_rows.scale") if rows else ""
        strip = mass_strip(mass, number, size) if rows else ""
        self.put_above(self._struck_sheet(rows) + strip, scale)

    def _struck_sheet(self, rows: Sequence[Row]) -> str:
        """The style of the rows: how long both bars are, and which names are struck out."""
        longest = max((*(max(row.offered, row.left) for row in rows), 1e-300))
        rules = [self._still, f"{self.rows.rule}>*{{height:{HIGH}px;line-height:{HIGH}px}}"]
        for place, row in enumerate(rows):
            room = f"(100% - {TOKEN + NUMBERS}px)"
            left, offered = (f"calc({room}*{share / longest:.4f})" for share in (row.left, row.offered))
            bars = f"linear-gradient({BLUE},{BLUE}),linear-gradient({OFFERED},{OFFERED})"
            sizes = f"{left} {HIGH - 16}px,max(1px,{offered}) {HIGH - 6}px"
            struck = "" if row.left else f";text-decoration:line-through {RED};color:{STRUCK};cursor:not-allowed"
            rules.append(self.rows.nth(place, f"background-image:{bars};background-size:{sizes}{struck}"))
            after = percent(row.left) if row.left else say("struck_rows.cut")
            rules.append(self.rows.nth(place, f'content:"{percent(row.offered)} → {after}"', "::before"))
        return f"<style>{''.join(rules)}{self.rows.nth_on(len(rows), 'display:none')}</style>"


def mass_strip(mass: float, number: int, size: int) -> Markup:
    """All of the probability from 0 to 100 %: what the rule leaves, and what it takes."""
    left = say("struck_rows.left", number=f"{number:,}", size=f"{size:,}", share=percent(mass))
    # subtle: all probabilities may add up to a hair less than 1
    gone = say("struck_rows.gone", share=percent(max(0.0, 1 - mass) if number < size else 0.0))
    return whole(left, [f"<span style='width:{100 * mass:.3f}%;background:{BLUE}'></span>"], gone)
