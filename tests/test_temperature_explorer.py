"""Lesson 04's explorer without a browser: setting a value is dragging, `click()` is clicking."""

import io
import math

import numpy
import pytest
import torch
from PIL import Image

import lessons
from lessons.arithmetic.filters import temperature_sweep
from lessons.explorers.temperature import texts_table
from lessons.records.trace import Trace

PROMPT = "Once upon a time there was a"


class CountedSource:
    """The six-word chain, counting how often it is read."""

    def __init__(self, chain):
        self.chain, self.calls = chain, 0
        self.encode, self.decode, self.end_ids = chain.encode, chain.decode, chain.end_ids

    def __call__(self, ids):
        self.calls += 1
        return self.chain(ids)


@pytest.fixture
def counted(chain):
    return CountedSource(chain)


@pytest.fixture
def explorer(counted):
    return lessons.TemperatureExplorer(counted, "the")


def test_the_distribution_at_one_half_by_hand(explorer):
    """After "the": at T = 0.5 the probabilities are the squares of 0.40, 0.35, 0.15 …, made to sum to 1."""
    explorer.temperature.value = 0.5
    squares = torch.tensor([0.40, 0.35, 0.15, 0.05, 0.03, 0.02], dtype=torch.float64) ** 2
    expected = squares / squares.sum()
    assert torch.allclose(expected, explorer.probabilities, atol=1e-9)
    assert explorer.entropy == pytest.approx(-(expected * expected.log()).sum().item())
    assert ["dog", "cat", "runs", "a", "the", "."] == explorer.tokens
    widths = [bar.get_width() for bar in explorer._picture.bars]
    assert pytest.approx([*expected.tolist(), 0], abs=1e-9) == widths


def test_the_first_picture_shows_the_whole_vocabulary_of_the_model(lm):
    """At T = 1 the bars are those of `next_token_probabilities`; everything else is drawn, so they sum to 1."""
    explorer = lessons.TemperatureExplorer(lm, PROMPT)
    expected = lessons.next_token_probabilities(lm, PROMPT, choices=8).probability
    widths = numpy.array([bar.get_width() for bar in explorer._picture.bars])
    assert numpy.allclose(expected, widths[:-1], atol=1e-6)
    assert widths.sum() == pytest.approx(1)
    assert explorer.error == ""
    assert explorer.sentence.startswith("At temperature 1 the likeliest next token is “")


def test_a_slider_move_asks_no_model_and_swaps_one_picture(explorer, counted):
    """Thirty moves: thirty pictures in one image widget, of one kept figure, and not one call of the model."""
    pictures, figure, before = [], explorer._picture.figure, counted.calls
    explorer.picture.observe(lambda change: pictures.append(change["new"]), names="value")
    for temperature in numpy.geomspace(0.06, 4.9, 30):
        explorer.temperature.value = float(temperature)
    assert (before, 30) == (counted.calls, len(set(pictures)))
    assert figure is explorer._picture.figure


def test_line_and_dots_stand_at_the_temperature(explorer):
    """The moving line is at T in both pictures, the dots at the values there."""
    explorer.temperature.value = 2.0
    picture = explorer._picture
    assert [2.0, 2.0] == list(picture.now[0].get_xdata()) == list(picture.now[1].get_xdata())
    assert pytest.approx([*explorer.probabilities.tolist(), 0]) == list(picture.dots[0].get_ydata())
    assert pytest.approx([explorer.entropy]) == list(picture.dots[1].get_ydata())


def test_a_picture_reached_by_moving_is_the_one_drawn_at_once(explorer, counted):
    """There and back: the same bytes as at first; and those of an explorer that was opened at that temperature."""
    first = explorer.picture.value
    explorer.temperature.value = 0.3
    moved = explorer.picture.value
    assert first != moved
    assert lessons.TemperatureExplorer(counted, "the", temperature=0.3).picture.value == moved
    explorer.temperature.value = 1.0
    assert first == explorer.picture.value
    assert (792, 539) == Image.open(io.BytesIO(first)).size


