"""A rule on letters as a machine that reads bytes: after each byte it knows whether a text that obeys can still follow.

A token need not end where a letter ends, so the machine reads bytes, not letters: é is two of them. It is first built
with several ways to go on at once, a nondeterministic finite automaton (Thompson, "Regular Expression Search
Algorithm", 1968); sets of its places are the states of the machine that reads, which is deterministic, each made when
it is first needed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy
from numpy.typing import NDArray

from lessons.words.language import say

States = NDArray[numpy.int32]

DEAD, START = 0, 1  # states: nothing can follow; nothing read yet
LARGEST = 50_000  # places of a rule: a slip of the finger is no request
SURROGATES = (0xD800, 0xDFFF)
LAST_OF_LENGTH = (0x7F, 0x7FF, 0xFFFF)  # the last letters that take one, two and three bytes


@dataclass
class Places:
    """The machine as it is built: places, and the bytes that lead from each to others.

    Attributes:
        edges: of each place, (first byte, last byte, the place to which they lead).
        free: of each place, those that are reached from it without a byte.
    """

    edges: list[list[tuple[int, int, int]]] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)

    def add(self) -> int:
        """A new place. Raises ValueError where there are too many."""
        if len(self.edges) >= LARGEST:
            raise ValueError(say("decoding.rule_too_large", most=f"{LARGEST:,}"))
        self.edges.append([])
        self.free.append([])
        return len(self.edges) - 1

    def read(self, start: int, letters: Iterable[tuple[int, int]]) -> int:
        """The place after one letter of the ranges (first, last), read at `start`."""
        end = self.add()
        for first, last in letters:
            for ranges in in_bytes(first, last):
                place = start
                for low, high in ranges[:-1]:
                    self.edges[place].append((low, high, self.add()))
                    place = self.edges[place][-1][-1]
                self.edges[place].append((*ranges[-1], end))
        return end

    def closure(self, places: Iterable[int]) -> frozenset[int]:
        """These places, and all that are reached from them without a byte."""
        found, waiting = set(places), list(places)
        while waiting:
            new = [place for place in self.free[waiting.pop()] if place not in found]
            found.update(new)
            waiting.extend(new)
        return frozenset(found)

    def leading_to(self, end: int) -> set[int]:
        """The places from which `end` can be reached."""
        before = defaultdict(list)
        for place, (edges, free) in enumerate(zip(self.edges, self.free, strict=True)):
            for target in [*(edge[-1] for edge in edges), *free]:
                before[target].append(place)
        found, waiting = {end}, [end]
        while waiting:
            new = [place for place in before[waiting.pop()] if place not in found]
            found.update(new)
            waiting.extend(new)
        return found


class Automaton:
    """The machine that reads. Its states are numbers: DEAD, START, and others as they are met.

    Raises ValueError if no text obeys at all.
    """

    def __init__(self, places: Places, start: int, end: int) -> None:
        self._places, self._end, self._alive = places, end, places.leading_to(end)
        self._sets: list[frozenset[int]] = []
        self._numbers: dict[frozenset[int], int] = {}
        self._table = numpy.full((16, 256), -1, dtype=numpy.int32)  # -1: not yet known
        self._number(frozenset())
        if self._number(self._alive & places.closure([start])) != START:
            raise ValueError(say("decoding.rule_no_text"))

    def accepts(self, state: int) -> bool:
        """Whether the text read so far obeys as it is."""
        return self._end in self._sets[state]

    def steps(self, states: States, letters: NDArray[numpy.uint8]) -> States:
        """(n,) the state after one byte more, for each of n states and bytes."""
        for state in numpy.unique(states).tolist():
            if self._table[state, 0] < 0:
                row = self._row(state)  # subtle: which may make the table larger
                self._table[state] = row
        return self._table[states, letters]

    def _row(self, state: int) -> list[int]:
        """The states after each of 256 bytes."""
        reached: list[set[int]] = [set() for _ in range(256)]
        for place in self._sets[state]:
            for first, last, target in self._places.edges[place]:
                for byte in range(first, last + 1):
                    reached[byte].add(target)
        targets_of = [frozenset(targets) for targets in reached]  # which most bytes share
        numbers: dict[frozenset[int], int] = {}
        for targets in targets_of:
            if targets not in numbers:
                numbers[targets] = self._number(self._alive & self._places.closure(targets))
        return [numbers[targets] for targets in targets_of]

    def _number(self, places: Iterable[int]) -> int:
        """The state that is this set of places."""
        key = frozenset(places)
        if key not in self._numbers:
            self._numbers[key] = len(self._sets)
            self._sets.append(key)
            if len(self._sets) > len(self._table):
                self._table = numpy.concatenate([self._table, numpy.full_like(self._table, -1)])
        return self._numbers[key]


def in_bytes(first: int, last: int) -> Iterator[list[tuple[int, int]]]:
    """The letters from number `first` to `last` as UTF-8: sequences of ranges of bytes, each of them whole.

    The range is cut until all its letters have as many bytes, and only the last bytes run. (Cox, "Regular Expression
    Matching in the Wild", 2010.)

    >>> [[f"{low:X}-{high:X}" for low, high in ranges] for ranges in in_bytes(0x61, 0xE9)]
    [['61-7F'], ['C2-C2', '80-BF'], ['C3-C3', '80-A9']]
    """
    low, high = SURROGATES  # halves of pairs, which are no letters
    if first <= high and last >= low:
        yield from in_bytes(first, low - 1) if first < low else ()
        yield from in_bytes(high + 1, last) if last > high else ()
        return
    for border in LAST_OF_LENGTH:
        if first <= border < last:
            yield from in_bytes(first, border)
            yield from in_bytes(border + 1, last)
            return
    for free in (0x3F, 0xFFF, 0x3FFFF):  # what one, two, three bytes behind the first can say
        if first > LAST_OF_LENGTH[0] and first | free != last | free:
            if first & free:
                yield from in_bytes(first, first | free)
                yield from in_bytes((first | free) + 1, last)
                return
            if last & free != free:
                yield from in_bytes(first, (last & ~free) - 1)
                yield from in_bytes(last & ~free, last)
                return
    yield list(zip(chr(first).encode(), chr(last).encode(), strict=True))
