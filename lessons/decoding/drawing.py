"""Drawing: one random number u from [0, 1) takes a token.

Lay the tokens side by side, the likeliest first, each as wide as its probability, and take the one in which u falls.
The same u under another setting of the knobs may fall into another token: whatever then differs between two texts is
the setting's doing, not chance.

V = size of the vocabulary, n = numbers drawn.
"""

import torch
from torch import Tensor

from lessons.arithmetic.arguments import check_uniforms
from lessons.arithmetic.probability import likeliest_first, wide
from lessons.decoding.steps import MOST_STEPS
from lessons.models.source import check_logits
from lessons.words.arguments import check_count, check_tensor, check_whole

MOST_TEXTS = 10_000  # in one call: their records are kept in memory


def uniforms(seed: int, number: int, length: int) -> Tensor:
    """(number, length) random numbers from [0, 1), 64 bits: a row for each text, a column for each step.

    Each row has a generator of its own, seeded by one that `seed` begins: more rows, or longer ones, change no other.
    Raises TypeError or ValueError for what is no whole number, or one that is too small or too large.

    >>> bool((uniforms(0, 2, 5)[:1, :3] == uniforms(0, 1, 3)).all())
    True
    """
    check_count("number", number, MOST_TEXTS)
    check_count("length", length, MOST_STEPS)
    first = torch.Generator().manual_seed(check_whole("seed", seed, 0, 2**63 - 1))
    seeds = torch.randint(2**62, (number,), generator=first).tolist()
    rows = [torch.rand(length, dtype=torch.float64, generator=torch.Generator().manual_seed(row)) for row in seeds]
    return torch.stack(rows)


def draw(scores: Tensor, uniform: float) -> int:
    """The id into whose place `uniform`, from [0, 1), falls when the tokens lie side by side, the likeliest first.

    scores (V,), minus infinity where cut. Each token is as wide as its probability under softmax(scores); of equal
    ones the lower id comes first. (This inverts the cumulative distribution: Devroye, "Non-Uniform Random Variate
    Generation", 1986.)

    >>> [draw(torch.tensor([0.3, 0.6, 0.1]).log(), uniform) for uniform in (0.0, 0.59, 0.61, 0.95)]
    [1, 1, 0, 2]
    """
    return int(draw_many(scores, torch.tensor([uniform], dtype=torch.float64)))


def draw_many(scores: Tensor, uniforms: Tensor) -> Tensor:
    """(..., n) the ids that `draw` takes for each of n numbers (..., n) from scores (..., V).

    uniforms: from [0, 1), in 64 bits. Raises TypeError for what is no tensor of such numbers, ValueError for one whose
    leading shape is not that of the scores, and for scores that cannot be chosen from.
    """
    check_uniforms("uniforms", uniforms, check_tensor("scores", scores).shape[:-1])
    check_logits(scores, 0)
    return tokens_at(scores, uniforms)


def tokens_at(scores: Tensor, uniforms: Tensor) -> Tensor:
    """(..., n) the ids of the tokens in whose places the numbers (..., n) fall; scores (..., V)."""
    ids = likeliest_first(scores)  # (..., V)
    return ids.gather(-1, ranks_at(scores.gather(-1, ids), uniforms).to(ids.device))


def ranks_at(ranked: Tensor, uniforms: Tensor) -> Tensor:
    """(..., n) in the how-manieth places, from 0, the numbers (..., n) fall; scores (..., V), the likeliest first."""
    ends = wide(ranked).softmax(-1).cumsum(-1)  # (..., V) where each token ends
    # subtle: the last end is 1 on paper; a number above it in the machine would fall on no token
    return torch.searchsorted(ends, uniforms.to(ends.device) * ends[..., -1:], right=True)
