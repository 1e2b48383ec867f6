"""Lesson 01's explorer without a browser: setting a value is dragging, `click()` is clicking."""

import re

import ipywidgets as widgets
import pytest

import lessons
from lessons.explorers.cell_outputs import parts_of
from lessons.explorers.running_text import MOST
from lessons.models.language_model import LanguageModel
from lessons.words.tokens import visible
from lessons.words.writing import minus, percent

PROMPT = "Once upon a time there was a"


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


def lengths(explorer) -> list[float]:
    """How long the bars are beside the longest, as the style of the rows says it."""
    return [float(share) for share in re.findall(r"px\)\*(\d\.\d+)\)", explorer._choices.strip.value)]


def percents(explorer) -> list[str]:
    """The numbers behind the bars."""
    return re.findall(r'::before\{content:"([^"]+)"\}', explorer._choices.strip.value)


def test_it_shows_the_distribution_of_the_table(lm, explorer):
    """The rows are those of `next_token_probabilities`, the longest bar as wide as there is room; the strip holds all of
    the probability."""
    expected = lessons.next_token_probabilities(lm, PROMPT, choices=10)
    assert [visible(token) for token in expected.token] == [row.description for row in explorer.tokens]
    assert [percent(share) for share in expected.probability] == percents(explorer)
    assert (expected.probability / expected.probability[0]).tolist() == pytest.approx(lengths(explorer), abs=1e-4)
    parts = [float(part) for part in re.findall(r"<span style='width:([\d.]+)%", explorer._choices.strip.value)]
    assert (100 * expected.probability).tolist() == pytest.approx(parts, abs=1e-3)
    rest = f"everything else (4,086 tokens) {1 - expected.probability.sum():.1%}"
    assert rest in explorer._choices.strip.value
    assert explorer.sentence and explorer.error == ""


def test_the_bars_slider_never_calls_the_model_and_changes_the_picture(lm, explorer, monkeypatch):
    """A slider moves arithmetic over what the model has said already; what it takes away is hidden."""
    counted = Counted(lm, monkeypatch)
    explorer.bars.value = 15
    assert (0, 15, 15) == (counted.calls, len(explorer.tokens), len(lengths(explorer)))
    explorer.bars.value = 4
    assert 4 == len(lengths(explorer)) == sum(bool(row.description) for row in explorer.tokens)
    assert ".lessons-rows>:nth-child(n+5){display:none}" in explorer._choices.strip.value


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
    """A branch left behind can be had again from the tree, without asking the model again."""
    explorer.tokens[0].click()
    explorer.tokens[0].click()
    first = explorer.trace.ids
    explorer.back.click()
    explorer.back.click()
    assert len(explorer.prompt_ids) == explorer.place
    explorer.tokens[3].click()
    assert first not in (explorer.trace.ids, explorer.trace.ids[: len(first)])
    assert [first, explorer.trace.ids] == explorer.paths
    counted = Counted(lm, monkeypatch)
    explorer.pieces[1].click()
    assert (first, len(first), 0) == (explorer.trace.ids, explorer.place, counted.calls)


def test_a_step_back_keeps_later_words(explorer):
    """They stand in grey, the taken token's row stands out, and a click on a grey word goes forward again."""
    for _ in range(3):
        explorer.tokens[1].click()
    ids, place = explorer.trace.ids, explorer.place
    explorer.back.click()
    explorer.back.click()
    assert (ids, place - 2) == (explorer.trace.ids, explorer.place)
    assert place == sum(bool(word.description) for word in explorer.words)
    style = explorer._text.early.value
    assert (
        f">:nth-child(n+{place - 1}){{background:none" in style and f">:nth-child({place - 1}){{background" not in style
    )
    assert ids[place - 2] == explorer.shown.chosen == explorer._order[1]
    assert re.search(r">:nth-child\(2\)\{[^}]*font-weight:bold", explorer._choices.strip.value)
    explorer.words[place - 1].click()
    assert (ids, place, -1) == (explorer.trace.ids, explorer.place, explorer.shown.chosen)


def test_a_click_into_the_prompt_shows_what_was_offered_there(lm, explorer, monkeypatch):
    """The model has read those places already; another token chosen there is a branch of its own."""
    after = lessons.next_token_probabilities(lm, "Once upon a", choices=1)
    counted = Counted(lm, monkeypatch)
    explorer.words[3].click()  # Once upon a
    assert 0 == counted.calls
    assert (visible(after.token[0]), percent(after.probability[0])) == (
        explorer.tokens[0].description,
        percents(explorer)[0],
    )
    explorer.tokens[4].click()
    assert explorer.given == 4 and 1 == len(explorer.trace.steps)
    assert [explorer.prompt_ids, explorer.path] == explorer.paths
    assert lm.decode(explorer.path).startswith("Once upon a")


def test_choosing_the_same_token_again_makes_no_new_branch(explorer):
    """Back and forth along one branch leaves one branch, with the words that came later."""
    explorer.tokens[1].click()
    explorer.tokens[0].click()
    ids = explorer.path
    explorer.back.click()
    explorer.back.click()
    explorer.tokens[1].click()
    assert [ids] == explorer.paths and (ids, len(ids) - 1) == (explorer.path, explorer.place)


