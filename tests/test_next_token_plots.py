"""Lesson 01's pictures, read off their axes."""

import numpy
import pytest

from lessons.plots import next_token_bars, probability_by_rank, seconds_per_step
from lessons.plots.canvas import in_words, png
from lessons.words.writing import percent

TOKENS, PROBABILITIES = [" fox", "\n", "$x^2$"], [0.5, 0.2, 0.05]


def test_everything_else_is_drawn():
    """Three bars and a fourth for the rest, which make 1 together; the title says what the three hold."""
    figure = next_token_bars(TOKENS, PROBABILITIES, others=97)
    (axes,) = figure.axes
    assert [0.5, 0.2, 0.05, 0.25] == pytest.approx([bar.get_width() for bar in axes.patches])


def test_a_shown_figure_holds_its_bars_however_it_is_drawn():
    """Drawn as a cell shows it or by the canvas itself, the picture has the colour of its bars."""
    blue = numpy.array([0x00, 0x72, 0xB2])
    from io import BytesIO

    from PIL import Image

    figure = next_token_bars(TOKENS, PROBABILITIES, others=97)
    saved = BytesIO()
    figure.savefig(saved, format="png")
    for picture in (saved.getvalue(), png(figure)):
        pixels = numpy.asarray(Image.open(BytesIO(picture)).convert("RGB")).reshape(-1, 3)
        assert (pixels == blue).all(-1).sum() > 1000


def test_the_marks_by_rank_are_where_the_mass_is_reached():
    """By hand: 0.5, 0.3, 0.15, 0.05 reach 50 % at rank 1, 90 % at rank 3, 99 % at rank 4."""
    (axes,) = probability_by_rank([0.15, 0.5, 0.05, 0.3]).axes
    words = " ".join(text.get_text() for text in axes.texts)
    assert all(mark in words for mark in ("50% by rank 1", "90% by rank 3", "99% by rank 4"))
    assert [0.5, 0.3, 0.15, 0.05] == axes.lines[0].get_ydata().tolist()


def test_seconds_are_drawn_in_milliseconds_and_their_ratio_is_said():
    """Four seconds against two: twice as long."""
    (axes,) = seconds_per_step([1.0, 1.0], [2.0, 2.0]).axes
    assert [[2000, 2000], [1000, 1000]] == [line.get_ydata().tolist() for line in axes.lines]
    assert "2.0 times" in axes.get_title(loc="left") + axes.get_title()


def test_small_probabilities_keep_two_digits():
    """Below a tenth of a percent a label still says something."""
    assert ["9.8%", "0.1%", "0.012%", "3e-07%"] == [percent(value) for value in (0.0976, 0.001, 0.00012, 3e-9)]


def test_a_picture_can_be_said_in_words():
    """Message and axes, also where the message moves with the picture and is no title of matplotlib's."""
    figure = next_token_bars([" a", " b"], [0.5, 0.25], others=7)
    assert in_words(figure) == "The 2 likeliest tokens share 75% of the probability (probability)"
