"""The arithmetic of choosing a next token: pure functions of tensors.

Shapes: V = size of the vocabulary, ... = any leading shape, such as (B, T) for the T places of B texts.
Units:  log-probabilities and entropies are in nats (natural logarithm).
"""

import torch
from torch import Tensor

from lessons.words.arguments import check_ids, check_tensor
from lessons.words.language import say


def log_probs_from_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """The log-probability of each label under the logits at its place.

    logits (..., V), labels (...) -> (...), nats; in 32 bits, or in 64 where the logits have them. Nothing rounds to
    zero on the way, as it does in log(softmax(logits)).
    Raises TypeError for what is no tensor of numbers, ValueError where shapes or labels do not fit the logits.

    >>> log_probs_from_logits(torch.tensor([[[0.0, 0.0], [0.0, 1000.0]]]), torch.tensor([[1, 0]]))
    tensor([[-6.9315e-01, -1.0000e+03]])
    """
    logits = check_tensor("logits", logits)
    labels = check_ids("labels", labels, logits.shape[-1], least_dimensions=0).to(logits.device)
    if labels.shape != logits.shape[:-1]:
        shapes = {"logits": tuple(logits.shape), "wanted": tuple(logits.shape[:-1]), "labels": tuple(labels.shape)}
        raise ValueError(say("arithmetic.labels_shape", **shapes))
    if logits.dtype != torch.float64:
        logits = logits.float()
    return logits.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)


def entropy(logits: Tensor) -> Tensor:
    """The entropy of softmax(logits): the mean surprisal of a token drawn from it.

    logits (..., V) -> (...), nats, 64 bits; from 0 (one token is certain) to log V (all are alike). Cut tokens (minus
    infinity) count as impossible: 0 log 0 = 0. Raises TypeError or ValueError for what is no tensor of logits.
    Shannon, "A Mathematical Theory of Communication", 1948.

    >>> round(entropy(torch.zeros(8)).item(), 4)  # log 8
    2.0794
    """
    log_probs = wide(check_tensor("logits", logits)).log_softmax(-1)  # (..., V)
    return -(log_probs.exp() * log_probs.where(log_probs > -torch.inf, 0.0)).sum(-1)


def likeliest_first(scores: Tensor) -> Tensor:
    """(..., V) the ids in the order of their scores, the largest first; of equal scores the lower id comes first.

    >>> likeliest_first(torch.tensor([-0.5, 2.0, -torch.inf, 2.0]))
    tensor([1, 3, 0, 2])
    """
    return scores.argsort(dim=-1, descending=True, stable=True)


def wide(scores: Tensor) -> Tensor:
    """The scores in 64 bits, in which many thousands of small probabilities add up to 1; on the CPU if their device
    has no such numbers (Apple's)."""
    return (scores.cpu() if scores.device.type == "mps" else scores).double()
