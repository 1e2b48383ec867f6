"""Lesson 06's explorer and pictures: one text read by two models, the loss chart, the two ways of looking."""

import math
import re
from html import unescape
from xml.etree import ElementTree

import ipywidgets as widgets
import matplotlib
import numpy
import pandas
import pytest

import lessons
from lessons.classroom import start
from lessons.explorers.cell_outputs import parts_of
from lessons.explorers.fine_tuning import FineTuningExplorer
from lessons.explorers.html import surprisal_colour
from lessons.plots.fine_tuning import attention_patterns, loss_chart, loss_sentence, surprisal_pair
from lessons.plots.surprisal_chart import HEIGHT, TOP, surprisal_chart
from lessons.texts.logbook import logbook_grammar, logbook_pages
from lessons.words.language import speak


@pytest.fixture(scope="module")
def other(save_tiny_model, tmp_path_factory):
    """The tiny GPT-2 with other weights and the same tokenizer."""
    return lessons.load(save_tiny_model(tmp_path_factory.mktemp("other") / "gpt2", "gpt2", seed=5), device="cpu")


@pytest.fixture
def explorer(tiny_models, other):
    return FineTuningExplorer(tiny_models["gpt2"], other, ["the old king", "the young fox went over the hill <b>"])


def test_surprisals_are_those_of_both_models(explorer, tiny_models, other):
    """The numbers behind the picture are minus the log-probabilities of the text's tokens but the first."""
    for name, lm in (("before", tiny_models["gpt2"]), ("after", other)):
        ids = lm.encode("the old king")
        assert -lessons.sequence_logprob(lm, ids) == pytest.approx(explorer.surprisals[name].sum(), abs=1e-4)
        assert len(ids) - 1 == len(explorer.surprisals[name]) == len(explorer.tokens)
    assert f"{explorer.surprisals['before'].sum():.1f} nats" in explorer.sentence


def test_choosing_a_text_is_typing_it(explorer):
    """The list writes into the text field, and both columns show the new text, escaped."""
    picture = explorer.drawn.value
    explorer.choice.value = explorer.choice.options[1][1]

    assert "the young fox went over the hill <b>" == explorer.text.value
    assert picture != explorer.drawn.value
    assert explorer.strips.value.count('class="token') == 2 * len(explorer.tokens)
    assert "&lt;" in explorer.strips.value and "<b>fox" not in explorer.strips.value


def test_each_token_has_its_three_numbers_and_is_reached_with_tab(explorer):
    """Before, after and the difference, once in each column; one of the columns is in the order of Tab."""
    before, after = explorer.surprisals["before"], explorer.surprisals["after"]
    numbers = f"{before[1]:.2f} nats before", f"{after[1]:.2f} after", f"difference {after[1] - before[1]:+.2f}"
    for place in (0, 1):
        column = explorer.strips.value.split('class="column"')[1 + place]
        (token,) = re.findall(r'class="token t1".*?</span></span>', column)
        assert f'tabindex="{(-1, 0)[place]}"' in token
        assert all(words.replace("-", "−") in unescape(token) for words in numbers)


def test_colours_are_those_of_the_surprisals(explorer):
    for place, name in enumerate(("before", "after")):
        column = explorer.strips.value.split('class="column"')[1 + place]
        colours = re.findall(r'class="token[^>]*background:(rgb[^"]*)"', column)
        assert colours == [surprisal_colour(float(nats)) for nats in explorer.surprisals[name]]


def test_the_chart_is_folded_until_it_is_wanted(explorer, monkeypatch):
    """It is there all the same, whole, for places without widgets; unfolding asks no model."""
    monkeypatch.setattr("lessons.explorers.fine_tuning.token_log_probs", lambda *_: pytest.fail("a model was asked"))
    assert "none" == explorer.drawn.layout.display
    explorer.unfold.value = True
    assert explorer.drawn.layout.display is None
    assert explorer.drawing == explorer._repr_mimebundle_()["image/svg+xml"]


