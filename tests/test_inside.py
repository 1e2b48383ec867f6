"""Inside a model: hidden states, logit lens, attention and ablation, beside what `transformers` says."""

import copy

import pytest
import test_architectures
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version
from test_gpt2 import gpt2_of

import lessons
from lessons.models.inside import named
from lessons.models.language_model import LanguageModel
from lessons.models.sessions import has_hooks, is_on_the_page, weights_of

PROMPT = "Once upon a time there was a king who had a fair"
# What these do between their last block and their logits is more than one norm and the head.
NO_LENS = {"Gemma2Config", "RecurrentGemmaConfig", "OpenAIGPTConfig", "ReformerConfig"}
if Version(transformers.__version__) < Version("5"):
    NO_LENS |= {"Gemma3Config"}  # of which these versions have no body by itself


@pytest.fixture(scope="module", params=[*test_architectures.CACHED, *test_architectures.READ_ANEW])
def other(request) -> LanguageModel:
    """A tiny model of each kind that is taken."""
    lm = LanguageModel(request.param, test_architectures.tiny(request.param), test_architectures.Numbers())
    vars(lm).update(front_ids=(), behind_ids=())  # which a tokenizer would be asked for
    return lm


@pytest.fixture(scope="module")
def eager(lm) -> LanguageModel:
    """The bundled model, asked by `transformers` for its attention: the plain kernel keeps it."""
    model = copy.deepcopy(lm.model)
    model.set_attn_implementation("eager")
    return LanguageModel("eager", model, lm.tokenizer)


def of_transformers(lm: LanguageModel, ids: list[int], **options: bool):
    with torch.no_grad():
        return lm.model(torch.tensor([ids]), **options)


def test_hidden_states_are_those_of_transformers(lm):
    """Put in and after each block; the last one, which `transformers` gives normalised, before its norm."""
    expected = of_transformers(lm, lm.encode(PROMPT), output_hidden_states=True).hidden_states
    found = lessons.hidden_states(lm, PROMPT)
    assert found.shape == (7, len(lm.encode(PROMPT)), 256)
    for mine, theirs in zip(found[:-1], expected[:-1], strict=True):
        torch.testing.assert_close(mine, theirs[0], atol=1e-4, rtol=1e-4)
    normed = lm.model.transformer.ln_f(found[-1])  # with gradients, as in a student's cell
    torch.testing.assert_close(normed.detach(), expected[-1][0], atol=1e-4, rtol=1e-4)


