"""Lesson 04's explorer without a browser: setting a value is dragging, `click()` is clicking."""

import math
import re

import numpy
import pytest
import torch

import lessons
from lessons.arithmetic.filters import temperature_sweep
from lessons.explorers.cell_outputs import parts_of
from lessons.explorers.draws import THROWN
from lessons.explorers.writing import texts_table
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


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """However busy the machine is, a text is written anew; the tests of slow models say otherwise."""
    monkeypatch.setattr("lessons.explorers.writing.QUICK", math.inf)
    monkeypatch.setattr("lessons.explorers.writing.HOPEFUL", math.inf)


@pytest.fixture
def counted(chain):
    return CountedSource(chain)


@pytest.fixture
def explorer(counted):
    return lessons.TemperatureExplorer(counted, "the")


def bars(explorer) -> list[float]:
    """What the bars of the present temperature show, from 0 to 1."""
    return [float(width) / 136 for width in re.findall(r'width="([\d.]+)" height="10.0"', explorer._shares.value)]


def test_the_distribution_at_one_half_by_hand(explorer):
    """After "the": at T = 0.5 the probabilities are the squares of 0.40, 0.35, 0.15 …, made to sum to 1."""
    explorer.temperature.value = 0.5
    squares = torch.tensor([0.40, 0.35, 0.15, 0.05, 0.03, 0.02], dtype=torch.float64) ** 2
    expected = squares / squares.sum()
    assert torch.allclose(expected, explorer.probabilities, atol=1e-9)
    assert explorer.entropy == pytest.approx(-(expected * expected.log()).sum().item())
    assert ["dog", "cat", "runs", "a", "the", "."] == explorer.tokens
    assert pytest.approx(expected.tolist(), abs=1e-3) == bars(explorer)


def test_the_first_picture_shows_the_whole_vocabulary_of_the_model(lm):
    """At T = 1 the bars are those of `next_token_probabilities`; everything else is drawn, so they sum to 1."""
    explorer = lessons.TemperatureExplorer(lm, PROMPT)
    expected = lessons.next_token_probabilities(lm, PROMPT, choices=8).probability
    widths = numpy.array(bars(explorer))
    assert numpy.allclose(expected, widths[:-1], atol=1e-3)
    assert widths.sum() == pytest.approx(1, abs=1e-2)
    assert explorer.error == ""
    assert explorer.sentence.startswith("At temperature 1 the likeliest next token is “")


def test_a_slider_move_asks_no_model_for_the_picture(explorer, counted):
    """Thirty moves: thirty pictures, and with no text to write not one call of the model."""
    explorer.live.value = False
    pictures, before = [], counted.calls
    explorer._curves.observe(lambda change: pictures.append(change["new"]), names="value")
    for temperature in numpy.geomspace(0.06, 4.9, 30):
        explorer.temperature.value = float(temperature)
    assert (before, 30) == (counted.calls, len(set(pictures)))


def places(explorer) -> list[tuple[float, float]]:
    """(x in per cent, y in pixels) of the dots on the curves."""
    found = re.findall(r'<circle cx="([\d.]+)%" cy="([\d.]+)"', explorer._curves.value)
    return [(float(x), float(y)) for x, y in found]


def test_line_and_dots_stand_over_the_handle(explorer):
    """T = 0.5 is half-way between 0.05 and 5; each dot is on its curve, or on that of the entropy once it is opened."""
    explorer.temperature.value = 0.5
    assert '<rect x="50.00%" y="8" width="1"' in explorer._curves.value
    first = explorer.probabilities[:5].tolist()
    heights = [8 + 172 * (1 - share) for share in (*first, 1 - sum(first))]
    assert [(50.0, pytest.approx(height, abs=0.06)) for height in heights] == places(explorer)
    explorer.opened.value = True
    assert [(50.0, pytest.approx(8 + 172 * (1 - explorer.entropy / math.log(6)), abs=0.06))] == places(explorer)
    assert f"Entropy {explorer.entropy:.2f} of 1.79 nats" == explorer.opened.description


