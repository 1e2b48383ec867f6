"""Models whose files are whole, and which would give numbers that are not what they seem; and libraries that are not."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForMaskedLM,
    T5Config,
    T5ForConditionalGeneration,
)

import lessons

pytestmark = pytest.mark.fault


@pytest.fixture
def folder(save_tiny_model, tmp_path) -> Path:
    """A tiny Llama's folder of one's own."""
    return save_tiny_model(tmp_path / "model", "llama")


def change_weights(folder: Path, change) -> None:
    """Writes a folder's tensors anew, changed: name → tensor, or None to leave it out."""
    weights = {name: change(name, tensor) for name, tensor in load_file(folder / "model.safetensors").items()}
    kept = {name: tensor for name, tensor in weights.items() if tensor is not None}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize("missing", ["model.layers.1.", "lm_head.weight", "model.norm.weight"])
def test_missing_weights_are_named(folder, missing):
    """A layer, the head or a single vector left out: refused by name, where two loads would write two texts."""
    change_weights(folder, lambda name, tensor: None if name.startswith(missing) else tensor)
    with pytest.raises(OSError, match=rf"misses \d+ of its tensors \({missing}.*output head.*load\(\)"):
        lessons.load(folder)


def test_a_base_model_without_its_head(folder):
    """As `AutoModel` saves it: the body is whole, the head is what is missing."""
    body = lessons.load(folder, device="cpu").model.model
    body.save_pretrained(folder)
    with pytest.raises(OSError, match=r"misses 1 of its tensors \(lm_head\.weight\)"):
        lessons.load(folder)


def test_a_tied_head_is_not_missing(save_tiny_model, tmp_path):
    """GPT-2's head is its table of embeddings, and stands only once in the file."""
    folder = save_tiny_model(tmp_path / "model", "gpt2")
    assert "lm_head.weight" not in load_file(folder / "model.safetensors")
    assert lessons.load(folder, device="cpu").next_logits([5]).isfinite().all()


SMALL = {"vocab_size": 300, "d_model": 32, "num_layers": 2, "num_heads": 2, "d_kv": 16, "d_ff": 64}
OTHERS = {
    "bert": lambda: BertForMaskedLM(
        BertConfig(vocab_size=300, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    ),
    "bart": lambda: BartForConditionalGeneration(
        BartConfig(vocab_size=300, d_model=32, encoder_layers=1, decoder_layers=1)
    ),
    "t5": lambda: T5ForConditionalGeneration(T5Config(**SMALL)),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_causal_model_is_refused(folder, kind):
    """One line: that it is no causal model, of which kind it is, and what to load; nothing of damaged files."""
    (folder / "generation_config.json").unlink(missing_ok=True)
    OTHERS[kind]().save_pretrained(folder)
    with pytest.raises(OSError, match=rf"\({kind}\) is no causal model.*load\(\)") as caught:
        lessons.load(folder)
    assert len(str(caught.value)) < 300 + len(str(folder))
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("operator torchvision::nms does not exist"),
        ImportError("cannot import name 'triton_key' from 'triton.compiler.compiler'"),
        ModuleNotFoundError("Could not import module 'LlamaForCausalLM'. Are this object's requirements defined?"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_broken_installation_is_not_called_damaged_files(error, monkeypatch):
    """Libraries that do not fit each other: the library's reason, and what to do about the installation."""

    def broken(*arguments, **options):
        raise error

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", broken)
    with pytest.raises(OSError, match=rf"{type(error).__name__}.*packages installed here.*lessons doctor") as caught:
        lessons.load()
    assert "damaged" not in str(caught.value)


def test_tensors_of_another_size_are_the_files_fault(folder):
    """A configuration that does not belong to the weights ends in a RuntimeError too, and is told as damaged."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 16}))
    with pytest.raises(OSError, match="damaged or incomplete"):
        lessons.load(folder)


def test_a_models_own_defaults_are_taken_out_and_kept(folder):
    """A chat model's repetition penalty would change `generate` in silence: `generate` is greedy search again."""
    before = lessons.load(folder, device="cpu")
    settings = json.loads((folder / "generation_config.json").read_text())
    chat = {"do_sample": True, "repetition_penalty": 1.5, "temperature": 0.7, "top_k": 20, "top_p": 0.8}
    (folder / "generation_config.json").write_text(json.dumps(settings | chat))
    lm = lessons.load(folder, device="cpu")
    assert (before.own_defaults, lm.own_defaults) == ({}, chat)
    assert lm.end_ids == before.end_ids
    ids = torch.tensor([lm.encode("the old king")])
    options = {"attention_mask": torch.ones_like(ids), "max_new_tokens": 12, "pad_token_id": 0}
    plain, penalised = (
        lm.model.generate(ids, **options, **more)[0].tolist() for more in ({}, {"repetition_penalty": 1.5})
    )
    assert plain == list(lessons.greedy_search(lm, ids, max_new_tokens=12).ids) != penalised
