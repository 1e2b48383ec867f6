"""Lesson 05's explorer without a browser: setting a value is dragging, `click()` is clicking."""

import re

import numpy
import pytest
import torch

import lessons
from lessons.decoding.knobs import ORDERS
from lessons.explorers.cell_outputs import parts_of
from lessons.explorers.draws import THROWN

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


def hatched(page: str) -> list[str]:
    """What each hatched piece of a strip says."""
    return re.findall(r'fill="url\(#[^>]*><title>([^<]*)</title>', page)


def widths(page: str) -> list[float]:
    """The widths of a strip's pieces, in per cent."""
    return [float(width) for width in re.findall(r'width="([\d.]+)%" height="24"', page)]


def test_each_row_shows_what_it_was_offered_and_cut_and_fills_the_next(explorer):
    """By hand: k = 3 hatches 0.05, 0.03, 0.02; the 0.90 left fill the strip of p = 0.8, which hatches 0.15 / 0.9."""
    switch_on(explorer, top_k=3, top_p=0.8)
    offer, top_k, top_p = explorer._offer.value, *(explorer._rows[name].page.value for name in ("top_k", "top_p"))
    assert [40, 35, 15, 5, 3, 2] == widths(offer) == widths(top_k)
    assert ["a: 5.0% (rank 4), cut", "the: 3.0% (rank 5), cut", ".: 2.0% (rank 6), cut"] == hatched(top_k)
    assert [44.44, 38.89, 16.67] == widths(top_p) and ["runs: 16.7% (rank 3), cut"] == hatched(top_p)
    assert "M0.00 0H90.00L100 18H0Z" in top_k and "M0.00 0H83.33L100 18H0Z" in top_p
    assert "3 left\n90.0% of it" in top_k and "2 left\n83.3% of it" in top_p
    assert [53.33, 46.67] == widths(explorer._drawn_from.value)
    assert ">off</text>" in explorer._rows["min_p"].page.value


def test_before_and_after_stand_beside_it(explorer):
    """A bar for each word as it was offered, one as it is drawn from, and its number."""
    switch_on(explorer, top_k=3, top_p=0.8)
    shown = explorer._shares.value
    assert [f">{words}</text>" in shown for words in ("53.3%", "46.7%", "cut", "100.0%")] == [True, True, True, False]
    grey, blue = (re.findall(rf'width="([\d.]+)" height="{height}.0"', shown) for height in (18, 10))
    assert [f"{136 * share:.1f}" for share in (0.4, 0.35, 0.15, 0.05, 0.03, 0.02)] == grey
    assert ["72.5", "63.5", "0.0", "0.0", "0.0", "0.0"] == blue


def test_a_key_brings_up_what_the_mouse_does(explorer):
    """Each strip can be reached, says its pieces to a screen reader, and lists them under itself."""
    switch_on(explorer, top_k=2)
    page = explorer._rows["top_k"].page.value
    assert 'tabindex="0" aria-label="top_k: 2 left 75.0% of it. dog: 40.0% (rank 1); cat: 35.0% (rank 2); ' in page
    tip = page.partition('class="lessons-tip"')[2]
    assert all(words in tip for words in ("dog: 40.0% (rank 1)", "a: 5.0% (rank 4), cut"))


def test_of_many_pieces_the_leading_and_the_last_are_listed(lm):
    """What was cut stands at the end, and is told too."""
    explorer = lessons.TruncationExplorer(lm, PROMPT)
    told = explorer._rows["top_k"].page.value.partition('class="lessons-tip"')[2]
    assert "(rank 1); " in told and "(rank 10); … ranks" in told and ", cut</div>" in told


def test_unused_filters_are_folded_away(explorer):
    """At the start only what is on has a row; the button shows all, and what was switched off meanwhile stays."""

    def rows() -> list[str]:
        return [name for name, row in explorer._rows.items() if row.box.layout.display is None]

    assert [] == rows()
    switch_on(explorer, top_k=3)
    explorer.more.value = True
    assert list(explorer._rows) == rows()
    switch_on(explorer, min_p=0.1)
    explorer.more.value = False
    explorer.switches["top_k"].value = False
    assert ["top_k", "min_p"] == rows()


def test_simple_is_top_p_and_its_strip(counted):
    """Nothing else is laid out, and no other filter is on; the slider moves the same numbers."""
    explorer = lessons.TruncationExplorer(counted, "the", simple=True)
    explorer.sliders["top_p"].value = 0.8
    assert [0.4, 0.35, 0.15] == pytest.approx([share * 0.9 for share in explorer.result[:3].tolist()])
    assert explorer.sentence.startswith("top_p = 0.8 keeps 3 of 6 tokens, which together hold 90.0%")
    laid_out = set(parts_of(explorer))
    assert explorer.sliders["top_p"] in laid_out
    others = [explorer.prompt, explorer.order, explorer.draws, *explorer.switches.values(), explorer.sliders["top_k"]]
    assert not laid_out & set(others)


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
    explorer._drawn_from.observe(lambda change: pictures.add(change["new"]), names="value")
    for name in explorer.switches:
        explorer.switches[name].value = True
    for p in numpy.linspace(0.1, 1.0, 40):
        explorer.sliders["top_p"].value = float(p)
    explorer.order.value = "llama.cpp"
    assert (before, "") == (counted.calls, explorer.error)
    assert len(pictures) > 5


