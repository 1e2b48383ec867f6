"""How likely a given text is: the sum of its tokens' log-probabilities, and perplexity.

A model's logits at place i are about the token at place i + 1. So the first token of a text has no probability
(nothing comes before it), and a continuation that begins at place n is predicted by the logits from place n - 1 on.

The logits of a long text are a large matrix, and the usual way makes a second one for the log-probabilities. Here
the model's body reads the text once, and its output head makes the logits of a few places at a time: each slice is
used and forgotten.

B = texts, T = tokens, V = size of the vocabulary, D = width of the model. Log-probabilities are in nats.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from reprlib import repr as short
from typing import Any, TypeGuard, cast

import torch
from torch import Tensor, nn

from lessons.arithmetic.probability import log_probs_from_logits
from lessons.models.language_model import LanguageModel
from lessons.words.arguments import check_ids, check_model, check_whole
from lessons.words.language import say

SLICE = 256  # places whose logits are made at a time: enough to keep the processor busy, few enough to stay small

Ids = Sequence[int] | Sequence[Sequence[int]] | Tensor


def sequence_logprob(lm: LanguageModel | nn.Module, ids: Ids, input_len: int = 0) -> float | Tensor:
    """The log-probability of a text from its token number `input_len` on, given the tokens before: a sum, in nats.

    ids: a text, as a list or a tensor (T,); or several, as a tensor (B, T) or a list of lists: then a tensor (B,) comes
    back. With `input_len` = length of the prompt every generated token counts, the first included. With 0 the whole
    text counts but for its first token, which nothing predicts. Raises ValueError for an empty text, one longer than
    the model's context, ids outside the vocabulary, an `input_len` beyond the text's end, and a model whose weights are
    broken; TypeError for what is no model or no ids.
    """
    if is_ragged(ids):
        return torch.tensor([sequence_logprob(lm, text, input_len) for text in ids], dtype=torch.float64)
    sums = continuation(lm, ids, input_len).sum(-1)  # (B,) or ()
    return sums if sums.ndim else sums.item()


def perplexity(lm: LanguageModel | nn.Module, ids: Ids, input_len: int = 0) -> float | Tensor:
    """exp of the mean surprisal of a text's tokens: among how many equally likely ones the model hesitates on average.

    Arguments and errors (TypeError, ValueError) as in `sequence_logprob`; ValueError also where no token is left to
    predict. Jelinek, Mercer, Bahl & Baker, "Perplexity – a measure of the difficulty of speech recognition tasks",
    1977.
    """
    if is_ragged(ids):
        return torch.tensor([perplexity(lm, text, input_len) for text in ids], dtype=torch.float64)
    log_probs = continuation(lm, ids, input_len)
    if not log_probs.shape[-1]:
        raise ValueError(say("models.nothing_predicted", input_len=input_len))
    mean = log_probs.mean(-1).neg().exp()  # (B,) or ()
    return mean if mean.ndim else mean.item()


def continuation(lm: LanguageModel | nn.Module, ids: Ids, input_len: int) -> Tensor:
    """The log-probabilities, in 64 bits, of the tokens from number `input_len` on (but for the text's first)."""
    log_probs = token_log_probs(lm, ids)  # (..., T - 1)
    input_len = check_whole("input_len", input_len, 0, log_probs.shape[-1] + 1)
    return log_probs[..., max(0, input_len - 1) :].double()  # token i is predicted at place i - 1


@torch.inference_mode()
def token_log_probs(lm: LanguageModel | nn.Module, ids: Ids) -> Tensor:
    """The log-probability of each token of a text but the first, given all before it: (T - 1,), or (B, T - 1).

    In nats, 32 bits, on the CPU. Raises ValueError for an empty text, one longer than the model's context, ids outside
    the vocabulary, and a model whose weights are broken; TypeError for what is no model or no ids.
    """
    lm = as_model(lm)
    ids = read_ids(lm, ids)  # (B, T) or (T,)
    texts = ids.unsqueeze(0) if ids.ndim == 1 else ids
    given, labels = texts[:, :-1], texts[:, 1:]  # (B, T - 1): the last token predicts nothing, so it is not read
    with evaluating(lm.model):
        if not labels.numel():
            log_probs = torch.zeros(labels.shape)
        elif labels.numel() > SLICE and lm.plain_head:
            log_probs = in_slices(lm, given, labels)
        else:
            log_probs = log_probs_from_logits(lm.read(given).logits, labels)
    if log_probs.isnan().any():
        raise ValueError(say("models.broken_weights"))
    return log_probs.reshape(*ids.shape[:-1], -1).cpu()


def as_model(lm: LanguageModel | nn.Module) -> LanguageModel:
    """The model, or a causal model of `transformers` as one; raises TypeError for anything else."""
    if isinstance(lm, nn.Module) and hasattr(lm, "get_output_embeddings"):
        return LanguageModel("", lm, None)
    return check_model(cast(LanguageModel, lm))


def in_slices(lm: LanguageModel, given: Tensor, labels: Tensor) -> Tensor:
    """(B, T) log-probabilities of labels (B, T), one after each place of the texts given (B, T)."""
    hidden = lm.read(given, lm.model.base_model).last_hidden_state.flatten(0, 1)  # (B T, D)
    head = lm.model.get_output_embeddings()
    slices = zip(hidden.split(SLICE), labels.flatten().split(SLICE), strict=True)
    return torch.cat([log_probs_from_logits(head(states), wanted) for states, wanted in slices]).reshape(labels.shape)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Dropout off within, and as it was afterwards: a model fresh from training would answer differently each time."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def is_ragged(ids: Ids) -> TypeGuard[Sequence[Sequence[int]]]:
    """Whether ids are several texts of different lengths."""
    if not isinstance(ids, list | tuple):
        return False
    return all(is_text(text) for text in ids) and len(set(map(len, ids))) > 1


def is_text(ids: Any) -> bool:
    """Whether these may be the ids of one text: a sequence, or a tensor (T,)."""
    return ids.ndim > 0 if isinstance(ids, Tensor) else isinstance(ids, Sequence) and not isinstance(ids, str | bytes)


def read_ids(lm: LanguageModel, ids: Ids) -> Tensor:
    """ids as a tensor (T,) or (B, T) where the model lies, checked."""
    if isinstance(ids, str):
        raise TypeError(say("models.text_for_ids", value=short(ids)))
    ids = check_ids("ids", ids, lm.vocabulary_size)
    if ids.ndim > 2:
        raise TypeError(say("models.ids_shape", shape=tuple(ids.shape), dtype=str(ids.dtype).removeprefix("torch.")))
    if not ids.numel():
        raise ValueError(say("models.empty_text"))
    if lm.context is not None and ids.shape[-1] > lm.context:
        raise ValueError(say("models.text_too_long", tokens=ids.shape[-1], context=lm.context))
    return ids.to(lm.device)
