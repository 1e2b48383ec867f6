"""What cannot be known of an architecture is tried on a few tokens.

B = texts side by side, T = tokens.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lessons.models.gradients import without_gradients
from lessons.models.reading import read
from lessons.models.sessions import CachedSession

if TYPE_CHECKING:
    from transformers import PreTrainedModel


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
