"""How likely a given text is: the sum of its tokens' log-probabilities, and perplexity.

A model's logits at place i are about the token at place i + 1. So the first token of a text has no probability
(nothing comes before it), and a continuation that begins at place n is predicted by the logits from place n - 1 on.

The logits of a long text are a large matrix, and the usual way makes a second one for the log-probabilities. Here
the model's body reads the text once, and its output head makes the logits of a few places at a time: each slice is
used and forgotten. Probabilities are computed in 64 bits: in 32 the sum over a large vocabulary is off by a
hundred-thousandth.

B = texts, T = tokens, V = size of the vocabulary, D = width of the model. Log-probabilities are in nats.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from reprlib import repr as short
from typing import Any, TypeGuard, cast

import numpy
import torch
from torch import Tensor, nn

from lessons.arithmetic.probability import log_probs_from_logits, wide
from lessons.models.gradients import without_gradients
from lessons.models.language_model import LanguageModel
from lessons.words.arguments import check_ids, check_model, check_whole
from lessons.words.language import say

SLICE = 256  # places whose logits are made at a time: enough to keep the processor busy, few enough to stay small
# Numbers that are made wide at a time: the processor's own memory holds them, which is six times as fast.
AT_ONCE = 2**18

Ids = Sequence[int] | Sequence[Sequence[int]] | Sequence[Tensor] | Tensor
Encoding = Mapping[str, Any]  # what a tokenizer returns


def sequence_logprob(
    lm: LanguageModel | nn.Module, ids: Ids | Encoding, input_len: int = 0, attention_mask: Ids | None = None
) -> float | Tensor:
    """The log-probability of a text from its token number `input_len` on, given the tokens before: a sum, in nats.

    ids: a text, as a list or a tensor (T,); or several, as a tensor (B, T) or a list of lists: then a tensor (B,) comes
        back. Or all that a tokenizer returned for them, padding and attention mask included.
    input_len: the length of the prompt, that of the text itself, padding not counted: every token after it counts, the
        first included. With 0 the whole text counts but for its first token, which nothing predicts.
    attention_mask: in the shape of the ids, 1 where a token belongs to its text and 0 where it is padding.

    Raises ValueError for an empty text, one longer than the model's context, ids outside the vocabulary, ids that begin
    or end with padding and come without a mask, an `input_len` beyond the text's end, and a model whose weights are
    broken; TypeError for what is no model, no ids or no mask.
    """
    ids = without_padding(ids, attention_mask)
    if is_one_by_one(ids):
        return torch.tensor([sequence_logprob(lm, text, input_len) for text in ids], dtype=torch.float64)
    sums = continuation(token_log_probs(lm, ids), input_len).sum(-1)  # (B,) or ()
    return sums if sums.ndim else sums.item()


def perplexity(
    lm: LanguageModel | nn.Module,
    ids: Ids | Encoding,
    input_len: int = 0,
    attention_mask: Ids | None = None,
    stride: int | None = None,
) -> float | Tensor:
    """exp of the mean surprisal of a text's tokens: among how many equally likely ones the model hesitates on average.

    Arguments and errors (TypeError, ValueError) as in `sequence_logprob`; ValueError also where no token is left to
    predict. With a `stride`, less than the model's context, a text may be longer than that: it is read in windows as
    long as the context, each so many tokens further on. Every token counts once, in the first window that it is in, so
    after at least context - stride others (but for those of the first window). A smaller stride is nearer to the truth
    and takes longer. Jelinek, Mercer, Bahl & Baker, "Perplexity – a measure of the difficulty of speech recognition
    tasks", 1977; windows as in "Perplexity of fixed-length models" of the documentation of `transformers`.
    """
    ids = without_padding(ids, attention_mask)
    if is_one_by_one(ids):
        return torch.tensor([perplexity(lm, text, input_len, stride=stride) for text in ids], dtype=torch.float64)
    read = token_log_probs(lm, ids) if stride is None else log_probs_in_windows(lm, ids, stride)
    log_probs = continuation(read, input_len)
    if not log_probs.shape[-1]:
        raise ValueError(say("models.nothing_predicted", input_len=input_len))
    mean = log_probs.mean(-1).neg().exp()  # (B,) or ()
    return mean if mean.ndim else mean.item()


def continuation(log_probs: Tensor, input_len: int) -> Tensor:
    """Of the log-probabilities (..., T - 1) of all tokens but the first, those of the tokens from `input_len` on."""
    input_len = check_whole("input_len", input_len, 0, log_probs.shape[-1] + 1)
    return log_probs[..., max(0, input_len - 1) :]  # token i is predicted at place i - 1


def token_log_probs(lm: LanguageModel | nn.Module, ids: Ids) -> Tensor:
    """The log-probability of each token of a text but the first, given all before it: (T - 1,), or (B, T - 1).

    In nats, 64 bits, on the CPU. Raises ValueError for an empty text, one longer than the model's context, ids outside
    the vocabulary, texts that are padded, and a model whose weights are broken; TypeError for what is no model or no
    ids.
    """
    lm = as_model(lm)
    texts = read_ids(lm, ids)  # (B, T) or (T,)
    if lm.context is not None and texts.shape[-1] > lm.context:
        numbers = {"tokens": texts.shape[-1], "context": lm.context, "stride": lm.context // 2}
        raise ValueError(say("models.text_too_long", **numbers))
    return log_probs_after_first(lm, texts)


def log_probs_in_windows(lm: LanguageModel | nn.Module, ids: Ids, stride: int) -> Tensor:
    """What `token_log_probs` returns, for a text that may be longer than the model's context; see `perplexity`."""
    lm = as_model(lm)
    texts = read_ids(lm, ids)  # (B, T) or (T,)
    length = texts.shape[-1]
    context = length if lm.context is None else lm.context
    stride = check_whole("stride", stride, 1, None if lm.context is None else context - 1)
    parts, scored = [], 1  # nothing predicts the first token
    for start in range(0, max(1, length - context + stride), stride):
        log_probs = log_probs_after_first(lm, texts[..., start : start + context])  # of tokens start + 1 …
        parts.append(log_probs[..., scored - start - 1 :])
        scored = min(length, start + context)
    return torch.cat(parts, -1)


