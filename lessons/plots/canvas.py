"""What all pictures share: style, colours, and the way from a figure to PNG bytes."""

from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

STYLE = Path(__file__).parents[1] / "lessons.mplstyle"

# Okabe and Ito's colours by name: told apart by readers with any kind of colour blindness.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#999999"


def new_figure(width: float = 7.2, height: float = 3.4, **options: object) -> tuple[Figure, object]:
    """A figure in the lessons' style with its axes, as from `plt.subplots(**options)`; sizes in inches.

    It is closed: pyplot forgets it, and a cell that returns it shows it once.
    """
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(width, height), **({"layout": "constrained"} | options))
    plt.close(figure)
    return figure, axes


def set_title(axes: Axes, message: str) -> None:
    """Write the picture's message over its axes, as the style has it (matplotlib reads a title's style only when it is written)."""
    with plt.style.context(STYLE):
        axes.set_title(message)


def png(figure: Figure) -> bytes:
    """The figure as PNG bytes, in its own size and resolution."""
    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    canvas.draw()
    bytes_out = BytesIO()
    Image.fromarray(numpy.asarray(canvas.buffer_rgba())).convert("RGB").save(bytes_out, "PNG", compress_level=1)
    return bytes_out.getvalue()
