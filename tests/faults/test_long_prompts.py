"""A prompt of 100,000 characters: each call says how long it is and how long it may be."""

import pytest

import lessons

pytestmark = pytest.mark.fault
LETTERS = 100_000
LONG = ["the old king and the fox " * (LETTERS // 25), "a" * LETTERS, "<" * LETTERS, "가" * LETTERS, "\n" * LETTERS]
CALLS = {
    "greedy_search": lambda lm, text: lessons.greedy_search(lm, text),
    "beam_search": lambda lm, text: lessons.beam_search(lm, text),
    "sample": lambda lm, text: lessons.sample(lm, text),
    "next_token_table": lambda lm, text: lessons.next_token_table(lm, text),
    "next_token_probabilities": lambda lm, text: lessons.next_token_probabilities(lm, text),
    "sequence_logprob": lambda lm, text: lessons.sequence_logprob(lm, lm.encode(text)),
    "perplexity": lambda lm, text: lessons.perplexity(lm, lm.encode(text)),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("text", LONG, ids=["words", "one word", "marks", "Hangul", "line ends"])
def test_a_long_prompt_is_refused_with_its_length(lm, name, text):
    """The number of tokens, the model's context, and which part to pass."""
    with pytest.raises(
        ValueError, match=rf"{len(lm.encode(text)):,} tokens, but this model reads at most {lm.context:,}"
    ):
        CALLS[name](lm, text)


EXPLORERS = {
    "NextTokenExplorer": "prompt", "BeamExplorer": "prompt", "TemperatureExplorer": "prompt", "TruncationExplorer": "prompt",
    "UnderflowExplorer": "text",
}  # fmt: skip


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_keeps_its_picture(lm, name):
    """Typed into an explorer, the long prompt is refused under the controls; the last good picture and sentence
    stay."""
    explorer = getattr(lessons, name)(lm)
    if name == "UnderflowExplorer":
        explorer.source.value = "text"
    picture, sentence = explorer.drawing, explorer.sentence
    getattr(explorer, EXPLORERS[name]).value = LONG[0]
    assert f"at most {lm.context:,}" in explorer.error and "Traceback" not in explorer.error
    assert (picture, sentence) == (explorer.drawing, explorer.sentence)
    getattr(explorer, EXPLORERS[name]).value = "Once upon a time there was"
    assert "" == explorer.error


def test_a_long_text_is_no_fault_in_a_corpus(lm, tmp_path):
    """A single text of 100,000 characters is read, cut into blocks, and nothing but the remainder is lost."""
    (tmp_path / "long.txt").write_text("\n".join([LONG[0]] * 3), encoding="utf8")
    corpus = lessons.load_corpus(tmp_path / "long.txt", held_out=0.4)
    blocks = lessons.token_blocks(corpus["train"], lm.tokenizer, 64)
    assert len(lm.encode(LONG[0].strip())) + 1 >= 64 * len(blocks) > len(lm.encode(LONG[0].strip())) - 64
