"""The arithmetic of choosing a next token: pure functions of tensors.

Shapes: B = texts, T = tokens, V = size of the vocabulary, ... = any leading shape.
Units:  log-probabilities and entropies are in nats (natural logarithm).
Nothing here knows a model, a text or a picture; nothing writes into its arguments.
"""

from math import isfinite
from numbers import Real

import torch
from torch import Tensor

from lessons.language import say

PLACES = 32  # rows of logits worked on at a time: as many as stay in a processor's cache


def log_probs_from_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """The log-probability of each label under the logits at its place.

    logits (B, T, V), labels (B, T) -> (B, T), nats, in 32 bits or as many as the logits have. Any leading shape will
    do as long as both agree. Computed as -log Σ exp(logit - logit[label]), a few places at a time: no second (B, T,
    V) matrix is made, nothing rounds to zero on the way, as in log(softmax(logits)), and what would overflow is
    computed the longer way.

    >>> log_probs_from_logits(torch.tensor([[[0.0, 0.0], [0.0, 1000.0]]]), torch.tensor([[1, 0]]))
    tensor([[-6.9315e-01, -1.0000e+03]])
    """
    if logits.shape[:-1] != labels.shape:
        wanted = tuple(logits.shape[:-1])
        shapes = {"logits": tuple(logits.shape), "labels_wanted": wanted, "labels": tuple(labels.shape)}
        raise ValueError(say("errors.labels_shape", **shapes))
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
    infinity) count as impossible: 0 log 0 = 0. Shannon, "A Mathematical Theory of Communication", 1948.

    >>> round(entropy(torch.zeros(8)).item(), 4)  # log 8
    2.0794
    """
    log_probs = logits.log_softmax(-1)  # (..., V)
    return -(log_probs.exp() * log_probs.where(log_probs > -torch.inf, 0.0)).sum(-1)


def check_number(
    name: str, value: object, *, above: float | None = None, least: float | None = None, most: float | None = None
) -> float:
    """`value` as a float if it is a finite number within the bounds; otherwise the error with the rule it breaks."""
    rule = say_bounds(above, least, most)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(say("errors.not_a_number", name=name, rule=rule, value=repr(value)))
    number = float(value)
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
        raise TypeError(say("errors.not_whole", name=name, rule=rule, value=repr(value)))
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
