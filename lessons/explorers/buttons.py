"""Buttons that are parts of a picture: the bars of a chart, the words of a text, the boxes of a tree.

A style sheet reaches each of them by its place in their box. So what they look like is one text however many they are,
and there is one message to the browser for it.
"""

from collections.abc import Callable, Sequence
from functools import partial

import ipywidgets as widgets

from lessons.explorers.base import SHOWN

# What a button is about stands in a line at the foot of their box while it is under the mouse, or has the focus of the
# keyboard. (`title` alone would be for the mouse only.)
DETAILS = """{around}{{position:relative;padding-bottom:20px}}
{box}>:hover::after,{box}>:focus-visible::after{{content:attr(title);position:absolute;left:4px;right:0;bottom:0;
height:18px;font-size:12px;line-height:18px;text-align:left;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis;pointer-events:none}}
{box}:hover>:not(:hover)::after{{content:none}}
{box}>*{{position:static}}
{box}>:focus{{outline:none}}
{box}>:focus-visible{{outline:2px solid #0072B2!important;outline-offset:-1px;z-index:1}}"""


class PictureButtons:
    """As many buttons as there are labels.

    Attributes:
        box: holds them.
        buttons: all that were ever needed; those without a label are to be hidden.
        rule: the start of a rule of a style sheet about them, which holds for them only; see `nth`.
    """

    def __init__(
        self,
        scope: str,
        name: str,
        listen: Callable[[widgets.Widget, Callable[[], None]], None],
        press: Callable[[int], None],
    ) -> None:
        """
        scope: the class of what they are in, which nothing else in the page has
        listen: called with each button and what it is to do
        press: called with the place of the button that was clicked
        """
        self.box = widgets.Box(layout={"overflow": "visible"}).add_class(SHOWN).add_class(name)
        self.buttons: list[widgets.Button] = []
        self.rule = f".{scope} .{name}"
        self._listen, self._press = listen, press

    def put(self, labels: Sequence[str], titles: Sequence[str]) -> None:
        """Write a label on each button, and what it is about."""
        missing = range(len(self.buttons), len(labels))
        if missing:
            self.buttons.extend(self._made(place) for place in missing)
            self.box.children = tuple(self.buttons)
        said = [*zip(labels, titles, strict=True)] + [("", "")] * (len(self.buttons) - len(labels))
        for button, (label, title) in zip(self.buttons, said, strict=True):
            if (button.description, button.tooltip) != (label, title):
                with button.hold_sync():  # one message for both
                    button.description, button.tooltip = label, title

    def _made(self, place: int) -> widgets.Button:
        shared = (
            {"layout": self.buttons[0].layout, "style": self.buttons[0].style} if self.buttons else {}
        )  # both empty
        button = widgets.Button(**shared)
        self._listen(button, partial(self._press, place))
        return button

    def nth(self, place: int, look: str, part: str = "") -> str:
        """The rule that gives the button at a place its look, or a part of it such as `::before`."""
        return f"{self.rule}>:nth-child({place + 1}){part}{{{look}}}"

    def nth_on(self, place: int, look: str) -> str:
        """The rule for all from a place on."""
        return f"{self.rule}>:nth-child(n+{place + 1}){{{look}}}"

    def details(self, around: str = "") -> str:
        """The rules for the line that says what a button is about.

        around: the rule's start for what has that line at its foot; the box itself if none is given
        """
        return DETAILS.format(box=self.rule, around=around or self.rule)
