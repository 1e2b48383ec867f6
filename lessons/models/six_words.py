"""A language of six words whose next-word probabilities fit on a page, so that every decoder can be checked by hand.

The next word depends on the last word only (a Markov chain). "." ends a sentence, and as a prompt it begins one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class MarkovChain:
    """Next-word probabilities by last word; a source for every decoder.

    Attributes:
        words: the vocabulary, V words; a word's id is its place here.
        probabilities: V rows of V numbers, each row summing to 1: after the row's word comes the column's.
        ends: the words that end a text.
    """

    words: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...]
    ends: tuple[str, ...] = (".",)

    def __call__(self, ids: Sequence[int]) -> Tensor:
        """(V,) logits for the word after `ids`: the logarithms of its row, in 64 bits."""
        return torch.tensor(self.probabilities[ids[-1]], dtype=torch.float64).log()

    @property
    def end_ids(self) -> tuple[int, ...]:
        return tuple(self.words.index(word) for word in self.ends)

    @property
    def vocabulary_size(self) -> int:
        return len(self.words)

    def encode(self, text: str) -> list[int]:
        return [self.words.index(word) for word in text.split()]

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(self.words[token] for token in ids)


def six_words() -> MarkovChain:
    """The chain of the lessons. "the" is the likeliest first word (0.5), but "a cat" (0.4 x 0.9) beats "the dog" (0.5 x
    0.4).

    >>> chain = six_words()
    >>> [chain.decode([int(chain(chain.encode(word)).argmax())]) for word in (". the a dog cat runs").split()]
    ['the', 'dog', 'cat', 'runs', '.', '.']
    """
    return MarkovChain(
        words=(".", "the", "a", "dog", "cat", "runs"),
        probabilities=(
            #  .    the   a     dog   cat   runs
            (0.01, 0.50, 0.40, 0.04, 0.03, 0.02),  # after .
            (0.02, 0.03, 0.05, 0.40, 0.35, 0.15),  # after the
            (0.01, 0.02, 0.01, 0.04, 0.90, 0.02),  # after a
            (0.30, 0.02, 0.05, 0.01, 0.07, 0.55),  # after dog
            (0.60, 0.03, 0.06, 0.02, 0.04, 0.25),  # after cat
            (0.70, 0.12, 0.10, 0.03, 0.04, 0.01),  # after runs
        ),
    )
