"""What all pictures share: style, colours, and the way from a figure to PNG bytes."""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from lessons.words.language import spoken

STYLE = Path(__file__).parents[1] / "lessons.mplstyle"

# Okabe and Ito's colours by name: told apart by readers with any kind of colour blindness.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, GREY = "#CC79A7", "#56B4E9", "#999999"
READABLE = 4.5  # the least contrast of text with its ground: W3C, Web Content Accessibility Guidelines 2.1, level AA


class Picture(Figure):
    """A figure that tells a notebook that it was drawn for white paper; JupyterLab notes that at its image, whose
    lightness a dark page can turn (`plots/themes.py`)."""

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, {"needs_background": "light"}


def new_figure(width: float = 7.2, height: float = 3.4, **options: Any) -> tuple[Figure, Any]:
    """A figure in the lessons' style with its axes, one or several, as from `plt.subplots(**options)`.

    width, height: in inches
    It is closed: pyplot forgets it, and a cell that returns it shows it once.
    """
    with plt.style.context(STYLE):
        look: dict[str, Any] = {"FigureClass": Picture, "figsize": (width, height), "layout": "constrained"}
        figure, axes = plt.subplots(**(look | options))
    plt.close(figure)
    return figure, axes


@cache
def ink(colour: str) -> str:
    """The colour for words on white: of the same hue, no darker than it must be to be read.

    >>> ink("#D55E00"), ink("black")
    ('#c35600', '#000000')
    """
    red, green, blue = to_rgb(colour)
    while contrast_with_white(red, green, blue) < READABLE:
        red, green, blue = 0.99 * red, 0.99 * green, 0.99 * blue
    return to_hex((red, green, blue))


def contrast_with_white(red: float, green: float, blue: float) -> float:
    """The contrast of a colour, its parts from 0 to 1, with white: from 1 to 21, that of black. WCAG 2.1."""
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def set_title(axes: Axes, message: str) -> None:
    """Write the picture's message over its axes, as the style has it (matplotlib reads a title's style only when it is
    written)."""
    with plt.style.context(STYLE):
        axes.set_title(message, fontweight=title_weight(), parse_math=False)


def title_weight() -> str:
    """How heavy titles are. The Hangul font has one weight: in a bold Korean title only the numbers would be bold."""
    return "normal" if spoken() == "ko" else "bold"


def with_rest(probabilities: ArrayLike) -> numpy.ndarray:
    """(n + 1,) the probabilities (n,) of some tokens, and what is left of 1 for all others.

    >>> with_rest([0.5, 0.25]).tolist()
    [0.5, 0.25, 0.25]
    """
    shown = numpy.asarray(probabilities, dtype=float)
    return numpy.append(shown, max(0.0, 1 - shown.sum()))


def in_words(figure: Figure) -> str:
    """What the picture says of itself, for those who cannot see it: its titles, and the labels of its axes.

    >>> figure, axes = new_figure()
    >>> _ = axes.set(title="The tail holds 34 %", xlabel="rank", ylabel="probability")
    >>> in_words(figure)
    'The tail holds 34 % (rank, probability)'
    """
    parts = [figure.get_suptitle()]
    for axes in figure.axes:
        titles = [str(axes.get_label()), *(axes.get_title(place).strip() for place in ("left", "center", "right"))]
        labels = ", ".join(filter(None, (axes.get_xlabel(), axes.get_ylabel())))
        parts.append(" ".join(filter(None, [*titles, labels and f"({labels})"])))
    return " ".join("; ".join(filter(None, parts)).split())


def png(figure: Figure) -> bytes:
    """The figure as PNG bytes, in its own size and resolution."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi)
    return file.getvalue()
