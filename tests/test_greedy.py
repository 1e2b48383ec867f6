"""Greedy search: always the likeliest token, with two knobs against repetition, and a reason for stopping."""

import math

import pytest
import torch

import lessons
from lessons.decoding import greedy_search
from lessons.models.six_words import MarkovChain
from lessons.words.language import speak


class Broken:
    """A chain whose answer goes bad after so many tokens."""

    def __init__(self, chain: MarkovChain, after: int, value: float, everywhere: bool = False) -> None:
        self.chain, self.after, self.value, self.everywhere = chain, after, value, everywhere

    def __call__(self, ids):
        logits = self.chain(ids)
        bad = (
            torch.full_like(logits, self.value)
            if self.everywhere
            else logits.index_fill(0, torch.tensor([3]), self.value)
        )
        return bad if len(ids) > self.after else logits


def test_greedy_by_hand(chain):
    """From ".": the likeliest next words are the (0.50), dog (0.40), runs (0.55), . (0.70), which ends the text.

    Together 0.5 x 0.4 x 0.55 x 0.7 = 0.077.
    """
    trace = greedy_search(chain, ".", max_new_tokens=10)
    assert chain.decode(trace.new_ids) == "the dog runs ."
    assert [step.log_probs[step.chosen].exp().item() for step in trace.steps] == pytest.approx([0.5, 0.4, 0.55, 0.7])
    assert trace.log_prob == pytest.approx(math.log(0.077))
    assert trace.stopped == "the end-of-text token was chosen"


def test_each_step_holds_the_whole_distribution(chain):
    """Not only the token taken: all of them, and which the likeliest of them was."""
    for step in greedy_search(chain, ".", max_new_tokens=4).steps:
        assert step.log_probs.exp().sum().item() == pytest.approx(1)
        assert step.rank == 1
        assert step.scores is step.logits


@pytest.fixture
def ring() -> MarkovChain:
    """Three words that like to go round: A B A B …, with C as a way out."""
    return MarkovChain(("A", "B", "C"), ((0.0, 0.7, 0.3), (0.9, 0.0, 0.1), (1.0, 0.0, 0.0)), ends=())


def test_no_repeat_by_hand(ring):
    """Left alone it loops: A B A B A. Forbidden to say a pair twice, it cannot go on with B after "A B A", and takes
    C (0.3).
    """
    assert ring.decode(greedy_search(ring, "A", 4).ids) == "A B A B A"
    trace = greedy_search(ring, "A", 4, no_repeat_ngram_size=2)
    assert ring.decode(trace.ids) == "A B A C A"
    assert [name for name, _ in trace.steps[2].filters] == ["no_repeat_ngram_size"]
    assert trace.steps[2].scores.tolist() == [-math.inf, -math.inf, pytest.approx(math.log(0.3))]
    assert trace.log_prob == pytest.approx(math.log(0.7 * 0.9 * 0.3 * 1.0))  # under the model, whatever was forbidden


def test_a_knob_that_leaves_nothing_says_so(ring):
    """After "A B A C A" both pairs that A can begin have been said."""
    with pytest.raises(ValueError, match="no_repeat_ngram_size"):
        greedy_search(ring, "A", 5, no_repeat_ngram_size=2)


def test_repetition_penalty_by_hand():
    """It acts on logits: the 3.0 of a word already said is divided by 2 and falls behind the 2.0 of another; the
    prompt counts.
    """
    logits = torch.tensor([1.0, 3.0, 2.0])
    assert greedy_search(lambda ids: logits, [0], 3).new_ids == (1, 1, 1)
    trace = greedy_search(lambda ids: logits, [0], 3, repetition_penalty=2.0)
    assert trace.new_ids == (1, 2, 1)
    assert trace.steps[2].scores.tolist() == [0.5, 1.5, 1.0]
    assert greedy_search(lambda ids: logits, [1], 1, repetition_penalty=2.0).new_ids == (2,)


def test_knobs_at_their_neutral_values_do_nothing(ring):
    """1.0 and 0, as in generate; and None."""
    expected = greedy_search(ring, "A", 6).new_ids
    for penalty, size in ((1.0, 0), (None, None), (1, 0)):
        trace = greedy_search(ring, "A", 6, repetition_penalty=penalty, no_repeat_ngram_size=size)
        assert trace.new_ids == expected
        assert trace.steps[0].filters == ()


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_greedy_stops_where_the_context_ends(tiny_models, architecture):
    """60 tokens of 64 are given, so 4 of the 10 can follow; the reason says so."""
    lm = tiny_models[architecture]
    trace = greedy_search(lm, [7] * 60, max_new_tokens=10)
    assert len(trace.new_ids) == 4 or trace.new_ids[-1] in lm.end_ids
    assert trace.stopped == "the model's context of 64 tokens is full: 4 of 10 new tokens were made"


def test_a_model_without_an_end_of_text_token_goes_on(ring):
    """It runs to max_new_tokens, and the reason says why nothing could end it sooner."""
    trace = greedy_search(ring, "A", max_new_tokens=5)
    assert len(trace.new_ids) == 5
    assert (
        trace.stopped
        == "max_new_tokens = 5 was reached; this model names no end-of-text token, so no text can end sooner"
    )


@pytest.mark.parametrize(
    ("value", "everywhere", "what"),
    [(math.nan, False, "NaN"), (math.inf, False, r"\+inf"), (-math.inf, True, "-inf only")],
)
def test_broken_logits_are_refused_with_their_step(chain, value, everywhere, what):
    """A NaN or an infinity from a broken model: the error names the step at which it came, and what it was."""
    with pytest.raises(ValueError, match=f"at step 2 hold {what}"):
        greedy_search(Broken(chain, after=2, value=value, everywhere=everywhere), [0], 5)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"max_new_tokens": 0},
            ValueError,
            r"at least 1, got 0; to weigh a text as it stands use sequence_logprob\(\)",
        ),
        ({"max_new_tokens": -3}, ValueError, "at least 1, got -3"),
        ({"max_new_tokens": 2.5}, TypeError, "whole number"),
        ({"repetition_penalty": 0.0}, ValueError, "repetition_penalty must be greater than 0, got 0.0"),
        ({"no_repeat_ngram_size": -1}, ValueError, "no_repeat_ngram_size must be at least 1, got -1"),
    ],
)
def test_bad_input_is_refused(chain, arguments, error, message):
    """Rule, value, way out."""
    with pytest.raises(error, match=message):
        greedy_search(chain, ".", **arguments)


def test_a_prompt_that_fills_the_context_is_refused(tiny_models):
    """There must be room for one more token; the error says how many are too many, and what to pass instead."""
    with pytest.raises(ValueError, match=r"64 tokens, .* at most 64 .* shorten it by 1 tokens, .*\[-63:\]"):
        greedy_search(tiny_models["gpt2"], [1] * 64)


def test_reasons_are_said_in_korean_too(chain):
    """Every word that a student sees exists in both languages."""
    speak("ko")
    assert greedy_search(chain, ".", 10).stopped == "종료 토큰(EOS)이 선택되었습니다"


def test_generate_writes_the_same(lm):
    """The bundled model, the usual call: token for token what `transformers` writes."""
    prompt = torch.tensor([lm.encode("The king had three daughters, and")])
    expected = lm.model.generate(
        prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=24, do_sample=False, pad_token_id=0
    )
    assert lessons.greedy_search(lm, prompt, 24).ids == tuple(expected[0].tolist())
