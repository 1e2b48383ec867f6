"""A model's folder that is damaged, and a model whose weights are no numbers."""

import copy
import shutil
from pathlib import Path

import pytest
import torch
from datasets import Dataset, DatasetDict
from explorer_names import WITH_A_PROMPT

import lessons
from lessons.models.language_model import BUNDLED_FOLDER, LanguageModel

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def half(tiny_models) -> LanguageModel:
    """The tiny GPT-2 in float16, with weights that make numbers beyond its greatest."""
    lm = tiny_models["gpt2"]
    model = copy.deepcopy(lm.model)
    with torch.no_grad():
        model.transformer.ln_f.weight.mul_(1000)
        model.lm_head.weight.mul_(1000)
    return LanguageModel("half", model.half(), lm.tokenizer)


@pytest.fixture
def folder(tiny_folders, tmp_path) -> Path:
    """A copy of the tiny GPT-2's folder."""
    return Path(shutil.copytree(tiny_folders["gpt2"], tmp_path / "model"))


@pytest.fixture(scope="module")
def broken(tiny_models) -> LanguageModel:
    """The tiny GPT-2 with one weight that is no number, in the last layer before the head."""
    lm = tiny_models["gpt2"]
    model = copy.deepcopy(lm.model)
    with torch.no_grad():
        model.transformer.ln_f.weight[3] = torch.nan
    return LanguageModel("broken", model, lm.tokenizer)


def test_a_wrong_checksum_is_told_when_the_model_is_loaded(tmp_path):
    """One bit of the bundled weights flipped: `load` names the file and both checksums, where it would have read
    noise."""
    place = Path(shutil.copytree(BUNDLED_FOLDER, tmp_path / "bundled"))
    weights = bytearray((place / "model.safetensors").read_bytes())
    weights[len(weights) // 2] ^= 1
    (place / "model.safetensors").write_bytes(weights)
    with pytest.raises(OSError, match=r"model\.safetensors are damaged: their checksum is \w{8}… and should be \w{8}…"):
        lessons.load(place)


def test_an_empty_checksum_file_is_a_wrong_checksum(folder):
    """A file of checksums that was cut off does not make weights right."""
    (folder / "model.sha256").write_text("")
    with pytest.raises(OSError, match="should be …"):
        lessons.load(folder)


@pytest.mark.parametrize("kept", [0, 1, 8, 200, 0.5, 0.999])
def test_weights_cut_off_anywhere(folder, kept):
    """Nothing left, half a header, half a tensor, a few bytes missing: the same sentence."""
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    with pytest.raises(OSError, match=r"cannot be read.*damaged or incomplete.*load\(\)"):
        lessons.load(folder)


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\x00\x01"])
def test_a_damaged_file_beside_the_weights(folder, name, content):
    """Cut off, empty, or something else: OSError that names the folder, with the library's reason."""
    (folder / name).write_text(content)
    with pytest.raises(OSError, match="damaged or incomplete"):
        lessons.load(folder)


def test_a_pickle_beside_safetensors_is_never_opened(folder):
    """Where both lie there, the safetensors are read; the pickle, which would run code, is not."""
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch " + str(folder / "it_ran").encode() + b"'\ntR.")
    assert "the old" == lessons.load(folder, device="cpu").decode(lessons.load(folder).encode("the old"))
    assert not (folder / "it_ran").exists()


CALLS = {
    "greedy_search": lambda lm: lessons.greedy_search(lm, "the old"),
    "beam_search": lambda lm: lessons.beam_search(lm, "the old", num_beams=3),
    "sample": lambda lm: lessons.sample(lm, "the old", top_p=0.9, num_return_sequences=2),
    "next_token_table": lambda lm: lessons.next_token_table(lm, "the old"),
    "next_token_probabilities": lambda lm: lessons.next_token_probabilities(lm, "the old"),
    "logit_lens": lambda lm: lessons.logit_lens(lm, "the old"),
    "sequence_logprob": lambda lm: lessons.sequence_logprob(lm, [5, 6, 7]),
    "perplexity": lambda lm: lessons.perplexity(lm, [[5, 6, 7], [8, 9]]),
}


@pytest.mark.parametrize("name", CALLS)
def test_weights_that_are_no_numbers(broken, name):
    """A NaN among the weights: every call says that the weights are broken, and none returns NaN as if it were an
    answer."""
    with pytest.raises(ValueError, match=r"weights.* broken"):
        CALLS[name](broken)


def test_nothing_is_trained_from_weights_that_are_no_numbers(broken, tmp_path):
    """Fine-tuning names the tensor before anything is written."""
    texts = Dataset.from_dict({"text": ["the old king and the fox"] * 20})
    with pytest.raises(ValueError, match=r"NaN or infinity \(first in transformer\.ln_f\.weight\)"):
        lessons.fine_tune(
            broken, DatasetDict(train=texts, validation=texts), folder=tmp_path / "out", block_size=16, show=False
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", WITH_A_PROMPT)
def test_an_explorer_of_broken_weights_says_so(broken, name):
    """The explorer stands there with the sentence under its controls, and shows no picture of nothing."""
    explorer = getattr(lessons, name)(broken, "the old")
    assert "broken" in explorer.error and "Traceback" not in explorer.error
    assert not explorer.drawing and not explorer.sentence


@pytest.mark.parametrize(
    "use",
    [
        lambda lm: lessons.greedy_search(lm, "the old", 3),
        lambda lm: lessons.sample(lm, "the old", 3),
        lambda lm: lessons.beam_search(lm, "the old", 3, 2),
        lambda lm: lessons.next_token_probabilities(lm, "the old"),
        lambda lm: lessons.sequence_logprob(lm, [5, 6, 7]),
        lambda lm: lessons.TemperatureExplorer(lm, "the old"),
        lambda lm: lessons.NextTokenExplorer(lm, "the old"),
    ],
)
def test_numbers_too_large_for_16_bits(half, use, capsys):
    """The weights are as they should be, the type of number is not: the error names it and the way out, which is one."""
    try:
        message = use(half).error
    except ValueError as error:
        message = str(error)
    assert (
        "float16, which has no number above 65,504; load it with dtype=torch.float32 or dtype=torch.bfloat16" in message
    )
    for precision in (torch.float32, torch.bfloat16):
        use(LanguageModel("wider", copy.deepcopy(half.model).to(precision), half.tokenizer))