def test_models_read_a_text_once(explorer, monkeypatch):
    """A new text asks each once."""
    asked = []
    from lessons.explorers import fine_tuning

    monkeypatch.setattr(
        fine_tuning,
        "token_log_probs",
        lambda lm, ids, real=fine_tuning.token_log_probs: asked.append(lm) or real(lm, ids),
    )
    explorer.text.value = "again and again " * 6
    assert 2 == len(asked)


def test_before_training_one_model_reads_and_one_control_chooses(tiny_models):
    """The simple one: the list of texts. Without a trained model there is one column, and words about it alone."""
    lm = tiny_models["gpt2"]
    explorer = FineTuningExplorer(lm, None, ["the old king", "the young fox"], simple=True)
    shown = [part for part in parts_of(explorer) if isinstance(part, widgets.ValueWidget)]
    assert [explorer.choice] == [one for one in shown if not isinstance(one, widgets.HTML)]
    explorer.choice.value = "the young fox"
    assert {"before"} == set(explorer.surprisals) and 1 == explorer.strips.value.count('class="column"')
    assert -lessons.sequence_logprob(lm, lm.encode("the young fox")) == pytest.approx(
        explorer.surprisals["before"].sum(), abs=1e-4
    )
    assert explorer.sentence.startswith("This text costs the model") and "after" not in explorer.sentence


def test_the_first_look_of_lesson_06_is_true(lm):
    """A page of a logbook surprises the bundled model more than a tale does, token by token."""
    texts = [lessons.tale().split("\n")[0], lessons.logbook_pages(1, seed=2)[0][0]]
    costs = [FineTuningExplorer(lm, None, [text], simple=True).surprisals["before"].mean() for text in texts]
    assert costs[1] > 1.5 * costs[0]


@pytest.mark.parametrize(("text", "message"), [("", "at least two tokens"), ("the old king " * 60, "reads at most 64")])
def test_a_text_that_cannot_be_read_leaves_the_picture(explorer, text, message):
    """The reason is shown under the controls; picture and numbers stay as they were."""
    picture, numbers = explorer.drawn.value, explorer.surprisals
    explorer.text.value = text

    assert message in explorer.error
    assert (picture, numbers) == (explorer.drawn.value, explorer.surprisals)
    explorer.text.value = "the old fox"
    assert "" == explorer.error


def test_one_who_knows_the_language_is_the_third_reader(lm):
    """With a grammar its surprisals are shown; they sum to that of the text's beginning, and impossible texts are
    named."""
    page, log_probability = logbook_pages(1, seed=3)[0]
    explorer = FineTuningExplorer(lm, lm, [page], logbook_grammar())
    first = -logbook_grammar().surprisals([explorer.first])[0]

    assert -log_probability + first == pytest.approx(explorer.surprisals["truth"].sum(), abs=1e-6)
    assert "One who knows the language would pay" in explorer.sentence
    explorer.text.value = page.replace(" for ", " for the ", 1)
    assert "cannot occur" in explorer.sentence
    assert "" == explorer.error


def test_korean(tiny_models, other):
    """Every word of the explorer is there in Korean."""
    with matplotlib.rc_context():
        start.use_fonts(start.PACKAGE / "assets" / "font")  # which has Hangul
        speak("ko")
        explorer = FineTuningExplorer(tiny_models["gpt2"], other, ["the old king"])

    assert "학습 전" in explorer.sentence and "학습 후" in explorer.strips.value and "글" == explorer.text.description


# ------------------------------------------------------------------------------------------------------------- pictures


def history(validation: dict[int, float]) -> pandas.DataFrame:
    """A history with losses at the steps given."""
    steps = range(max(validation) + 1)
    training = [math.nan, *numpy.linspace(5, 1, len(steps) - 1)] if len(steps) > 1 else [math.nan]
    return pandas.DataFrame(
        {
            "tokens": [64 * step for step in steps],
            "training_loss": training,
            "validation_loss": [validation.get(step, math.nan) for step in steps],
        },
        index=pandas.Index(steps, name="step"),
    )


