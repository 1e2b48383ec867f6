"""Lesson 02's floats, picture and explorer without a browser: setting a value is dragging."""

import math
import re
from pathlib import Path

import matplotlib
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipywidgets import HTML, Button, ValueWidget

import lessons
from lessons.arithmetic.floats import PRECISIONS, lost_at, running_product, smallest, smallest_normal
from lessons.classroom.start import use_fonts
from lessons.explorers.cell_outputs import parts_of
from lessons.plots.chart import Chart
from lessons.plots.underflow import underflow_curves
from lessons.words.writing import scientific


@pytest.fixture
def explorer(lm):
    return lessons.UnderflowExplorer(lm)


@pytest.mark.parametrize(
    ("precision", "step", "power"), [("float16", 25, -24), ("float32", 150, -149), ("float64", 1075, -1074)]
)
def test_where_each_precision_loses_a_product_of_halves(precision, step, power):
    """The smallest number is 2**power; half of it, halfway to 0, is rounded to 0. One step before, all is exact."""
    products = running_product([0.5] * 1100, precision)
    assert smallest(precision) == 2.0**power
    assert float(products[step - 2]) == smallest(precision)
    assert float(products[step - 1]) == 0.0
    assert lost_at(products, [math.log(0.5)] * 1100) == step


def test_half_to_the_1024_is_subnormal_not_zero():
    """Below the smallest normal number digits are lost, but 50 binary places remain before 0."""
    assert 0 < 0.5**1024 < smallest_normal("float64") == 2.0**-1022
    assert 0.5**1024 / smallest("float64") == 2.0**50
    assert running_product([0.5] * 1024)[-1] == 0.5**1024


def test_a_product_can_get_stuck():
    """0.9 x 4 of the smallest numbers is 3.6 of them, rounded to 4: the product never becomes 0, yet no digit is
    right.
    """
    products = running_product([0.9] * 400, "float16")
    assert products[-1] == products[-2] > 0
    at = lost_at(products, [math.log(0.9)] * 400)
    assert abs(float(products[at - 2]) / 0.9 ** (at - 1) - 1) < 0.5 < abs(float(products[at - 1]) / 0.9**at - 1)


@given(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=60))
def test_while_the_product_lives_both_routes_agree(probabilities):
    """In 64 bits, far above its floor: log of the product is the sum of the logarithms."""
    log_probs = numpy.log(probabilities)
    products = running_product(probabilities)
    assert numpy.log(products[-1]) == pytest.approx(log_probs.sum(), abs=1e-9)
    assert lost_at(products, log_probs) is None


def test_an_unknown_precision_is_refused():
    """The error names the three."""
    with pytest.raises(ValueError, match="one of float16, float32, float64, got 'float8'"):
        running_product([0.5], "float8")


def test_the_picture_shows_the_numbers():
    """Curves, crosses and the end of the sum can be read off the figure's artists."""
    log_probs = numpy.log(numpy.full(400, 0.5))
    products = {name: running_product(numpy.full(400, 0.5), name) for name in PRECISIONS}
    picture = underflow_curves(log_probs, products)
    words = re.findall(r">([^<>]+)</text>", picture)
    assert {"16 bits: 0.0 from 25", "32 bits: 0.0 from 150", "64 bits: 3.9e−121", "−277.3 nats"} <= {*words}
    assert {"tokens multiplied", "product, as a power of ten", "10⁻¹²⁰", "tokens added"} <= {*words}
    assert picture.count("l10 10m0 -10l-10 10") == 2  # a cross where 16 and 32 bits are lost


def test_a_curve_goes_through_its_points_and_stops_where_there_are_none():
    """By hand: a chart of 100 by 50 pixels from (0, 0) to (10, 5), its corner at (20, 10)."""
    chart = Chart(20, 10, 100, 50, (0, 10), (0, 5))
    assert (chart.x(10), chart.y(5), chart.y(0)) == (120, 10, 60)
    line = chart.curve([0, 5, 6, 7, 10], [0, 5, math.nan, 9, 2.5])
    assert 'd="M20.0 60.0L70.0 10.0M120.0 35.0"' in line
    long = chart.curve(range(10_000), [1.0] * 10_000)
    assert 250 < long.count("L") < 320 and f"{chart.x(9999):.1f} 50.0" in long  # few points, among them the last


def test_numbers_are_written_short():
    """Zero is written as the zero it is."""
    assert [scientific(value) for value in (0.0, 0.5, 1.5e-5)] == ["0.0", "0.50", "1.5e−05"]


