"""A GGUF file, as LM Studio, llama.cpp and Ollama keep a model: weights of few bits and the tokenizer, all in one.

`transformers` reads it with the package `gguf`, and makes ordinary weights of it. The bits that were lost are lost.
"""

import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lessons.models.files import from_files
from lessons.words.language import say

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAGIC = b"GGUF"  # what such a file begins with; Ollama's have no ending


def is_gguf(name: str | Path) -> bool:
    """Whether a name means a GGUF file: it is called so, or it is a file that begins as one."""
    return str(name).lower().endswith(".gguf") or first_bytes(Path(name).expanduser()) == MAGIC


def first_bytes(path: Path) -> bytes | None:
    """The first four bytes of a file; None where none can be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC))
    except (OSError, ValueError):  # no such file, a folder, a name that no file can have
        return None


def from_gguf(file: Path, dtype: "torch.dtype") -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Model and tokenizer from a GGUF file; raises OSError with what is wrong with it or missing here."""
    beginning = first_bytes(file)
    if beginning is None:
        raise FileNotFoundError(say("models.no_file", file=file))
    if beginning != MAGIC:
        raise OSError(say("models.no_gguf", file=file, beginning=beginning))
    if find_spec("gguf") is None:
        raise OSError(say("models.gguf_package", file=file, python=sys.executable))
    model, tokenizer = from_files(file, file.parent, dtype, gguf_file=file.name)
    return as_ordinary(model), tokenizer


def as_ordinary(model: "PreTrainedModel") -> "PreTrainedModel":
    """The model without the marks of a quantised one: its weights are numbers of the usual kind by now, and can be
    trained, converted and saved."""
    for mark in ("is_quantized", "hf_quantizer", "quantization_method"):
        vars(model).pop(mark, None)
    vars(model.config).pop("quantization_config", None)
    return model


def gguf_name(file: Path) -> str:
    """What such a model is called: its file and how most of its weights were kept, such as "SmolLM2 (GGUF, Q4_1)"."""
    from gguf import GGUFReader

    weights: Counter[str] = Counter()
    for tensor in GGUFReader(file).tensors:
        weights[tensor.tensor_type.name] += int(tensor.n_elements)
    return f"{file.name.removesuffix('.gguf')} (GGUF, {weights.most_common(1)[0][0]})"
