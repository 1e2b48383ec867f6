"""How a `transformers` model is read: plainly, or with what it keeps of the tokens before. What cannot be known of an
architecture is tried on a few tokens.

B = texts side by side, T = tokens, V = size of the vocabulary.
"""

from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lessons.models.gradients import without_gradients

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.utils import ModelOutput


def read(model: "PreTrainedModel", texts: Tensor, module: nn.Module | None = None) -> "ModelOutput":
    """What the model, or its body given as `module`, says about texts (B, T) read as they stand."""
    module = model if module is None else module
    return module(input_ids=texts, **accepted(module, use_cache=False))


def accepted(module: nn.Module, **options: Any) -> dict[str, Any]:
    """Those of the options that the module's `forward` knows."""
    known = signature(module.forward).parameters
    return {name: value for name, value in options.items() if name in known}


class CachedSession:
    """Texts growing side by side; keys and values of what was read are kept. See `source.Session`."""

    def __init__(self, model: "PreTrainedModel", prompt_ids: Sequence[int]) -> None:
        from lessons.models.cache import with_room

        self.model, self.cache, self.device = model, None, model.device  # asking a model where it lies takes its time
        self.logits = self._read([list(prompt_ids)], **accepted(model, logits_to_keep=1))
        self.cache, self.rows = with_room(self.cache), [0]  # the row of the cache in which each text lies

    @without_gradients()
    def extend(self, tokens: Sequence[int], parents: Sequence[int] | None = None) -> Tensor:
        from lessons.models.cache import regroup

        parents = range(len(self.rows)) if parents is None else parents
        self.rows = regroup(self.cache, len(self.rows), [self.rows[parent] for parent in parents], self.device)
        by_row = dict(zip(self.rows, tokens, strict=True))
        logits = self._read([[by_row[row]] for row in range(len(by_row))])
        self.logits = logits if self.rows == sorted(self.rows) else logits[self.rows]  # (B, V)
        return self.logits

    @without_gradients()
    def _read(self, rows: list[list[int]], **options: Any) -> Tensor:
        ids = torch.tensor(rows, device=self.device)  # (B, T)
        output = self.model(input_ids=ids, past_key_values=self.cache, use_cache=True, **options)
        self.cache = output.past_key_values
        return output.logits[:, -1].float()  # (B, V)


@without_gradients()
def has_plain_head(model: "PreTrainedModel") -> bool:
    """Whether the logits are the output head of the body's last state and nothing more, to the last bit.

    Some models do more: Gemma 2 bends its logits with a tanh, Granite and Cohere scale them.
    """
    body, head = getattr(model, "base_model", model), model.get_output_embeddings()
    if body is model or head is None:
        return False
    texts = trial(model, [[0, 1, 2, 3, 4, 5, 6, 7]])
    hidden = getattr(read(model, texts, body), "last_hidden_state", None)
    return hidden is not None and torch.equal(head(hidden), read(model, texts).logits)


@without_gradients()
def is_causal(model: "PreTrainedModel") -> bool:
    """Whether what the model says at a place depends on the tokens up to there only."""
    one, other = read(model, trial(model, [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 0]])).logits
    return nearly_equal(one[:-1], other[:-1])


@without_gradients()
def cache_is_right(model: "PreTrainedModel") -> bool:
    """Whether a `CachedSession` gives the logits of a plain pass, also when two texts change places.

    Mamba keeps its state under another name, OpenAI-GPT keeps nothing, Bamba wants to be told where a token stands.
    """
    prompt, first, second = trial(model, [[0, 1, 2, 3], [4, 5, 4, 5], [6, 7, 6, 7]]).tolist()
    try:
        session = CachedSession(model, prompt)
        session.extend(first[:2], [0, 0])
        found = session.extend(second[:2], [1, 0])
    except Exception:  # each architecture has its own
        return False
    texts = trial(model, [[0, 1, 2, 3, 5, 6], [0, 1, 2, 3, 4, 7]])
    return nearly_equal(found, read(model, texts).logits[:, -1])


def trial(model: "PreTrainedModel", texts: list[list[int]]) -> Tensor:
    """Texts (B, T) where the model lies, of ids counted from the middle of the vocabulary: special ones, such as
    padding, stand at its ends."""
    vocabulary_size = model.get_output_embeddings().weight.shape[0]
    return (torch.tensor(texts, device=model.device) + vocabulary_size // 2) % vocabulary_size


def nearly_equal(one: Tensor, other: Tensor) -> bool:
    """Whether logits agree to half of the digits that the model computes with; what is no number is not compared."""
    close = torch.finfo(other.dtype).eps ** 0.5 * other.abs().amax()
    return not bool((one - other).abs().amax() > close)
