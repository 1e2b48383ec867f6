"""Lesson 08's explorer without a browser: setting a value is dragging, `click()` is clicking."""

import pytest
import torch

import lessons
from lessons.explorers.cell_outputs import parts_of
from lessons.explorers.lens import CHOSEN, COLUMNS, ROWS, shown_depths
from lessons.plots.lens import guess_colour
from lessons.words.language import speak

PROMPT = "Once upon a time there was a king who had a fair"


@pytest.fixture
def explorer(lm):
    return lessons.LensExplorer(lm, PROMPT)


def framed(explorer) -> list[int]:
    return [place for place, cell in enumerate(explorer.cells) if cell.layout.border == CHOSEN]


def in_sight(explorer) -> int:
    """How many parts of the grid are not hidden."""
    return sum(part.layout.display is None for part in explorer._grid.children)


def test_each_depth_has_the_probabilities_of_the_head_on_transformers_states(lm, explorer):
    """Every stop of the slider, beside hidden states, norm and head of `transformers`."""
    with torch.no_grad():
        output = lm.model(torch.tensor([lm.encode(PROMPT)]), output_hidden_states=True)
    for blocks, state in enumerate(output.hidden_states):
        normed = state if blocks == 6 else lm.model.transformer.ln_f(state)  # `transformers` has normed the last
        expected = lm.model.lm_head(normed)[0, -1].softmax(-1)
        explorer.blocks.value = blocks
        torch.testing.assert_close(explorer.probabilities, expected.detach(), atol=1e-4, rtol=1e-3)
        assert f"({expected.max():.1%})" in explorer.sentence
    assert explorer.error == ""


def test_the_grid_has_the_likeliest_token_of_each_depth_and_token(lm, explorer):
    """Rows from what is put in to the last block, columns the last tokens, the surer the bluer."""
    likeliest = lessons.logit_lens(lm, PROMPT, last=COLUMNS).softmax(-1).max(-1)
    names = [lm.token(token).replace(" ", "␣") for token in likeliest.indices.flatten().tolist()]
    assert names == [cell.description for cell in explorer.cells[: len(names)]]
    colours = [guess_colour(value) for value in likeliest.values.flatten().tolist()]
    assert colours == [cell.style.button_color for cell in explorer.cells[: len(names)]]
    assert in_sight(explorer) == (7 + 1) * (COLUMNS + 1)


def test_a_click_shows_what_lies_behind_a_cell(explorer):
    """The third row's second cell: after 2 blocks, at the second token shown; both sliders say so, and it is framed."""
    explorer.cells[2 * COLUMNS + 1].click()
    assert (2, 2) == (explorer.blocks.value, explorer.place.value)
    assert [2 * COLUMNS + 1] == framed(explorer)
    torch.testing.assert_close(explorer.probabilities, explorer.logits[2, 1].softmax(-1))
    assert "After 2 of 6 blocks" in explorer.sentence and "was a”" in explorer.sentence


def test_the_final_winner_stands_out_and_has_its_rank(lm, explorer):
    """ "daughter" wins in the end; before that the sentence says how far behind it is."""
    assert lm.token(explorer.winner) == " daughter"
    explorer.blocks.value = 3
    rank = int((explorer.probabilities > explorer.probabilities[explorer.winner]).sum()) + 1
    assert f"“␣daughter”, which is likeliest in the end, has rank {rank:,}" in explorer.sentence
    explorer.blocks.value = 6
    assert "this is what the model says" in explorer.sentence
    explorer.prompt.value = "He went into the forest and cut down a"
    explorer.blocks.value = 5
    assert explorer.sentence.endswith("as it is in the end.")


def test_a_short_text_has_a_narrow_grid(explorer):
    """One token, then two: as many columns, and the last of them is shown."""
    for text, tokens in (("He", 1), ("He went", 2)):
        explorer.prompt.value = text
        assert (tokens, tokens) == (explorer.columns, explorer.place.value)
        assert in_sight(explorer) == 8 * (tokens + 1)
        assert explorer.place.disabled == (tokens == 1)
        assert explorer.error == ""


def test_the_model_is_read_once_for_a_text(lm, explorer, monkeypatch):
    monkeypatch.setattr("lessons.explorers.lens.logit_lens", lambda *given, **more: pytest.fail("the model was read"))
    for blocks in range(7):
        explorer.blocks.value = blocks
    explorer.cells[0].click()
    assert explorer.error == ""


def test_simple_has_one_control(lm):
    """The slider, the text, the bars: no box, no grid."""
    explorer = lessons.LensExplorer(lm, PROMPT, simple=True)
    hidden = {one for one in parts_of(explorer) if getattr(getattr(one, "layout", None), "display", None) == "none"}
    assert explorer.blocks not in hidden and {explorer.prompt, explorer.place} <= hidden
    assert explorer.cells == [] and explorer.logits.shape[1] == 1
    explorer.blocks.value = 6
    assert "␣daughter" in explorer.sentence and explorer.error == ""


def test_another_architecture_has_a_lens_too(tiny_models):
    explorer = lessons.LensExplorer(tiny_models["llama"], "the old king")
    explorer.blocks.value = 2
    torch.testing.assert_close(explorer.probabilities, tiny_models["llama"].next_logits("the old king").softmax(-1))


@pytest.mark.parametrize("depth", [1, 2, ROWS - 1, ROWS, 12, 30, 80])
def test_a_deep_model_has_some_of_its_depths_in_the_grid(depth):
    """The first and the last among them, none twice, no more than can be seen at one look."""
    shown = shown_depths(depth)
    assert (shown[0], shown[-1]) == (0, depth)
    assert len(shown) == len(set(shown)) == min(depth + 1, ROWS)


def test_korean(lm, fonts):
    speak("ko")
    explorer = lessons.LensExplorer(lm, PROMPT)
    for blocks in (0, 5):
        explorer.blocks.value = blocks
        assert (
            f"블록 6개 가운데 {blocks}개를 지났을 때" in explorer.sentence and "끝에서 1위가 되는" in explorer.sentence
        )
    explorer.blocks.value = 6
    assert "이것이 모델의 답이다" in explorer.sentence and explorer.error == ""
