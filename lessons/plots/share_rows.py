"""The likeliest tokens as bars, before and after filters, with a tally of what was drawn: SVG for an explorer."""

from collections.abc import Iterator, Sequence

import numpy
from numpy.typing import ArrayLike

from lessons.plots.canvas import RED, ink
from lessons.plots.names import token_name
from lessons.plots.strips import RANKS
from lessons.plots.svg import rect, text
from lessons.plots.truncation import first_and_others
from lessons.words.language import say
from lessons.words.writing import percent

WIDTH, HEAD, ROW = 372.0, 44, 23  # pixels
NAMES, WHOLE = 112.0, 136.0  # pixels: of the names, and of a bar of 100 %
PALE = "#C4C4C4"
LEAST, NEXT_TO_NOTHING = 1e-9, "~0%"  # the least share with a number; what is written of others
FEW = 20  # draws of which each has a ring
RINGS_IN_A_ROW = 5


def share_rows(
    names: Sequence[str],
    before: ArrayLike,
    after: ArrayLike,
    heads: Sequence[str],
    counts: ArrayLike | None = None,
    lit: int | None = None,
    colours: Sequence[str] = (RANKS[0],),
    whole: float = WHOLE,
    gone: str = NEXT_TO_NOTHING,
) -> tuple[float, list[str]]:
    """(height, parts) of a drawing `WIDTH` wide: a bar for each of the first tokens, and one for all others.

    names: of the first n
    before, after (V,): probabilities as offered, and as drawn from (0 where cut)
    heads: the title, and what the grey bars and the coloured ones are
    counts (V,): how often each token was drawn; None if none was
    lit: the place of the token that was drawn last
    colours: of the first tokens; all others have the colour of ranks 2 to 10
    whole: how wide a bar of 100 % is; the drawing is as much wider than `WIDTH` as it is longer than `WHOLE`
    gone: what is written of a token whose probability is 0
    """
    first, others = len(names), len(numpy.asarray(before)) - len(names)
    offered, left = first_and_others(before, first), first_and_others(after, first)
    drawn = numpy.zeros(first + 1) if counts is None else first_and_others(counts, first)
    shown = [*(token_name(name, NAMES * 12 / 11) for name in names)]
    shown += [say("share_rows.others", others=f"{others:,}")] if others else []
    parts = list(legend(heads, int(drawn.sum()), colours[0]))
    colours = [*colours, *[RANKS[1]] * len(shown)]
    for place, name in enumerate(shown):
        here = lit is not None and min(lit, first) == place
        parts += bar(HEAD + place * ROW, name, offered[place], left[place], here, colours[place], whole, gone)
        parts += tally(HEAD + place * ROW, drawn[place], drawn.sum(), left[place])
    return HEAD + ROW * len(shown) + 4, parts


def legend(heads: Sequence[str], draws: int, colour: str) -> Iterator[str]:
    """The title, and what the bars are."""
    title, before, after = heads
    yield text(0, 14, title, 13, font_weight="bold")
    yield rect(0, 23, 12, 12, fill=PALE, rx=0)
    yield text(17, 33, before, 11, fill="#333")
    yield rect(NAMES + 6, 26, 12, 6, fill=colour, rx=0)
    yield text(NAMES + 23, 33, after, 11, fill="#333")
    if draws:
        words = (
            say("share_rows.tally_few", draws=draws) if draws <= FEW else say("share_rows.tally", draws=f"{draws:,}")
        )
        yield text(WIDTH, 33, words, 11, fill=ink(RED), text_anchor="end")


def bar(
    y: float, name: str, offered: float, left: float, lit: bool, colour: str, whole: float, gone: str
) -> Iterator[str]:
    """A token's name, what it was offered with, what it was left, and that as a number."""
    look = {"font_weight": "bold", "fill": "#111"} if lit else {"fill": "#333"}
    yield text(NAMES, y + 15, name, 11.5, text_anchor="end", **look)
    yield rect(NAMES + 6, y + 2, whole * offered, 18, fill=PALE, rx=0)
    yield rect(NAMES + 6, y + 6, whole * left, 10, fill=colour, rx=0, stroke=RED if lit else "", stroke_width=2)
    yield text(NAMES + 10 + whole * max(offered, left), y + 15, share_label(left, gone), 11, fill="#333")


def share_label(share: float, gone: str) -> str:
    """A probability; of one that is next to nothing, no more than that.

    >>> share_label(0.25, "cut"), share_label(1e-222, "cut"), share_label(0.0, "cut")
    ('25.0%', '~0%', 'cut')
    """
    return percent(share) if share > LEAST else gone if share == 0 else NEXT_TO_NOTHING


def tally(y: float, drawn: float, draws: float, share: float) -> Iterator[str]:
    """How often a token was drawn: a ring each time; of many draws the number, and how often it was to be expected."""
    if not draws:
        return
    if draws > FEW:
        words = say("share_rows.tally_row", drawn=f"{drawn:,.0f}", expected=expected(draws * share))
        yield text(WIDTH, y + 15, words, 11, fill="#333", text_anchor="end")
        return
    rings = int(min(drawn, RINGS_IN_A_ROW))
    if drawn > rings:
        yield text(WIDTH, y + 15, f"{drawn:.0f}", 11, fill=ink(RED), text_anchor="end")
    for place in range(rings):
        x = WIDTH - 6 - 11 * place - (16 if drawn > rings else 0)
        yield f'<circle cx="{x:.1f}" cy="{y + 11}" r="4" fill="none" stroke="{RED}" stroke-width="1.8"/>'


def expected(number: float) -> str:
    """
    >>> expected(196.7), expected(2.23)
    ('197', '2.2')
    """
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"
