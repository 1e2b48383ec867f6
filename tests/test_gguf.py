"""Models in one GGUF file, as LM Studio, llama.cpp and Ollama keep them; the file is written here, from a tiny Llama."""

import copy
import importlib.util
import json
import sys
from pathlib import Path

import numpy
import pytest
import torch

import lessons
from lessons.models.language_model import LanguageModel

gguf = pytest.importorskip("gguf", reason="the package gguf is not installed: pip install gguf")

# Where a layer's tensors lie in GGUF, by their names in `transformers`.
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
OTHERS = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
          "lm_head.weight": "output.weight"}  # fmt: skip


def name_in_gguf(name: str) -> str:
    """A tensor's name in GGUF: "model.layers.0.mlp.up_proj.weight" is "blk.0.ffn_up.weight"."""
    if name in OTHERS:
        return OTHERS[name]
    _, _, layer, *rest, ending = name.split(".")
    return f"blk.{layer}.{NAMES['.'.join(rest)]}.{ending}"


def as_llama_cpp_has_it(name: str, weight: numpy.ndarray, lm: LanguageModel) -> numpy.ndarray:
    """Rows of queries and keys in llama.cpp's order: for its rotation, pairs lie side by side, not half a head apart."""
    config = lm.model.config
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
    if heads is None:
        return weight
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, weight.shape[1])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def write_gguf(path: Path, lm: LanguageModel, kind: str, architecture: str = "llama", without: str = "nothing") -> Path:
    """The model as a GGUF file: its matrices as `kind`, the rest in 32 bits; `without` leaves tensors out."""
    writer, config = gguf.GGUFWriter(path, architecture), lm.model.config
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    bpe = json.loads(lm.tokenizer.backend_tokenizer.to_str())["model"]
    writer.add_token_list(sorted(bpe["vocab"], key=bpe["vocab"].get))
    writer.add_token_types([gguf.TokenType.NORMAL] * len(bpe["vocab"]))
    writer.add_token_merges([" ".join(pair) for pair in bpe["merges"]])
    writer.add_bos_token_id(lm.end_ids[0])
    writer.add_eos_token_id(lm.end_ids[0])
    for name, tensor in lm.model.state_dict().items():
        if without not in name:
            weight = as_llama_cpp_has_it(name, tensor.numpy(), lm)
            of_kind = gguf.GGMLQuantizationType[kind if weight.ndim > 1 else "F32"]
            writer.add_tensor(name_in_gguf(name), gguf.quantize(weight, of_kind), raw_dtype=of_kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def llama(tiny_models) -> LanguageModel:
    """The tiny Llama that the files here are made of."""
    return tiny_models["llama"]


def test_the_same_model_in_one_file(llama, tmp_path, no_network):
    """With all bits kept, the logits are those of the folder, and so are texts and ids."""
    lm = lessons.load(write_gguf(tmp_path / "tiny.gguf", llama, "F32"), device="cpu")
    assert lm.name == "tiny (GGUF, F32)"
    assert (lm.context, lm.vocabulary_size, lm.end_ids) == (llama.context, llama.vocabulary_size, llama.end_ids)
    ids = llama.encode("the old king")
    assert lm.encode("the old king") == ids and lm.decode(ids) == "the old king"
    torch.testing.assert_close(lm.next_logits(ids), llama.next_logits(ids), atol=1e-5, rtol=1e-5)
    assert lessons.greedy_search(lm, ids).ids == lessons.greedy_search(llama, ids).ids


def test_lost_bits_are_said_and_the_weights_are_ordinary(llama, tmp_path):
    """Kept in 8 bits: near the logits of 32, and the name says so. Afterwards it is computed in 32 bits."""
    lm = lessons.load(str(write_gguf(tmp_path / "tiny.gguf", llama, "Q8_0")), device="cpu")
    assert "Q8_0" in lm.name
    assert lm.model.dtype == torch.float32
    ids = llama.encode("the old king")
    difference = (lm.next_logits(ids) - llama.next_logits(ids)).abs().max()
    assert 0 < difference < 0.2 * llama.next_logits(ids).std()


def test_a_model_from_a_file_can_be_trained_and_saved(llama, tmp_path):
    """Its numbers are of the usual kind: a copy in other bits, one with gradients, a folder that gives the same."""
    lm = lessons.load(write_gguf(tmp_path / "tiny.gguf", llama, "Q8_0"), device="cpu")
    trained = copy.deepcopy(lm.model).float()
    assert not getattr(trained, "is_quantized", False) and all(one.requires_grad for one in trained.parameters())
    lm.model.save_pretrained(tmp_path / "folder")
    lm.tokenizer.save_pretrained(tmp_path / "folder")
    again = lessons.load(tmp_path / "folder", device="cpu")
    torch.testing.assert_close(again.next_logits([5, 6]), lm.next_logits([5, 6]))  # but for the last bits


def test_a_file_without_an_ending_is_known_by_its_first_bytes(llama, tmp_path):
    """As Ollama keeps them, under the checksum for a name."""
    file = write_gguf(tmp_path / "tiny.gguf", llama, "F32").rename(tmp_path / "sha256-0123")
    assert lessons.load(file, device="cpu").name == "sha256-0123 (GGUF, F32)"


def test_an_architecture_that_transformers_cannot_read(llama, tmp_path):
    """The architecture is named, and the file is not called damaged."""
    file = write_gguf(tmp_path / "tiny.gguf", llama, "F32", architecture="rwkv7")
    with pytest.raises(OSError, match=r"rwkv7.*from a folder with safetensors.*load\(\)") as caught:
        lessons.load(file)
    assert "damaged" not in str(caught.value)


def test_a_file_that_misses_a_part(llama, tmp_path):
    """One matrix left out: refused by its name, where `transformers` fills it at random."""
    with pytest.raises(OSError, match=r"misses 1 of its tensors \(model\.layers\.1\.mlp\.up_proj\.weight\)"):
        lessons.load(write_gguf(tmp_path / "tiny.gguf", llama, "F32", without="1.mlp.up_proj"))


@pytest.mark.parametrize("kept", [4, 20, 2000, 0.9])
def test_a_file_cut_off_anywhere(llama, tmp_path, kept):
    """A download that broke off: damaged or incomplete."""
    file = write_gguf(tmp_path / "tiny.gguf", llama, "F32")
    content = file.read_bytes()
    file.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    with pytest.raises(OSError, match=r"damaged or incomplete.*load\(\)"):
        lessons.load(file)


def test_a_file_that_is_no_gguf_or_is_not_there(tmp_path):
    """A web page saved in its place, and a name that leads nowhere: neither is looked up on the hub."""
    (tmp_path / "page.gguf").write_text("<html>")
    with pytest.raises(OSError, match=r"page\.gguf is no GGUF file: it begins with b'<htm'"):
        lessons.load(tmp_path / "page.gguf")
    with pytest.raises(FileNotFoundError, match=r"no file no_such\.gguf"):
        lessons.load("no_such.gguf")


def test_without_the_package_the_way_out_is_named(llama, tmp_path, monkeypatch):
    """What to install, with the Python that is running."""
    file = write_gguf(tmp_path / "tiny.gguf", llama, "F32")
    find = importlib.util.find_spec
    monkeypatch.setattr("lessons.models.gguf_file.find_spec", lambda name: None if name == "gguf" else find(name))
    with pytest.raises(OSError, match="the package gguf is needed") as caught:
        lessons.load(file)
    assert f"{sys.executable} -m pip install gguf" in str(caught.value)