def test_each_curve_bears_its_name_in_its_own_colour(explorer):
    """Five tokens, and everything else; dots and bars have the colours of the curves."""
    curves, shown = explorer._still[False], explorer._shares.value
    colours = re.findall(r'stroke="(#\w+)"', "".join(re.findall(r"<path[^>]*>", curves)))
    names = re.findall(r">([^<%]+)</text>", curves)
    assert {"dog", "cat", "runs", "a", "the", "everything else"} == set(names)
    assert colours[:5] == re.findall(r'height="10.0" rx="0" fill="(#\w+)"', shown)[:5]
    assert [*colours[:5], "#767676"] == re.findall(r'r="4.5" fill="(#\w+)"', explorer._curves.value)


def test_a_picture_reached_by_moving_is_the_one_drawn_at_once(explorer, counted):
    """There and back: the same page as at first; and that of an explorer that was opened at that temperature."""
    first = explorer._shares.value
    explorer.temperature.value = 0.3
    moved = explorer._shares.value
    assert first != moved
    assert lessons.TemperatureExplorer(counted, "the", temperature=0.3)._shares.value == moved
    explorer.temperature.value = 1.0
    assert first == explorer._shares.value


def test_simple_is_the_slider_and_the_bars(counted):
    """Nothing else is laid out, nothing is drawn or written; the slider moves the same numbers."""
    explorer, calls = lessons.TemperatureExplorer(counted, "the", simple=True), counted.calls
    explorer.temperature.value = 0.5
    squares = torch.tensor([0.40, 0.35, 0.15, 0.05, 0.03, 0.02], dtype=torch.float64) ** 2
    assert torch.allclose(squares / squares.sum(), explorer.probabilities)
    assert calls == counted.calls and explorer.sentence.startswith("At temperature 0.5 the likeliest")
    laid_out = set(parts_of(explorer))
    assert {explorer.temperature, explorer._shares} <= laid_out
    others = [explorer.prompt, explorer.typed, explorer.opened, explorer.draws, explorer.write, explorer._strip]
    assert not laid_out & set(others) and explorer.text is None


def test_one_temperature_everywhere(explorer):
    """T = 0.001 is on no slider: every place says 0.001, and the words say where the handle waits and why."""
    explorer.typed.value = 0.001
    assert 0.001 == explorer.typed.value and explorer.temperature.value == pytest.approx(0.05, rel=0.01)
    assert "← T = 0.001</text>" in explorer._curves.value and "<circle" not in explorer._curves.value
    assert "T = 0.001: the likeliest gets 100.0%" in explorer._shares.value and "T = 0.001" in explorer._label.value
    assert "At temperature 0.001 " in explorer.sentence and "T = 0.001 is beyond the ends" in explorer.sentence
    assert re.findall(r">(~?[\d.e-]+%)<", explorer._shares.value) == ["100.0%", *["~0%"] * 5]
    explorer.typed.value = 50
    assert "T = 50 →</text>" in explorer._curves.value and 5.0 == explorer.temperature.value
    explorer.temperature.value = 2.0
    assert 2.0 == explorer.typed.value and "beyond" not in explorer.sentence


def test_the_same_number_falls_onto_both_strips(explorer):
    """The first number of the seed: what it takes at T = 1 and at this T, and it is the first token of the text."""
    explorer.typed.value = 0.2
    (number,) = lessons.uniforms(0, 1, 1)[0].tolist()
    ends = [torch.tensor([0.40, 0.35, 0.15, 0.05, 0.03, 0.02], dtype=torch.float64) ** power for power in (1, 5)]
    words = [explorer.tokens[int(((one / one.sum()).cumsum(0) <= number).sum())] for one in ends]
    shown = [page.value for page in (explorer._strip_at_one, explorer._strip)]
    for page, word in zip(shown, words, strict=True):
        assert f"u = {number:.3f} → {word}</text>" in page
    assert explorer.text.steps[0].uniform == number
    assert words[1] == explorer.source.decode(explorer.text.new_ids[:1])


