"""Pictures of lessons 04 and 05: bars, curves, strips and labels are read off the axes."""

import math

import numpy
import pytest
from matplotlib.colors import to_rgb

from lessons.plots import (
    before_and_after,
    cumulative_cuts,
    draw_strips,
    entropy_curve,
    mass_by_rank,
    temperature_bars,
    temperature_curves,
)
from lessons.plots.strips import RANKS, strip_colours

TOKENS = [" king", " <b>", "\n", "$x$"]


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_temperature_bars_share_one_axis_and_draw_the_rest():
    """A panel for each temperature, the same axis in all; the last bar is what is missing to 1."""
    figure = temperature_bars(TOKENS, {0.5: [0.6, 0.2, 0.1, 0.05], 2.0: [0.3, 0.25, 0.2, 0.1]}, others=96)
    cold, hot = figure.axes
    assert cold.get_xlim() == hot.get_xlim()
    assert pytest.approx([0.6, 0.2, 0.1, 0.05, 0.05]) == [bar.get_width() for bar in cold.patches]
    assert pytest.approx(0.15) == hot.patches[-1].get_width()
    assert ["␣king", "␣<b>", "↵", "$x$"] == [label.get_text() for label in cold.get_yticklabels()][:4]
    assert "60.0% at T = 0.5, 30.0% at T = 2" in figure.get_suptitle()


def test_a_bar_that_leaves_the_panel_says_so():
    """Everything else beyond the axis: an arrow, and its number."""
    figure = temperature_bars(TOKENS, {1.0: [0.1, 0.1, 0.05, 0.05], 2.0: [0.05, 0.04, 0.03, 0.02]}, others=96)
    assert "70.0% →" in texts(figure.axes[0])


def test_temperature_curves_hold_the_numbers_and_the_rest():
    """One line for each token, and a dashed one for everything else; round temperatures on the axis."""
    temperatures = numpy.array([0.05, 1.0, 5.0])
    probabilities = numpy.array([[0.9, 0.1], [0.5, 0.2], [0.2, 0.15]])
    (axes,) = temperature_curves(temperatures, probabilities, TOKENS[:2]).axes
    first, second, rest = axes.lines
    assert [0.9, 0.5, 0.2] == list(first.get_ydata())
    assert [0.1, 0.2, 0.15] == list(second.get_ydata())
    assert pytest.approx([0.0, 0.3, 0.65]) == list(rest.get_ydata())
    assert "--" == rest.get_linestyle()
    assert [0.05, 0.1, 0.2, 0.5, 1, 2, 5] == list(axes.get_xticks())


def test_entropy_ends_below_its_limit():
    """The limit is drawn at log V and named."""
    (axes,) = entropy_curve([0.1, 1.0, 5.0], [0.2, 3.0, 6.0], vocabulary=1000).axes
    assert [0.2, 3.0, 6.0] == list(axes.lines[0].get_ydata())
    assert math.log(1000) == axes.lines[1].get_ydata()[0]
    assert "1,000 = 6.91 nats" in axes.get_title(loc="left")


def test_a_draw_falls_into_the_token_that_is_named():
    """u = 0.55: rank 1 where the first token holds 0.6, rank 2 where it holds 0.5, rank 3 where 0.3 + 0.2."""
    rows = {"a": [0.6, 0.3, 0.1], "b": [0.5, 0.3, 0.2], "c": [0.3, 0.2, 0.5]}
    (axes,) = draw_strips(rows, ["x", "y", "z"], uniform=0.55).axes
    assert ["x  (rank 1)", "y  (rank 2)", "z  (rank 3)"] == [text for text in texts(axes) if "rank" in text]


def test_a_strip_is_as_wide_as_the_probability():
    """Of 100 pixels 60 show rank 1, 40 rank 2; a white gap ends each."""
    pixels = strip_colours([0.6, 0.4], width=100)
    first, second = (numpy.round(255 * numpy.array(to_rgb(RANKS[group]))) for group in (0, 1))
    assert (59, 39) == ((pixels[0] == first).all(-1).sum(), (pixels[0] == second).all(-1).sum())
    assert [59, 99] == numpy.flatnonzero((pixels[0] == 255).all(-1)).tolist()


def test_mass_by_rank_adds_up():
    """1, then 2 to 10, then the rest: each bar's parts sum to 1, and the message says how much lies beyond rank 10."""
    flat, steep = numpy.full(50, 0.02), numpy.array([0.9, *[0.1 / 49] * 49])
    (axes,) = mass_by_rank({"steep": steep, "flat": flat}).axes
    widths = [bar.get_width() for bar in axes.patches]
    assert pytest.approx([0.9, 0.9 / 49, 4 / 49, 0.02, 0.18, 0.8]) == widths
    assert axes.get_title(loc="left") == "Tokens beyond rank 10 together: 8% at steep, 80% at flat"
    assert ["1", "2–10", "11–50"] == [text.get_text() for text in axes.get_legend().get_texts()]
    (further,) = mass_by_rank({"steep": steep, "flat": flat}, beyond=40).axes
    assert further.get_title(loc="left") == "Tokens beyond rank 40 together: 2% at steep, 20% at flat"


def test_cuts_of_two_distributions_are_counted():
    """Ten equal tokens need 9 for 0.9; a steep one needs 1; k = 5 holds half of the mass, or nearly all."""
    (axes,) = cumulative_cuts({"steep": [0.91, *[0.01] * 9], "flat": [0.1] * 10}, k=5, shares=(0.9, 0.95)).axes
    assert axes.get_title(loc="left").startswith("p = 0.9 keeps 1 tokens here and 9 there")
    assert {"95%", "50%", "1", "9"} <= set(texts(axes))


def test_before_and_after_hold_both_and_the_draws():
    """Grey as offered, blue as left, rings where a token was drawn; what was cut says so."""
    before, after, counts = [0.4, 0.3, 0.2, 0.1], [0.6, 0.4, 0.0, 0.0], [620, 380, 0, 0]
    (axes,) = before_and_after(["a", "b"], before, after, counts).axes
    widths = [bar.get_width() for bar in axes.patches]
    assert pytest.approx([0.4, 0.3, 0.3, 0.6, 0.4, 0.0]) == widths
    rings = axes.lines[0].get_xdata()
    assert pytest.approx([0.62, 0.38]) == list(rings[:2])
    assert numpy.isnan(rings[2])
    assert [" 60.0%", " 40.0%", " cut"] == texts(axes)
    assert "2 of 4 tokens" in axes.get_title(loc="left")


def test_every_figure_is_closed():
    """A cell that returns one shows it once."""
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    entropy_curve([0.1, 1.0], [0.2, 3.0], vocabulary=100)
    before_and_after(["a"], [0.5, 0.5], [1.0, 0.0])
    assert before == pyplot.get_fignums()
