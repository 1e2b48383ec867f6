"""The log-probability of a given text: the right tokens, in batches, in slices, for models that do more than usual."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lessons
from lessons.models import scoring
from lessons.models.language_model import LanguageModel
from lessons.models.scoring import perplexity, sequence_logprob, token_log_probs


def one_at_a_time(model: torch.nn.Module, ids: list[int], input_len: int) -> float:
    """The same sum by asking for one token after the other, each after the text before it: nothing to shift, nothing
    to slice.
    """
    total = 0.0
    for place in range(max(1, input_len), len(ids)):
        with torch.inference_mode():
            logits = model(torch.tensor([ids[:place]])).logits[0, -1]
        total += logits.double().log_softmax(-1)[ids[place]].item()
    return total


def random_ids(lm: LanguageModel, *shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(lm.vocabulary_size, shape, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 12), st.data(), st.sampled_from(["gpt2", "llama"]))
def test_every_token_from_input_len_on_counts(tiny_models, tokens, data, architecture):
    """For each length of the prompt, 0 and the whole text included: the first generated token counts, the prompt's
    do not.
    """
    lm = tiny_models[architecture]
    ids = data.draw(st.lists(st.integers(0, lm.vocabulary_size - 1), min_size=tokens, max_size=tokens))
    input_len = data.draw(st.integers(0, tokens))
    assert sequence_logprob(lm, ids, input_len) == pytest.approx(one_at_a_time(lm.model, ids, input_len), abs=1e-3)


def test_the_parts_add_up_to_the_whole(lm):
    """Prompt and continuation: the text's sum is the prompt's plus the continuation's, and a decoder's trace knows
    the same sum.
    """
    trace = lessons.greedy_search(lm, "Once upon a time there was a king", max_new_tokens=12)
    prompt_length = len(trace.prompt_ids)
    continuation = sequence_logprob(lm, trace.ids, prompt_length)
    assert continuation == pytest.approx(trace.log_prob, abs=1e-3)
    assert sequence_logprob(lm, trace.ids) == pytest.approx(
        sequence_logprob(lm, trace.prompt_ids) + continuation, abs=1e-3
    )


def test_the_two_well_known_mistakes_give_other_numbers(lm):
    """`[:, n]` for `[:, n:]` is a single token; `[:, n:]` for `[:, n - 1:]` leaves out the first generated one."""
    trace = lessons.greedy_search(lm, "The old woman said to the fox", max_new_tokens=10)
    log_probs, n = token_log_probs(lm, [trace.ids])[0], len(trace.prompt_ids)
    right = sequence_logprob(lm, trace.ids, n)
    assert right == pytest.approx(log_probs[n - 1 :].sum().item(), abs=1e-3)
    assert right - log_probs[n:].sum().item() == pytest.approx(trace.steps[0].log_prob, abs=1e-3)
    assert abs(right - log_probs[n].item()) > 1


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_batch_is_its_texts_one_by_one(tiny_models, architecture):
    """A tensor (B, T), a list of lists of one length, and lists of several lengths give each text what it has alone."""
    lm = tiny_models[architecture]
    texts = random_ids(lm, 3, 20)
    expected = [sequence_logprob(lm, text, 4) for text in texts]
    assert sequence_logprob(lm, texts, 4).tolist() == pytest.approx(expected, abs=1e-4)
    assert sequence_logprob(lm, texts.tolist(), 4).tolist() == pytest.approx(expected, abs=1e-4)
    ragged = [texts[0].tolist(), texts[1, :9].tolist()]
    assert sequence_logprob(lm, ragged, 4).tolist() == pytest.approx(
        [expected[0], sequence_logprob(lm, texts[1, :9], 4)], abs=1e-4
    )


def test_a_model_without_a_tokenizer_will_do(tiny_models):
    """The course passes a `transformers` model; list, tuple and tensor are the same text."""
    lm = tiny_models["gpt2"]
    ids = random_ids(lm, 15)
    expected = sequence_logprob(lm, ids)
    assert sequence_logprob(lm.model, ids.unsqueeze(0)).tolist() == [expected]
    assert sequence_logprob(lm.model, tuple(ids.tolist())) == expected == sequence_logprob(lm, ids.tolist())


def test_perplexity_is_the_exponential_of_the_mean(lm):
    """By hand from the sum; and a model whose logits are all alike hesitates among its whole vocabulary."""
    ids = lm.encode("There was once a poor woodcutter who lived with his wife at the edge of a great forest")
    assert perplexity(lm, ids) == pytest.approx(math.exp(-sequence_logprob(lm, ids) / (len(ids) - 1)))
    texts = torch.tensor([ids, ids[::-1]])
    assert perplexity(lm, texts).tolist() == pytest.approx([perplexity(lm, ids), perplexity(lm, ids[::-1])], rel=1e-4)


def test_perplexity_of_chance_is_the_size_of_the_vocabulary(tiny_models):
    """All tokens equally likely: as many choices as there are tokens."""
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=50, n_positions=16, n_embd=8, n_layer=1, n_head=1, bos_token_id=0, eos_token_id=0)
    )
    with torch.no_grad():
        model.lm_head.weight.zero_()
    assert perplexity(model, [1, 2, 3, 4]) == pytest.approx(50)


def long_and_short_way(lm: LanguageModel, monkeypatch, texts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The log-probabilities with as many slices as there can be, and from the whole matrix."""
    monkeypatch.setattr(scoring, "SLICE", 3)
    sliced = token_log_probs(lm, texts)
    monkeypatch.setattr(scoring, "SLICE", 10**9)
    return sliced, token_log_probs(lm, texts)


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
@pytest.mark.parametrize("shape", [(40,), (3, 21), (2, 2)])
def test_slices_change_nothing(tiny_models, monkeypatch, architecture, shape):
    """The head applied to a few places at a time gives what the model gives for the whole text."""
    lm = tiny_models[architecture]
    assert lm.plain_head
    sliced, whole = long_and_short_way(lm, monkeypatch, random_ids(lm, *shape))
    torch.testing.assert_close(sliced, whole)


