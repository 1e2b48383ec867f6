"""Bars that are buttons: a row for each of the likeliest tokens, under a strip of all the probability there is."""

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets as widgets

from lessons.explorers.base import SHOWN
from lessons.explorers.buttons import PictureButtons
from lessons.plots.canvas import BLUE, GREY, RED, ink
from lessons.plots.names import shortened
from lessons.plots.themes import DRAWN, SHEET
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import Markup, as_written, percent

TOKEN, NUMBER = 152, 62  # pixels at the left and at the right of a bar
HIGH, LOW, MANY = 24, 16, 13  # pixels of a row; of each where there are more than so many

ROWS = """{box}{{display:block}}
{box}>*{{display:block;box-sizing:border-box;width:100%;max-width:none;margin:0;padding:0 6px;border:0;
border-radius:2px;overflow:hidden;font-size:13px;color:#111;text-align:left;
white-space:nowrap;background:linear-gradient({bar},{bar}) no-repeat {token}px 50%/0 0}}
{box}>*::before{{float:right;font-variant-numeric:tabular-nums}}
{box}>button{{cursor:pointer}}
{box}>button:hover,{box}>button:focus-visible{{background-color:rgba(0,114,178,.16);box-shadow:none}}"""
LINE = "display:flex;justify-content:space-between;gap:12px;flex-wrap:wrap;font-size:12px;line-height:1.5;color:#111"
HATCHED = f"repeating-linear-gradient(135deg,{GREY} 0 2px,#fff 2px 7px)"


class ChoiceRows:
    """Rows `token | bar | %`, each of them a button. The longest bar takes all the room there is, in every step.

    Attributes:
        box: strip and rows.
        rows: the buttons.
        strip: the strip, and the style of the rows.
    """

    def __init__(
        self, scope: str, listen: Callable[[widgets.Widget, Callable[[], None]], None], press: Callable[[int], None]
    ) -> None:
        """scope, listen, press: as in `PictureButtons`"""
        self.rows = PictureButtons(scope, "lessons-rows", listen, press)
        self.rows.box.add_class(DRAWN)
        self.strip = widgets.HTML().add_class(SHOWN)
        self.box = widgets.VBox([self.strip, self.rows.box])
        self._still = ROWS.format(box=self.rows.rule, bar=BLUE, token=TOKEN) + self.rows.details()

    def show(
        self,
        names: Sequence[str],
        probabilities: Sequence[float],
        titles: Sequence[str],
        others: str,
        marked: int | None = None,
    ) -> None:
        """Show the tokens of these names with their probabilities, the likeliest first.

        titles: what is said of each
        others: what all other tokens together are called
        marked: the place of the row whose token was taken here
        """
        self.rows.put([shortened(visible(name), TOKEN - 14) or "“”" for name in names], titles)
        longest = percent(max(probabilities))
        scale = say("choices.longest", probability=longest)
        if marked is not None:
            scale = say("choices.longest_taken", probability=longest)
        self.put_above(self._sheet(probabilities, marked) + strip(probabilities, others), scale)

    def put_above(self, drawn: str, scale: str) -> None:
        """The style and the strip; then how long bars are, if there are bars."""
        self._above = drawn, scale
        self.strip.value = drawn + (heading(scale, say("choices.choose")) if scale else "")

    def _sheet(self, probabilities: Sequence[float], marked: int | None) -> str:
        """The style of the rows: how long each bar is, and which of them stands out."""
        height, longest = LOW if len(probabilities) > MANY else HIGH, max(*probabilities, 1e-300)
        rules = [self._still, f"{self.rows.rule}>*{{height:{height}px;line-height:{height}px}}"]
        for place, probability in enumerate(probabilities):
            length = f"max(1px,calc((100% - {TOKEN + NUMBER}px)*{probability / longest:.4f}))"
            bar = f"background-image:linear-gradient({RED},{RED});font-weight:bold;" if place == marked else ""
            rules.append(self.rows.nth(place, f"{bar}background-size:{length} {height - 8}px"))
            rules.append(self.rows.nth(place, f'content:"{percent(probability)}"', "::before"))
        return f"<style>{''.join(rules)}{self.rows.nth_on(len(probabilities), 'display:none')}</style>"

    def page(self) -> str:
        """Strip and rows where no button can be pressed."""
        labels = [button.description for button in self.rows.buttons if button.description]
        rows = "".join(f"<span>{escape(label)}</span>" for label in labels)
        drawn, scale = self._above
        return f'{drawn}{heading(scale) if scale else ""}<div class="lessons-rows {DRAWN}">{rows}</div>'


def strip(probabilities: Sequence[float], others: str) -> Markup:
    """All of the probability from 0 to 100 %: the named tokens side by side, then everything else."""
    named, parts = sum(probabilities), []
    for probability in probabilities:
        edge = "box-shadow:inset -1px 0 #fff" if probability > 0.005 else ""  # a thin part would be all edge
        parts.append(f"<span style='width:{100 * probability:.3f}%;background:{BLUE};{edge}'></span>")
    words = say("choices.named", n=len(probabilities), share=f"{named:.1%}")
    return whole(words, parts, f"{others} {max(0.0, 1 - named):.1%}")


def whole(named: str, parts: Sequence[str], others: str) -> Markup:
    """All of the probability from 0 to 100 %: parts, and hatched what is left; above them what both are called."""
    words = f"<span style='color:{ink(BLUE)};font-weight:bold'>{escape(named)}</span><span>{escape(others)}</span>"
    left = f"<span style='flex:1;background:{HATCHED}'></span>"
    bar = f"<div style='display:flex;height:16px;border:1px solid #777'>{''.join(parts)}{left}</div>"
    axis = f"<div style='{LINE};font-size:11px;color:#555'><span>0%</span><span>50%</span><span>100%</span></div>"
    drawn = f"<div class='{DRAWN}' aria-hidden='true'><div style='{LINE}'>{words}</div>{bar}{axis}</div>"
    return as_written(SHEET + drawn)


def heading(scale: str, invited: str = "") -> str:
    """What to do with the rows, and how long their bars are."""
    parts = f"<b style='font-size:13px'>{escape(invited)}</b><span>{escape(scale)}</span>"
    return as_written(f"<div class='{DRAWN}' style='{LINE};align-items:baseline;margin:4px 0 2px'>{parts}</div>")
