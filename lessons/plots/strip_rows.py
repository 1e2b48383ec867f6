"""Strips as SVG, a row for each: what a filter was offered, what it cut, and how the rest fills the next strip.

All places along a strip are per cent, so that it is as wide as there is room, and its writing stays sharp.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy
from numpy.typing import ArrayLike

from lessons.plots.canvas import ORANGE, RED, ink
from lessons.plots.names import width_of
from lessons.plots.strips import RANKS, rank_range
from lessons.plots.svg import STYLE, Svg, attributes, drawing, text
from lessons.words.language import say
from lessons.words.writing import percent

STRIP, ROW, OFF = 24, 42, 30  # pixels: how high a strip is, a row with what leads to the next one, one that is off
NARROWEST = 330.0  # pixels: what of a strip's writing fits, fits in one of this width
OWN = 0.008  # the least share that is a piece of its own
ALONE = (170, 480)  # pixels: where strips begin that stand alone, and how wide they are
ONLY_WIDE = "lessons-only-wide"  # the class of a name for which a narrow window has no room
NEEDLE = "lessons-needle"  # the class of a number that was just thrown
BAND = "#d3e1ed"  # the colour of what leads from one strip to the next
GREYS, HATCH = ("#f5f5f5", "#9a9a9a"), "M-1 1L1-1M0 6L6 0M5 7L7 5"


@dataclass(frozen=True)
class Piece:
    """A part of a strip: one token, or several of one group of ranks that are too narrow to be seen alone.

    Attributes:
        start, share: where it begins, and how wide it is, from 0 to 1.
        first, last: the ranks of its tokens, from 0; `last` is the one after them.
        name: what its token is called; "" for several.
        kept: whether it stays.
    """

    start: float
    share: float
    first: int
    last: int
    name: str
    kept: bool

    @property
    def words(self) -> str:
        """What it says under the mouse: "␣king: 4.6% (rank 2)"."""
        ranks, share = rank_range(self.first, self.last), percent(self.share)
        named = say("strip_rows.piece", token=self.name, share=share, rank=ranks)
        words = named if self.name else say("strip_rows.pieces", ranks=ranks, share=share)
        return words if self.kept else say("strip_rows.piece_cut", piece=words)

    @property
    def group(self) -> int:
        """Of ranks: 0 for the first, 1 for 2 to 10, 2 for 11 to 100 …"""
        return min(len(str(self.first)) if self.first else 0, len(RANKS) - 1)


def pieces(shares: ArrayLike, names: Sequence[str], kept: ArrayLike | None = None) -> list[Piece]:
    """The pieces of a strip, without those that are 0.

    shares (V,): probabilities in the order of the strip
    names: of the first tokens, as they are written
    kept (V,): which of them stay; None for all

    >>> [piece.words for piece in pieces([0.6, 0.4, 0], ["␣a", "␣b"])]
    ['␣a: 60.0% (rank 1)', '␣b: 40.0% (rank 2)']
    """
    widths = numpy.asarray(shares, dtype=float)
    stays = numpy.ones(len(widths), bool) if kept is None else numpy.asarray(kept, dtype=bool)
    group = numpy.searchsorted(10 ** numpy.arange(len(RANKS) - 1), numpy.arange(len(widths)) + 1)
    own = widths >= OWN
    begins = own[1:] | own[:-1] | (group[1:] != group[:-1]) | (stays[1:] != stays[:-1])
    firsts = numpy.flatnonzero(numpy.append(True, begins))
    sums = numpy.add.reduceat(widths, firsts)
    found, lasts, starts = [], [*firsts[1:].tolist(), len(widths)], (sums.cumsum() - sums).tolist()
    for first, last, start, share in zip(firsts.tolist(), lasts, starts, sums.tolist(), strict=True):
        if share > 0:
            name = names[first] if last == first + 1 and first < len(names) else ""
            found.append(Piece(start, share, first, last, name, bool(stays[first])))
    return found


def strip(parts: Sequence[Piece], hatch: str, wide: float = NARROWEST) -> str:
    """The pieces as SVG, those that are cut hatched; `hatch` is an id that nothing else in the page has.

    wide: how many pixels wide the strip is in a wide window; names that fit only there are left out of a narrow one
    """
    light, dark = GREYS
    drawn = [
        f'<defs><pattern id="{hatch}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{light}"/><path d="{HATCH}" stroke="{dark}"/></pattern></defs>'
    ]
    for piece in parts:
        fill, single = RANKS[piece.group] if piece.kept else f"url(#{hatch})", piece.last == piece.first + 1
        block = block_of(piece.start, piece.share, fill=fill, stroke="#fff" if single else "")
        drawn.append(block.replace("/>", f"><title>{escape(piece.words)}</title></rect>"))
        room = 0.92 * width_of(piece.name) + 6
        if piece.kept and piece.name and room < piece.share * wide:
            look: dict[str, Any] = {"class": "" if room < piece.share * NARROWEST else ONLY_WIDE}
            look |= {"fill": "#fff" if piece.group < 2 else "#111", "pointer_events": "none"}
            drawn.append(line_of(piece.start + piece.share / 2, 16, piece.name, **look))
    return "".join(drawn)


def block_of(start: float, share: float, **look: str | float) -> str:
    """A box as high as a strip, from a place on, both from 0 to 1."""
    return f'<rect x="{start:.2%}" width="{share:.2%}" height="{STRIP}"{attributes(look)}/>'


def line_of(place: float, y: float, words: str, size: float = 11, **look: Any) -> str:
    """A line of writing at a place from 0 to 1, in its middle unless `look` has another text_anchor."""
    look = {"x": f"{place:.2%}", "y": y, "font_size": size, "text_anchor": "middle", **look}
    return f"<text{attributes(look)}>{escape(words)}</text>"


def funnel(parts: Sequence[Piece]) -> str:
    """What leads from what is kept of a strip to the whole of the next one."""
    stays = [piece for piece in parts if piece.kept]
    first, last = 100 * stays[0].start, 100 * (stays[-1].start + stays[-1].share)
    way = f"M{first:.2f} 0H{last:.2f}L100 {ROW - STRIP}H0Z"
    box = f'y="{STRIP}" width="100%" height="{ROW - STRIP}" viewBox="0 0 100 {ROW - STRIP}" preserveAspectRatio="none"'
    return f'<svg {box}><path d="{way}" fill="{BAND}"/></svg>'


def axis() -> str:
    """What leads along a strip: 0 to 100 %."""
    sides = {0: "start", 100: "end"}
    ticks = [
        line_of(share / 100, ROW - 4, f"{share}%", fill="#555", text_anchor=sides.get(share, "middle"))
        for share in range(0, 101, 20)
    ]
    return "".join(ticks)


def passed_by() -> str:
    """In place of a strip: a filter that is off hands on what it was offered."""
    words = line_of(0.5, OFF / 2 + 4, say("strip_rows.off"), fill="#444")
    return f'<rect width="100%" height="{OFF}" fill="{BAND}"/>{words}'


def needles(uniforms: Sequence[float], start: float, share: float, token: str) -> str:
    """Random numbers thrown onto a strip, and the token of the last one lit: where it begins, and its share."""
    *before, last = uniforms
    drawn = [f'<rect x="{place:.2%}" y="{STRIP}" width="1.5" height="6" fill="{RED}"/>' for place in before]
    drawn.append(block_of(start, share, fill=ORANGE, stroke=RED, pointer_events="none"))
    side, aside = ("start", 8) if last < 0.6 else ("end", -8)
    words = say("strip_rows.falls", uniform=f"{last:.3f}", token=token)
    needle = f'<path d="M0-5V{STRIP + 5}" stroke="{RED}" stroke-width="2.5"/><path d="M-5-6h10L0 3Z" fill="{RED}"/>'
    thrown = f'<svg x="{last:.2%}" style="overflow:visible"><g class="{NEEDLE}">{needle}</g></svg>'
    return "".join([*drawn, thrown, line_of(last, ROW - 5, words, 12, dx=aside, fill=ink(RED), text_anchor=side)])


def framed(drawn: str, words: str, height: float = ROW) -> str:
    """A row of its own, as wide as there is room, that a key reaches; `words` are what a screen reader says of it."""
    look = f'width="100%" height="{height}" style="{STYLE};height:{height}px;overflow:visible"'
    named = f'role="img" tabindex="0" aria-label="{escape(words)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {named} {look}>{drawn}</svg>'


def stacked(
    above: Sequence[tuple[float, float, str]],
    rows: Sequence[tuple[str, str]],
    below: Sequence[tuple[float, float, str]],
    words: str,
    left: float = ALONE[0],
) -> Svg:
    """One drawing of (name, drawn strip) each in a row, between others of (width, height, parts).

    words: what a screen reader says
    left: pixels for the names
    """
    width = ALONE[1]
    parts, y = [], 10.0
    for wide, height, drawn in above:
        look = f'width="{wide}" height="{height}" style="overflow:visible"'
        parts.append(f'<svg x="{left}" y="{y}" {look}>{drawn}</svg>')
        y += height + 10
    for name, drawn in rows:
        parts.append(text(left - 10, y + 16, name, text_anchor="end"))
        parts.append(f'<svg x="{left}" y="{y}" width="{width}" height="{ROW}">{drawn}</svg>')
        y += ROW
    for wide, height, drawn in below:
        parts.append(f'<svg x="{left - 118}" y="{y}" width="{wide}" height="{height}">{drawn}</svg>')
        y += height
    return drawing(left + width + 10, y, words, parts)
