"""Lesson 09's explorer without a browser, and the pictures of the lesson."""

import re

import pytest

import lessons
from lessons.plots.obeying import parts_of

PROMPT, RULE = "Once upon a time there was a", " (king|queen) who had [a-z]+ (sons|daughters)"
TEXTS = {("the", "dog", "."): (0.5, 0.4, 0.3), ("a", "dog", "."): (0.4, 0.04, 0.3)}


def test_what_is_left_is_what_the_decoder_draws_from(lm):
    """After each click: the probabilities of `sample` under the rule, and the struck-out bars are those it cuts."""
    explorer = lessons.RuleExplorer(lm, PROMPT, RULE)
    ids = lm.encode(PROMPT)
    for _ in range(4):
        allowed = explorer._constrained.allowed(ids, explorer.new_ids)
        assert explorer.left.nonzero().flatten().tolist() == allowed
        assert explorer.left.sum().item() == pytest.approx(1) and explorer.mass == pytest.approx(
            explorer.offered[allowed].sum().item()
        )
        struck = [token for token in explorer._order if token not in allowed]
        assert explorer._choices.strip.value.count("line-through") == len(struck)
        first = next(row for row, token in enumerate(explorer._order) if token in allowed)
        explorer.tokens[first].click()
        assert explorer.error == ""
    step = lessons.greedy_search(lessons.constrain(lm, RULE), PROMPT, 5)
    assert explorer.new_ids == step.new_ids[:4]


def test_a_struck_out_bar_cannot_be_taken(lm):
    """It says why, and nothing changes; with the rule off it can, and with the rule on again nothing may follow."""
    explorer = lessons.RuleExplorer(lm, PROMPT, " a b")
    explorer.tokens[0].click()
    assert "forbids" in explorer.error and explorer.current and explorer.new_ids == ()
    explorer.on.value = False
    assert explorer.on.description == "Rule off" and "struck out: 0%" in explorer._choices.strip.value
    explorer.tokens[0].click()
    assert explorer.error == "" and len(explorer.new_ids) == 1
    explorer.on.value = True
    assert explorer.on.description == "Rule on" and "nothing may follow" in explorer.sentence
    explorer.back.click()
    assert explorer.new_ids == () and "may follow under the rule" in explorer.sentence


def test_an_impossible_rule_is_refused_in_the_box(lm):
    """The last good picture stays, marked as not current, until the rule is mended."""
    explorer = lessons.RuleExplorer(lm, PROMPT, RULE, simple=True)
    explorer.rule.value = "(a"
    assert "no regular expression" in explorer.error and not explorer.current
    explorer.rule.value = " a|( b)"
    assert explorer.error == "" and explorer.current


def test_a_text_that_has_ended():
    """The end is taken like any token; then no bar is left, and the weight of the text is told."""
    explorer = lessons.RuleExplorer(lessons.six_words(), ".", "( the| a) dog")
    for word in (" a", " dog"):
        explorer.tokens[explorer._order.index(explorer.source.encode(word)[0])].click()
    explorer.tokens[explorer._order.index(0)].click()
    assert "has ended" in explorer.sentence and f"{0.9 * 0.04 * 0.3:.2g}" in explorer.sentence
    assert explorer._order == [] and explorer.error == "" and "struck out" not in explorer._choices.page()
    explorer.restart.click()
    assert explorer.new_ids == () and len(explorer._order) == 6


def test_two_ways_by_hand():
    """Thrown away whole, two texts hold 0.06 and 0.0048 of all; cut token by token 5/9 and 4/9."""
    whole, cut = parts_of(TEXTS, stretch=False)[-1], parts_of(TEXTS, stretch=True)[-1]
    assert [part.last - part.first for part in whole] == pytest.approx([0.06, 0.0048])
    assert [part.last_stretched - part.first_stretched for part in cut] == pytest.approx([5 / 9, 4 / 9])


def test_the_picture_says_both_results(fonts):
    """Both results, every factor, and in the title how many texts are exchanged."""
    figure = lessons.plots.two_ways(TEXTS)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    for words in (
        "the dog: 92.6%",
        "a dog: 7.4%",
        "the dog: 55.6%",
        "a dog: 44.4%",
        "× 2.5",
        "× 25",
        "every text × 15.4",
    ):
        assert words in said
    assert re.search(r"\b37%", figure.get_suptitle())


def test_two_distributions_are_drawn(fonts):
    """A bar for each probability, a ring for each share that was drawn; the distance in the title."""
    figure = lessons.plots.given_and_masked(["1", "2"], [0.75, 0.25], [0.5, 0.5], {"masked": [0.4, 0.6]})
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [0.75, 0.25, 0.5, 0.5]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.4, 0.6]] and "25%" in axes.get_title("left")