@without_gradients()
def log_probs_after_first(lm: LanguageModel, ids: Tensor) -> Tensor:
    """The log-probability of each token but the first of ids (T,) or (B, T) that fit the model's context."""
    texts = ids.unsqueeze(0) if ids.ndim == 1 else ids
    given, labels = texts[:, :-1], texts[:, 1:]  # (B, T - 1): the last token predicts nothing, so it is not read
    with evaluating(lm.model):
        if not labels.numel():
            log_probs = torch.zeros(labels.shape, dtype=torch.float64)
        elif labels.numel() > SLICE and lm.plain_head:
            log_probs = in_slices(lm, given, labels)
        else:
            log_probs = wide_log_probs(lm.read(given).logits.flatten(0, 1), labels.flatten()).reshape(labels.shape)
    if log_probs.isnan().any():
        half = lm.dtype == torch.float16
        raise ValueError(say("models.half_overflow", what="NaN") if half else say("models.broken_weights"))
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
    return torch.cat([wide_log_probs(head(states), wanted) for states, wanted in slices]).reshape(labels.shape)


def wide_log_probs(logits: Tensor, labels: Tensor) -> Tensor:
    """(n,) the log-probabilities of labels (n,) under logits (n, V), in 64 bits."""
    few = max(1, AT_ONCE // logits.shape[-1])
    rows = zip(logits.split(few), labels.split(few), strict=True)
    return torch.cat([log_probs_from_logits(wide(some), wanted) for some, wanted in rows])


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Dropout off within, and as it was afterwards: a model fresh from training would answer differently each time."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def without_padding(ids: Ids | Encoding, attention_mask: Ids | None) -> Ids:
    """The ids, or those in what a tokenizer returned; with an attention mask only the tokens where it is 1: of several
    texts a list of tensors (T,). Raises TypeError or ValueError for a mask that does not fit."""
    if isinstance(ids, Mapping):
        if "input_ids" not in ids:
            raise TypeError(say("models.no_input_ids", value=short(list(ids))))
        return without_padding(
            ids["input_ids"], ids.get("attention_mask") if attention_mask is None else attention_mask
        )
    if attention_mask is None or not is_text(ids):
        return ids
    if not all(is_text(text) for text in ids):
        return belonging(ids, attention_mask)
    try:
        pairs = list(zip(ids, attention_mask, strict=True))
    except (TypeError, ValueError) as error:  # no row of masks, or not as many as texts
        raise type(error)(say("models.mask", value=short(attention_mask))) from None
    return [belonging(*pair) for pair in pairs]


def belonging(ids: Any, attention_mask: Any) -> Tensor:
    """The ids of one text (T,) where its mask is 1; raises TypeError or ValueError for a mask that does not fit."""
    try:
        text, mask = torch.as_tensor(ids), torch.as_tensor(attention_mask)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(say("models.mask", value=short(attention_mask))) from None
    if text.ndim != 1 or mask.shape != text.shape or not ((mask == 0) | (mask == 1)).all():
        raise ValueError(say("models.mask", value=short(attention_mask)))
    return text[mask.to(text.device) == 1]


def is_one_by_one(ids: Ids) -> TypeGuard[Sequence[Sequence[int]] | Sequence[Tensor]]:
    """Whether ids are several texts that cannot lie side by side in a tensor: of different lengths, or as tensors."""
    if not isinstance(ids, list | tuple) or not ids or not all(is_text(text) for text in ids):
        return False
    return len(set(map(len, ids))) > 1 or isinstance(ids[0], Tensor)


def is_text(ids: Any) -> bool:
    """Whether these may be the ids of one text: a sequence, or a tensor (T,)."""
    return (
        ids.ndim > 0
        if isinstance(ids, Tensor | numpy.ndarray)
        else isinstance(ids, Sequence) and not isinstance(ids, str | bytes)
    )


def read_ids(lm: LanguageModel, ids: Ids) -> Tensor:
    """ids as a tensor (T,) or (B, T) where the model lies, checked."""
    if isinstance(ids, str):
        raise TypeError(say("models.text_for_ids", value=short(ids)))
    ids = check_ids("ids", ids, lm.vocabulary_size)
    if ids.ndim > 2:
        raise TypeError(say("models.ids_shape", shape=tuple(ids.shape), dtype=str(ids.dtype).removeprefix("torch.")))
    if not ids.numel():
        raise ValueError(say("models.empty_text"))
    if ids.ndim == 2:
        check_no_padding(lm, ids)
    return ids.to(lm.device)


def check_no_padding(lm: LanguageModel, texts: Tensor) -> None:
    """Raises ValueError if texts (B, T) begin or end with tokens that may be padding.

    Those are the padding token at an end of some texts only, or more than once; where it is never part of a text, even
    once; and, as many pad with it, the end-of-text token more than once.
    """
    named = (getattr(owner, "pad_token_id", None) for owner in (lm.tokenizer, lm.model.config))
    padding: set[int] = {token for token in named if token is not None}
    ends = {*lm.end_ids, getattr(lm.tokenizer, "bos_token_id", None)}
    for token in (*padding, *lm.end_ids):
        for side in (texts, texts.flip(-1)):
            run = side.eq(token).int().cumprod(-1).sum(-1)  # (B,) how many stand there
            most = 1 if token in ends else 0
            if run.max() > most or (token in padding and run.max() > run.min()):
                raise ValueError(say("models.padded", shape=tuple(texts.shape), token=token))
