"""Many kinds of causal models, tiny and random: what the decoders write and the scores are what `transformers` gives.

The words of `transformers` are trusted where it reads every text from its beginning (`use_cache=False`), so that a
cache cannot be wrong on both sides. What is no causal model is refused.
"""

from collections.abc import Callable

import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM, PreTrainedModel

import lessons
from lessons.models.language_model import LanguageModel
from lessons.models.refusals import Refused, check_architecture, check_causal
from lessons.models.trials import cache_is_right

pytestmark = pytest.mark.parity

VOCABULARY, CONTEXT, PROMPT, STEPS = 300, 64, [5, 17, 42, 7, 99, 3], 14
SHARED = {"vocab_size": VOCABULARY, "hidden_size": 32, "num_hidden_layers": 2, "initializer_range": 0.3}
LIKE_LLAMA = SHARED | {
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": CONTEXT,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
}
LIKE_GPT = {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": CONTEXT}
MAMBA = {"mamba_d_state": 8, "mamba_d_head": 8, "mamba_n_heads": 8, "mamba_n_groups": 1, "mamba_chunk_size": 16}
EXPERTS = {"num_local_experts": 2, "num_experts_per_tok": 1}

# What the key-value cache of these gives is what a plain pass gives: by name of the configuration's class.
CACHED = {
    "GPTNeoXConfig": LIKE_LLAMA,
    "OPTConfig": LIKE_LLAMA | {"ffn_dim": 64, "word_embed_proj_dim": 32, "init_std": 0.3},
    "Qwen3Config": LIKE_LLAMA | {"head_dim": 16},
    "MistralConfig": LIKE_LLAMA | {"sliding_window": 8},
    "Gemma2Config": LIKE_LLAMA | {"head_dim": 16},
    "FalconH1Config": LIKE_LLAMA | MAMBA | {"mamba_d_ssm": 64},
    "JambaConfig": LIKE_LLAMA
    | {"attn_layer_period": 2, "attn_layer_offset": 1, "num_experts": 2, "num_experts_per_tok": 1}
    | {"expert_layer_period": 2, "expert_layer_offset": 1, "mamba_d_state": 8, "mamba_dt_rank": 4},
    "Phi3Config": LIKE_LLAMA,
    "BloomConfig": {"vocab_size": VOCABULARY, "hidden_size": 32, "n_layer": 2, "n_head": 2, "initializer_range": 0.3},
    "MixtralConfig": LIKE_LLAMA | EXPERTS,
    "GptOssConfig": LIKE_LLAMA
    | EXPERTS
    | {"head_dim": 16, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]}
    | {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
    "Lfm2Config": LIKE_LLAMA | {"layer_types": ["conv", "full_attention"]},
    "Gemma3Config": {
        "text_config": LIKE_LLAMA | {"head_dim": 16, "sliding_window": 8, "pad_token_id": 0},
        "vision_config": {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
        "boi_token_index": 297,
        "eoi_token_index": 298,
        "image_token_index": 299,
    },
}
# These keep their state elsewhere, keep none, or are wrong with it: they are read anew.
READ_ANEW = {
    "MambaConfig": SHARED | {"state_size": 8},
    "Mamba2Config": SHARED | {"state_size": 8, "num_heads": 8, "head_dim": 8, "n_groups": 1, "chunk_size": 16},
    "FalconMambaConfig": SHARED | {"state_size": 8},
    "BambaConfig": LIKE_LLAMA | MAMBA | {"attn_layer_indices": [1]},
    "RecurrentGemmaConfig": SHARED
    | {"num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64, "lru_width": 32}
    | {"attention_window_size": 8, "w_init_variance_scale": 3.0},
    "OpenAIGPTConfig": LIKE_GPT | {"initializer_range": 0.3},
    "RwkvConfig": SHARED | {"context_length": CONTEXT},
    "ReformerConfig": SHARED
    | {"is_decoder": True, "num_attention_heads": 2, "attention_head_size": 16, "feed_forward_size": 64}
    | {"attn_layers": ["local", "local"], "axial_pos_shape": [8, 8], "axial_pos_embds_dim": [16, 16]}
    | {"max_position_embeddings": CONTEXT, "local_attn_chunk_length": 64},
}
REFUSED = {
    "XLNetConfig": {"vocab_size": VOCABULARY, "d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64},
    "XLMConfig": {"vocab_size": VOCABULARY, "emb_dim": 32, "n_layers": 2, "n_heads": 2},
    "BertConfig": LIKE_LLAMA,
    "RobertaConfig": LIKE_LLAMA,
    "ElectraConfig": LIKE_LLAMA | {"embedding_size": 32},
    "T5Config": {},
    "BartConfig": {},
    "ViTConfig": {},
}


def config_of(name: str) -> transformers.PretrainedConfig:
    """A tiny configuration by the name of its class."""
    return getattr(transformers, name)(**(CACHED | READ_ANEW | REFUSED)[name])


def tiny(name: str) -> PreTrainedModel:
    """A random model of a tiny configuration; its tokens are far from equally likely, so that there are no near ties."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config_of(name)).eval()
    with torch.inference_mode():
        spread = model(torch.tensor([PROMPT])).logits.std()
    if spread < 1:  # some ignore initializer_range
        with torch.no_grad():
            model.get_output_embeddings().weight.mul_(1.7 / spread)
    return model


class Numbers:
    """A tokenizer for models that have none: a token is written as its number."""

    def decode(self, ids: list[int], **options: object) -> str:
        return " ".join(map(str, ids))


@pytest.fixture(scope="module", params=[*CACHED, *READ_ANEW])
def lm(request) -> LanguageModel:
    """Each tiny model that is taken."""
    lm = LanguageModel(request.param, tiny(request.param), Numbers())
    vars(lm).update(front_ids=(), behind_ids=())  # which a tokenizer would be asked for
    return lm


@pytest.fixture
def record(lm, record_property) -> Callable[[str], None]:
    """Puts down what was found equal, for the table at the end of a run."""
    return lambda what: record_property(lm.name.removesuffix("Config"), what)


def plainly(lm: LanguageModel, ids: list[int]) -> torch.Tensor:
    """(T, V) log-probabilities after each place, from one plain pass."""
    with torch.inference_mode():
        return lm.model(torch.tensor([ids])).logits[0].double().log_softmax(-1)


def generated(lm: LanguageModel, **options: object) -> object:
    """What `transformers` writes, reading every text from its beginning."""
    ids = torch.tensor([PROMPT])
    return lm.model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=STEPS,
        pad_token_id=0,
        eos_token_id=list(lm.end_ids) or None,
        use_cache=False,
        **options,
    )


def test_which_are_read_anew(lm, record):
    """The trial tells the models whose cache is missing or wrong from the others."""
    assert lm.reads_anew == (lm.name in READ_ANEW)
    record("read anew at every step" if lm.reads_anew else "read with its cache")
    check_architecture(lm.name, lm.model.config)
    check_causal(lm.name, lm.model)


def test_the_context(lm):
    """A limit, wherever the configuration writes it (of a model that also sees, in `text_config`), or none."""
    assert lm.context in (CONTEXT, None)
    assert lm.name != "Gemma3Config" or lm.context == CONTEXT


def test_greedy_search(lm, record):
    """Every token is `generate`'s."""
    assert (
        list(lessons.greedy_search(lm, PROMPT, max_new_tokens=STEPS).ids) == generated(lm, do_sample=False)[0].tolist()
    )
    record("greedy search equal to generate")


def test_beam_search(lm, record):
    """Three beams write `generate`'s text, and its sum is that of a plain pass."""
    found = lessons.beam_search(lm, PROMPT, max_new_tokens=STEPS, num_beams=3)
    assert list(found.ids) == generated(lm, do_sample=False, num_beams=3)[0].tolist()
    assert found.sum == pytest.approx(lessons.sequence_logprob(lm, found.ids, len(PROMPT)), abs=1e-3)
    record("beam search equal to generate")


def test_sampling_and_scores(lm, record):
    """Two texts drawn: each token's log-probability is that of a plain pass; so is the text's."""
    for trace in lessons.sample(lm, PROMPT, max_new_tokens=STEPS, num_return_sequences=2, seed=1):
        ids = list(trace.ids)
        log_probs = plainly(lm, ids)
        expected = [log_probs[place - 1, ids[place]].item() for place in range(len(PROMPT), len(ids))]
        assert [step.log_prob for step in trace.steps] == pytest.approx(expected, abs=1e-3)
        assert lessons.sequence_logprob(lm, ids, len(PROMPT)) == pytest.approx(sum(expected), abs=1e-3)
    record("sampling and scores equal to plain passes")


def test_speculative(lm, record):
    """With proposals that are partly taken back, every token is `generate`'s: whatever cannot be cut is read anew."""
    right = generated(lm, do_sample=False)[0].tolist()

    def draft(ids):  # right at two places of three
        wanted = right[len(ids)] if len(ids) % 3 and len(ids) < len(right) else 1
        return torch.nn.functional.one_hot(torch.tensor(wanted), VOCABULARY).double()

    found = lessons.speculative(lm, draft, PROMPT, STEPS, do_sample=False)
    assert list(found.ids) == right
    assert 0 < found.accepted < found.judged
    record("speculative decoding equal to generate")


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_causal_model_is_refused(name, record_property):
    """Models that fill gaps, permute or translate: the reason in one short line, and the way out."""
    with pytest.raises(Refused, match=r"is no causal model.*load\(\)") as caught:
        check_architecture(name, config_of(name))
        check_causal(name, tiny(name))
    assert len(str(caught.value)) < 300
    record_property(name.removesuffix("Config"), "refused: no causal model")


def test_a_cache_that_forgets_is_noticed(lm, monkeypatch):
    """Planted: texts that change places, each of which keeps the other's memory."""
    monkeypatch.setattr("transformers.cache_utils.DynamicLayer.reorder_cache", lambda layer, beam_idx: None)
    assert not cache_is_right(lm.model)