def test_a_temperature_can_be_typed_and_the_slider_follows(explorer):
    """Also one beyond the slider's ends."""
    explorer.typed.value = 0.7
    assert explorer.temperature.value == pytest.approx(0.7)
    explorer.typed.value = 50
    assert explorer.error == ""
    assert explorer.entropy == pytest.approx(math.log(6), abs=0.01)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "temperature must be greater than 0, got 0.0; for the limit at 0 use greedy_search()"),
        (-1, "temperature must be greater than 0, got -1.0; for the limit at 0 use greedy_search()"),
        (math.nan, "temperature must be greater than 0, got nan; for the limit at 0 use greedy_search()"),
        (
            math.inf,
            "temperature must be finite, got inf; at the limit at infinity all tokens are equally likely: "
            "torch.zeros_like(logits)",
        ),
    ],
)
def test_a_bad_temperature_is_said_under_the_control_and_the_last_picture_stays(explorer, value, message):
    """Rule, value, way out; the next good value clears it."""
    explorer.temperature.value = 0.6
    picture, sentence = explorer.picture.value, explorer.sentence
    explorer.typed.value = value
    assert message == explorer.error
    assert "lessons-error" in explorer._error_line.value
    assert (picture, sentence) == (explorer.picture.value, explorer.sentence)
    explorer.typed.value = 0.8
    assert explorer.error == ""


def test_an_empty_prompt_leaves_everything_as_it_was(explorer):
    """The message names the way out."""
    picture = explorer.picture.value
    explorer.prompt.value = ""
    assert "the prompt must hold at least one token" in explorer.error
    assert picture == explorer.picture.value
    explorer.prompt.value = "a"
    assert ("", "cat") == (explorer.error, explorer.tokens[0])


def test_texts_written_are_those_of_sample(lm):
    """The button calls `sample` with this temperature and seed; the same seed at another T shares the beginning."""
    explorer = lessons.TemperatureExplorer(lm, PROMPT, temperature=0.7)
    explorer.length.value = 8
    for temperature in (0.7, 2.0):
        explorer.temperature.value = temperature
        explorer.write.click()
        expected = lessons.sample(lm, PROMPT, 8, temperature=temperature, seed=0)
        assert expected.ids == explorer.traces[-1][2].ids
    uniforms = [[step.uniform for step in trace.steps] for _, _, trace in explorer.traces]
    assert uniforms[0] == uniforms[1]
    assert explorer.texts.value.count("<tr>") == 3
    explorer.clear.click()
    assert ([], "") == (explorer.traces, explorer.texts.value)


def test_a_slider_move_writes_no_text(explorer):
    """A text is written when the button is pressed, and stays as it is until then."""
    explorer.write.click()
    written = explorer.texts.value
    explorer.temperature.value = 3.0
    assert written == explorer.texts.value


def test_texts_are_escaped_and_bold_from_the_first_difference():
    """A token that looks like HTML is shown, not run."""

    def spell(ids):
        return " ".join(("<script>", "b", "c")[token] for token in ids)

    shown = texts_table([(1.0, 0, Trace((0, 1), (), spell, str)), (2.0, 0, Trace((0, 2), (), spell, str))])
    assert "<script>" not in shown
    assert "&lt;script&gt;<b> c</b>" in shown


def test_curves_start_greedy_end_uniform_and_never_cross(chain):
    """T → 0: one token is certain, entropy 0; T → ∞: all alike, entropy log V; in between the order never changes."""
    logits = chain([1]).sort(descending=True).values
    temperatures = torch.logspace(-3, 3, 61, dtype=torch.float64)
    probabilities, entropies = temperature_sweep(logits, temperatures, 6)
    assert probabilities[0].tolist() == pytest.approx([1, 0, 0, 0, 0, 0], abs=1e-12)
    assert probabilities[-1].tolist() == pytest.approx([1 / 6] * 6, abs=1e-3)
    assert (entropies[0].item(), entropies[-1].item()) == pytest.approx((0, math.log(6)), abs=1e-3)
    assert (probabilities.diff(dim=-1) <= 0).all()
    assert (entropies.diff() >= -1e-12).all()


def test_where_widgets_cannot_run_the_picture_is_shown(explorer):
    """The bundle holds the live widget, the present picture and the sentence."""
    bundle = explorer._repr_mimebundle_()
    assert {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"} == set(bundle)
    assert explorer.sentence == bundle["text/plain"]
