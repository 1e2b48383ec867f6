"""The log-probability of a given text: the right tokens, in batches, in slices, for models that do more than usual."""

import copy
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
    """The head applied to a few places at a time gives what the model gives for the whole text, to the 32 bits of its
    logits."""
    lm = tiny_models[architecture]
    assert lm.plain_head
    sliced, whole = long_and_short_way(lm, monkeypatch, random_ids(lm, *shape))
    torch.testing.assert_close(sliced.float(), whole.float())


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


def padded(lm: LanguageModel, side: str, token: str | None = None) -> tuple[list[list[int]], object]:
    """A short and a long text as ids, and what a tokenizer that pads on that side returns for both."""
    tokenizer = copy.deepcopy(lm.tokenizer)
    tokenizer.padding_side, tokenizer.pad_token = side, token or tokenizer.eos_token
    texts = ["Once upon a time", "Once upon a time there was a poor woodcutter who lived with his wife"]
    return [lm.encode(text) for text in texts], tokenizer(texts, padding=True, return_tensors="pt")


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("score", [sequence_logprob, perplexity])
def test_a_padded_batch_is_its_texts_one_by_one(lm, side, score):
    """The whole encoding, or its ids and its mask: each text has what it has alone, its padding nothing."""
    texts, encoding = padded(lm, side)
    expected = [score(lm, text, 2) for text in texts]
    assert score(lm, encoding, 2).tolist() == pytest.approx(expected, rel=1e-5)
    assert score(lm, dict(encoding), 2).tolist() == pytest.approx(expected, rel=1e-5)
    mask = encoding["attention_mask"]
    assert score(lm, encoding["input_ids"], 2, attention_mask=mask).tolist() == pytest.approx(expected, rel=1e-5)
    as_lists = lm.tokenizer([lm.decode(text) for text in texts])  # nothing padded, two lengths
    assert score(lm, as_lists, 2).tolist() == pytest.approx(expected, rel=1e-5)
    assert score(lm, encoding["input_ids"][0], 2, attention_mask=mask[0]) == pytest.approx(expected[0], rel=1e-5)
    planted = score(lm, encoding["input_ids"], 2, attention_mask=torch.ones_like(mask))
    assert abs(planted[0] - expected[0]) > 1  # the padding counted


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("score", [sequence_logprob, perplexity, token_log_probs])
def test_padding_without_a_mask_is_refused(lm, side, score):
    """Ids alone do not tell an end-of-text token from padding: the error says what to pass."""
    ids = padded(lm, side)[1]["input_ids"]
    for texts in (ids, ids.tolist()):
        with pytest.raises(
            ValueError, match=r"begin or end with the token 0, which pads .*padding=True.*attention_mask"
        ):
            score(lm, texts)


def test_what_may_be_padding(tiny_models):
    """The end-of-text token twice; the tokenizer's own padding token at the end of some texts only, or, if it never
    belongs to a text, anywhere at an end. One end-of-text token behind each text is no padding."""
    lm = tiny_models["gpt2"]
    end, tokenizer = lm.end_ids[0], copy.deepcopy(lm.tokenizer)
    tokenizer.pad_token_id = end
    padding_ends = LanguageModel("", lm.model, tokenizer)
    one, two, none = [5, 6, 7, end], [5, 6, end, end], [5, 6, 7, 8]
    for model, texts in (
        (lm, [one, one]),
        (lm, [one, none]),
        (lm, [none, none]),
        (padding_ends, [one, one]),
        (lm, [one]),
    ):
        assert token_log_probs(model, texts).shape == (len(texts), 3)
    other = copy.deepcopy(lm.tokenizer)
    other.pad_token_id = 8
    for model, texts in (
        (lm, [none, two]),
        (padding_ends, [one, none]),
        (LanguageModel("", lm.model, other), [none, none]),
        (lm.model, [two]),
    ):
        with pytest.raises(ValueError, match="which pads texts"):
            token_log_probs(model, texts)
        assert sequence_logprob(model, texts, attention_mask=torch.ones(len(texts), 4)).shape == (len(texts),)


