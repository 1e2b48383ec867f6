"""Lesson 08's bars, drawn: the likeliest next tokens after so many blocks, and one bar for everything else."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from lessons.plots.canvas import BLUE, GREY, RED, with_rest
from lessons.plots.chart import FRAME, INK
from lessons.plots.names import token_name
from lessons.plots.svg import Svg, drawing, path, rect, text
from lessons.words.language import say
from lessons.words.writing import percent

LEFT, LONGEST, NUMBER, TOP, ROW = 132, 232, 56, 30, 25  # pixels: of names, of a bar for 100 %, of its number; …


def lens_bars(
    blocks: int, depth: int, tokens: Sequence[str], probabilities: ArrayLike, others: int, winner: int | None = None
) -> Svg:
    """A drawing of `tokens` with their `probabilities` (n,) after `blocks` of `depth` blocks; `others` tokens share the
    rest of 1.

    winner: the place of the token that wins after the last block, if it is among them
    """
    title = say("lens_bars.after", number=blocks, depth=depth) if blocks else say("lens_bars.put_in")
    names = [*(token_name(token, LEFT - 10) for token in tokens), say("lens_bars.others", others=f"{others:,}")]
    values, bottom = with_rest(probabilities), TOP + ROW * (len(tokens) + 1)
    parts = [text(LEFT, 18, title, 14, font_weight="600")]
    for share in (0.25, 0.5, 0.75, 1.0):
        x = LEFT + share * LONGEST
        parts.append(path(f"M{x:.1f} {TOP}V{bottom}", stroke="#e3e3e3"))
        parts.append(text(x, bottom + 17, f"{share:.0%}", 11.5, fill=INK, text_anchor="middle"))
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        y, length = TOP + ROW * place, LONGEST * float(value)
        colour = GREY if place == len(tokens) else RED if place == winner else BLUE
        weight = "600" if place == winner else ""
        parts.append(rect(LEFT, y + 3, max(length, 1), ROW - 6, fill=colour, rx=1))
        parts.append(text(LEFT - 8, y + ROW / 2 + 4, name, 12.5, text_anchor="end", font_weight=weight))
        parts.append(text(LEFT + length + 5, y + ROW / 2 + 4, percent(float(value)), 11.5, fill=INK))
    parts.append(path(f"M{LEFT} {TOP}V{bottom}", stroke=FRAME))
    return drawing(LEFT + LONGEST + NUMBER, bottom + 24, title, parts)