def test_the_tree_has_the_log_probability_of_each_text(explorer, lm):
    """At each end stands what `sequence_logprob` gives for the tokens after the prompt."""
    for rows in ((0, 1), (3, 0), (3, 2)):
        explorer.follow(explorer.path, len(explorer.prompt_ids))
        for row in rows:
            explorer.tokens[row].click()
    ends = re.findall(r"<text [^>]*>(−[\d.]+)</text>", explorer._tree.lines.value)
    expected = [lessons.sequence_logprob(lm, list(path), len(explorer.prompt_ids)) for path in explorer.paths]
    assert [minus(f"{float(one):.2f}") for one in expected] == ends
    assert [5, 3] == [sum(bool(one.description) for one in explorer.pieces), len(ends)]


def test_start_again_begins_anew(explorer):
    """The prompt is all there is, and the tree is gone."""
    explorer.tokens[1].click()
    explorer.restart.click()
    assert [explorer.prompt_ids] == explorer.paths and explorer.path == explorer.prompt_ids
    assert "" == explorer._tree.lines.value == explorer.table.value


def test_the_simple_one_has_the_same_picture_and_fewer_controls(lm, explorer):
    """Buttons of navigation, slider, tree and table are not shown; text and rows are, and do the same."""
    simple = lessons.NextTokenExplorer(lm, PROMPT, simple=True)
    for one in (simple, explorer):
        one.tokens[2].click()
        one.words[5].click()
    assert simple.sentence == explorer.sentence and percents(simple) == percents(explorer)
    hidden = hidden_in(simple)
    assert {simple.bars, simple.back, simple.restart, simple.table, *simple.pieces} <= hidden
    assert not {simple.prompt, *simple.tokens, *simple.words} & hidden
    assert not {explorer.bars, explorer.table, explorer.prompt} & hidden_in(explorer)


def hidden_in(explorer) -> set[widgets.Widget]:
    """All that is within something that is not displayed."""
    outer = [one for one in parts_of(explorer) if isinstance(one, widgets.DOMWidget) and one.layout.display == "none"]
    return {part for one in outer for part in parts_of(one)}


def test_a_long_text_has_buttons_for_its_end_only(lm):
    """What comes before is text, with what is said of each token all the same."""
    explorer = lessons.NextTokenExplorer(lm, "the king and the queen " * 50)
    assert MOST == len(explorer.words)
    before = len(explorer.path) - MOST
    assert before == explorer._text.early.value.count("title=") > 0
    explorer.words[-2].click()
    assert len(explorer.path) - 1 == explorer.place and "" == explorer.error


def test_markup_in_the_prompt_is_shown_and_not_run(explorer):
    """Wherever HTML is made from tokens, it is escaped."""
    explorer.prompt.value = "<script>alert(1)</script> <img src=x onerror=alert(1)> 왕 🙂"
    explorer.tokens[0].click()
    explorer.words[6].click()
    explorer.tokens[1].click()
    html = "".join(one.value for one in parts_of(explorer) if isinstance(one, widgets.HTML))
    assert explorer.error == ""
    for page in (html, explorer._repr_mimebundle_()["text/html"]):
        assert "<script" not in page and "<img" not in page
    assert "&lt;" in page and "<" in explorer.words[0].description


def test_an_error_is_shown_and_the_last_good_picture_stays(explorer, lm):
    """An empty or too long prompt: rule and value under the control, nothing lost, and all is well again with the next
    text."""
    good = percents(explorer)
    for prompt, message in (("", "at least one token"), ("a " * 3000, "at most")):
        explorer.prompt.value = prompt
        assert message in explorer.error
        assert explorer.error.split()[0] in explorer._error_line.value
        assert good == percents(explorer)
    explorer.prompt.value = "The queen"
    assert explorer.error == ""
    assert good != percents(explorer)


def test_the_end_of_the_context_is_an_error_in_words(lm):
    """Where no token fits any more the explorer says so."""
    text = " king" * (lm.context - 1)  # one token each
    explorer = lessons.NextTokenExplorer(lm, text)
    explorer.tokens[0].click()
    assert "context" in explorer.error


def test_a_place_without_widgets_gets_the_picture(explorer):
    """The bundle for display holds the live widget, text, strip and rows as they are, and the sentence."""
    explorer.tokens[1].click()
    bundle = explorer._repr_mimebundle_()
    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} == set(bundle)
    assert explorer.sentence == bundle["text/plain"]
    for row in explorer.tokens:
        assert f"<span>{row.description}</span>" in bundle["text/html"]
    assert "rank 2" in bundle["text/html"] and "<button" not in bundle["text/html"]


def test_an_unforeseen_error_is_not_swallowed(explorer):
    """A bug inside a callback is shown with its traceback."""
    explorer.attempt(lambda: 1 / 0)
    assert "ZeroDivisionError" in explorer.error
    assert 'class="lessons-error"' in explorer._error_line.value