@pytest.mark.parametrize(
    ("ids", "mask", "error"),
    [
        ([5, 6, 7], [1, 1], ValueError),
        ([5, 6, 7], [1, 1, 2], ValueError),
        ([[5, 6], [7, 8]], [1, 1], ValueError),
        ([[5, 6], [7, 8]], [[1, 1]], ValueError),
        ([5, 6, 7], "111", TypeError),
        ([[5, 6], [7, 8]], 1, TypeError),
        ({"attention_mask": [1]}, None, TypeError),
        ([[5, 6], [7, 8]], [[1, 1], [0, 0]], ValueError),
    ],
)
def test_a_mask_that_does_not_fit(tiny_models, ids, mask, error):
    """Rule, value and way out; and a text of nothing but padding is none."""
    with pytest.raises(error, match=r"attention_mask must|input_ids|at least one token"):
        sequence_logprob(tiny_models["gpt2"], ids, attention_mask=mask)


def windows_by_hand(lm: LanguageModel, ids: list[int], stride: int, input_len: int = 0) -> float:
    """The perplexity of a long text as its definition has it: for every token the first window that it is in, read
    alone."""
    surprisals = []
    for place in range(max(1, input_len), len(ids)):
        start = next(start for start in range(0, len(ids), stride) if place < start + lm.context)
        with torch.inference_mode():
            logits = lm.model(torch.tensor([ids[start:place]])).logits[0, -1].double()
        surprisals.append(-logits.log_softmax(-1)[ids[place]].item())
        assert start == 0 or place - start >= lm.context - stride
    return math.exp(sum(surprisals) / len(surprisals))


@pytest.mark.parametrize("stride", [1, 16, 32, 63])
@pytest.mark.parametrize("tokens", [64, 65, 96, 150])
def test_a_text_longer_than_the_context(tiny_models, tokens, stride):
    """Each token once, after at least context - stride others: the same as reading each window by hand."""
    lm = tiny_models["gpt2"]
    ids = random_ids(lm, tokens).tolist()
    assert perplexity(lm, ids, stride=stride) == pytest.approx(windows_by_hand(lm, ids, stride), rel=1e-5)
    assert perplexity(lm, ids, 70 % tokens, stride=stride) == pytest.approx(
        windows_by_hand(lm, ids, stride, 70 % tokens), rel=1e-5
    )
    if tokens == 150:  # planted: windows side by side, which is another number
        parts = [ids[:64], ids[64:128], ids[128:]]
        surprisal = -sum(sequence_logprob(lm, part) for part in parts) / (150 - 3)
        assert abs(math.exp(surprisal) / perplexity(lm, ids, stride=stride) - 1) > 1e-3


def test_windows_of_several_texts_and_of_short_ones(tiny_models):
    """A batch as its texts; a text that fits is read as it is; the error of the others names the way out."""
    lm = tiny_models["llama"]
    texts = random_ids(lm, 2, 100)
    expected = [perplexity(lm, text, stride=20) for text in texts]
    assert perplexity(lm, texts, stride=20).tolist() == pytest.approx(expected, rel=1e-5)
    assert perplexity(lm, texts[0, :40], stride=20) == pytest.approx(perplexity(lm, texts[0, :40]), rel=1e-9)
    with pytest.raises(ValueError, match=r"100 tokens.*perplexity\(lm, ids, stride=32\)$"):
        perplexity(lm, texts[0])
    for stride in (0, 64):
        with pytest.raises(ValueError, match=f"stride must be from 1 to 63, got {stride}"):
            perplexity(lm, texts[0], stride=stride)


def test_a_trace_and_its_text_have_the_same_log_probability(lm, tiny_models):
    """Whether recorded step by step or read at once: to a millionth, in 64 bits."""
    for model in (lm, *tiny_models.values()):
        trace = lessons.sample(model, "the old king and the fox", 20, seed=3)
        read = sequence_logprob(model, trace.ids, len(trace.prompt_ids))
        assert trace.log_prob == pytest.approx(read, rel=1e-6)
        assert trace.log_probs.dtype == token_log_probs(model, trace.ids).dtype == torch.float64
        assert trace.log_probs.sum().item() == pytest.approx(trace.log_prob, abs=1e-12)
