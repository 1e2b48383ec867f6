"""A language model with its tokenizer: text ↔ ids, and logits for the next token.

`load()` reads the model that comes with the package; `load("gpt2")` any causal model of the hub; `load("./folder")` or
`load("model.gguf")` a local one. V = size of the vocabulary, B = texts side by side, T = tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lessons.models.files import from_folder, from_hub, is_folder
from lessons.models.gguf_file import from_gguf, gguf_name, is_gguf
from lessons.models.gradients import with_gradients
from lessons.models.reading import read
from lessons.models.refusals import check_causal
from lessons.models.sessions import AnewSession, CachedSession, PageSession, is_on_the_page
from lessons.models.source import Session, check_logits, read_prompt
from lessons.models.trials import cache_is_right, has_plain_head
from lessons.words.arguments import check_text
from lessons.words.language import say
from lessons.words.tokens import added_ids, token_text

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
    from transformers.utils import ModelOutput

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).parents[1] / "assets" / "model"
SPECIAL_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A causal language model ready to be asked for its next token.

    Attributes:
        name: what it was loaded as.
        model: the `transformers` model, in evaluation mode.
        tokenizer: its `transformers` tokenizer.
        own_defaults: what the model's makers had set for `model.generate`, such as a repetition penalty; `load()` has
            taken it out of the model, so that `generate` too does only what it is told.
    """

    name: str
    model: "PreTrainedModel" = field(repr=False)
    tokenizer: "PreTrainedTokenizerBase" = field(repr=False)
    own_defaults: dict[str, Any] = field(default_factory=dict, repr=False)

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
        most = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return most if most and most > 0 else None  # XLNet writes -1

    @cached_property
    def end_ids(self) -> tuple[int, ...]:
        """Ids that end a text: none, one or several. One that is not in the vocabulary ends nothing: a GPT-2 with a
        small vocabulary has 50,256 in its configuration unless it is told otherwise."""
        end = self.model.generation_config.eos_token_id
        if end is None:
            end = self.model.config.eos_token_id
        ends = () if end is None else (end,) if isinstance(end, int) else tuple(end)
        return tuple(token for token in ends if token < self.vocabulary_size)

    @cached_property
    def front_ids(self) -> tuple[int, ...]:
        """Ids that the tokenizer puts before every text, as Llama's <s> or Gemma's <bos>; none for GPT-2."""
        return added_ids(self.tokenizer)[0]

    @cached_property
    def behind_ids(self) -> tuple[int, ...]:
        """Ids that the tokenizer puts behind every text; `encode` leaves them out, for a text is to be gone on with."""
        return added_ids(self.tokenizer)[1]

    def encode(self, text: str) -> list[int]:
        """The ids of a text as the model's tokenizer reads it by its defaults: what that puts in front is there, what
        it puts behind is not."""
        ids = self.tokenizer(check_text("text", text), verbose=False)["input_ids"]
        return ids[: len(ids) - len(self.behind_ids)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, exactly as the tokens spell it, without the tokens that the tokenizer put in front."""
        ids, front = list(ids), len(self.front_ids)
        if tuple(ids[:front]) == self.front_ids:
            ids = ids[front:]
        return self.tokenizer.decode(ids, clean_up_tokenization_spaces=False)

    def token(self, token: int) -> str:
        """What one token spells; bytes that are no whole character as \\xEC."""
        return token_text(self.tokenizer, token)

    def next_logits(self, prompt: str | Sequence[int] | Tensor) -> Tensor:
        """(V,) the logits for the token after the prompt, on the CPU, in 32 bits; ValueError if they are no numbers."""
        logits = self.session(read_prompt(self, prompt)).logits[0].float().cpu()
        check_logits(logits, 0, self)
        return logits

    def with_model(self, name: str, model: "PreTrainedModel") -> "LanguageModel":
        """One like this with another name and another network."""
        return replace(self, name=name, model=model)

    def read(self, texts: Tensor, module: nn.Module | None = None) -> "ModelOutput":
        """What the model, or its body given as `module`, says about texts (B, T) read as they stand."""
        return read(self.model, texts, module)

    @cached_property
    def plain_head(self) -> bool:
        """Whether the logits are the output head of the body's last state and nothing more, tried on a few tokens."""
        return has_plain_head(self.model)

    @cached_property
    def reads_anew(self) -> bool:
        """Whether every text is read from its beginning at each step, since this model's key-value cache is missing or
        does not give the logits of a plain pass, tried on a few tokens. Slower, and right."""
        return not is_on_the_page(self.model) and not cache_is_right(self.model)

    def session(self, prompt_ids: Sequence[int]) -> Session:
        """A conversation about one prompt: every token is read once (key-value cache), or every text anew.

        A GPT-2 is read by the page that students read, `models/gpt2.py`, unless a module has a hook."""
        if is_on_the_page(self.model):
            return PageSession(self.model, prompt_ids)
        if self.reads_anew:
            return AnewSession(self.model, prompt_ids)
        return CachedSession(self.model, prompt_ids)


@with_gradients()
def load(
    name: str | Path = BUNDLED, *, device: str | torch.device | None = None, dtype: torch.dtype = torch.float32
) -> LanguageModel:
    """A language model by name: the bundled one, a hub id such as "gpt2", a folder that `save_pretrained` wrote, or a
    GGUF file.

    It lies on CUDA if there is one, else on MPS, else on the CPU, unless `device` says otherwise. Weights are read from
    safetensors or GGUF only, and code that comes with a model is never run. Raises `OSError` when the model cannot be
    had, is no causal model or misses a part, with the ways out; `TypeError` or `ValueError` for a name, device or dtype
    that cannot be.
    """
    device = best_device() if device is None else check_device(device)
    if not isinstance(name, Path):
        check_text("name", name)
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise TypeError(say("models.dtype", value=short(dtype)))
    called = str(name)
    if is_gguf(name):
        file = Path(name).expanduser()
        model, tokenizer = from_gguf(file, dtype)
        called = gguf_name(file)
    elif is_folder(name):
        model, tokenizer = from_folder(Path(name).expanduser(), dtype)
    elif called == BUNDLED:
        model, tokenizer = from_folder(BUNDLED_FOLDER, dtype)
    else:
        model, tokenizer = from_hub(called, dtype)
    model = model.to(device).eval()
    check_causal(name, model)
    lm = LanguageModel(called, model, tokenizer, take_own_defaults(model))
    return replace(lm, name=say("models.reads_anew", name=called)) if lm.reads_anew else lm


def take_own_defaults(model: "PreTrainedModel") -> dict[str, Any]:
    """What `model.generate` would do without being told, such as to punish repetitions; taken out of the model, which
    keeps its special tokens."""
    from transformers import GenerationConfig

    settings = model.generation_config.to_diff_dict()
    special = {name: value for name, value in settings.items() if name in SPECIAL_TOKENS}
    model.generation_config = GenerationConfig(**special)
    return {name: value for name, value in settings.items() if name not in special and is_about_text(name)}


def is_about_text(setting: str) -> bool:
    """Whether a setting of `generate` changes what is written, and not how it is computed or what comes back beside."""
    return not setting.startswith(("_", "output_", "return_", "use_", "cache_", "transformers_"))


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
