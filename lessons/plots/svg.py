"""Drawings as SVG. All writing is escaped: a token with <script> in it is drawn, not run."""

from collections.abc import Mapping
from html import escape, unescape

from lessons.plots.themes import DRAWN, SHEET
from lessons.words.language import say
from lessons.words.writing import as_written

STYLE = "display:block;width:100%;height:auto;font-family:system-ui,-apple-system,'Segoe UI',sans-serif"


class Svg(str):
    """A drawing that a notebook shows; where space is scarce it shrinks to three quarters, then says that it can be
    scrolled."""

    def __repr__(self) -> str:
        title = self.partition('aria-label="')[2].partition('"')[0]
        return f"<{unescape(title)}>"

    def _repr_html_(self) -> str:
        title = self.partition('aria-label="')[2].partition('"')[0]
        least = self.partition("min-width:")[2].partition("px")[0]
        region = f'class="{DRAWN}" tabindex="0" role="region" aria-label="{title}"'
        wider = f'<p class="lessons-wide-{least}" style="display:none;margin:0;font-size:13px">{say("svg.wider")}</p>'
        narrow = f"@container (max-width:{least}px) {{.lessons-wide-{least} {{display:block !important}}}}"
        inside = f'<div {region} style="overflow-x:auto;max-width:100%">{self}</div>{wider}<style>{narrow}</style>'
        return as_written(f'{SHEET}<div style="container-type:inline-size">{inside}</div>')


def drawing(width: float, height: float, title: str, parts: list[str]) -> Svg:
    """The parts as one drawing of this size in pixels; `title` is what a screen reader says."""
    box = (
        f'viewBox="0 0 {width:.0f} {height:.0f}" style="{STYLE};max-width:{width:.0f}px;min-width:{0.75 * width:.0f}px"'
    )
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" {box}>'
    return Svg(opening + "".join(parts) + "</svg>")


def attributes(options: Mapping[str, str | float]) -> str:
    """stroke_width=2 as `stroke-width="2"`; what is empty is left out."""
    return "".join(f' {key.replace("_", "-")}="{value}"' for key, value in options.items() if value != "")


def rect(x: float, y: float, width: float, height: float, **options: str | float) -> str:
    """A box with round corners."""
    look = attributes({"rx": 4, "fill": "none", **options})
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{look}/>'


def path(way: str, **options: str | float) -> str:
    """A line along a way in SVG's own words ("M0 0C…")."""
    return f'<path d="{way}" fill="none"{attributes(options)}/>'


def text(x: float, y: float, words: str, size: float = 12, **options: str | float) -> str:
    """A line of writing; the sign for a space is paler than the letters."""
    shown = escape(words).replace("␣", '<tspan fill-opacity="0.45">␣</tspan>')
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{attributes({"fill": "#111", **options})}>{shown}</text>'
