"""Pictures of lesson 08: cells, lines, squares and labels are read off the axes."""

import re

import numpy
import pytest
from matplotlib.colors import to_hex, to_rgb

from lessons.plots import attention_heads, attention_pattern, lens_curves, lens_grid, parameter_parts
from lessons.plots.canvas import GREEN, READABLE, RED, contrast_with_white
from lessons.plots.lens import guess_colour
from lessons.plots.lens_bars import LONGEST, lens_bars
from lessons.words.language import speak

TOKENS = [" king", " <b>", "\n", "$x$"]


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_grid_names_each_guess_and_frames_those_that_came_true():
    """Rows are depths, columns tokens; a guess that is the next column's token has a green frame."""
    guesses = [[" <b>", "a", "b", "c"], [" king", "\n", "b", "$x$"]]
    figure = lens_grid(TOKENS, guesses, [[1.0, 0.5, 0.1, 0.0], [0.2, 0.2, 0.2, 0.2]])
    (axes,) = figure.axes
    assert ["␣<b>", "a", "b", "c", "␣king", "↵", "b", "$x$"] == texts(axes)
    assert ["␣king", "␣<b>", "↵", "$x$"] == [label.get_text() for label in axes.get_xticklabels()]
    assert ["put in", "after 1"] == [label.get_text() for label in axes.get_yticklabels()]
    framed = [place for place, cell in enumerate(axes.patches) if to_hex(cell.get_edgecolor()) == GREEN.lower()]
    assert [0, 5] == framed
    assert guess_colour(1.0) == to_hex(axes.patches[0].get_facecolor()) != to_hex(axes.patches[3].get_facecolor())


@pytest.mark.parametrize("probability", [-0.1, 0.0, 0.3, 1.0, 1.1])
def test_a_guess_can_be_read_on_its_ground(probability):
    """Dark letters on the ground of any probability, rounding errors and all."""
    ground = contrast_with_white(*to_rgb(guess_colour(probability)))
    assert contrast_with_white(*to_rgb("#111111")) / ground >= READABLE


def test_curves_say_in_which_block_the_winner_overtakes():
    """The lines hold the numbers; the title names the last rival and the block; each line is named at its end."""
    values = numpy.array([[0.0, 0.9], [0.3, 0.2], [0.2, 0.4], [0.5, 0.1]])
    (axes,) = lens_curves(values, [" daughter", "ly"]).axes
    assert [list(line.get_ydata()) for line in axes.lines] == values.T.tolist()
    assert "“␣daughter” overtakes “ly” in block 3" == axes.get_title("left")
    assert ["␣daughter 50.0%", "ly 10.0%"] == texts(axes)


def test_curves_of_a_winner_that_always_leads():
    (axes,) = lens_curves([[0.5, 0.4], [0.6, 0.1]], ["a", "b"]).axes
    assert "“a” leads these tokens all the way" == axes.get_title("left")


def test_labels_of_curves_do_not_lie_on_each_other():
    """Five tokens that end nearly alike: five labels, each clear of the next, in the lines' order."""
    end = [0.2, 0.199, 0.2001, 0.0, 0.198]
    (axes,) = lens_curves([[0.1] * 5, end], list("abcde")).axes
    heights = [text.get_position()[1] for text in axes.texts]
    assert numpy.argsort(heights).tolist() == numpy.argsort(end).tolist()
    assert numpy.diff(sorted(heights)).min() > 0.06 * max(end)
    assert axes.get_ylim()[1] > max(heights)


def test_an_attention_pattern_shows_what_is_seen_and_hides_what_comes_later():
    """The weights as they are, in per cent where they are large enough; the upper triangle is covered."""
    weights = numpy.array([[1.0, 0.0, 0.0], [0.96, 0.04, 0.0], [0.1, 0.7, 0.2]])
    (axes,) = attention_pattern(weights, TOKENS[:3], "h.0, head 1").axes
    assert numpy.array_equal(axes.images[0].get_array(), weights)
    assert ["100", "96", "10", "70", "20"] == texts(axes)
    assert [(0.5, -0.5, 2.0), (1.5, 0.5, 1.0)] == [(one.get_x(), one.get_y(), one.get_width()) for one in axes.patches]
    assert "h.0, head 1" == axes.get_title("left")
    assert "What each token takes" in attention_pattern(weights, TOKENS[:3]).axes[0].get_title("left")


def test_the_largest_head_is_framed_and_named():
    (axes,) = attention_heads([[0.1, 0.2], [0.3, 0.9], [0.5, 0.0]]).axes
    (frame,) = axes.patches
    assert (0.5, 0.5) == frame.get_xy()
    assert "Largest in block h.1, head 1" == axes.get_title("left")
    assert ["10%", "20%", "30%", "90%", "50%", "0%"] == texts(axes)


def test_parameters_are_counted_on_the_bars():
    (axes,) = parameter_parts({"attention": 300, "MLP": 700}).axes
    assert [300, 700] == [bar.get_width() for bar in axes.patches]
    assert [" 300 (30.0%)", " 700 (70.0%)"] == texts(axes)
    assert "1,000" in axes.get_title("left")


def test_the_explorers_bars_name_the_depth():
    drawn = lens_bars(1, 6, ["a", "b"], [0.5, 0.2], 98, winner=1)
    assert repr(drawn) == "<After 1 of 6 blocks>"
    words = re.findall(r">([^<>]+)</text>", drawn)
    assert ["a", "50.0%", "b", "20.0%", "all others (98)", "30.0%"] == words[5:]
    lengths = [float(width) for width in re.findall(r'<rect [^>]*width="([\d.]+)" height="19', drawn)]
    assert lengths == pytest.approx([0.5 * LONGEST, 0.2 * LONGEST, 0.3 * LONGEST], abs=0.06)
    assert drawn.count(RED) == 1
    assert repr(lens_bars(0, 6, ["a", "b"], [0.5, 0.2], 98)) == "<Before any block>"


def test_korean_pictures(fonts):
    """Every word of the pictures is there in Korean."""
    speak("ko")
    (axes,) = lens_curves([[0.0, 0.9], [0.5, 0.1]], ["a", "밥"]).axes
    assert "1번째 블록에서 “a”의 확률이 “밥”의 확률을 앞지른다" == axes.get_title("left")
    assert "블록 1개 뒤" == lens_grid(["a"], [["b"], ["c"]], [[1.0], [0.5]]).axes[0].get_yticklabels()[1].get_text()
