"""The arithmetic of choosing a next token: pure functions of tensors.

Shapes: B = texts, T = tokens, V = size of the vocabulary, ... = any leading shape.
Units:  log-probabilities and entropies are in nats (natural logarithm).
Nothing here knows a model, a text or a picture; nothing writes into its arguments.
"""

import torch
from torch import Tensor

from lessons.words.arguments import check_ids, check_tensor
from lessons.words.language import say

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
        raise ValueError(say("arithmetic.labels_shape", **shapes))
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
