"""A weighted grammar: a language of which every text has a known probability.

A grammar gives each *symbol* its alternatives, each with a weight. `{name}` inside an alternative stands for any text
of the symbol `name`, chosen independently of everything around it. Log-probabilities and entropies are in nats.

>>> grammar = Grammar({"day": {"{sky}. All well.": 3, "Nothing seen.": 1}, "sky": {"Fog": 1, "Rain": 1}})
>>> round(math.exp(grammar.log_probability("Fog. All well.")), 3)    # 3/4 x 1/2
0.375
"""

import math
import random
import re
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from lessons.words.language import say

_SYMBOL = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Alternative:
    """One way to write a symbol.

    Attributes:
        probability: of choosing this way among those of its symbol.
        parts: plain text and symbols alternate; plain text comes first and last (it may be empty).
    """

    probability: float
    parts: tuple[str, ...]


class Grammar:
    """A weighted context-free grammar, without left recursion; its first symbol writes every text."""

    def __init__(self, rules: Mapping[str, Mapping[str, float]]) -> None:
        self.rules = {symbol: _alternatives(symbol, choices, rules) for symbol, choices in rules.items()}
        self.start = next(iter(self.rules))
        self._cumulative = {
            symbol: [*accumulate(one.probability for one in ways)] for symbol, ways in self.rules.items()
        }

    def sample(self, draw: random.Random) -> tuple[str, float]:
        """A text drawn from the language, and the log-probability of the choices that made it."""
        written: list[str] = []
        choices: list[float] = []

        def write(symbol: str) -> None:
            (chosen,) = draw.choices(self.rules[symbol], cum_weights=self._cumulative[symbol])
            choices.append(math.log(chosen.probability))
            for place, part in enumerate(chosen.parts):
                if place % 2:
                    write(part)
                else:
                    written.append(part)

        write(self.start)
        return "".join(written), math.fsum(choices)

    def log_probability(self, text: str) -> float:
        """log P(text), summed over every way in which the grammar can write it; minus infinity if there is none."""
        return log(Reading(self, text).inside(self.start, 0).get(len(text), 0.0))

    def surprisals(self, pieces: Sequence[str]) -> list[float]:
        """How surprising each piece of a text is to one who knows the grammar: log P(it begins so far) - log P(… and
        goes on so).

        They add up to -log P(a text begins with all the pieces). Plus infinity from the piece on at which no text goes
        on so.
        """
        reading, end, log_probabilities = Reading(self, "".join(pieces)), 0, [0.0]
        for piece in pieces:
            end += len(piece)
            log_probabilities.append(log(reading.begins(self.start, 0, end)))
        return [before - after if after > -math.inf else math.inf for before, after in pairwise(log_probabilities)]

    def entropy(self) -> float:
        """The mean surprisal of a text, exact where no text can be written in two ways.

        A symbol's entropy is that of its choice, plus that of the symbols which the choice brings along:
        H(A) = sum of p (-log p + H(B) + H(C) + …) over the alternatives of A. One equation for each symbol, all solved
        together (Grenander, "Syntax-controlled probabilities", 1967).
        """
        import numpy

        place = {symbol: index for index, symbol in enumerate(self.rules)}
        choice, brought = numpy.zeros(len(place)), numpy.zeros((len(place), len(place)))
        for symbol, alternatives in self.rules.items():
            for alternative in alternatives:
                choice[place[symbol]] -= alternative.probability * math.log(alternative.probability)
                for other in alternative.parts[1::2]:
                    brought[place[symbol], place[other]] += alternative.probability
        if max(abs(numpy.linalg.eigvals(brought))) >= 1:
            raise ValueError(say("texts.endless_grammar"))
        return float(numpy.linalg.solve(numpy.eye(len(place)) - brought, choice)[place[self.start]])


class Reading:
    """One text as a grammar reads it: what each symbol can have written where, and how probably. Every answer is
    kept."""

    def __init__(self, grammar: Grammar, text: str) -> None:
        self.rules, self.text = grammar.rules, text
        self._inside: dict[tuple[str, int], dict[int, float]] = {}
        self._begins: dict[tuple[str, int, int], float] = {}

    def inside(self, symbol: str, start: int) -> dict[int, float]:
        """{end: the probability that `symbol` writes exactly text[start:end]}."""
        if (symbol, start) not in self._inside:
            found: dict[int, float] = defaultdict(float)
            for alternative in self.rules[symbol]:
                for end, probability in self._reached(alternative, start)[-1].items():
                    found[end] += probability
            self._inside[symbol, start] = found
        return self._inside[symbol, start]

    def begins(self, symbol: str, start: int, end: int) -> float:
        """The probability that what `symbol` writes begins with text[start:end], whatever follows."""
        if start == end:
            return 1.0
        if (symbol, start, end) not in self._begins:
            ways = [self._alternative_begins(alternative, start, end) for alternative in self.rules[symbol]]
            self._begins[symbol, start, end] = math.fsum(ways)
        return self._begins[symbol, start, end]

    def _alternative_begins(self, alternative: Alternative, start: int, end: int) -> float:
        """The probability that this alternative is chosen, and that what it writes begins with text[start:end].

        One of its parts is the first that gets as far as `end`: those before it write exactly text[start:at], and it
        begins with text[at:end].
        """
        total = 0.0
        for place, reached in enumerate(self._reached(alternative, start)[:-1]):
            for at, probability in reached.items():
                if at < end:
                    total += probability * self._part_begins(alternative, place, at, end)
        return total

    def _part_begins(self, alternative: Alternative, place: int, start: int, end: int) -> float:
        """The probability that what the part at this place writes begins with text[start:end]."""
        part = alternative.parts[place]
        return self.begins(part, start, end) if place % 2 else float(part.startswith(self.text[start:end]))

    def _part_inside(self, alternative: Alternative, place: int, start: int) -> dict[int, float]:
        """{end: the probability that the part at this place writes exactly text[start:end]}."""
        part = alternative.parts[place]
        if place % 2:
            return self.inside(part, start)
        return {start + len(part): 1.0} if self.text.startswith(part, start) else {}

    def _reached(self, alternative: Alternative, start: int) -> list[dict[int, float]]:
        """Before each part, and after the last: {position in the text: probability of having written as far}."""
        steps: list[dict[int, float]] = [{start: alternative.probability}]
        for place in range(len(alternative.parts)):
            reached: dict[int, float] = defaultdict(float)
            for at, probability in steps[-1].items():
                for end, more in self._part_inside(alternative, place, at).items():
                    reached[end] += probability * more
            steps.append(reached)
        return steps


def _alternatives(symbol: str, choices: Mapping[str, float], symbols: Container[str]) -> tuple[Alternative, ...]:
    """The alternatives of a symbol, from {template: weight}. Raises ValueError for a symbol that is none of `symbols`,
    or a weight that is not above 0."""
    total, alternatives = math.fsum(choices.values()), []
    for template, weight in choices.items():
        parts = tuple(_SYMBOL.split(template))
        unknown = [part for part in parts[1::2] if part not in symbols]
        if unknown:
            raise ValueError(say("texts.unknown_symbol", symbol=symbol, unknown=unknown[0], template=template))
        if not weight > 0:
            raise ValueError(say("texts.weight", symbol=symbol, template=template, weight=weight))
        alternatives.append(Alternative(weight / total, parts))
    return tuple(alternatives)


def log(probability: float) -> float:
    """The natural logarithm; that of 0 is minus infinity."""
    return math.log(probability) if probability > 0 else -math.inf
