"""Drafts: an n-gram model that only counts, prompt lookup, and a model's own first blocks."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import lessons
from lessons.models.drafts import blocks_of


def test_counts_by_hand(chain):
    """ "the dog runs ." and "the cat .": of no last word the counts are the 2, dog cat runs 1, and . 2 with the end that
    each text gets. All six words share what 5 different ones in 7 take from them: 5 / 12 · 1 / 6."""
    bigrams = lessons.ngram_model(chain, ["the dog runs", "the cat"], n=2)
    alone = [count / 12 + 5 / 12 / 6 for count in (2, 2, 0, 1, 1, 1)]
    assert bigrams([2]).exp().tolist() == pytest.approx(alone)  # nobody has seen anything after "a"
    # after "the", seen twice with two different words after it, those weigh one half
    after_the = [count / 4 + 0.5 * share for count, share in zip((0, 0, 0, 1, 1, 0), alone, strict=True)]
    assert bigrams([1]).exp().tolist() == pytest.approx(after_the)
    assert bigrams([5, 4, 1]).exp().tolist() == pytest.approx(after_the)  # it looks one word back only


@given(st.lists(st.sampled_from(["the dog runs .", "a cat", "the cat runs", ""]), min_size=1, max_size=6), st.data())
def test_they_are_probabilities_whatever_was_counted(texts, data):
    """Above 0 for every token, 1 together, after whatever text."""
    chain = lessons.six_words()
    model = lessons.ngram_model(chain, texts, n=data.draw(st.integers(1, 4)))
    probabilities = model(data.draw(st.lists(st.integers(0, 5), max_size=6))).exp()
    assert probabilities.min() > 0
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-12)


def test_it_writes_as_any_model_does(lm):
    """With the tokens of the model whose they are, and its end of text."""
    trigrams = lessons.ngram_model(lm, [lessons.tale()], n=3)
    trace = lessons.greedy_search(trigrams, "Once upon a", 4)
    assert trace.text.startswith("Once upon a time there lived")
    assert trigrams.end_ids == lm.end_ids and trigrams.vocabulary_size == lm.vocabulary_size
    ended = trigrams(lm.encode(lessons.tale())).argmax().item()
    assert ended in lm.end_ids  # which was counted behind the text


def test_its_tokens_have_their_names(lm):
    """Those of the model: halves of a letter are told apart."""
    trigrams = lessons.ngram_model(lm, ["the king"])
    trace = lessons.greedy_search(lessons.constrain(trigrams, " 가"), "Once", 4)
    assert [trace.token(token) for token in trace.new_ids] == [lm.token(token) for token in trace.new_ids]
    assert "�" not in "".join(map(trace.token, trace.new_ids))


def test_longer_contexts_guess_a_known_text_better(lm):
    """Of its own text the tale: one, two, three tokens together."""
    ids = lm.encode(lessons.tale())
    right = []
    for n in (1, 2, 3):
        model = lessons.ngram_model(lm, [lessons.tale()], n)
        right.append(sum(int(model(ids[:place]).argmax()) == ids[place] for place in range(1, 120)))
    assert right == sorted(right) and right[0] < right[-1]


def test_lookup_by_hand():
    """What followed 1 2 before was 3; where only the 2 stood before, what followed that; where nothing did, nothing."""
    draft = lessons.prompt_lookup(lessons.six_words())
    assert draft([1, 2, 3, 5, 2, 4, 1, 2]).argmax() == 3
    assert draft([1, 2, 3, 5, 2]).argmax() == 3
    assert draft([0, 1, 2]).tolist() == [-math.inf] * 6
    assert draft([0]).tolist() == [-math.inf] * 6
    assert draft([4, 4]).argmax() == 4
    assert draft([1, 2, 3, 5, 2, 4, 1, 2]).softmax(-1).tolist() == [0, 0, 0, 1, 0, 0]


def test_first_blocks_say_what_the_lens_shows(lm):
    """After so many blocks the output head reads what they leave: the same numbers by two ways."""
    lens = lessons.logit_lens(lm, "The king had three daughters", last=1)[:, 0]
    for number in (1, 3, 6):
        short = lessons.first_blocks(lm, number)
        torch.testing.assert_close(
            short.next_logits("The king had three daughters"), lens[number], atol=1e-4, rtol=1e-4
        )
        assert short.model.config.n_layer == number
    assert lm.model.config.n_layer == 6 and len(lm.model.transformer.h) == 6  # which stays as it is


def test_first_blocks_share_the_weights(lm):
    """None is copied; all blocks are the model itself."""
    short = lessons.first_blocks(lm, 2)
    assert short.model.transformer.h[1].mlp.c_fc.weight is lm.model.transformer.h[1].mlp.c_fc.weight
    assert short.name == "bundled, the first 2 of 6 blocks"
    assert torch.equal(lessons.first_blocks(lm, 6).next_logits([5, 6]), lm.next_logits([5, 6]))


def test_first_blocks_of_another_architecture(tiny_models):
    """Llama keeps its blocks under another name; its cache goes with them."""
    lm = tiny_models["llama"]
    short = lessons.first_blocks(lm, 1)
    assert len(short.model.model.layers) == 1 and not short.reads_anew
    states = lm.model(torch.tensor([[5, 6, 7]]), output_hidden_states=True).hidden_states[1]
    expected = lm.model.lm_head(lm.model.model.norm(states))[0, -1]
    torch.testing.assert_close(short.next_logits([5, 6, 7]), expected.detach())
    assert lessons.greedy_search(short, [5, 6], 5).ids == tuple(
        short.model.generate(torch.tensor([[5, 6]]), max_new_tokens=5, do_sample=False, pad_token_id=0)[0].tolist()
    )


@pytest.mark.parametrize("number", [0, 7])
def test_a_number_of_blocks_that_cannot_be(lm, number):
    """The bundled model has six."""
    with pytest.raises(ValueError, match=f"number must be from 1 to 6, got {number}"):
        lessons.first_blocks(lm, number)


def test_a_model_without_a_list_of_blocks(lm):
    """Rule, value, way out."""
    with pytest.raises(ValueError, match=r"keeps its blocks in no list.*ngram_model\(\)"):
        blocks_of(lm.model, 5)


def test_a_vocabulary_of_unknown_size():
    """A plain function does not tell how many tokens there are."""
    for make in (lambda: lessons.prompt_lookup(len), lambda: lessons.ngram_model(len, ["a"])):
        with pytest.raises(ValueError, match="it must be known how many tokens there are"):
            make()