def test_the_chart_draws_losses_and_floor():
    """Both curves and the floor stand where the numbers say; the title says the last perplexity and how far from the
    floor."""
    figure = loss_chart(history({0: 5.0, 10: 2.0, 20: 1.0}), floor=2.0)
    axes = figure.axes[0]
    training, validation, floor = axes.lines[:3]

    assert [0, 640, 1280] == list(validation.get_xdata()) and [5.0, 2.0, 1.0] == list(validation.get_ydata())
    assert 20 == len(training.get_ydata())
    assert math.log(2) == pytest.approx(floor.get_ydata()[0])
    assert "1,280 tokens: perplexity 2.72, 35.9% above the floor" in axes.get_title(loc="left")
    assert axes.get_ylim()[0] < math.log(2) and axes.get_ylim() == figure.axes[1].get_ylim()


def test_the_chart_without_a_floor_and_before_training():
    """Where nobody knows the floor none is drawn; before the first step there is one point."""
    assert "perplexity on unseen texts is 2.72" in loss_chart(history({0: 5.0, 20: 1.0})).axes[0].get_title(loc="left")
    assert "Before training: perplexity 148.4" == loss_chart(history({0: 5.0})).axes[0].get_title(loc="left")
    assert "148.4" in loss_sentence(history({0: 5.0}))
    assert "5.000 to 1.000 nats" in loss_sentence(history({0: 5.0, 20: 1.0}))


def test_the_chart_can_leave_room_for_what_is_to_come():
    """While training, the axis already ends where training will."""
    assert loss_chart(history({0: 5.0}), end=10_000).axes[0].get_xlim()[1] > 10_000


def test_surprisals_before_and_after():
    """A point for each token and reader; the title adds up what was gained."""
    figure = surprisal_pair(["a", "b", "$x$"], [3.0, 2.0, 1.0], [1.0, 0.5, 1.5], truth=[0.5, 0.5, math.inf])
    axes = figure.axes[0]

    assert "Training took 3 nats of surprise out of these 3 tokens" == axes.get_title(loc="left")
    assert ["a", "b", "$x$"] == [label.get_text() for label in axes.get_xticklabels()]
    assert "added 2 nats" in surprisal_pair(["a"], [1.0], [3.0]).axes[0].get_title(loc="left")


def test_the_chart_of_all_tokens():
    """Two circles for each token where its numbers are, a green bar where it is finite, every name, the figure's title."""
    svg = surprisal_chart(["a", "b", "$x$"], [3.0, 2.0, 1.0], [1.0, 0.5, 1.5], truth=[0.5, 0.5, math.inf])
    heights = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', svg)[2:]]
    scale = (TOP + HEIGHT - heights[0]) / 3
    expected = [TOP + HEIGHT - scale * nats for nats in (3.0, 1.0, 2.0, 0.5, 1.0, 1.5)]
    assert heights == pytest.approx(expected, abs=0.2)
    assert 3 == svg.count('stroke-width="2.5"')  # two bars and their sign in the legend
    words = ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"a", "b", "$x$", "Training took 3 nats of surprise out of these 3 tokens"} <= set(words)
    alone = surprisal_chart(["a"], [1.0])
    assert 2 == alone.count("<circle") and "Training" not in alone


def test_what_may_be_looked_at():
    """Causal: nothing after oneself; masked: all but the hidden place. The frames mark what is to be guessed."""
    causal, masked = attention_patterns(["a", "b", "c"], hidden=1).axes
    seen = [
        {
            (round(p.get_x() + 0.46), round(p.get_y() + 0.46))
            for p in axes.patches
            if p.get_fill() and p.get_facecolor()[2] > p.get_facecolor()[0] + 0.2
        }
        for axes in (causal, masked)
    ]

    assert {(column, row) for row in range(3) for column in range(row + 1)} == seen[0]
    assert {(column, row) for row in range(3) for column in (0, 2)} == seen[1]
    assert 2 == sum(not patch.get_fill() for patch in causal.patches)
    assert 1 == sum(not patch.get_fill() for patch in masked.patches)
