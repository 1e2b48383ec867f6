"""Numbers, ends of texts and small tables as they are written for a reader; in HTML every text is escaped."""

from collections.abc import Container, Sequence
from html import escape

from lessons.words.tokens import running

RING = "#b5179e"  # the colour around what was chosen, or is pointed at
DRAWN = "lessons-drawn"  # the class of what was drawn for white paper; one such thing never holds another
SHOWN_INPUT = 48  # characters of the text so far that a displayed table shows: its end
CELL = "padding:2px 10px;vertical-align:top;max-width:70ch;word-break:keep-all;font-variant-numeric:tabular-nums"


def percent(value: float) -> str:
    """A probability for a label: two digits that mean something, however small it is.

    >>> [percent(value) for value in (0.0976, 0.5, 0.00012, 3e-9)]
    ['9.8%', '50.0%', '0.012%', '3e-07%']
    """
    if value >= 0.001:
        return f"{value:.1%}"
    return f"{100 * value:.2g}%"


def scientific(value: float) -> str:
    """A small number as in "5.3e−121"; 0 is "0.0".

    >>> scientific(0.0001234), scientific(0.0), scientific(0.25)
    ('1.2e−04', '0.0', '0.25')
    """
    if value == 0 or value >= 0.01:
        return f"{value:.2f}" if value else "0.0"
    return minus(f"{value:.1e}")


def minus(number: str) -> str:
    """A number with a real minus sign."""
    return number.replace("-", "−")


def visible_end(text: str, length: int = SHOWN_INPUT) -> str:
    """The end of a text in one line: line ends drawn as signs, what was left out marked by an ellipsis.

    >>> visible_end("once upon\\na time", 7)
    '…a time'
    """
    line = running(text)
    return line if len(line) <= length else "…" + line[len(line) - length + 1 :]


class Markup(str):
    """Text that is HTML already: a table does not escape it."""


def as_written(html: str) -> Markup:
    """The HTML in a box in which no formula is typeset: "from $5 to $" keeps its dollar signs.

    The first class is for MathJax 3 and 4 (JupyterLab), the second for MathJax 2 (older notebooks, exported pages).
    """
    return Markup(f'<div class="mathjax_ignore tex2jax_ignore">{html}</div>')


def html_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Container[int] = (),
    highlight: int | None = None,
    fill: bool = False,
) -> Markup:
    """A small table in HTML, every text escaped unless it is `Markup`.

    left: the places of columns of words, aligned left (numbers stand right)
    highlight: the place of a row drawn in bold
    fill: whether the columns share the whole width equally

    >>> html_table(["token"], [["<b>"], [Markup("<b>bold</b>")]]).count("<b>")
    1
    """
    head = _cells("th", headings, left, "border-bottom:1px solid #999")
    body = ""
    for place, row in enumerate(rows):
        style = ' style="font-weight:bold"' if place == highlight else ""
        body += f"<tr{style}>{_cells('td', row, left)}</tr>"
    size = "width:98%;table-layout:fixed" if fill else "font-size:13px"
    return Markup(f'<table style="border-collapse:collapse;margin:4px 0;{size}"><tr>{head}</tr>{body}</table>')


def _cells(tag: str, texts: Sequence[str], left: Container[int], style: str = "") -> str:
    cells = ""
    for column, text in enumerate(texts):
        content = text if isinstance(text, Markup) else escape(text)
        side = "left" if column in left else "right"
        cells += f'<{tag} style="{CELL};text-align:{side};{style}">{content}</{tag}>'
    return cells
