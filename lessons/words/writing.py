"""Numbers, ends of texts and small tables as they are written for a reader; in HTML every text is escaped."""

from collections.abc import Sequence
from html import escape

from lessons.words.tokens import visible

SHOWN_INPUT = 48  # characters of the text so far that a displayed table shows: its end
CELL = "padding:1px 10px;text-align:right;font-variant-numeric:tabular-nums"


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
    return f"{value:.1e}".replace("-", "−")


def minus(number: str) -> str:
    """A number with a real minus sign."""
    return number.replace("-", "−")


def visible_end(text: str, length: int = SHOWN_INPUT) -> str:
    """The end of a text in one line: line ends drawn as signs, what was left out marked by an ellipsis.

    >>> visible_end("once upon\\na time", 7)
    '…a time'
    """
    line = visible(text).replace("␣", " ")
    return line if len(line) <= length else "…" + line[len(line) - length + 1 :]


def html_table(headings: Sequence[str], rows: Sequence[Sequence[str]], highlight: int | None = None) -> str:
    """A small table of texts; `highlight` is the place of a row drawn in bold."""
    head = "".join(f'<th style="{CELL}">{escape(heading)}</th>' for heading in headings)
    body = ""
    for place, row in enumerate(rows):
        cells = "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in row)
        body += f'<tr style="font-weight:{"bold" if place == highlight else "normal"}">{cells}</tr>'
    head = f'<tr style="border-bottom:1px solid #999">{head}</tr>'
    return f'<table style="border-collapse:collapse;font-size:13px">{head}{body}</table>'
