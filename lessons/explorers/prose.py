"""Texts set as prose: each token on a ground coloured by its surprisal, and underlined what another text lacks."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape

from lessons.explorers.html import surprisal_colour
from lessons.plots.themes import DRAWN
from lessons.words.writing import Markup, as_written

LEAST_IN_COMMON = 4  # tokens in a row: ", and the" is in all texts
PROSE = "white-space:pre-wrap;overflow-wrap:break-word;font-size:15px;line-height:1.65;color:#111;max-width:76ch"


def only_in(ids: Sequence[int], other: Sequence[int]) -> list[bool]:
    """For each of `ids` whether it is in no piece that both texts have in the same order.

    >>> only_in([1, 2, 3, 4, 5, 9], [1, 2, 3, 4, 6, 9])  # 9 alone is no piece
    [False, False, False, False, True, True]
    """
    blocks = SequenceMatcher(None, ids, other, autojunk=False).get_matching_blocks()
    common = {block.a + place for block in blocks if block.size >= LEAST_IN_COMMON for place in range(block.size)}
    return [place not in common for place in range(len(ids))]


def prose(
    given: str, tokens: Sequence[str], surprisals: Sequence[float], marked: Sequence[bool], colour: str
) -> Markup:
    """The text as HTML, its lines broken between words; what was given is paler, what is marked is underlined."""
    spans = []
    for token, surprisal, mark in zip(tokens, surprisals, marked, strict=True):
        line = f"box-shadow:inset 0 -2px {colour}" if mark else ""
        spans.append(f'<span style="background:{surprisal_colour(surprisal)};{line}">{escape(token)}</span>')
    start = f'<span style="color:#5f5f5f">{escape(given)}</span>'
    return as_written(f'<div class="{DRAWN}" style="{PROSE}">{start}{"".join(spans)}</div>')
