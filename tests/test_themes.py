"""A drawing on a dark page: its lightness turned round by the page's own style."""

import numpy
import pytest
from matplotlib.colors import to_rgb

from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, READABLE, RED, SKY, ink
from lessons.plots.svg import drawing
from lessons.plots.themes import DRAWN, SHEET, TURNED

DARK_GROUND = (17 / 255,) * 3  # JupyterLab's --jp-layout-color0 in its dark theme
# Filter Effects Module Level 1, W3C: the matrix of hue-rotate(180deg)
HALF_TURN = numpy.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])


def turned(colour) -> numpy.ndarray:
    """What the page makes of a colour: invert(1), then hue-rotate(180deg)."""
    assert TURNED == "filter:invert(1) hue-rotate(180deg)"
    return numpy.clip(HALF_TURN @ (1 - numpy.array(to_rgb(colour))), 0, 1)


def luminance(colour) -> float:
    """WCAG 2.1, relative luminance."""
    parts = numpy.array(colour)
    linear = numpy.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("colour", [BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY, "black", "#333333", "#555555"])
def test_words_can_be_read_on_a_dark_page(colour):
    light = luminance(turned(ink(colour)))
    assert (light + 0.05) / (luminance(DARK_GROUND) + 0.05) >= READABLE


def test_a_colour_keeps_its_hue():
    """Orange stays nearer to orange than to blue."""
    red, _, blue = turned(RED)
    assert red > blue


def test_a_drawing_brings_the_style_that_turns_it():
    shown = drawing(10, 10, "a box", [])._repr_html_()
    assert SHEET in shown and f'class="{DRAWN}"' in shown
