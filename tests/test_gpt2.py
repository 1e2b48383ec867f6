"""The page beside `transformers`: the same logits for every prompt, place, shape and fork; what it does not compute is
sent elsewhere."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

import lessons
from lessons.models import gpt2
from lessons.models.language_model import LanguageModel
from lessons.models.sessions import CachedSession, PageSession

PROMPTS = 300


def page_of(model: GPT2LMHeadModel, ids: torch.Tensor) -> list[torch.Tensor]:
    """The hidden states of ids (B, T) by the page."""
    weights = model.state_dict()
    with torch.no_grad():
        return gpt2.hidden_states(weights, ids, gpt2.Memory(weights, model.config.n_layer, model.config.n_head))


def gpt2_of(seed: int = 0, **options) -> LanguageModel:
    """A GPT-2 of random weights, not so small that all tokens are nearly alike."""
    torch.manual_seed(seed)
    small = {"vocab_size": 50, "n_positions": 32, "n_embd": 16, "n_layer": 3, "n_head": 4}
    config = GPT2Config(**{**small, "initializer_range": 0.3, "bos_token_id": 0, "eos_token_id": 0} | options)
    return LanguageModel("random", GPT2LMHeadModel(config).eval(), None)


def test_a_block_by_hand():
    """One block of width 2 with one head, two tokens: worked with pencil and paper.

    Layer norm makes (3, 1) into (1, -1) and (1, 3) into (-1, 1). Query, key and value are these vectors; of the second
    token, scores are (-2, 2) / √2, so it takes its own value with weight 1 / (1 + e^(-4 / √2)).
    """
    nothing, one = torch.zeros(2), torch.ones(2)
    weights = {
        "transformer.wte.weight": torch.tensor([[3.0, 1.0], [1.0, 3.0]]),
        "transformer.wpe.weight": torch.zeros(2, 2),
        **{f"transformer.h.0.{name}.weight": one for name in ("ln_1", "ln_2")},
        **{f"transformer.h.0.{name}.bias": nothing for name in ("ln_1", "ln_2", "attn.c_proj", "mlp.c_proj")},
        "transformer.h.0.attn.c_attn.weight": torch.eye(2).repeat(1, 3),
        "transformer.h.0.attn.c_attn.bias": torch.zeros(6),
        "transformer.h.0.attn.c_proj.weight": torch.eye(2),
        "transformer.h.0.mlp.c_fc.weight": torch.zeros(2, 8),
        "transformer.h.0.mlp.c_fc.bias": torch.zeros(8),
        "transformer.h.0.mlp.c_proj.weight": torch.zeros(8, 2),
    }
    _, after = gpt2.hidden_states(weights, torch.tensor([[0, 1]]), gpt2.Memory(weights, 1, 1))
    own = 1 / (1 + torch.tensor(-4 / 2**0.5).exp())
    second = torch.tensor([1 - (2 * own - 1), 3 + (2 * own - 1)])
    torch.testing.assert_close(after[0], torch.stack([torch.tensor([4.0, 0.0]), second]), atol=1e-4, rtol=0)


def test_drawn_prompts_have_the_logits_of_transformers(lm, record_property):
    """All places of 300 drawn prompts of the bundled model, and every hidden state on the way."""
    draw, worst = torch.Generator().manual_seed(0), 0.0
    for _ in range(PROMPTS):
        length = int(torch.randint(1, 40, (), generator=draw))
        ids = torch.randint(lm.vocabulary_size, (1, length), generator=draw)
        states = page_of(lm.model, ids)
        with torch.no_grad():
            expected = lm.model(ids, output_hidden_states=True)
            found = gpt2.logits(lm.model.state_dict(), states[-1])
        worst = max(worst, float((found - expected.logits).abs().max()))
        for mine, theirs in zip(states[:-1], expected.hidden_states[:-1], strict=True):
            torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=1e-4)
    record_property("measured", f"the page: {PROMPTS} drawn prompts, largest difference of a logit {worst:.0e}")
    assert worst < 1e-4


def test_to_the_last_place_of_the_context(lm):
    """Token by token up to the model's whole context, and the prompt as long as that at once."""
    ids = torch.randint(lm.vocabulary_size, (lm.context,), generator=torch.Generator().manual_seed(1)).tolist()
    session = PageSession(lm.model, ids[:3])
    for token in ids[3:]:
        found = session.extend([token])
    with torch.no_grad():
        expected = lm.model(torch.tensor([ids])).logits[:, -1]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(PageSession(lm.model, ids).logits, expected, atol=1e-4, rtol=0)


