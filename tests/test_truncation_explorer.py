"""Lesson 05's explorer without a browser: setting a value is dragging, `click()` is clicking."""

import numpy
import pytest
import torch

import lessons
from lessons.decoding.knobs import ORDERS

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
    return lessons.TruncationExplorer(counted, "the", on=())


def switch_on(explorer, **values):
    for name, value in values.items():
        explorer.sliders[name].value = value
        explorer.switches[name].value = True


def test_without_filters_everything_can_be_drawn(explorer):
    """The result is the model's own distribution."""
    assert pytest.approx([0.40, 0.35, 0.15, 0.05, 0.03, 0.02]) == explorer.result.tolist()
    assert explorer.cuts == []
    assert "no filter is on" in explorer.sentence


def test_top_k_then_top_p_by_hand(explorer):
    """After "the": k = 3 leaves 0.40, 0.35, 0.15 = 0.90 of the mass; of that 0.75 / 0.9 = 0.833 reach p = 0.8."""
    switch_on(explorer, top_k=3, top_p=0.8)
    assert ["top_k", "top_p"] == [cut.name for cut in explorer.cuts]
    assert [3, 2] == [cut.number for cut in explorer.cuts]
    assert pytest.approx([0.90, 0.75 / 0.90]) == [cut.mass for cut in explorer.cuts]
    assert pytest.approx([0.40 / 0.75, 0.35 / 0.75, 0, 0, 0, 0]) == explorer.result.tolist()
    assert "top_k = 3 leaves 3 (90.0% of what reached it); top_p = 0.8 leaves 2 (83.3% of" in explorer.sentence


def test_the_picture_holds_before_after_and_every_place_in_the_chain(explorer):
    """Blue bars sum to 1; a strip lies at each knob that is on, between the model's offer and what is drawn from."""
    switch_on(explorer, top_k=3, top_p=0.8)
    picture = explorer._picture
    assert [0, 4, 5, 8] == [row for row, _, _ in picture.strips.rows]
    assert [True, True, True, False, False, False] == picture.strips.rows[1][2].tolist()
    assert ["off", "off", "off", "3 left, 90.0%", "2 left, 83.3%", "off", "off"] == picture.notes.texts
    assert [" 53.3%", " 46.7%", *[" cut"] * 5] == picture.numbers.texts
    assert pytest.approx(1) == sum(bar.get_width() for bar in picture.bars)
    assert ["2 of 6 tokens can be drawn"] == picture.heading.texts


def test_the_result_is_what_sample_draws_from(lm):
    """On the bundled model: the same knobs in `sample` leave the same tokens with the same probabilities."""
    explorer = lessons.TruncationExplorer(lm, PROMPT, on=())
    options = {
        "temperature": 0.8,
        "top_k": 40,
        "top_p": 0.9,
        "min_p": 0.02,
        "typical_p": 0.95,
        "repetition_penalty": 1.2,
        "no_repeat_ngram_size": 1,
    }
    switch_on(explorer, **options)
    step = lessons.sample(lm, PROMPT, 1, **options).steps[0]
    expected = step.scores.double().softmax(-1)[step.logits.double().argsort(descending=True, stable=True)]
    assert torch.allclose(expected, explorer.result, atol=1e-6)
    assert len(explorer.cuts) == 7


def test_moves_and_switches_ask_no_model(explorer, counted):
    """Forty moves, seven switches and a change of order: new pictures, no call."""
    before, pictures = counted.calls, set()
    explorer.picture.observe(lambda change: pictures.add(change["new"]), names="value")
    for name in explorer.switches:
        explorer.switches[name].value = True
    for p in numpy.linspace(0.1, 1.0, 40):
        explorer.sliders["top_p"].value = float(p)
    explorer.order.value = "llama.cpp"
    assert (before, "") == (counted.calls, explorer.error)
    assert len(pictures) > 5


def test_the_figure_is_kept_while_a_slider_moves(explorer):
    """And a picture reached by moving is the one that is drawn at once."""
    switch_on(explorer, top_k=2)
    figure, first = explorer._picture.figure, explorer.picture.value
    explorer.sliders["top_k"].value = 4
    assert first != explorer.picture.value
    explorer.sliders["top_k"].value = 2
    assert first == explorer.picture.value
    assert figure is explorer._picture.figure


