"""Lesson 10's bars, drawn: the model's probabilities and the draft's laid over each other.

What both give is accepted. What the draft gives too much is rejected, and just as much it gives too little elsewhere:
there the model's own token comes from. p = the model's probabilities, q = the draft's, V = size of the vocabulary.
"""

from collections.abc import Callable, Iterator
from zlib import crc32

import numpy
from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREEN, ORANGE
from lessons.plots.chart import FRAME, INK
from lessons.plots.names import token_name
from lessons.plots.svg import Svg, drawing, path, rect, text
from lessons.words.language import say
from lessons.words.writing import RING, percent

MOST = 9  # tokens with a bar of their own
LEFT, LONGEST, TOP, ROW, BAR = 118, 210, 150, 24, 16  # pixels
COLUMNS = (LEFT + LONGEST + 54, LEFT + LONGEST + 126)  # where the numbers of p and q end
STRIP, WIDTH = 14, COLUMNS[1] + 2
HATCH = "M-1 1L1-1M0 6L6 0M5 7L7 5"
REJECTED: dict[str, str | float] = {
    "fill": "url(#too-much)",
    "stroke": ORANGE,
    "stroke_width": 1,
    "rx": 0,
}  # see `hatching`
ACCEPTED: dict[str, str | float] = {"fill": GREEN, "rx": 0}
INSTEAD: dict[str, str | float] = {"fill": BLUE, "rx": 0}
STRUCK = {"fill": "#8a3400", "text_decoration": "line-through"}  # the name of what was proposed and rejected


def accepted_share(
    token: Callable[[int], str], p: ArrayLike, q: ArrayLike, proposed: int | None = None, chosen: int | None = None
) -> Svg:
    """A drawing of p and q (V,) over each other: what is accepted, what rejected, what drawn instead.

    token: id → what the token is called
    proposed, chosen: ids of the token that the draft proposed and of the one that was taken, which have a bar each
    """
    p, q = numpy.asarray(p, dtype=float), numpy.asarray(q, dtype=float)
    shown = shown_ids(p, q, [id for id in (proposed, chosen) if id is not None])
    accepted, two, others = float(numpy.minimum(p, q).sum()), bool(q.any()), len(p) - len(shown)
    title = say("accepted.title", share=percent(accepted)) if two else say("accepted.title_alone")
    pattern = f"too-much-{crc32(p.tobytes() + q.tobytes())}"  # of this drawing alone
    parts = [f"<defs>{hatching(pattern)}</defs>", text(0, 16, title, 14, font_weight="600"), *head(accepted, two)]
    top = TOP if two else TOP - 106
    for name, x in zip("pq" if two else "p", COLUMNS, strict=False):
        parts.append(text(x, top - 8, name, 12, text_anchor="end", font_weight="600"))
    scale = LONGEST / max(numpy.maximum(p, q)[shown].max(), 1e-9)
    for place, id in enumerate(shown):
        y, look = top + ROW * place, {"font_weight": "600"} if id in (proposed, chosen) else {}
        parts += bar(y, p[id], q[id], scale)
        name, struck = token_name(token(id), LEFT - 12), STRUCK if id == proposed != chosen else {}
        parts += row(y, name, p[id], q[id] if two else None, look, struck)
        if id == chosen:
            parts.append(rect(0.5, y - 3.5, WIDTH - 1, BAR + 7, stroke=RING, stroke_width=1.4, rx=3))
    bottom = top + ROW * len(shown)
    if others:
        left = [float(1 - shares[shown].sum()) for shares in (p, q)]
        name = say("accepted.others", others=f"{others:,}")
        parts += row(bottom, name, max(0.0, left[0]), max(0.0, left[1]) if two else None, {"fill": INK})
    parts.append(path(f"M{LEFT} {top - 4}V{bottom}", stroke=FRAME))
    parts = [part.replace("url(#too-much)", f"url(#{pattern})") for part in parts]
    return drawing(WIDTH, bottom + ROW, title, parts)


def shown_ids(p: numpy.ndarray, q: numpy.ndarray, always: list[int]) -> list[int]:
    """The tokens with a bar of their own: those of the largest p or q, and some always; the largest p first."""
    largest = numpy.argsort(-numpy.maximum(p, q), kind="stable")[:MOST].tolist()
    kept = largest[: MOST - len(set(always) - set(largest))]
    return sorted({*kept, *always}, key=lambda id: (-p[id], id))


def hatching(name: str) -> str:
    """The pattern of what is rejected."""
    ground, lines = rect(0, 0, 6, 6, fill="#ffe3c2", rx=0), path(HATCH, stroke="#b35a00", stroke_width=1.4)
    return f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">{ground}{lines}</pattern>'


def head(accepted: float, two: bool) -> Iterator[str]:
    """What the areas are and how large each is; then all that the draft gives over all that the model gives."""
    if not two:
        return
    rest = max(0.0, 1 - accepted)
    both = (ACCEPTED, say("accepted.both", share=percent(accepted)))
    too_much = (REJECTED, say("accepted.too_much", share=percent(rest)))
    instead = (INSTEAD, say("accepted.instead", share=percent(rest)))
    for place, (look, words) in enumerate((both, too_much, instead)):
        yield rect(1, 26 + 18 * place, 13, 12, **look)
        yield text(21, 36.5 + 18 * place, words, 12, fill=INK)
    whole = WIDTH - LEFT - 2
    for place, (name, look) in enumerate(((say("accepted.draft"), REJECTED), (say("accepted.model"), INSTEAD))):
        y = 86 + place * (STRIP + 4)
        yield text(LEFT - 8, y + STRIP - 3, name, 12, text_anchor="end")
        yield rect(LEFT, y, whole * accepted, STRIP, **ACCEPTED)
        yield rect(LEFT + whole * accepted, y, whole * rest, STRIP, **look)


def bar(y: float, p: float, q: float, scale: float) -> Iterator[str]:
    """What both give a token, then what one of them gives more."""
    both = min(p, q)
    if both > 0:
        yield rect(LEFT, y, max(both * scale, 0.6), BAR, **ACCEPTED)
    if p != q:
        yield rect(LEFT + both * scale, y, max(abs(p - q) * scale, 0.6), BAR, **(INSTEAD if p > q else REJECTED))


def row(
    y: float, name: str, p: float, q: float | None, look: dict[str, str], of_name: dict[str, str] | None = None
) -> Iterator[str]:
    """A name, and its numbers; they look alike, but for what is `of_name` alone."""
    yield text(LEFT - 8, y + BAR - 3, name, 12, text_anchor="end", **look, **(of_name or {}))
    for share, x in zip((p, q), COLUMNS, strict=True):
        if share is not None:
            yield text(x, y + BAR - 3, percent(share), 11.5, text_anchor="end", **look)