def test_draws_are_counted_beside_the_theory(explorer):
    """One, ten and a thousand more: the first 1,012 numbers of the seed; seen falling when they are thrown."""
    for number in (1, 10, 1000):
        explorer.throws[number].click()
        assert THROWN in explorer._strip._dom_classes
    numbers = lessons.uniforms(0, 1, 1012)[0]
    expected = lessons.draw_many(explorer.probabilities.log(), numbers).bincount(minlength=6)
    assert torch.equal(expected, explorer.counts)
    assert f">{expected[0]} (405)</text>" in explorer._shares.value
    explorer.temperature.value = 0.5
    assert 1012 == explorer.counts.sum() and THROWN not in explorer._strip._dom_classes
    assert not torch.equal(expected, explorer.counts)


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
    picture, sentence = explorer._shares.value, explorer.sentence
    explorer.typed.value = value
    assert message == explorer.error
    assert 'class="lessons-error"' in explorer._error_line.value
    assert (picture, sentence) == (explorer._shares.value, explorer.sentence)
    explorer.typed.value = 0.8
    assert explorer.error == ""


def test_an_empty_prompt_leaves_everything_as_it_was(explorer):
    """The message names the way out."""
    picture = explorer._shares.value
    explorer.prompt.value = ""
    assert "the prompt must hold at least one token" in explorer.error
    assert picture == explorer._shares.value
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


def test_a_quick_text_is_written_anew_while_the_slider_moves(lm):
    """The text beside T is that of `sample` at this T and with this seed; nothing is kept unless the button says so."""
    explorer = lessons.TemperatureExplorer(lm, PROMPT)
    explorer.length.value = 6
    for temperature in (0.5, 2.0):
        explorer.temperature.value = temperature
        expected = lessons.sample(lm, PROMPT, 6, temperature=explorer.typed.value, seed=0)
        assert expected.ids == explorer.text.ids
    explorer.seed.value = 3
    assert lessons.sample(lm, PROMPT, 6, temperature=explorer.typed.value, seed=3).ids == explorer.text.ids
    assert "written anew whenever T moves" in explorer._pace.value and [] == explorer.traces


def test_a_slow_text_is_left_to_the_button(explorer, counted, monkeypatch):
    """Once a text took longer than the limit the box is empty and the words say so; a move asks the model no more."""
    monkeypatch.setattr("lessons.explorers.writing.QUICK", 0.0)
    explorer.temperature.value = 2.0
    assert not explorer.live.value and explorer.text is not None
    assert "Not written while T moves (the last one took " in explorer._pace.value
    calls = counted.calls
    explorer.temperature.value = 3.0
    assert calls == counted.calls and explorer.text is None
    assert "Press Write for a text at T = 3." in explorer._text.value
    explorer.write.click()
    assert explorer.text is explorer.traces[-1][2] and "Press Write" not in explorer._text.value


def test_a_model_that_needs_long_for_a_token_is_not_even_tried(counted, monkeypatch):
    """At the start two tokens tell how long a text would take."""
    monkeypatch.setattr("lessons.explorers.writing.HOPEFUL", 0.0)
    explorer = lessons.TemperatureExplorer(counted, "the")
    assert (3, False, None) == (counted.calls, explorer.live.value, explorer.text)


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
    """The bundle holds the live widget, the present picture and the sentence; as a page also the text."""
    bundle = explorer._repr_mimebundle_()
    assert {"text/plain", "text/html", "image/svg+xml", "application/vnd.jupyter.widget-view+json"} == set(bundle)
    assert explorer._text.value in bundle["text/html"]
    assert explorer.sentence == bundle["text/plain"]