def test_a_slider_whose_switch_is_off_can_not_be_dragged(explorer):
    """So nobody drags what does nothing."""
    assert all(slider.disabled for slider in explorer.sliders.values())
    switch_on(explorer, min_p=0.1)
    assert ["min_p"] == [name for name, slider in explorer.sliders.items() if not slider.disabled]


def test_the_order_of_the_chain_matters(explorer):
    """T = 2 and p = 0.75: transformers leaves four words, llama.cpp two; controls and strips change places."""
    switch_on(explorer, temperature=2.0, top_p=0.75)
    assert ["temperature", "top_p"] == [cut.name for cut in explorer.cuts]
    assert explorer.cuts[-1].number == 4
    assert "In the order of llama.cpp it would be 2." in explorer.sentence
    explorer.order.value = "llama.cpp"
    assert ["top_p", "temperature"] == [cut.name for cut in explorer.cuts]
    assert explorer.cuts[-1].number == 2
    labels = [row.children[0].description for row in explorer._stack.children]
    assert list(ORDERS["llama.cpp"]) == labels
    ticks = [label.get_text() for label in explorer._picture.strip_axes.get_yticklabels()]
    assert ["the model offers", *labels, "drawn from"] == ticks


def test_typical_may_cut_the_likeliest(explorer):
    """After "the" the entropy is 1.35 nats; the surprisal of "cat", 1.05, is nearer to it than that of "dog", 0.92."""
    switch_on(explorer, typical_p=0.05)
    assert explorer.result[0] == 0
    assert "cut" in explorer._picture.numbers.texts[0]


def test_a_thousand_draws_lie_near_the_theory(explorer):
    """Chi-squared of 1,000 draws from three words stays below 13.8 (2 degrees of freedom, 1 in 1,000); none is cut."""
    switch_on(explorer, top_k=3)
    explorer.draw.click()
    assert explorer.counts.sum() == 1000
    assert [0, 0, 0] == explorer.counts[3:].tolist()
    expected = 1000 * explorer.result[:3]
    assert ((explorer.counts[:3] - expected) ** 2 / expected).sum() < 13.8
    rings = explorer._picture.rings.get_xdata()
    assert pytest.approx((explorer.counts[:3] / 1000).tolist()) == list(rings[:3])
    assert "Of 1,000 tokens drawn, “dog” came " in explorer.sentence


def test_draws_are_repeatable_and_vanish_with_any_change(explorer):
    """The same seed draws the same; rings of another setting are not left lying over this one."""
    explorer.draw.click()
    first = explorer.counts
    explorer.draw.click()
    assert torch.equal(first, explorer.counts)
    explorer.seed.value = 1
    assert explorer.counts is None
    explorer.draw.click()
    assert not torch.equal(first, explorer.counts)
    switch_on(explorer, top_k=2)
    assert explorer.counts is None
    assert numpy.isnan(explorer._picture.rings.get_xdata()).all()


def test_every_token_cut_is_said_under_the_control_and_the_last_picture_stays(chain):
    """All six words have been said, and none may come twice."""
    explorer = lessons.TruncationExplorer(chain, "the a dog cat runs .", on=())
    picture = explorer.picture.value
    switch_on(explorer, no_repeat_ngram_size=1)
    expected = "after no_repeat_ngram_size = 1 no token is left to choose from; loosen it or leave it out"
    assert expected == explorer.error
    assert picture == explorer.picture.value
    explorer.switches["no_repeat_ngram_size"].value = False
    assert explorer.error == ""


def test_an_empty_prompt_leaves_everything_as_it_was(explorer):
    """The message names the way out."""
    picture = explorer.picture.value
    explorer.prompt.value = ""
    assert "the prompt must hold at least one token" in explorer.error
    assert picture == explorer.picture.value


def test_k_ends_at_the_size_of_the_vocabulary(explorer):
    """Six words: the slider of top_k ends at 6; a value above it becomes the end."""
    switch_on(explorer, top_k=7)
    assert (6, 6, "") == (explorer.sliders["top_k"].max, explorer.sliders["top_k"].value, explorer.error)
