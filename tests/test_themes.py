"""A drawing on a dark page: its lightness turned round by the page's own style."""

import numpy
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import to_rgb

from lessons.explorers.page_style import page_style
from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, READABLE, RED, SKY, ink
from lessons.plots.next_token import probability_by_rank
from lessons.plots.svg import drawing
from lessons.plots.themes import DARK_PAGES, DRAWN, SHEET, TURNED
from lessons.words.language import speak

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


def test_a_figure_says_that_it_was_drawn_for_white_paper():
    """Where the sheet is turned, in JupyterLab, its image is found by this note."""
    _, notes = DisplayFormatter().format(probability_by_rank([0.5, 0.25, 0.125, 0.125]))
    assert {"needs_background": "light"} == notes
    assert f"img.jp-needs-light-background{{{TURNED}" in SHEET


@pytest.mark.parametrize(
    ("language", "keys", "gone"), [("en", "press Tab", "cells again"), ("ko", "Tab 키", "다시 실행")]
)
def test_what_a_page_says_by_itself_is_in_its_language(language, keys, gone):
    speak(language)
    style = page_style()
    assert keys in style.partition(".widget-textarea:focus-within::after{content:")[2]
    assert gone in style.partition('::before{content:"')[2]


def test_the_papers_of_words_are_turned_on_a_dark_page():
    """An error is no white box in the night."""
    rule = page_style().splitlines()[-2]
    assert rule.endswith(f"{{{TURNED}}}") and all(page in rule for page in DARK_PAGES)
    for paper in (".lessons-error,", ".lessons-busy>span,", ":focus-within::after,", "disconnected::before{"):
        assert paper in rule
