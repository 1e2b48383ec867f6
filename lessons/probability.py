"""The arithmetic of choosing a next token: pure functions of tensors.

Shapes: B = texts, T = tokens, V = size of the vocabulary, ... = any leading shape.
Units:  log-probabilities and entropies are in nats (natural logarithm).
Nothing here knows a model, a text or a picture; nothing writes into its arguments.
"""

from collections.abc import Iterable
from math import isfinite
from numbers import Real
from pathlib import Path
from reprlib import repr as short

import torch
from torch import Tensor

from lessons.language import say

LONGEST_NAME = 255  # letters of a file's name
PLACES = 32  # rows of logits worked on at a time: as many as stay in a processor's cache


def log_probs_from_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """The log-probability of each label under the logits at its place.

    logits (B, T, V), labels (B, T) -> (B, T), nats, in 32 bits or as many as the logits have. Any leading shape will
    do as long as both agree. Computed as -log Σ exp(logit - logit[label]), a few places at a time: no second (B, T,
    V) matrix is made, nothing rounds to zero on the way, as in log(softmax(logits)), and what would overflow is
    computed the longer way. Raises TypeError for what is no tensor of numbers, ValueError where shapes or labels do not
    fit the logits.

    >>> log_probs_from_logits(torch.tensor([[[0.0, 0.0], [0.0, 1000.0]]]), torch.tensor([[1, 0]]))
    tensor([[-6.9315e-01, -1.0000e+03]])
    """
    logits = check_tensor("logits", logits)
    labels = check_ids("labels", labels, logits.shape[-1], least_dimensions=0).to(logits.device)
    if logits.shape[:-1] != labels.shape:
        wanted = tuple(logits.shape[:-1])
        shapes = {"logits": tuple(logits.shape), "labels_wanted": wanted, "labels": tuple(labels.shape)}
        raise ValueError(say("errors.labels_shape", **shapes))
    if not labels.numel():
        return torch.zeros(labels.shape, dtype=torch.promote_types(logits.dtype, torch.float32), device=logits.device)
    if logits.ndim == 1:
        return log_probs_from_logits(logits.unsqueeze(0), labels.unsqueeze(0)).squeeze(0)
    if logits.ndim > 2:
        return torch.stack([log_probs_from_logits(*pair) for pair in zip(logits, labels, strict=True)])
    rows = logits if logits.dtype == torch.float64 else logits.float()
    chosen = rows.gather(-1, labels.unsqueeze(-1))  # (T, 1)
    # subtle: one small piece of memory, used again and again, stays in the processor's cache; gradients need it fresh
    room = None if rows.requires_grad else rows.new_empty(PLACES, rows.shape[-1])
    slices = zip(rows.split(PLACES), chosen.split(PLACES), strict=True)
    odds = [torch.sub(some, own, out=None if room is None else room[: len(own)]).exp_().sum(-1) for some, own in slices]
    log_probs = -torch.cat(odds).log()  # (T,) each sum is at least 1, the label's own term
    if log_probs.isfinite().all():
        return log_probs
    # a label was less likely than e**-88, or cut
    return rows.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)


def entropy(logits: Tensor) -> Tensor:
    """The entropy of softmax(logits): the mean surprisal of a token drawn from it.

    logits (..., V) -> (...), nats; from 0 (one token is certain) to log V (all are alike). Cut tokens (minus
    infinity) count as impossible: 0 log 0 = 0. Raises TypeError or ValueError for what is no tensor of logits.
    Shannon, "A Mathematical Theory of Communication", 1948.

    >>> round(entropy(torch.zeros(8)).item(), 4)  # log 8
    2.0794
    """
    log_probs = check_tensor("logits", logits).log_softmax(-1)  # (..., V)
    return -(log_probs.exp() * log_probs.where(log_probs > -torch.inf, 0.0)).sum(-1)


