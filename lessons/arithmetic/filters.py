"""The knobs of sampling, one pure function each: logits in, logits out, minus infinity where nothing may be drawn.

V = size of the vocabulary, n = tokens so far, T = temperature, ... = any leading shape. Each takes (..., V) and
returns (..., V), writes into nothing, and leaves at least one token unless `no_repeat_ngrams` has forbidden them all.
A filter acts on what reaches it: tokens cut before have probability 0 there, and the rest are renormalised. Of several
the order therefore matters (see `decoding.knobs`). Scores are logits or log-probabilities: only the repetition penalty
can tell.

Probabilities are compared with p in 32 bits, as in `transformers`: 0.5 + 0.4 has reached 0.9 there, on paper too, but
in 64 bits it has not.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from lessons.arithmetic.probability import entropy, likeliest_first
from lessons.words.arguments import (
    check_ids,
    check_number,
    check_share,
    check_temperature,
    check_tensor,
    check_top_k,
    check_whole,
)
from lessons.words.language import say


def temperature_scale(logits: Tensor, T: float) -> Tensor:
    """The logits divided by the temperature T > 0: softmax(logits / T) is sharper below 1, flatter above it.

    p_i ∝ exp(logit_i / T). T → 0 is greedy search, T → ∞ the uniform distribution; the order never changes. Raises
    TypeError or ValueError for what is no tensor of logits, or no such T.
    Ackley, Hinton & Sejnowski, "A Learning Algorithm for Boltzmann Machines", 1985.

    >>> temperature_scale(torch.tensor([2.0, 1.0, 0.0]), 0.5)
    tensor([4., 2., 0.])
    """
    return check_tensor("logits", logits) / check_temperature(T)


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """The logits of the k likeliest tokens; all others are cut.

    Exactly k tokens stay (fewer only where fewer were left): of equal logits at the border those with the lower id.
    `transformers` keeps all that are level with the k-th, and so sometimes more than k. k from 1 to V. Raises TypeError
    or ValueError for what is no tensor of logits, or no such k.
    Fan, Lewis & Dauphin, "Hierarchical Neural Story Generation", 2018.

    >>> keep_top_k(torch.tensor([1.0, 3.0, 2.0, 2.0]), 2)
    tensor([-inf, 3., 2., -inf])
    """
    return first_k(check_tensor("logits", logits), likeliest_first(logits), k)


def first_k(logits: Tensor, order: Tensor, k: int) -> Tensor:
    """The logits of the first k tokens of `order`, the ids (..., V), the likeliest first; all others are cut."""
    kept = order[..., : check_top_k(k, logits.shape[-1])]  # (..., k)
    return torch.full_like(logits, -torch.inf).scatter(-1, kept, logits.gather(-1, kept))


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """The logits of the nucleus, the fewest likeliest tokens whose probabilities sum to p or more; all others are cut.

    A token stays if the mass of all likelier ones is less than p, which is to say: if it and all less likely ones hold
    more than 1 - p. So the token that crosses p stays, and one always does. 0 < p ≤ 1. Raises TypeError or ValueError
    for what is no tensor of logits, or no such p.
    Holtzman, Buys, Du, Forbes & Choi, "The Curious Case of Neural Text Degeneration", 2020.

    >>> keep_top_p(torch.tensor([0.5, 0.1, 0.4]).log(), 0.6).exp()
    tensor([0.5000, 0.0000, 0.4000])
    """
    logits, p = check_tensor("logits", logits), check_share("top_p", p)
    return logits if p == 1 else nucleus(logits, likeliest_first(logits), p)


def nucleus(logits: Tensor, order: Tensor, p: float) -> Tensor:
    """The logits of the nucleus, given also `order`, the ids (..., V), the likeliest first; all others are cut."""
    rising = order.flip(-1)  # the least likely first: the sum of a tail has more digits than 1 less the sum of a head
    tails = logits.gather(-1, rising).softmax(-1, dtype=at_least_32_bits(logits)).cumsum(-1)  # (..., V)
    kept = torch.empty_like(order, dtype=torch.bool).scatter(-1, rising, tails.float() > 1 - p)
    return logits.where(kept.scatter(-1, order[..., :1], True), -torch.inf)


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """The logits of all tokens at least p times as likely as the likeliest; all others are cut.

    A token stays if p_i ≥ p · max_j p_j: many stay where the model hesitates, few where it is sure. 0 < p ≤ 1. Raises
    TypeError or ValueError for what is no tensor of logits, or no such p.
    Nguyen et al., "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs", 2024.

    >>> keep_min_p(torch.tensor([0.6, 0.3, 0.1]).log(), 0.25).exp()
    tensor([0.6000, 0.3000, 0.0000])
    """
    p, probs = check_share("min_p", p), check_tensor("logits", logits).softmax(-1, dtype=at_least_32_bits(logits))
    least = p * probs.amax(-1, keepdim=True)  # (..., 1)
    return logits.where(probs.float() >= least.float(), -torch.inf)


def keep_typical(logits: Tensor, p: float) -> Tensor:
    """The logits of the most typical tokens, in order until their probabilities sum to p or more; all others are cut.

    Typical is a token whose surprisal lies near the mean surprisal: small |-log p_i - H|, H the entropy. So the
    likeliest token may be cut. 0 < p ≤ 1. Raises TypeError or ValueError for what is no tensor of logits, or no such
    p. Meister, Pimentel, Wiher & Cotterell, "Locally Typical Sampling", 2023.

    >>> keep_typical(torch.tensor([0.5, 0.3, 0.1, 0.1]).log(), 0.25).exp()
    tensor([0.0000, 0.3000, 0.0000, 0.0000])
    """
    logits, p = check_tensor("logits", logits), check_share("typical_p", p)
    if p == 1:
        return logits
    log_probs = logits.log_softmax(-1, dtype=at_least_32_bits(logits))  # (..., V)
    mean_surprisal = -(log_probs * log_probs.exp()).nansum(-1, keepdim=True)  # NaN where a token was cut: 0 log 0
    distance = (-log_probs - mean_surprisal).abs().float()  # infinite where a token was cut
    order = likeliest_first(-distance)  # the most typical first
    sums = logits.gather(-1, order).softmax(-1, dtype=log_probs.dtype).cumsum(-1)  # (..., V)
    number = (sums.float() < p).sum(-1, keepdim=True) + 1  # (..., 1) with the one that reaches p
    ranks = torch.arange(logits.shape[-1], device=logits.device).expand_as(order)
    return logits.where(torch.empty_like(order, dtype=torch.bool).scatter(-1, order, ranks < number), -torch.inf)


def at_least_32_bits(logits: Tensor) -> torch.dtype:
    """The type in which probabilities of these logits are computed: theirs, or 32 bits if that is narrower."""
    return torch.promote_types(logits.dtype, torch.float32)


def repetition_penalty(scores: Tensor, ids: Sequence[int] | Tensor, penalty: float) -> Tensor:
    """The scores with each token of `ids` made less likely: a negative score times `penalty`, another divided by it.

    ids (n,) for all rows alike or (..., n) for each its own, the prompt included; once per token, however often it is
    there. penalty > 0: 1 changes nothing, below 1 invites repetition. On logits it depends on where their zero lies,
    which means nothing to a softmax; on log-probabilities (as in beam search), all negative, it raises p to that
    power. Raises TypeError or ValueError for scores, ids or a penalty that cannot be. Keskar, McCann, Varshney, Xiong
    & Socher, "CTRL", 2019.

    >>> repetition_penalty(torch.tensor([4.0, -4.0, 4.0, -4.0]), [0, 1, 1], 2.0)
    tensor([ 2., -8.,  4., -4.])
    """
    penalty = check_number("repetition_penalty", penalty, above=0)
    seen = rows_of(ids, scores)  # (..., n)
    score = scores.gather(-1, seen)  # (..., n)
    return scores.scatter(-1, seen, torch.where(score < 0, score * penalty, score / penalty))


def no_repeat_ngrams(scores: Tensor, ids: Sequence[int] | Tensor, size: int) -> Tensor:
    """The scores with every token cut that would complete, for a second time, a run of `size` tokens of `ids`.

    ids (n,) for all rows alike or (..., n) for each its own, the prompt included. size ≥ 1; 1 forbids every token
    said. Raises TypeError or ValueError for scores, ids or a size that cannot be. Paulus, Xiong & Socher, "A Deep
    Reinforced Model for Abstractive Summarization", 2018.

    >>> no_repeat_ngrams(torch.zeros(4), [0, 1, 2, 0], 2)  # "0 1" was said before
    tensor([0., -inf, 0., 0.])
    """
    size = check_whole("no_repeat_ngram_size", size, 1)
    ids = rows_of(ids, scores)  # (..., n)
    if ids.shape[-1] < size:
        return scores
    runs = ids.unfold(-1, size, 1)  # (..., n - size + 1, size)
    begun = ids[..., ids.shape[-1] - size + 1 :].unsqueeze(-2)  # (..., 1, size - 1) how a run would begin now
    said = (runs[..., :-1] == begun).all(-1)  # (..., n - size + 1) runs that began in the same way
    times = scores.new_zeros(scores.shape, dtype=torch.int64).scatter_add(-1, runs[..., -1], said.long())  # (..., V)
    return scores.where(times == 0, -torch.inf)


def rows_of(ids: Sequence[int] | Tensor, scores: Tensor) -> Tensor:
    """ids (n,) or (..., n) as a tensor (..., n) that has the leading shape of the scores; raises TypeError or
    ValueError."""
    leading = check_tensor("scores", scores).shape[:-1]
    ids = check_ids("ids", ids, scores.shape[-1]).to(scores.device)
    if ids.shape[:-1] not in ((), leading):
        raise ValueError(say("arithmetic.ids_shape", leading=tuple(leading), shape=tuple(ids.shape)))
    return ids.expand(*leading, ids.shape[-1])


def temperature_sweep(logits: Tensor, temperatures: Tensor, first: int) -> tuple[Tensor, Tensor]:
    """(m, first) probabilities of the first tokens and (m,) entropies of logits (V,) at each of m temperatures.

    >>> probabilities, entropies = temperature_sweep(torch.tensor([2.0, 1.0, 0.0]), torch.tensor([0.1, 10.0]), 2)
    >>> probabilities[:, 0]
    tensor([1.0000, 0.3672])
    """
    scaled = [temperature_scale(logits, temperature) for temperature in temperatures.tolist()]
    probabilities = torch.stack([scores.softmax(-1)[:first] for scores in scaled])
    return probabilities, torch.stack([entropy(scores) for scores in scaled])
