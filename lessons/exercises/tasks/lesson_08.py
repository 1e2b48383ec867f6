"""Exercises of lesson 08: where do the logits come from?

T = tokens, D = width, d = width of a head, V = size of the vocabulary.
"""

import math
import random
from functools import partial

import torch
from torch import Tensor

from lessons.exercises.cases import random_logits
from lessons.exercises.exercise import Arguments, Exercise


def logits_by_hand(hidden: Tensor, scale: Tensor, shift: Tensor, head: Tensor) -> Tensor:
    centred = hidden - hidden.mean()
    normed = centred / (centred**2).mean().sqrt()  # mean 0, variance 1
    return head @ (normed * scale + shift)  # each row of the head · the vector


def causal_attention(scores: Tensor) -> Tensor:
    later = torch.ones_like(scores).triu(1) > 0  # columns behind the row's own token
    return scores.masked_fill(later, -torch.inf).softmax(-1)


def attention_head(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = query @ key.T / math.sqrt(query.shape[-1])
    later = torch.ones_like(scores).triu(1) > 0
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ value


def parameters(vocab_size: int, n_positions: int, n_embd: int, n_layer: int) -> int:
    norm = 2 * n_embd  # stretched and moved
    attention = n_embd * 3 * n_embd + 3 * n_embd + n_embd * n_embd + n_embd
    mlp = n_embd * 4 * n_embd + 4 * n_embd + 4 * n_embd * n_embd + n_embd
    block = norm + attention + norm + mlp
    return vocab_size * n_embd + n_positions * n_embd + n_layer * block + norm  # the head is the embeddings once more


def normed_by(hidden: Tensor, by: Tensor) -> Tensor:
    """The hidden vector with mean 0, divided by something."""
    return (hidden - hidden.mean()) / by


def masked_by(scores: Tensor, number: float) -> Tensor:
    """The scores with that number where later tokens stand."""
    return torch.where(torch.ones_like(scores).tril() > 0, scores, number)


def scores_of(query: Tensor, key: Tensor, by: float | None = None) -> Tensor:
    """Scores, divided by something: by √d where nothing is named."""
    return query @ key.T / (math.sqrt(query.shape[-1]) if by is None else by)


def of_block(n_embd: int, n_layer: int) -> int:
    """The parameters of all blocks together."""
    return n_layer * (12 * n_embd**2 + 13 * n_embd)


def hidden_case(seed: int, width: int, size: int) -> Arguments:
    hidden, shift, scale = random_logits(seed, 3, width)
    return hidden + 1, scale.abs() + 0.5, shift, random_logits(seed + 50, size, width, spread=1.0)


def any_hidden_case(seed: int) -> Arguments:
    """As above. KeyError for seeds whose vector varies so little that a norm's small addend would show."""
    given = hidden_case(seed, 4 + seed % 5, 3 + seed % 6)
    if given[0].std() < 1:
        raise KeyError(seed)
    return given


def scores_case(seed: int, tokens: int) -> Arguments:
    return (random_logits(seed, tokens, tokens),)


def head_case(seed: int, tokens: int, width: int) -> Arguments:
    return tuple(random_logits(seed, 3, tokens, width, spread=1.5))


def configuration(*numbers: int) -> Arguments:
    return numbers


def any_configuration(seed: int) -> Arguments:
    draw = random.Random(seed)
    return draw.randint(50, 999), draw.randint(8, 128), 8 * draw.randint(1, 16), draw.randint(1, 4)


# The last two: the bundled model, and GPT-2 at an eighth of its width, so that who builds the model has it in a moment.
CONFIGURATIONS = [(5, 3, 2, 1), (7, 4, 4, 2), (300, 64, 32, 2), (4096, 512, 256, 6), (50257, 1024, 96, 12)]

EXERCISES = (
    Exercise(
        "logits-by-hand",
        8,
        logits_by_hand,
        [partial(hidden_case, seed, *case) for seed, case in enumerate([(2, 3), (3, 4), (4, 2), (16, 10)])],
        {
            "no-norm": lambda hidden, scale, shift, head: head @ hidden,
            "affine-only": lambda hidden, scale, shift, head: head @ (hidden * scale + shift),
            "n-minus-one": lambda hidden, scale, shift, head: head @ (normed_by(hidden, hidden.std()) * scale + shift),
            "not-centred": lambda hidden, scale, shift, head: (
                head @ (hidden / (hidden**2).mean().sqrt() * scale + shift)
            ),
            "no-root": lambda hidden, scale, shift, head: (
                head @ (normed_by(hidden, hidden.var(correction=0)) * scale + shift)
            ),
            "no-scale": lambda hidden, scale, shift, head: logits_by_hand(hidden, torch.ones_like(scale), shift, head),
            "no-shift": lambda hidden, scale, shift, head: logits_by_hand(hidden, scale, torch.zeros_like(shift), head),
            "softmax": lambda hidden, scale, shift, head: logits_by_hand(hidden, scale, shift, head).softmax(-1),
        },
        fresh=any_hidden_case,
    ),
    Exercise(
        "causal-mask",
        8,
        causal_attention,
        [partial(scores_case, seed, tokens) for seed, tokens in enumerate([2, 3, 4, 9])],
        {
            "zero": lambda scores: masked_by(scores, 0.0).softmax(-1),
            "minus-one": lambda scores: masked_by(scores, -1.0).softmax(-1),
            "queries": lambda scores: masked_by(scores, -torch.inf).softmax(0),
            "not-renormalised": lambda scores: scores.softmax(-1).tril(),
            "future": lambda scores: torch.where(torch.ones_like(scores).triu() > 0, scores, -torch.inf).softmax(-1),
            "not-itself": lambda scores: scores.masked_fill(torch.ones_like(scores).triu() > 0, -torch.inf).softmax(-1),
            "unmasked": lambda scores: scores.softmax(-1),
            "no-softmax": lambda scores: masked_by(scores, -torch.inf),
        },
        measure="probability",
    ),
    Exercise(
        "attention-head",
        8,
        attention_head,
        [partial(head_case, seed, *case) for seed, case in enumerate([(2, 2), (3, 2), (4, 5), (9, 8)])],
        {
            "not-divided": lambda query, key, value: causal_attention(scores_of(query, key, 1)) @ value,
            "by-d": lambda query, key, value: causal_attention(scores_of(query, key, query.shape[-1])) @ value,
            "unmasked": lambda query, key, value: scores_of(query, key).softmax(-1) @ value,
            "minus-one": lambda query, key, value: masked_by(scores_of(query, key), -1.0).softmax(-1) @ value,
            "zero": lambda query, key, value: masked_by(scores_of(query, key), 0.0).softmax(-1) @ value,
            "queries": lambda query, key, value: masked_by(scores_of(query, key), -torch.inf).softmax(0) @ value,
            "swapped": lambda query, key, value: attention_head(key, query, value),
            "keys": lambda query, key, value: attention_head(query, key, key),
            "weights": lambda query, key, value: causal_attention(scores_of(query, key)),
        },
    ),
    Exercise(
        "count-parameters",
        8,
        parameters,
        [partial(configuration, *numbers) for numbers in CONFIGURATIONS],
        {
            "head-twice": lambda V, P, D, L: parameters(V, P, D, L) + V * D,
            "no-biases": lambda V, P, D, L: parameters(V, P, D, L) - 9 * D * L,
            "no-positions": lambda V, P, D, L: parameters(V, 0, D, L),
            "no-norms": lambda V, P, D, L: parameters(V, P, D, L) - 4 * D * L - 2 * D,
            "matrices-only": lambda V, P, D, L: (V + P) * D + 12 * D * D * L,
            "no-last-norm": lambda V, P, D, L: parameters(V, P, D, L) - 2 * D,
            "norm-half": lambda V, P, D, L: parameters(V, P, D, L) - 2 * D * L - D,
            "one-block": lambda V, P, D, L: parameters(V, P, D, 1),
            "blocks-only": lambda V, P, D, L: of_block(D, L),
            "qkv-once": lambda V, P, D, L: parameters(V, P, D, L) - (2 * D * D + 2 * D) * L,
            "no-projection": lambda V, P, D, L: parameters(V, P, D, L) - (D * D + D) * L,
            "mlp-half": lambda V, P, D, L: parameters(V, P, D, L) - (4 * D * D + D) * L,
        },
        measure="count",
        tolerance=1e-9,
        seconds=20.0,  # who builds the model may have to import transformers first
        fresh=any_configuration,
    ),
)
