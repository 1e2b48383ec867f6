"""A language model with its tokenizer: text ↔ ids, and logits for the next token.

`load()` reads the model that comes with the package; `load("gpt2")` any causal model of the hub; `load("./folder")` a
local one. V = size of the vocabulary, B = texts side by side, T = tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lessons.models.files import from_folder, from_hub, is_folder
from lessons.models.source import check_logits, read_prompt
from lessons.words.arguments import check_text
from lessons.words.language import say
from lessons.words.tokens import token_text

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
    from transformers.utils import ModelOutput

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).parents[1] / "assets" / "model"


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A causal language model ready to be asked for its next token.

    Attributes:
        name: what it was loaded as.
        model: the `transformers` model, in evaluation mode.
        tokenizer: its `transformers` tokenizer.
    """

    name: str
    model: "PreTrainedModel" = field(repr=False)
    tokenizer: "PreTrainedTokenizerBase" = field(repr=False)

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """The numbers in which it computes."""
        return self.model.dtype

    @property
    def vocabulary_size(self) -> int:
        """V: how many logits the model gives."""
        return self.model.get_output_embeddings().weight.shape[0]

    @cached_property
    def context(self) -> int | None:
        """How many tokens the model can read; None if its configuration names no limit."""
        return getattr(self.model.config, "max_position_embeddings", None)

    @cached_property
    def end_ids(self) -> tuple[int, ...]:
        """Ids that end a text: none, one or several."""
        end = self.model.generation_config.eos_token_id
        if end is None:
            end = self.model.config.eos_token_id
        return () if end is None else (end,) if isinstance(end, int) else tuple(end)

    def encode(self, text: str) -> list[int]:
        """The ids of a text, with nothing added to it."""
        return self.tokenizer(check_text("text", text), add_special_tokens=False, verbose=False)["input_ids"]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, exactly as the tokens spell it."""
        return self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)

    def token(self, token: int) -> str:
        """What one token spells; bytes that are no whole character as \\xEC."""
        return token_text(self.tokenizer, token)

    @torch.inference_mode()
    def next_logits(self, prompt: str | Sequence[int] | Tensor) -> Tensor:
        """(V,) the logits for the token after the prompt, on the CPU, in 32 bits; ValueError if they are no numbers."""
        logits = self.session(read_prompt(self, prompt)).logits[0].float().cpu()
        check_logits(logits, 0, self)
        return logits

    def read(self, texts: Tensor, module: nn.Module | None = None) -> "ModelOutput":
        """What the model, or its body given as `module`, says about texts (B, T) read as they stand."""
        module = self.model if module is None else module
        return module(input_ids=texts, **accepted(module, use_cache=False))

    @cached_property
    def plain_head(self) -> bool:
        """Whether the logits are the output head of the body's last state and nothing more, tried on a few tokens to
        the last bit.

        Some models do more: Gemma 2 bends its logits with a tanh, Granite and Cohere scale them.
        """
        body, head = getattr(self.model, "base_model", self.model), self.model.get_output_embeddings()
        if body is self.model or head is None:
            return False
        texts = torch.arange(min(8, self.vocabulary_size), device=self.device).unsqueeze(0)
        with torch.inference_mode():
            hidden = getattr(self.read(texts, body), "last_hidden_state", None)
            return hidden is not None and torch.equal(head(hidden), self.read(texts).logits)

    def session(self, prompt_ids: Sequence[int]) -> "CachedSession":
        """A conversation about one prompt that reads every token once (key-value cache)."""
        return CachedSession(self, prompt_ids)


class CachedSession:
    """Texts growing side by side; keys and values of what was read are kept. See `source.Session`."""

    def __init__(self, lm: LanguageModel, prompt_ids: Sequence[int]) -> None:
        from lessons.models.cache import with_room

        self.lm, self.cache, self.device = lm, None, lm.device  # asking a model where it lies takes its time
        self.logits = self._read([list(prompt_ids)], **accepted(lm.model, logits_to_keep=1))
        self.cache, self.rows = with_room(self.cache), [0]  # the row of the cache in which each text lies

    @torch.inference_mode()
    def extend(self, tokens: Sequence[int], parents: Sequence[int] | None = None) -> Tensor:
        from lessons.models.cache import regroup

        parents = range(len(self.rows)) if parents is None else parents
        self.rows = regroup(self.cache, len(self.rows), [self.rows[parent] for parent in parents], self.device)
        by_row = dict(zip(self.rows, tokens, strict=True))
        logits = self._read([[by_row[row]] for row in range(len(by_row))])
        self.logits = logits if self.rows == sorted(self.rows) else logits[self.rows]  # (B, V)
        return self.logits

    @torch.inference_mode()
    def _read(self, rows: list[list[int]], **options: Any) -> Tensor:
        ids = torch.tensor(rows, device=self.device)  # (B, T)
        output = self.lm.model(input_ids=ids, past_key_values=self.cache, use_cache=True, **options)
        self.cache = output.past_key_values
        return output.logits[:, -1].float()  # (B, V)


def accepted(module: nn.Module, **options: Any) -> dict[str, Any]:
    """Those of the options that the module's `forward` knows."""
    known = signature(module.forward).parameters
    return {name: value for name, value in options.items() if name in known}


def load(
    name: str | Path = BUNDLED, *, device: str | torch.device | None = None, dtype: torch.dtype = torch.float32
) -> LanguageModel:
    """A language model by name: the bundled one, a hub id such as "gpt2", or a folder that `save_pretrained` wrote.

    It lies on CUDA if there is one, else on MPS, else on the CPU, unless `device` says otherwise. Weights are read from
    safetensors only, and code that comes with a model is never run. Raises `OSError` when the model cannot be had, with
    the ways out; `TypeError` or `ValueError` for a name, device or dtype that cannot be.
    """
    device = best_device() if device is None else check_device(device)
    if not isinstance(name, Path):
        check_text("name", name)
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise TypeError(say("models.dtype", value=short(dtype)))
    if is_folder(name):
        model, tokenizer = from_folder(Path(name).expanduser(), dtype)
    elif str(name) == BUNDLED:
        model, tokenizer = from_folder(BUNDLED_FOLDER, dtype)
    else:
        model, tokenizer = from_hub(str(name), dtype)
    return LanguageModel(str(name), model.to(device).eval(), tokenizer)


def best_device() -> torch.device:
    """CUDA, then MPS, then CPU: the first that is there."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def check_device(device: str | torch.device) -> torch.device:
    """The device; raises TypeError or ValueError, which name the best one here, unless there is one of that name."""
    if not isinstance(device, str | torch.device):
        raise TypeError(say("models.device", value=short(device), devices=best_device()))
    try:
        torch.empty(0, device=device).cpu()
    # no such kind, or none of it here, or no place at all (meta)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(say("models.device", value=short(device), devices=best_device())) from error
    return torch.device(device)
