"""Loading: the bundled model, folders in the hub's format, and everything that can be wrong with them."""

import shutil
from pathlib import Path

import pytest
import torch

import lessons
from lessons.models.language_model import LanguageModel, best_device


def copy_of(folder: Path, place: Path) -> Path:
    return Path(shutil.copytree(folder, place / "model"))


def test_the_bundled_model_needs_no_network_and_computes_in_32_bits(no_network):
    """`load()` reads the package's own folder with sockets shut; weights kept in 16 bits are used in 32."""
    lm = lessons.load(device="cpu")
    assert ("bundled", torch.float32) == (lm.name, lm.model.dtype)
    assert not lm.model.training
    assert lm.context >= 256
    assert (lm.tokenizer.eos_token_id,) == lm.end_ids


def test_without_a_device_named_the_best_one_is_taken(lm):
    """CUDA, then MPS, then the CPU; `lm.device` says where the weights lie."""
    assert best_device().type == lessons.load().device.type


def test_tiny_models_of_two_architectures_load_with_sockets_shut(no_network, tiny_folders):
    """GPT-2's path (architecture, tokenizer class) and Llama's work on local folders without a network."""
    for name, folder in tiny_folders.items():
        lm = lessons.load(str(folder), device="cpu")
        assert name == lm.model.config.model_type
        assert "the old king" == lm.decode(lm.encode("the old king"))
        assert (300,) == lm.next_logits("the old").shape
        assert torch.float32 == lm.model.dtype


def test_any_text_is_encoded_and_read_back(lm):
    """Hangul, emoji, markup and odd spaces survive the way to ids and back."""
    for text in ("가나다 🙂", "<script>alert('x')</script>", "  two  spaces\n\n\ttab ", "a\u200bb"):
        assert text == lm.decode(lm.encode(text))


def test_what_the_tokenizer_gives_is_what_generate_reads(lm):
    """`model.generate(**lm.tokenizer(...))` gets ids and a mask; token types, which transformers 4.57 would add, GPT-2
    reads as tokens."""
    encoded = lm.tokenizer("Once upon a time", return_tensors="pt")
    assert {"input_ids", "attention_mask"} == set(encoded)
    texts = lm.model.generate(**encoded, max_new_tokens=6, do_sample=False, pad_token_id=lm.tokenizer.eos_token_id)
    assert list(lessons.greedy_search(lm, "Once upon a time", max_new_tokens=6).ids) == texts[0].tolist()


def test_a_hub_model_that_cannot_be_had_is_an_error_with_two_ways_out(no_network, monkeypatch, tmp_path):
    """Offline and not cached: the error names the model and says what can be done."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(OSError, match=r"no-such-owner/no-such-model.*load\(\).*once with a network"):
        lessons.load("no-such-owner/no-such-model")


def test_a_hub_id_goes_through_from_pretrained_safely(monkeypatch, lm):
    """A hub id reaches `from_pretrained` with safetensors only, no code of the model's own, and 32 bits."""
    import transformers

    asked = {}

    def remember(kind, answer):
        def from_pretrained(name, **options):
            asked[kind] = (name, options)
            return answer

        return from_pretrained

    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", remember("config", lm.model.config))
    whole = (lm.model, {"missing_keys": set()})
    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", remember("model", whole))
    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", remember("tokenizer", lm.tokenizer))
    assert "gpt2" == lessons.load("gpt2", device="cpu").name
    name, options = asked["model"]
    assert "gpt2" == name
    assert (True, False, torch.float32) == (options["use_safetensors"], options["trust_remote_code"], options["dtype"])
    assert asked["tokenizer"][1]["trust_remote_code"] is False
    assert asked["config"][1]["trust_remote_code"] is False


def test_a_folder_without_a_model(tmp_path):
    """The error names the folder and what to give instead."""
    with pytest.raises(FileNotFoundError, match=r"holds no model.*load\(\)"):
        lessons.load(tmp_path)


