"""The arithmetic of choosing a next token: pure functions of tensors.

Shapes: B = texts, T = tokens, V = size of the vocabulary, ... = any leading shape.
Units:  log-probabilities and entropies are in nats (natural logarithm).
Nothing here knows a model, a text or a picture; nothing writes into its arguments.
"""

from numbers import Real

import torch
from torch import Tensor

from lessons.language import say


def log_probs_from_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """The log-probability of each label under the logits at its place.

    logits (B, T, V), labels (B, T) -> (B, T), nats. Any leading shape will do as long as both agree.
    Computed as logit[label] - logsumexp(logits): no second (B, T, V) matrix is made, and nothing overflows or rounds to zero
    on the way, as log(softmax(logits)) would.

    >>> log_probs_from_logits(torch.tensor([[[0.0, 0.0], [0.0, 1000.0]]]), torch.tensor([[1, 0]]))
    tensor([[-6.9315e-01, -1.0000e+03]])
    """
    if logits.shape[:-1] != labels.shape:
        wanted = tuple(logits.shape[:-1])
        raise ValueError(say("errors.labels_shape", logits=tuple(logits.shape), labels_wanted=wanted, labels=tuple(labels.shape)))
    chosen = logits.gather(-1, labels.unsqueeze(-1)).squeeze(-1)  # (B, T)
    return chosen - logits.logsumexp(-1)


def entropy(logits: Tensor) -> Tensor:
    """The entropy of softmax(logits): the mean surprisal of a token drawn from it.

    logits (..., V) -> (...), nats; from 0 (one token is certain) to log V (all are alike). Cut tokens (minus infinity) count as
    impossible: 0 log 0 = 0. Shannon, "A Mathematical Theory of Communication", 1948.

    >>> entropy(torch.zeros(8)).item() == torch.log(torch.tensor(8.0)).item()
    True
    """
    log_probs = logits.log_softmax(-1)  # (..., V)
    return -(log_probs.exp() * log_probs.where(log_probs > -torch.inf, 0.0)).sum(-1)


def check_number(name: str, value: object, *, above: float | None = None, least: float | None = None, most: float | None = None) -> float:
    """`value` as a float if it is a finite number within the bounds named; otherwise the error that says which rule it breaks."""
    rule = say_bounds(above, least, most)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(say("errors.not_a_number", name=name, rule=rule, value=repr(value)))
    number = float(value)
    inside = (above is None or number > above) and (least is None or number >= least) and (most is None or number <= most)
    if not inside or number in (float("inf"), float("-inf")):  # a NaN fails every comparison, so `inside` is false for it
        raise ValueError(say("errors.out_of_bounds", name=name, rule=rule, value=value))
    return number


def check_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """`value` as an int if it is a whole number from `least` to `most`; otherwise the error that says which rule it breaks."""
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
