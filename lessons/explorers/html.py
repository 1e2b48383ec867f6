"""Tokens as HTML, every text escaped: a prompt with <script> in it is shown, not run."""

from collections.abc import Sequence
from html import escape

from lessons.plots.themes import DRAWN
from lessons.words.language import say
from lessons.words.tokens import running
from lessons.words.writing import Markup

DARKEST = 10.0  # nats of surprisal (a probability of 1 in 22,026) at which the colour is strongest


def beside(*parts: str, widths: Sequence[int] = (280, 280)) -> str:
    """Parts side by side, where a page is narrower than their widths in pixels one under the other."""
    boxes = "".join(
        f'<div style="flex:{width} 1 {width}px;min-width:0;max-width:100%">{part}</div>'
        for part, width in zip(parts, widths, strict=True)
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px 20px">{boxes}</div>'


def surprisal_colour(surprisal: float) -> str:
    """White for a certain token, through yellow to deep orange at 10 nats and above; dark text can be read on all of
    it."""
    share = min(max(surprisal, 0.0), DARKEST) / DARKEST
    red, green, blue = 255, round(255 - 115 * share), round(255 - 195 * share)
    return f"rgb({red},{green},{blue})"


def surprisal_ground(surprisal: float | None) -> str:
    """The colour behind a token; grey for one that was given and not predicted."""
    return "#e4e4e4" if surprisal is None else surprisal_colour(surprisal)


def surprisal_strip(tokens: Sequence[str], surprisals: Sequence[float | None], titles: Sequence[str]) -> Markup:
    """The tokens as running text, each on a ground coloured by its surprisal (None: grey), with `titles` shown on
    hovering."""
    spans = []
    for token, surprisal, title in zip(tokens, surprisals, titles, strict=True):
        line_end = "<br>" if "\n" in token else ""
        ground = surprisal_ground(surprisal)
        style = f"background:{ground};color:#111;padding:1px 0;border-radius:2px;outline:1px solid #fff"
        spans.append(f'<span style="{style}" title="{escape(title)}">{escape(running(token))}</span>{line_end}')
    style = "line-height:1.9;white-space:pre-wrap;font-size:15px;max-width:76ch"
    return Markup(f'<div class="{DRAWN}" style="{style}">{"".join(spans)}</div>')


def surprisal_legend() -> str:
    """The scale of the colours, in nats."""
    steps = [(value, f"{value}" if value < DARKEST else f"{value}+") for value in (0, 2, 4, 6, 8, 10)]
    style = "color:#111;padding:1px 9px;border:1px solid #ddd"
    boxes = "".join(
        f'<span style="background:{surprisal_colour(value)};{style}">{label}</span>' for value, label in steps
    )
    words, style = escape(say("explorers.surprisal_legend")), "color:#111;font-size:12px;margin:2px 0"
    return f'<div class="{DRAWN}" style="{style}">{words} {boxes}</div>'