def check_tensor(name: str, value: object) -> Tensor:
    """`value` if it is a tensor (..., V) of real numbers with a point; otherwise the error with the way out."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = str(value.dtype) if isinstance(value, Tensor) else short(value)
        raise TypeError(say("errors.not_a_tensor", name=name, value=kind))
    if not value.ndim or not value.shape[-1]:
        raise ValueError(say("errors.tensor_shape", name=name, shape=tuple(value.shape)))
    return value


def check_ids(name: str, value: object, size: int, least_dimensions: int = 1) -> Tensor:
    """`value` as a tensor of whole numbers from 0 to `size` - 1; otherwise the error."""
    try:
        ids = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):  # no numbers, rows of different lengths, a number too large
        ids = None
    whole = ids is not None and not (ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool)
    if ids is None or ids.ndim < least_dimensions or (ids.numel() and not whole):
        raise TypeError(say("errors.not_ids", name=name, value=short(value)))
    if ids.numel() and not 0 <= ids.min() <= ids.max() < size:
        wrong = ids.min() if ids.min() < 0 else ids.max()
        raise ValueError(say("errors.prompt_ids", most=f"{size - 1:,}", value=int(wrong)))
    return ids.to(torch.int64)


def check_text(name: str, value: object) -> str:
    """`value` if it is a text without halves of characters; otherwise the error."""
    if not isinstance(value, str):
        raise TypeError(say("errors.not_a_text", name=name, value=short(value)))
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(say("errors.half_character", name=name, value=ascii(short(value)))) from None
    return value


def check_texts(name: str, values: object) -> list[str]:
    """Several texts as a list; otherwise the error."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) == 0:
        raise TypeError(say("errors.not_texts", name=name, value=short(values)))
    return [check_text(f"{name}[{place}]", value) for place, value in enumerate(values)]


def check_path(name: str, value: object) -> Path:
    """The path if it is one, or a text that can be one; otherwise the error."""
    if not isinstance(value, Path):
        check_text(name, value)
    if "\0" in str(value) or max(map(len, str(value).split("/"))) > LONGEST_NAME:
        raise ValueError(say("errors.not_a_path", name=name, value=short(str(value))))
    return Path(value).expanduser()


def check_flag(name: str, value: object) -> bool:
    """`value` if it is True or False; otherwise the error."""
    if not isinstance(value, bool):
        raise TypeError(say("errors.not_a_flag", name=name, value=short(value)))
    return value


def check_number(
    name: str, value: object, *, above: float | None = None, least: float | None = None, most: float | None = None
) -> float:
    """`value` as a float if it is a finite number within the bounds; otherwise the error with the rule it breaks."""
    rule = say_bounds(above, least, most)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(say("errors.not_a_number", name=name, rule=rule, value=short(value)))
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        number = float("inf") if value > 0 else -float("inf")
    inside = above is None or number > above
    inside = inside and (least is None or number >= least) and (most is None or number <= most)
    if not inside or not isfinite(number):
        raise ValueError(say("errors.out_of_bounds", name=name, rule=rule, value=value))
    return number


def check_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """`value` as an int if it is a whole number from `least` to `most`; otherwise the error that says which rule it
    breaks.
    """
    rule = say_bounds(None, least, most)
    if isinstance(value, bool) or not isinstance(value, Real) or not hasattr(value, "__index__"):
        raise TypeError(say("errors.not_whole", name=name, rule=rule, value=short(value)))
    if value < least or (most is not None and value > most):
        raise ValueError(say("errors.out_of_bounds", name=name, rule=rule, value=value))
    return int(value)


def say_bounds(above: float | None, least: float | None, most: float | None) -> str:
    """The rule in words: "greater than 0", "from 1 to 8", "at least 1" …"""
    if least is not None and most is not None:
        return say("errors.from_to", least=f"{least:,}", most=f"{most:,}")
    if above is not None and most is not None:
        return say("errors.above_to", above=above, most=most)
    if above is not None:
        return say("errors.above", above=above)
    return say("errors.at_least", least=f"{least:,}") if least is not None else say("errors.finite")
