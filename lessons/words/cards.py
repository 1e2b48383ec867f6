"""Texts set as texts: cards side by side, their lines broken between words."""

from collections.abc import Mapping, Sequence
from html import escape

from lessons.words.arguments import check_texts
from lessons.words.writing import as_written

CARDS = "display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start"
CARD = "flex:1 1 280px;max-width:76ch;box-sizing:border-box;border:1px solid #8c8c8c;border-radius:4px;padding:6px 12px"
HEADING = "font-weight:bold;font-size:13px;margin-bottom:4px"
TEXT = "font-family:Georgia,'Nanum Myeongjo',serif;font-size:15px;line-height:1.5;white-space:pre-wrap;"
TEXT += "overflow-wrap:break-word"


class Cards(str):
    """Texts as `print` would write them, which a notebook shows as cards."""

    cards: tuple[tuple[str, str], ...]  # (heading, text)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        shown = ""
        for heading, text in self.cards:
            above = f'<div style="{HEADING}">{escape(heading)}</div>' if heading else ""
            shown += f'<div style="{CARD}">{above}<div style="{TEXT}">{escape(text)}</div></div>'
        return as_written(f'<div style="{CARDS}">{shown}</div>')


def show_texts(texts: Mapping[str, str] | Sequence[str]) -> Cards:
    """The texts, each on a card of its own: to be read, not to be counted.

    texts: {heading: text}, or texts without headings

    Raises TypeError for what is neither, ValueError for half of a character.

    >>> show_texts({"T = 1": "Once upon a time"})
    T = 1: Once upon a time
    """
    if isinstance(texts, Mapping):
        headings, written = check_texts("texts", texts.keys()), check_texts("texts", texts.values())
    else:
        written = check_texts("texts", texts)
        headings = [""] * len(written)
    pairs = tuple(zip(headings, written, strict=True))
    cards = Cards("\n\n".join(f"{heading}: {text}" if heading else text for heading, text in pairs))
    cards.cards = pairs
    return cards