def test_the_first_picture_is_four_hundred_halves(explorer):
    """What the sentence says is what was computed."""
    assert explorer.error == ""
    assert explorer.lost == {"float16": 25, "float32": 150, "float64": None}
    assert explorer.sum == pytest.approx(400 * math.log(0.5))
    assert "the 32-bit product is 0.0 from token 150 on" in explorer.sentence
    assert explorer.drawing in explorer.drawn.value


def test_at_1075_halves_the_last_product_is_gone(explorer):
    """One token fewer, and 64 bits still hold the smallest number there is."""
    explorer.length.value = 1074
    assert (explorer.lost["float64"], float(explorer.products["float64"][-1])) == (None, 5e-324)
    explorer.length.value = 1075
    assert explorer.lost["float64"] == 1075
    assert "−745.1 nats" in explorer.sentence


def test_sliders_never_call_the_model(lm, explorer, monkeypatch):
    """Probability, length and the way back from a text are arithmetic; the text itself is read once."""
    explorer.source.value = "text"
    monkeypatch.setattr(lm.model, "forward", lambda *arguments, **options: pytest.fail("the model was called"))
    before = explorer.drawing
    explorer.length.value = 10
    assert explorer.drawing != before
    explorer.source.value = "equal"
    explorer.probability.value = 0.3
    explorer.source.value = "text"
    assert explorer.error == ""


def test_a_typed_text_is_weighed_by_the_model(lm, explorer):
    """The sum is the text's log-probability; the length slider shows its beginning."""
    text = "The fox said to the wolf that he would never come back to the forest again."
    explorer.text.value = text
    explorer.source.value = "text"
    ids = lm.encode(text)
    assert len(explorer.log_probs) == len(ids) - 1 == explorer.length.max
    assert explorer.sum == pytest.approx(lessons.sequence_logprob(lm, ids), abs=1e-4)
    explorer.length.value = 5
    assert explorer.sum == pytest.approx(lessons.sequence_logprob(lm, ids[:6]), abs=1e-3)


def test_the_length_comes_back_with_equal_probabilities(explorer):
    """A short text in between does not change what was set before."""
    explorer.length.value = 700
    explorer.source.value = "text"
    explorer.source.value = "equal"
    assert (explorer.length.value, explorer.length.max, len(explorer.log_probs)) == (700, 1200, 700)


def test_an_error_is_shown_and_the_last_good_picture_stays(explorer, lm):
    """One token alone has no probability; too many do not fit the context. The next good text mends it."""
    explorer.source.value = "text"
    good = explorer.drawing
    for text, message in (("a", "at least two tokens, got 1"), (" king" * (lm.context + 5), "reads at most")):
        explorer.text.value = text
        assert message in explorer.error
        assert explorer.drawing == good
    explorer.text.value = "Once there was a <b>queen</b>"
    assert explorer.error == ""
    assert explorer.drawing != good


def test_markup_in_a_text_is_not_run(explorer):
    """The sentence is escaped, as everything is."""
    explorer.source.value = "text"
    explorer.text.value = "<script>alert(1)</script> and so on"
    assert "<script" not in explorer._sentence_line.value


def test_it_speaks_korean(lm):
    """Words and picture, with the font that came along."""
    lessons.words.language.speak("ko")
    with matplotlib.rc_context():
        use_fonts(Path(lessons.__file__).parent / "assets" / "font")
        explorer = lessons.UnderflowExplorer(lm)
    assert explorer.error == ""
    assert "로그의 합은" in explorer.sentence


def test_a_text_hides_the_probability_and_nothing_else(lm):
    """No two controls share a layout: what hides one of them leaves the others where they are."""
    explorer = lessons.UnderflowExplorer(lm)
    explorer.source.value = "text"
    shown = [control.layout.display for control in (explorer.probability, explorer.length, explorer.source)]
    assert ["none", None, None] == shown


def test_simple_leaves_the_length(lm):
    """One slider over the same picture; what it shows is what the full one shows."""
    simple, full = lessons.UnderflowExplorer(lm, simple=True), lessons.UnderflowExplorer(lm)
    assert (simple.sentence, simple.drawing) == (full.sentence, full.drawing)
    controls = [widget for widget in parts_of(simple) if isinstance(widget, (ValueWidget, Button))]
    assert [one for one in controls if not isinstance(one, HTML)] == [simple.length]