def test_a_picture_reached_by_moving_is_the_one_drawn_at_once(explorer):
    """There and back: the same page as at first."""
    switch_on(explorer, top_k=2)
    page = explorer._rows["top_k"].page
    first = page.value
    explorer.sliders["top_k"].value = 4
    assert first != page.value
    explorer.sliders["top_k"].value = 2
    assert first == page.value


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
    first, *rows, last = explorer._chain.children
    assert list(ORDERS["llama.cpp"]) == [row.children[0].description for row in rows]
    assert (explorer._offer, explorer._drawn_from) == (first.children[1], last.children[1])


def test_typical_may_cut_the_likeliest(explorer):
    """After "the" the entropy is 1.35 nats; the surprisal of "cat", 1.05, is nearer to it than that of "dog", 0.92."""
    switch_on(explorer, typical_p=0.05)
    assert explorer.result[0] == 0
    assert "dog: 40.0% (rank 1), cut" in hatched(explorer._rows["typical_p"].page.value)


def test_one_number_is_thrown_and_lights_the_token_it_falls_into(explorer):
    """The first number of seed 0, which `sample` has too; by hand: it falls into the first word that ends beyond it."""
    explorer.throws[1].click()
    (number,) = lessons.uniforms(0, 1, 1)[0].tolist()
    ends = numpy.cumsum([0.40, 0.35, 0.15, 0.05, 0.03, 0.02])
    word = ["dog", "cat", "runs", "a", "the", "."][int((ends <= number).sum())]
    strip = explorer._drawn_from.value
    assert f"u = {number:.3f} → {word}</text>" in strip and f'<svg x="{number:.2%}"' in strip
    assert f"The number thrown, u = {number:.3f}, falls into “{word}”." in explorer.sentence
    trace = lessons.sample(explorer.source, "the", 1, seed=0)
    assert (number, f" {word}".strip()) == (trace.steps[0].uniform, explorer.source.decode(trace.new_ids).strip())
    assert 1 == explorer.draws.value == explorer._shares.value.count("<circle")


def test_it_is_seen_falling_only_when_it_is_thrown(explorer):
    """A class for the style that lets it fall; a slider that moves takes it off."""
    explorer.throws[10].click()
    assert THROWN in explorer._drawn_from._dom_classes
    switch_on(explorer, top_k=2)
    assert THROWN not in explorer._drawn_from._dom_classes


def test_a_thousand_draws_lie_near_the_theory(explorer):
    """Chi-squared of 1,000 draws from three words stays below 13.8 (2 degrees of freedom, 1 in 1,000); none is cut."""
    switch_on(explorer, top_k=3)
    explorer.throws[1000].click()
    assert explorer.counts.sum() == 1000
    assert [0, 0, 0] == explorer.counts[3:].tolist()
    expected = 1000 * explorer.result[:3]
    assert ((explorer.counts[:3] - expected) ** 2 / expected).sum() < 13.8
    for count, hoped in zip(explorer.counts[:3].tolist(), expected.tolist(), strict=True):
        assert f">{count} ({hoped:.0f})</text>" in explorer._shares.value
    assert f"Of 1,000 tokens drawn, “dog” came {explorer.counts[0]} times; 444 were" in explorer.sentence


def test_the_same_numbers_are_thrown_onto_whatever_is_left(explorer):
    """The first n numbers of the seed, always: one, ten and a thousand add up, and a slider keeps the luck."""
    for number in (1, 10, 1000):
        explorer.throws[number].click()
    numbers = lessons.uniforms(0, 1, 1011)[0]
    assert torch.equal(explorer.counts, lessons.draw_many(explorer.result.log(), numbers).bincount(minlength=6))
    switch_on(explorer, top_k=2)
    assert torch.equal(explorer.counts, lessons.draw_many(explorer.result.log(), numbers).bincount(minlength=6))
    first = explorer.counts
    explorer.seed.value = 1
    assert explorer.counts.sum() == 1011 and not torch.equal(first, explorer.counts)
    explorer.draws.value = 0
    assert explorer.counts is None and "u = " not in explorer._drawn_from.value


def test_every_token_cut_is_said_under_the_control_and_the_last_picture_stays(chain):
    """All six words have been said, and none may come twice."""
    explorer = lessons.TruncationExplorer(chain, "the a dog cat runs .", on=())
    picture = explorer._drawn_from.value
    switch_on(explorer, no_repeat_ngram_size=1)
    expected = "after no_repeat_ngram_size = 1 no token is left to choose from; loosen it or leave it out"
    assert expected == explorer.error
    assert picture == explorer._drawn_from.value
    explorer.switches["no_repeat_ngram_size"].value = False
    assert explorer.error == ""


def test_an_empty_prompt_leaves_everything_as_it_was(explorer):
    """The message names the way out."""
    picture = explorer._drawn_from.value
    explorer.prompt.value = ""
    assert "the prompt must hold at least one token" in explorer.error
    assert picture == explorer._drawn_from.value


def test_k_ends_at_the_size_of_the_vocabulary(explorer):
    """Six words: the slider of top_k ends at 6; a value above it becomes the end."""
    switch_on(explorer, top_k=7)
    assert (6, 6, "") == (explorer.sliders["top_k"].max, explorer.sliders["top_k"].value, explorer.error)


def test_where_widgets_cannot_run_the_strips_are_shown(explorer):
    """The bundle holds the live widget, the sentence and one drawing: a row for each filter that is on."""
    switch_on(explorer, top_k=3)
    bundle = explorer._repr_mimebundle_()
    assert {"text/plain", "image/svg+xml", "application/vnd.jupyter.widget-view+json"} == set(bundle)
    drawing = bundle["image/svg+xml"]
    assert [3, 1] == [drawing.count("<defs>"), drawing.count(">top_k</text>")] and explorer.sentence == bundle[
        "text/plain"
    ]
