"""Strips in a page: a row with its note, and what a key brings up of it."""

from collections.abc import Sequence
from html import escape

import ipywidgets as widgets

from lessons.explorers.base import SHOWN
from lessons.plots.strip_rows import OFF, ONLY_WIDE, ROW, Piece, framed
from lessons.plots.themes import DRAWN
from lessons.words.language import say
from lessons.words.writing import as_written

FLAT = {"margin": "0", "overflow": "visible"}  # nothing of what hangs out of a strip is cut
MARGIN = 58  # pixels: of a name at the left of an axis
NOTE = 88  # pixels: of the note at the right of a strip
LEADING, LAST = 10, 2  # pieces that are read out of many
STRIPS = f"""<style>
.lessons-row {{display:flex;gap:8px;line-height:1.25;font-size:12px;color:#333}}
.lessons-row:focus-within {{position:relative;z-index:5}}
.lessons-strip {{flex:1;position:relative;min-width:0}}
.lessons-strip svg:focus {{outline:2px solid #0072B2;outline-offset:1px}}
.lessons-tip {{display:none;position:absolute;top:27px;left:0;max-width:560px;padding:4px 8px;
background:#fff;color:#111;border:1px solid #767676;line-height:1.4}}
.lessons-strip svg:focus + .lessons-tip {{display:block}}
.lessons-note {{flex:none;width:{NOTE}px;white-space:pre-line}}
@media (max-width: 1000px) {{.{ONLY_WIDE} {{display:none}}}}
</style>"""


def strip_page() -> widgets.HTML:
    """The place of a strip, as wide as there is room."""
    return widgets.HTML(layout=FLAT | {"flex": "1 1 240px", "min_width": "0"}).add_class(SHOWN)


def strip_html(drawn: str, pieces: Sequence[Piece], name: str, note: str | None = None) -> str:
    """A drawn strip, with a note in one or two lines at its right if there is one; reached by key, it lists its pieces,
    of many the leading and the last."""
    listed = "; ".join(piece.words for piece in pieces)
    if len(pieces) > LEADING + LAST:
        ends = ["; ".join(piece.words for piece in some) for some in (pieces[:LEADING], pieces[-LAST:])]
        listed = "; … ".join(ends)
    named = name if not note else f"{name}: {' '.join(note.split())}"
    words = say("strip_pages.listed", name=named, pieces=listed)
    tip = f'<div class="lessons-tip" aria-hidden="true">{escape(listed)}</div>' if listed else ""
    strip = f'<div class="lessons-strip">{framed(drawn, words, ROW if listed else OFF)}{tip}</div>'
    beside = "" if note is None else f'<div class="lessons-note">{escape(note)}</div>'
    return as_written(f'<div class="{DRAWN} lessons-row">{strip}{beside}</div>')
