"""A text that two models wrote, as HTML: what was accepted, what rejected, what came instead, each with a mark of its
own besides its colour."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from lessons.words.language import say
from lessons.words.tokens import running, visible
from lessons.words.writing import DRAWN, RING, Markup, as_written, percent


class Piece(NamedTuple):
    """One token of the text, or one that was proposed and is not in it.

    Attributes:
        token: what it spells.
        kind: "given", "accepted", "rejected", "corrected" or "extra".
        title: what is said of it.
        place: which of the steps it belongs to; -1 for what was given.
        last: whether a pass ends with it.
    """

    token: str
    kind: str
    title: str = ""
    place: int = -1
    last: bool = False


# Underlined: accepted; struck through: rejected; bold: in its place; dotted: the model's own. Contrasts above 4.5.
LOOKS = {
    "given": "color:#5f5f5f",
    "accepted": "color:#111;background:#d3eee2;box-shadow:inset 0 -2px #00795a",
    "rejected": "color:#8a3400;background:none;font-size:12px;text-decoration:line-through",
    "corrected": "color:#111;background:#ffdfc2;font-weight:bold",
    "extra": "color:#111;background:#d4e6f5;box-shadow:inset 0 -2px #fff,inset 0 -3px #0072b2",
}
MEANINGS = {
    "accepted": "judged.accepted",
    "rejected": "judged.rejected",
    "corrected": "judged.corrected",
    "extra": "judged.extra",
}
TOLD = {
    "accepted": "judged.piece_accepted",
    "rejected": "judged.piece_rejected",
    "corrected": "judged.piece_corrected",
    "extra": "judged.piece_extra",
}
LAST = "margin-right:7px"  # a pass ends here
PROSE = "white-space:pre-wrap;overflow-wrap:break-word;font-size:15px;line-height:1.75;color:#111;max-width:76ch"


def told(token: str, kind: str, number: int, p: float, q: float) -> str:
    """What is said of a token: in which pass what became of it, and how likely it was to both."""
    return say(TOLD[kind], number=number, token=visible(token), p=percent(p), q=percent(q))


def legend() -> str:
    """What the marks mean, as HTML."""
    words = {kind: say(key) for kind, key in MEANINGS.items()}
    parts = "".join(
        f'<span style="{LOOKS[kind]};margin-right:14px">{escape(said)}</span>' for kind, said in words.items()
    )
    return f'<div class="{DRAWN}" style="font-size:13px;line-height:1.8">{parts}</div>'


def look_of(piece: Piece, place: int | None = None) -> str:
    """The style of a piece; it stands out if it is of the step at that place."""
    ring = f";outline:2px solid {RING}" if piece.place == place else ""
    return f"{LOOKS[piece.kind]}{';' + LAST if piece.last else ''}{ring}"


def judged_text(pieces: Sequence[Piece], place: int | None = None) -> Markup:
    """The pieces as running text, with a gap behind each pass, and what the marks mean; those of a step stand out."""
    spans = []
    for piece in pieces:
        look = look_of(piece, place)
        spans.append(f'<span style="{look}" title="{escape(piece.title)}">{escape(running(piece.token))}</span>')
    return as_written(f'<div class="{DRAWN}" style="{PROSE}">{"".join(spans)}</div>{legend()}')