def test_the_lens_ends_with_the_models_own_logits(lm):
    expected = of_transformers(lm, lm.encode(PROMPT)).logits[0]
    found = lessons.logit_lens(lm, PROMPT)
    torch.testing.assert_close(found[-1], expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(lessons.logit_lens(lm, PROMPT, last=2), found[:, -2:], atol=1e-4, rtol=1e-4)


def test_the_lens_of_other_architectures(other):
    """Whatever the final norm is called: the last row is the model's own logits, or the model is refused by name."""
    prompt = test_architectures.PROMPT
    if other.name in NO_LENS:
        with pytest.raises(ValueError, match=f"hidden states of {other.name} cannot be read as logits"):
            lessons.logit_lens(other, prompt)
        return
    output = of_transformers(other, prompt, output_hidden_states=True)
    found = lessons.logit_lens(other, prompt)
    torch.testing.assert_close(found[-1], output.logits[0], atol=1e-4, rtol=1e-4)
    states = lessons.hidden_states(other, prompt)
    assert len(states) == len(output.hidden_states) == len(found)
    torch.testing.assert_close(states[0], output.hidden_states[0][0], atol=1e-4, rtol=1e-4)
    assert not any(map(has_hooks, other.model.modules()))


def test_a_gpt2_with_a_hook_is_read_by_transformers(lm):
    """Somebody listens: the same states, of a model that makes another shape of its last one."""
    model = copy.deepcopy(lm.model)
    model.transformer.h[2].register_forward_hook(lambda part, given, made: None)
    heard = LanguageModel("heard", model, lm.tokenizer)
    torch.testing.assert_close(
        lessons.hidden_states(heard, PROMPT), lessons.hidden_states(lm, PROMPT), atol=1e-4, rtol=1e-4
    )
    torch.testing.assert_close(lessons.logit_lens(heard, PROMPT), lessons.logit_lens(lm, PROMPT), atol=1e-3, rtol=1e-4)


def test_attention_is_that_of_transformers(lm, eager):
    """Of every head; rows sum to 1, and nothing is taken from what comes later."""
    expected = torch.cat(of_transformers(eager, lm.encode(PROMPT), output_attentions=True).attentions)
    found = lessons.attention_weights(lm, PROMPT)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert (found.triu(1) == 0).all()


def test_attention_of_another_architecture_is_refused(tiny_models):
    with pytest.raises(ValueError, match=r"no plain GPT-2; take one, such as load\(\)"):
        lessons.attention_weights(tiny_models["llama"], "the old")


def test_ablation_is_the_model_with_zeros(lm):
    """The same logits as of a model in which the weights were set to 0 by hand; the model itself stays as it was."""
    before = lm.next_logits(PROMPT)
    by_hand = copy.deepcopy(lm.model)
    with torch.no_grad():
        by_hand.transformer.h[3].attn.c_proj.weight.zero_()
        by_hand.transformer.h[3].attn.c_proj.bias.zero_()
    ablated = lessons.ablate(lm, "transformer.h.3.attn.c_proj")
    assert is_on_the_page(ablated.model)
    expected = LanguageModel("by hand", by_hand, lm.tokenizer).next_logits(PROMPT)
    assert torch.equal(ablated.next_logits(PROMPT), expected)
    assert torch.equal(lm.next_logits(PROMPT), before)
    assert ablated.name == "bundled without transformer.h.3.attn.c_proj"


def test_ablation_copies_only_what_it_changes(lm):
    """All other weights are the model's own; embeddings and output head are still one."""
    ours, theirs = weights_of(lm.model), weights_of(lessons.ablate(lm, "transformer.wpe").model)
    assert [name for name in ours if ours[name] is not theirs[name]] == ["transformer.wpe.weight"]
    assert theirs["lm_head.weight"] is theirs["transformer.wte.weight"]


def test_without_attention_the_output_depends_on_the_last_token_and_its_place_only(lm):
    """No block takes anything from another token: two texts of one length that end alike are the same."""
    deaf = lessons.ablate(lm, [f"transformer.h.{block}.attn.c_proj" for block in range(6)])
    one, other = lm.encode("The king and the fox"), lm.encode("A bird for my fox")
    assert len(one) == len(other) and one[-1] == other[-1] and one != other
    torch.testing.assert_close(deaf.next_logits(one), deaf.next_logits(other))
    assert not torch.allclose(lm.next_logits(one), lm.next_logits(other))


def test_without_positions_the_first_tokens_may_change_places(tiny_models):
    """In one block the last token sees a set: in the first block's attention, order is nothing without positions."""
    lm = tiny_models["gpt2"]
    without = lessons.ablate(lm, ["transformer.wpe", "transformer.h.1"])
    one, other = [5, 6, 7, 8], [7, 5, 6, 8]
    torch.testing.assert_close(without.next_logits(one), without.next_logits(other))
    assert not torch.allclose(lm.next_logits(one), lm.next_logits(other))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ("transformer.wp", "near it: transformer.wpe"),
        ("transformer.h", None),
        ("transformer.h.", "no weight of this model"),
        ([], "at least one"),
    ],
)
def test_names_of_parts(lm, parts, message):
    """A beginning up to a dot is a part; anything else is told what is near."""
    if message is None:
        assert len(named(parts, weights_of(lm.model))) == 6 * 12
        return
    with pytest.raises(ValueError, match=message):
        lessons.ablate(lm, parts)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 299), min_size=1, max_size=20))
def test_the_lens_on_any_ids(ids):
    """Whatever is read: a row for each depth, the last as the model has it; rows of attention sum to 1."""
    lm = gpt2_of(vocab_size=300, n_layer=2)
    found = lessons.logit_lens(lm, ids)
    assert found.shape == (3, len(ids), 300)
    torch.testing.assert_close(found[-1], of_transformers(lm, ids).logits[0], atol=1e-4, rtol=1e-4)
    rows = lessons.attention_weights(lm, ids).sum(-1)
    torch.testing.assert_close(rows, torch.ones_like(rows))
