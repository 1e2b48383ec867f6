"""Next-token tables: exact over the whole vocabulary, raw underneath, readable on top."""

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import lessons
from lessons.tables.next_token import Choice
from lessons.words.writing import visible_end

WORDS = "the king queen fox and was old young went over into wood sea said he she upon once, . ! little".split()  # noqa: SIM905


def prompts(number: int) -> list[str]:
    draw = random.Random(1)
    return [" ".join(draw.choices(WORDS, k=draw.randint(1, 12))) for _ in range(number)]


def test_probabilities_equal_the_softmax_of_the_models_own_logits(lm):
    """For 50 prompts: every probability within 1e-6 of softmax over the model's last row, and all of them sum to 1."""
    for prompt in prompts(50):
        table = lessons.next_token_probabilities(lm, prompt)
        with torch.no_grad():
            expected = lm.model(torch.tensor([lm.encode(prompt)])).logits[0, -1].double().softmax(-1)
        shown = torch.tensor(table.probability.tolist(), dtype=torch.float64)
        assert (expected[table.id.tolist()] - shown).abs().max() < 1e-6
        assert abs(table.probability.sum() - 1) < 1e-9
        assert list(range(1, lm.vocabulary_size + 1)) == table["rank"].tolist()
        assert table.probability.is_monotonic_decreasing


def test_choices_only_says_how_many_rows_are_kept(lm):
    """The first rows of the whole table, not a softmax over the few."""
    whole = lessons.next_token_probabilities(lm, "The king")
    assert whole.head(5).equals(lessons.next_token_probabilities(lm, "The king", choices=5))


def test_the_table_is_greedy_search_written_down(lm):
    """Each row's first choice ends the next row's input; the text is that of `model.generate`."""
    table = lessons.next_token_table(lm, "The king said", steps=6, choices=3)
    assert ["Input", "Choice 1", "Choice 2", "Choice 3"] == list(table.columns)
    for before, after in zip(table.index[:-1], table.index[1:], strict=True):
        assert table.loc[after, "Input"] == table.loc[before, "Input"] + table.loc[before, "Choice 1"].token
    ids = torch.tensor([lm.encode("The king said")])
    generated = lm.model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=6, do_sample=False, pad_token_id=0
    )
    assert lm.decode(generated[0].tolist()) == table.iloc[-1]["Input"] + table.iloc[-1]["Choice 1"].token


def test_a_cell_is_text_on_top_and_numbers_underneath(lm):
    """The cell reads as in the course, " most (9.76%)"; its probability is not rounded."""
    cell = lessons.next_token_table(lm, "The king", steps=1, choices=1).loc[0, "Choice 1"]
    assert f"{lm.decode([cell.id])} ({cell.probability:.2%})" == cell
    assert lm.next_logits("The king").double().softmax(-1)[cell.id].item() == pytest.approx(cell.probability, abs=1e-12)
    assert " most (9.76%)" == Choice(" most", 7, 0.0976)


def test_a_notebook_shows_spaces_as_signs_and_escapes_markup(lm):
    """Leading spaces can be seen, a prompt with markup is shown and not run, probabilities are in percent."""
    html = lessons.next_token_table(lm, "<script>alert(1)</script> the king", steps=2, choices=2)._repr_html_()
    assert "␣" in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "%</td>" in lessons.next_token_probabilities(lm, "The king", 3)._repr_html_()


def test_slices_of_a_table_are_shown_in_the_same_way(lm):
    """`head()` of a table still draws its spaces."""
    assert "␣" in lessons.next_token_probabilities(lm, "The king was an").head(10)._repr_html_()


@given(st.text(max_size=80), st.integers(4, 30))
def test_the_end_of_a_text_fits_its_line(text, length):
    """What is shown is at most so long, in one line, and ends as the text ends."""
    line = visible_end(text, length)
    assert "\n" not in line
    assert len(line) <= length or not line.startswith("…")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"choices": 0}, ValueError, "choices must be from 1 to 4,096, got 0"),
        ({"choices": 4097}, ValueError, "choices must be from 1 to 4,096, got 4097"),
        ({"choices": 2.5}, TypeError, "choices must be a whole number"),
        ({"choices": "5"}, TypeError, "choices must be a whole number"),
        ({"steps": 0}, ValueError, "steps must be at least 1, got 0"),
        ({"steps": True}, TypeError, "steps must be a whole number"),
    ],
)
def test_bad_numbers_are_named(lm, options, error, message):
    """The rule, the value; never another library's traceback alone."""
    with pytest.raises(error, match=message):
        lessons.next_token_table(lm, "The king", **options)


def test_emoji_and_hangul_prompts_give_right_tables(lm):
    """Any text can be continued; the sum is still 1."""
    for prompt in ("왕은", "🙂🙂", "<script>"):
        assert abs(lessons.next_token_probabilities(lm, prompt).probability.sum() - 1) < 1e-9


def test_the_table_ends_where_the_context_ends(lm):
    """A prompt that nearly fills the context gives the rows that fit, not an error."""
    ids = (lm.encode("the king and ") * lm.context)[: lm.context - 3]
    assert 3 == len(lessons.next_token_table(lm, ids, steps=8, choices=1))