def test_the_shapes_of_the_real_gpt2():
    """12 blocks of width 768, 50,257 tokens, 1,024 places; random weights."""
    lm = gpt2_of(vocab_size=50257, n_positions=1024, n_embd=768, n_layer=12, n_head=12, initializer_range=0.05)
    ids = torch.randint(50257, (2, 30), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = lm.model(ids).logits
        found = gpt2.logits(lm.model.state_dict(), page_of(lm.model, ids)[-1])
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_texts_read_in_pieces(data):
    """However a text is cut into pieces of one or more tokens, side by side with another, the logits are the same."""
    lm = gpt2_of()
    ids = torch.tensor(
        data.draw(st.lists(st.lists(st.integers(0, 49), min_size=12, max_size=12), min_size=2, max_size=2))
    )
    weights, memory, found = lm.model.state_dict(), gpt2.Memory(lm.model.state_dict(), 3, 4), []
    with torch.no_grad():
        for piece in ids.split(data.draw(st.sampled_from([[12], [1] * 12, [5, 1, 6], [2, 9, 1]])), dim=1):
            found.append(gpt2.logits(weights, gpt2.hidden_states(weights, piece, memory)[-1]))
        torch.testing.assert_close(torch.cat(found, 1), lm.model(ids).logits, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "option",
    [
        {"activation_function": "relu"},
        {"layer_norm_epsilon": 1e-2},
        {"scale_attn_weights": False},
        {"scale_attn_by_inverse_layer_idx": True},
        {"reorder_and_upcast_attn": True, "attn_implementation": "eager"},
        {"add_cross_attention": True},
    ],
    ids=lambda option: next(iter(option)),
)
def test_a_setting_that_is_not_on_the_page(option):
    """Such a model is read by `transformers`, with its own numbers."""
    lm = gpt2_of(**option)
    session = lm.session([1, 2, 3])
    assert isinstance(session, CachedSession)
    with torch.no_grad():
        expected = lm.model(torch.tensor([[1, 2, 3, 4]])).logits[:, -1]
    torch.testing.assert_close(session.extend([4]), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "option", [{"n_inner": 40}, {"tie_word_embeddings": False}, {"activation_function": "gelu_pytorch_tanh"}]
)
def test_a_setting_that_shows_in_the_weights(option):
    """Another width of the MLP, an output head of its own: on the page too."""
    lm = gpt2_of(**option)
    session = lm.session([1, 2, 3])
    assert isinstance(session, PageSession)
    with torch.no_grad():
        torch.testing.assert_close(
            session.logits, lm.model(torch.tensor([[1, 2, 3]])).logits[:, -1], atol=1e-4, rtol=1e-4
        )


def test_edited_and_trained_weights_show():
    """The page reads the model's own memory: a weight set by hand, a step of training, and a new output head count."""
    lm = gpt2_of()
    with torch.no_grad():
        lm.model.transformer.wpe.weight.zero_()
    before = lm.session([1, 2, 3]).logits
    with torch.no_grad():
        torch.testing.assert_close(before, lm.model(torch.tensor([[1, 2, 3]])).logits[:, -1], atol=1e-4, rtol=1e-4)
    lm.model(torch.tensor([[1, 2, 3]]), labels=torch.tensor([[1, 2, 3]])).loss.backward()
    torch.optim.SGD(lm.model.parameters(), lr=0.1).step()
    lm.model.resize_token_embeddings(55)
    after = lm.session([1, 2, 3]).logits
    with torch.no_grad():
        torch.testing.assert_close(after, lm.model(torch.tensor([[1, 2, 3]])).logits[:, -1], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(before, after[:, :50])


def test_who_listens_inside_hears(lm):
    """A student's hook on a module is called: then the model itself is read."""
    heard = []
    hook = lm.model.transformer.h[2].mlp.register_forward_hook(lambda module, given, output: heard.append(output.shape))
    lessons.greedy_search(lm, "Once upon a time", 3)
    hook.remove()
    assert len(heard) == 3
    assert isinstance(lm.session([1]), PageSession)


def test_dropout_is_not_left_out():
    """A model in training is read as it is, dropout and all."""
    lm = gpt2_of()
    lm.model.train()
    assert not isinstance(lm.session([1, 2]), PageSession)


def test_weights_that_are_not_on_the_page():
    """A layer whose weight is made of others, as LoRA does: the model itself is read."""
    lm = gpt2_of()
    before = lm.session([1, 2]).logits
    layer = lm.model.transformer.h[1].mlp.c_fc
    torch.nn.utils.parametrizations.weight_norm(layer)
    with torch.no_grad():
        layer.parametrizations.weight.original0.mul_(3)
    session = lm.session([1, 2])
    assert isinstance(session, CachedSession)
    assert not torch.allclose(before, session.logits)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_of_the_bits(lm, dtype):
    """In 16 bits the page differs from transformers in 16 bits no more than that does from 32 bits."""
    half = lessons.load(device="cpu", dtype=dtype)
    ids = torch.tensor([lm.encode("Once upon a time there was a king who had")])
    with torch.no_grad():
        exact, theirs = lm.model(ids).logits[:, -1], half.model(ids).logits[:, -1].float()
    found = half.session(ids[0].tolist())
    assert isinstance(found, PageSession)
    assert (found.logits - theirs).abs().max() <= 2 * (theirs - exact).abs().max()


def test_only_forks_are_copied(tiny_models):
    """Texts that change places stay in their rows: of four that go on as [2, 0, 0, 1], one copy is made."""
    session = PageSession(tiny_models["gpt2"].model, [1, 2])
    session.extend([3, 4, 5, 6], [0, 0, 0, 0])
    before = session.memory.states.clone()
    with torch.inference_mode():
        assert session.memory.go_on([2, 0, 0, 1]) == [2, 0, 3, 1]
    changed = [
        row for row in range(4) if not torch.equal(before[:, :, row, :, :3], session.memory.states[:, :, row, :, :3])
    ]
    assert changed == [3]


def test_the_room_is_made_anew_when_it_is_full(tiny_models, monkeypatch):
    """With room for two tokens at a time, a long text is the same as ever."""
    monkeypatch.setattr(gpt2, "ROOM", 2)
    lm = tiny_models["gpt2"]
    session, text = lm.session([5]), [5]
    for token in range(10, 30):
        text.append(token)
        found = session.extend([token])
    with torch.no_grad():
        torch.testing.assert_close(found, lm.model(torch.tensor([text])).logits[:, -1], atol=1e-4, rtol=1e-4)


def test_the_page_is_a_page():
    """No more than 120 lines, docstrings and all."""
    assert len(Path(gpt2.__file__).read_text(encoding="utf8").splitlines()) <= 120