def test_slices_are_really_slices(tiny_models, monkeypatch):
    """No more than SLICE places of logits exist at once: the head never sees more."""
    lm = tiny_models["gpt2"]
    monkeypatch.setattr(scoring, "SLICE", 7)
    assert lm.plain_head  # tried before we count
    seen = []
    handle = lm.model.lm_head.register_forward_hook(lambda module, inputs, output: seen.append(output.shape[-2]))
    token_log_probs(lm, random_ids(lm, 40))
    handle.remove()
    assert seen == [7, 7, 7, 7, 7, 4]  # 39 places: the last token predicts nothing


def test_a_head_that_does_more_is_noticed(monkeypatch):
    """Gemma 2 bends its logits with a tanh after the head: the slices would be wrong, so the whole matrix is made."""
    from transformers import Gemma2Config, Gemma2ForCausalLM

    config = Gemma2Config(
        vocab_size=60,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        final_logit_softcapping=0.5,
        max_position_embeddings=64,
        initializer_range=1.0,
    )
    torch.manual_seed(0)
    lm = LanguageModel("gemma", Gemma2ForCausalLM(config).eval(), None)
    assert not lm.plain_head
    ids = random_ids(lm, 30)
    sliced, whole = long_and_short_way(lm, monkeypatch, ids)
    assert torch.equal(sliced, whole)
    assert whole.sum().item() == pytest.approx(one_at_a_time(lm.model, ids.tolist(), 0), abs=1e-2)


def test_dropout_is_off_while_a_text_is_weighed(tiny_models):
    """A model fresh from training gives the same number twice, and is in training afterwards as it was before."""
    lm = tiny_models["gpt2"]
    ids = random_ids(lm, 30)
    expected = sequence_logprob(lm, ids)
    lm.model.train()
    try:
        assert sequence_logprob(lm, ids) == expected
        assert lm.model.training
    finally:
        lm.model.eval()


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([], ValueError, "at least one token"),
        ("a text", TypeError, "lm.encode"),
        ([0.5, 1.0], TypeError, "ids must be token ids: whole numbers"),
        (torch.zeros(1, 2, 3, dtype=torch.int64), TypeError, r"got int64 of shape \(1, 2, 3\)"),
        ([1, 300], ValueError, "from 0 to 299, got 300"),
        ([1, -1], ValueError, "from 0 to 299, got -1"),
        (list(range(65)), ValueError, r"65 tokens, .* at most 64: .*ids\[:64\]"),
    ],
)
def test_bad_ids_are_refused(tiny_models, ids, error, message):
    """Rule, value, way out."""
    with pytest.raises(error, match=message):
        sequence_logprob(tiny_models["gpt2"], ids)


def test_a_prompt_longer_than_the_text_is_refused(tiny_models):
    """`input_len` may be the text's length (nothing was generated: 0.0), but not more; the mean of nothing is
    refused.
    """
    lm = tiny_models["gpt2"]
    assert sequence_logprob(lm, [1, 2, 3], 3) == 0.0
    with pytest.raises(ValueError, match="input_len must be from 0 to 3, got 4"):
        sequence_logprob(lm, [1, 2, 3], 4)
    with pytest.raises(ValueError, match="no token is left to predict"):
        perplexity(lm, [1, 2, 3], 3)
