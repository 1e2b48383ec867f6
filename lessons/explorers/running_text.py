"""A text whose tokens are buttons: running text, each token on the colour of its surprisal, later ones grey."""

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from lessons.explorers import html
from lessons.explorers.base import SHOWN
from lessons.explorers.buttons import PictureButtons
from lessons.plots.themes import DRAWN
from lessons.words.tokens import running
from lessons.words.writing import RING

MOST = 160  # tokens that are buttons: the last ones of a text; those before are text

WORDS = """{box}{{display:block;line-height:1.75;padding-top:2px}}
{box}>*{{display:inline-block;width:auto;min-width:4px;height:auto;margin:0 0 2px;padding:0;border:0;border-radius:2px;
overflow:visible;font-size:15px;line-height:1.45;white-space:pre;color:#111;outline:1px solid #fff;cursor:pointer}}
{box}>:hover{{text-decoration:underline;box-shadow:none}}"""


class RunningText:
    """The tokens of a text, side by side.

    Attributes:
        box: all of it.
        words: the buttons.
        early: what stands before them in a long text, and the style of the buttons, as HTML.
    """

    def __init__(
        self, scope: str, listen: Callable[[widgets.Widget, Callable[[], None]], None], press: Callable[[int], None]
    ) -> None:
        """
        scope, listen: as in `PictureButtons`
        press: called with the number of tokens up to the one that was clicked, itself included
        """
        self.words = PictureButtons(scope, "lessons-words", listen, lambda place: press(self._first + place + 1))
        self.words.box.add_class(DRAWN)
        self.early = widgets.HTML().add_class(SHOWN)
        self.box = widgets.VBox([self.early, self.words.box])
        self._still = WORDS.format(box=self.words.rule) + self.words.details()
        self._first = 0

    def show(
        self, tokens: Sequence[str], surprisals: Sequence[float | None], titles: Sequence[str], place: int
    ) -> None:
        """Show the tokens with their surprisals (None: not known) and what is said of them; `place` of them count, the
        others are later ones."""
        self._first = first = max(0, len(tokens) - MOST)
        self.words.put([running(token) for token in tokens[first:]], titles[first:])
        early = html.surprisal_strip(tokens[:first], surprisals[:first], titles[:first]) if first else ""
        self.early.value = self._sheet(surprisals[first:], place - first) + early

    def _sheet(self, surprisals: Sequence[float | None], place: int) -> str:
        """The style of the words: their colours up to the place."""
        grounds = map(html.surprisal_ground, surprisals[: max(0, place)])
        rules = [self.words.nth(number, f"background:{ground}") for number, ground in enumerate(grounds)]
        rules += [
            self.words.nth_on(max(0, place), "background:none;outline:0;color:#6f6f6f"),
            self.words.nth(place - 1, f"box-shadow:2px 0 {RING}") if place > 0 else "",
            self.words.nth_on(len(surprisals), "display:none"),
        ]
        return f"<style>{self._still}{''.join(rules)}</style>"