def test_a_path_that_does_not_exist_is_not_looked_up_on_the_hub(no_network):
    """What is written as a path is a path."""
    with pytest.raises(FileNotFoundError, match="holds no model"):
        lessons.load("./no/such/folder")


def test_a_folder_without_a_tokenizer(tiny_folders, tmp_path):
    """The error says which files it looked for."""
    folder = copy_of(tiny_folders["gpt2"], tmp_path)
    for name in ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError, match=r"holds no tokenizer.*tokenizer\.json.*save_pretrained"):
        lessons.load(folder)


def test_a_truncated_weights_file(tiny_folders, tmp_path):
    """A damaged file is named as such, with the library's own reason behind it."""
    folder = copy_of(tiny_folders["gpt2"], tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(OSError, match=r"cannot be read.*damaged or incomplete") as caught:
        lessons.load(folder)
    assert caught.value.__cause__ is not None


def test_a_folder_without_weights(tiny_folders, tmp_path):
    """The error says which file is missing."""
    folder = copy_of(tiny_folders["gpt2"], tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="holds no weights"):
        lessons.load(folder)


def test_a_pickle_in_place_of_safetensors_is_refused(tiny_folders, tmp_path):
    """Weights as a pickle are not read, since a pickle can run code."""
    folder = copy_of(tiny_folders["gpt2"], tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match=r"pickle \(pytorch_model\.bin\)"):
        lessons.load(folder)


def test_a_session_agrees_with_the_model_read_anew(lm):
    """Growing a text with the cache gives the logits of reading it whole, in whatever order the texts side by side are
    rearranged."""
    ids = lm.encode("The king had three")
    session = lm.session(ids)
    session.extend([10, 20, 30], parents=[0, 0, 0])
    logits = session.extend([40, 50, 60], parents=[2, 0, 2])
    for row, tail in enumerate(([30, 40], [10, 50], [30, 60])):
        with torch.no_grad():
            whole = lm.model(torch.tensor([[*ids, *tail]])).logits[0, -1]
        assert torch.allclose(whole, logits[row], atol=1e-4)


def test_next_logits_of_text_ids_and_tensor_are_the_same(lm):
    """A prompt may be a text, a list of ids, or a tensor of shape (T,) or (1, T)."""
    ids = lm.encode("The king")
    expected = lm.next_logits("The king")
    for prompt in (ids, tuple(ids), torch.tensor(ids), torch.tensor([ids])):
        assert torch.equal(expected, lm.next_logits(prompt))


@pytest.mark.parametrize(
    ("prompt", "error", "message"),
    [
        ("", ValueError, "at least one token"),
        ([], ValueError, "at least one token"),
        (None, TypeError, "a text or a sequence of token ids, got NoneType"),
        (3.5, TypeError, "a text or a sequence of token ids"),
        (["a"], TypeError, "a text or a sequence of token ids"),
        (torch.zeros(2, 3, dtype=torch.long), ValueError, r"one prompt at a time.*\(2, 3\)"),
        ([1, 10**6], ValueError, "token ids must be from 0 to"),
        ([-1], ValueError, "token ids must be from 0 to"),
    ],
)
def test_a_prompt_that_cannot_be_read(lm, prompt, error, message):
    """Each wrong prompt has its own error with the rule and the value."""
    with pytest.raises(error, match=message):
        lm.next_logits(prompt)


def test_a_prompt_longer_than_the_context(lm):
    """The error says how long it is, how long it may be, and what would be cut."""
    ids = lm.encode("a " * 2000)
    room = lm.context - 1
    with pytest.raises(
        ValueError,
        match=rf"{len(ids):,} tokens.*at most {lm.context:,}.*shorten it by {len(ids) - room:,}.*\[-{room}:\]",
    ):
        lm.next_logits("a " * 2000)
    assert (lm.vocabulary_size,) == lm.next_logits(ids[-room:]).shape


def test_a_language_model_is_frozen(lm: LanguageModel):
    """Nobody changes a loaded model's name or tokenizer behind another's back."""
    with pytest.raises(AttributeError):
        lm.name = "other"
