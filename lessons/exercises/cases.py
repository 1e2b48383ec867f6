"""What exercises are tried on: random cases from a seed, and small languages. Equal arguments make equal cases.

T = tokens, V = size of the vocabulary.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from lessons.models.six_words import MarkovChain


def random_logits(seed: int, *shape: int, spread: float = 2.0) -> Tensor:
    """Logits of that shape, from a normal distribution, rounded to two digits so that they can be read and typed."""
    draw = torch.Generator().manual_seed(seed)
    return (torch.randn(*shape, generator=draw) * spread * 100).round() / 100


def random_probabilities(seed: int, *shape: int, spread: float = 2.0) -> Tensor:
    """Probabilities of that shape; they sum to 1 over the last dimension."""
    return random_logits(seed, *shape, spread=spread).softmax(-1)


def random_ids(seed: int, length: int, most: int) -> list[int]:
    """That many ids from 0 to `most` - 1."""
    draw = random.Random(seed)
    return [draw.randrange(most) for _ in range(length)]


def random_chain(seed: int, size: int, ends: Sequence[int] = ()) -> MarkovChain:
    """A language of `size` words in which the next word depends on the last only; `ends` are the words that end a
    text.
    """
    rows = random_probabilities(seed, size, size, spread=1.5).double()
    rows = ((rows * 100).round() + 1) / 100
    letters = tuple("abcdefghijklmnopqrstuvwxyz"[:size])
    probabilities = tuple(tuple(round(p, 4) for p in row) for row in (rows / rows.sum(-1, keepdim=True)).tolist())
    return MarkovChain(letters, probabilities, tuple(letters[end] for end in ends))


@dataclass
class Language:
    """A source of logits for the next word that depend on every word before it, and on their order.

    Attributes:
        seed, size: equal ones make equal languages; `size` is the number of words.
        asked: {ids: the logits after them}, for all that were asked for.
    """

    seed: int
    size: int
    asked: dict[tuple[int, ...], Tensor] = field(default_factory=dict, repr=False)

    def __call__(self, ids: Sequence[int]) -> Tensor:
        before = tuple(int(token) for token in ids)
        draw = random.Random(f"{self.seed} {before}")
        self.asked[before] = torch.tensor([round(draw.gauss(0, 2), 2) for _ in range(self.size)])
        return self.asked[before].clone()


@dataclass
class Reader:
    """A stand-in for a model with a cache: `read(tokens, cache)` gives (logits (V,), cache), and counts what it reads.

    The logits depend on every token that the cache holds or that is read now, in their order. No cache yet is None.
    """

    seed: int
    vocabulary_size: int
    tokens_read: int = 0

    def __call__(self, tokens: Sequence[int], cache: tuple[int, ...] | None = None) -> tuple[Tensor, tuple[int, ...]]:
        read = tuple(int(token) for token in tokens)
        self.tokens_read += len(read)
        cache = (cache or ()) + read
        return Language(self.seed, self.vocabulary_size)(cache), cache

    def __repr__(self) -> str:
        return f"Reader(seed={self.seed}, vocabulary_size={self.vocabulary_size})"


class Slowly(list):
    """A list that is walked through by Python, not by C: so a time limit is noticed inside `sum(lists, [])`."""

    def __iter__(self):
        for place in range(len(self)):
            yield self[place]
