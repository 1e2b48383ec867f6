"""Lesson 01's explorer without a browser: setting a value is dragging, `click()` is clicking."""

import pytest
import torch

import lessons
from lessons.models.language_model import LanguageModel


class Counted:
    """A language model that counts how often it is read."""

    def __init__(self, lm: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        forward = lm.model.forward

        def counting(*arguments, **options):
            self.calls += 1
            return forward(*arguments, **options)

        monkeypatch.setattr(lm.model, "forward", counting)


@pytest.fixture
def explorer(lm):
    return lessons.NextTokenExplorer(lm, "Once upon a time there was a")


def test_it_shows_the_distribution_of_the_table(lm, explorer):
    """The first picture's numbers are those of `next_token_probabilities`."""
    expected = lessons.next_token_probabilities(lm, "Once upon a time there was a", choices=10)
    picture = explorer.pictures[10]
    widths = torch.tensor([bar.get_width() for bar in picture.bars], dtype=torch.float64)
    assert torch.allclose(torch.tensor(expected.probability.tolist(), dtype=torch.float64), widths[:-1], atol=1e-6)
    assert abs(widths.sum() - 1) < 1e-9  # everything else is drawn, so the bars hold all of the probability
    assert explorer.sentence
    assert explorer.error == ""


def test_the_bars_slider_never_calls_the_model_and_changes_the_picture(lm, explorer, monkeypatch):
    """A slider moves arithmetic over what the model has said already."""
    counted, before = Counted(lm, monkeypatch), explorer.picture.value
    explorer.bars.value = 15
    assert (0, 16) == (counted.calls, len(explorer.pictures[15].bars))
    assert before != explorer.picture.value


def test_any_token_can_be_chosen_not_only_the_first(lm, explorer):
    """Clicking the third token goes on with it; table and trace hold its probability, rank and surprisal."""
    third = lessons.next_token_probabilities(lm, "Once upon a time there was a", choices=3).iloc[2]
    explorer.tokens[2].click()
    step = explorer.trace.steps[0]
    assert (int(third.id), 3) == (step.chosen, step.rank)
    assert third.log_probability == pytest.approx(-step.surprisal, abs=1e-5)
    assert explorer.trace.text == "Once upon a time there was a" + third.token
    assert f"{step.surprisal:.2f}" in explorer.table.value


def test_a_trace_made_by_clicking_the_first_token_is_greedy_search(lm, explorer):
    """Six clicks on the first button and `greedy_search` make the same text with the same log-probability."""
    for _ in range(6):
        explorer.tokens[0].click()
    expected = lessons.greedy_search(lm, "Once upon a time there was a", max_new_tokens=6)
    assert expected.new_ids == explorer.trace.new_ids
    assert expected.log_prob == pytest.approx(explorer.trace.log_prob, abs=1e-3)


def test_going_back_and_choosing_otherwise_keeps_both_branches(explorer, lm, monkeypatch):
    """A branch left behind can be had again, without asking the model again."""
    explorer.tokens[0].click()
    explorer.tokens[0].click()
    first = explorer.trace.ids
    explorer.back.click()
    explorer.back.click()
    assert 0 == explorer.step.value
    explorer.tokens[3].click()
    assert first not in (explorer.trace.ids, explorer.trace.ids[: len(first)])
    assert [first, explorer.trace.ids] == explorer.paths
    counted = Counted(lm, monkeypatch)
    explorer.branches.value = first
    assert (first, 0) == (explorer.trace.ids, counted.calls)


def test_choosing_the_same_token_again_makes_no_new_branch(explorer):
    """Back and forth along one branch leaves one branch."""
    explorer.tokens[1].click()
    explorer.back.click()
    explorer.tokens[1].click()
    assert 1 == len(explorer.paths)


def test_markup_in_the_prompt_is_shown_and_not_run(explorer):
    """Wherever HTML is made from tokens, it is escaped."""
    explorer.prompt.value = "<script>alert(1)</script> <img src=x onerror=alert(1)> 왕 🙂"
    explorer.tokens[0].click()
    html = "".join(widget.value for widget in (explorer.strip, explorer.table, explorer._sentence_line))
    assert explorer.error == ""
    assert "<script" not in html
    assert "<img" not in html


def test_an_error_is_shown_and_the_last_good_picture_stays(explorer, lm):
    """An empty or too long prompt: rule and value under the control, nothing lost, and all is well again with the next
    text."""
    good = explorer.picture.value
    for prompt, message in (("", "at least one token"), ("a " * 3000, "at most")):
        explorer.prompt.value = prompt
        assert message in explorer.error
        assert explorer.error.split()[0] in explorer._error_line.value
        assert good == explorer.picture.value
    explorer.prompt.value = "The queen"
    assert explorer.error == ""
    assert good != explorer.picture.value


def test_the_end_of_the_context_is_an_error_in_words(lm):
    """Where no token fits any more the explorer says so."""
    text = " king" * (lm.context - 1)  # one token each
    explorer = lessons.NextTokenExplorer(lm, text)
    explorer.tokens[0].click()
    assert "context" in explorer.error


def test_a_place_without_widgets_gets_the_picture(explorer):
    """The bundle for display holds the live widget, the present picture and the sentence."""
    bundle = explorer._repr_mimebundle_()
    assert {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"} == set(bundle)
    assert explorer.sentence == bundle["text/plain"]


def test_an_unforeseen_error_is_not_swallowed(explorer):
    """A bug inside a callback is shown with its traceback."""
    explorer.attempt(lambda: 1 / 0)
    assert "ZeroDivisionError" in explorer.error
    assert "lessons-error" in explorer._error_line.value
