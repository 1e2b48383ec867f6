"""What a text must obey: after the tokens so far, which may follow.

V = size of the vocabulary. A rule on texts sees the continuation only, as its tokens spell it, byte by byte.
"""

from collections.abc import Callable, Iterable, Sequence
from reprlib import repr as short
from typing import Any, Protocol

import numpy
import torch
from torch import Tensor

from lessons.decoding.automaton import DEAD, START, Automaton, States
from lessons.models.source import Source
from lessons.words.arguments import check_text_ids
from lessons.words.language import say
from lessons.words.tokens import have_bytes, text_after, token_bytes
from lessons.words.writing import visible_end

Allowed = Callable[[Sequence[int]], Iterable[int]]  # ids of the whole text, the prompt's included → ids that may follow


class Rule(Protocol):
    """What may follow.

    Attributes:
        said: the rule as it was given, in short.
    """

    said: str

    def mask(self, ids: Sequence[int], given: int, size: int) -> Tensor:
        """(V,) which of `size` tokens may follow these ids, of which `given` are the prompt's."""
        ...


class FunctionRule:
    """A function that says which tokens may follow, as `prefix_allowed_tokens_fn` of transformers' `generate`."""

    def __init__(self, allowed: Allowed) -> None:
        self.allowed, self.said = allowed, getattr(allowed, "__name__", short(allowed))

    def mask(self, ids: Sequence[int], given: int, size: int) -> Tensor:
        answer: Any = self.allowed(list(ids))
        kept = torch.tensor(check_text_ids("allowed", answer), dtype=torch.int64)
        if len(kept) and (kept.min() < 0 or kept.max() >= size):
            raise ValueError(
                say("decoding.rule_no_such_token", rule=self.said, most=f"{size - 1:,}", ids=short(answer))
            )
        return torch.zeros(size, dtype=torch.bool).scatter(0, kept, True)


class TextRule:
    """A rule on the text: a token may follow if a text that obeys can begin with what is then said.

    All ways of cutting a text into tokens are allowed, not only the tokenizer's own. The end-of-text token may follow
    where the text obeys as it is; what it spells, as the "." of the six words, is no part of the text.
    """

    def __init__(self, automaton: Automaton, source: Source, said: str) -> None:
        self.automaton, self.source, self.said = automaton, source, said
        self._spelled: tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray] | None = None
        self._after: dict[int, States] = {}  # state → (V,) the state after each token

    def mask(self, ids: Sequence[int], given: int, size: int) -> Tensor:
        state = START
        for token in ids[given:]:
            state = int(self.after(state, size)[token])
        mask = torch.from_numpy(self.after(state, size) != DEAD)
        if self.automaton.accepts(state):
            mask[list(self.source.end_ids)] = True
        return mask

    def after(self, state: int, size: int) -> States:
        """(V,) the state after each token: all tokens are read side by side, one byte a round."""
        if state not in self._after:
            letters, starts, lengths = self.spelled(size)
            after = numpy.full(size, DEAD, dtype=numpy.int32)
            reading = numpy.flatnonzero(lengths)
            states = numpy.full(len(reading), state, dtype=numpy.int32)
            for place in range(int(lengths.max(initial=0))):
                states = self.automaton.steps(states, letters[starts[reading] + place])
                ended = lengths[reading] == place + 1
                after[reading[ended]] = states[ended]
                going = (states != DEAD) & ~ended
                reading, states = reading[going], states[going]
            self._after[state] = after
        return self._after[state]

    def spelled(self, size: int) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
        """The bytes of all tokens in a row; where each token's begin (V,), and how many they are (V,): 0 for tokens
        that spell nothing, and for those that end a text."""
        if self._spelled is None:
            pieces = pieces_of(self.source, size)
            for end in self.source.end_ids:
                pieces[end] = b""
            lengths = numpy.array([len(piece) for piece in pieces])
            letters = numpy.frombuffer(b"".join(pieces), dtype=numpy.uint8)
            self._spelled = letters, lengths.cumsum() - lengths, lengths
        return self._spelled


def pieces_of(source: Source, size: int) -> list[bytes]:
    """What each of `size` tokens adds to a text that has begun; nothing for special tokens.

    Raises ValueError if tokens have no bytes of their own.
    """
    tokenizer = getattr(source, "tokenizer", None)
    if tokenizer is not None:
        check_bytes(have_bytes(tokenizer), tokenizer)
        return [token_bytes(tokenizer, token) for token in range(size)]
    pieces = [text_after(source.decode, [0], [token]) for token in range(size)]
    check_bytes(pieces == [text_after(source.decode, [size - 1], [token]) for token in range(size)], source)
    return [piece.encode() for piece in pieces]


def check_bytes(true: bool, of: object) -> None:
    """Raises ValueError unless it is true that tokens have bytes of their own."""
    if not true:
        raise ValueError(say("decoding.rule_no_bytes", name=type(of).__name__))


def corner(rule: Rule, ids: Sequence[int], source: Source) -> str:
    """What is said where nothing may follow these ids: it shows their text."""
    key = "decoding.rule_nothing_follows" if source.end_ids else "decoding.rule_nothing_follows_no_end"
    return say(key, rule=rule.said, text=repr(visible_end(source.decode(ids))))
