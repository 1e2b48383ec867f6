"""A rule on letters, from a regular expression or from texts: the machine that reads it.

Expressions are read by Python's own parser, so they mean what they mean to `re`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from re import _constants as kinds  # type: ignore[attr-defined]  # the parser of `re`, which has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NoReturn

from lessons.decoding.automaton import Automaton, Places
from lessons.words.language import say

LAST_LETTER = 0x10FFFF
Ranges = Iterable[tuple[int, int]]  # (first, last), numbers of letters
CATEGORIES: dict[Any, list[tuple[int, int]]] = {
    kinds.CATEGORY_DIGIT: [(0x30, 0x39)],
    kinds.CATEGORY_SPACE: [(0x09, 0x0D), (0x20, 0x20)],
    kinds.CATEGORY_WORD: [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)],
}
OTHERS = {
    kinds.CATEGORY_NOT_DIGIT: kinds.CATEGORY_DIGIT,
    kinds.CATEGORY_NOT_SPACE: kinds.CATEGORY_SPACE,
    kinds.CATEGORY_NOT_WORD: kinds.CATEGORY_WORD,
}
# What a machine that reads once, forwards, cannot follow, as it is written.
SIGNS: dict[Any, str] = {
    kinds.AT_BEGINNING: "^",
    kinds.AT_BEGINNING_STRING: "\\A",
    kinds.AT_END: "$",
    kinds.AT_END_STRING: "\\Z",
    kinds.AT_BOUNDARY: "\\b",
    kinds.AT_NON_BOUNDARY: "\\B",
    (kinds.ASSERT, 1): "(?=…)",
    (kinds.ASSERT, -1): "(?<=…)",
    (kinds.ASSERT_NOT, 1): "(?!…)",
    (kinds.ASSERT_NOT, -1): "(?<!…)",
    kinds.GROUPREF: "\\1",
    kinds.GROUPREF_EXISTS: "(?(1)…)",
    kinds.ATOMIC_GROUP: "(?>…)",
    kinds.POSSESSIVE_REPEAT: "*+",
}
FLAGS = {"a": re.ASCII, "i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


def of_expression(expression: str) -> Automaton:
    """The machine of a regular expression, which the whole text must match.

    It is read as by `re` with the flags ASCII (so \\d is 0 to 9) and DOTALL (so . is any letter). Raises ValueError
    for what is no expression, and for what looks around or back: a machine that reads once, forwards, cannot.
    """
    try:
        parsed = parser.parse(expression, re.ASCII | re.DOTALL)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(say("decoding.rule_no_expression", rule=repr(expression), error=error)) from None
    own_flags = flags_of(parsed.state.flags & ~(re.ASCII | re.DOTALL))
    if own_flags:
        raise ValueError(say("decoding.rule_cannot", rule=repr(expression), part=f"(?{own_flags})"))
    places = Places()
    start = places.add()
    return Automaton(places, start, Builder(places, expression).sequence(parsed, start))


def of_texts(texts: Iterable[str]) -> Automaton:
    """The machine of some texts, of which the whole text must be one."""
    places, known = Places(), dict[tuple[int, int], int]()
    start, end = places.add(), places.add()
    for text in texts:
        place = start
        for byte in text.encode():
            if (place, byte) not in known:
                known[place, byte] = places.add()
                places.edges[place].append((byte, byte, known[place, byte]))
            place = known[place, byte]
        places.free[place].append(end)
    return Automaton(places, start, end)


class Builder:
    """Makes the places of an expression, part by part; each method returns the place after its part."""

    def __init__(self, places: Places, expression: str) -> None:
        self.places, self.expression = places, expression
        self.kinds: dict[Any, Callable[[Any, int], int]] = {
            kinds.LITERAL: lambda letter, place: places.read(place, [(letter, letter)]),
            kinds.NOT_LITERAL: lambda letter, place: places.read(place, all_but([(letter, letter)])),
            kinds.ANY: lambda _, place: places.read(place, [(0, LAST_LETTER)]),
            kinds.IN: lambda members, place: places.read(place, letters_of(members)),
            kinds.BRANCH: self.branch,
            kinds.SUBPATTERN: self.group,
            kinds.MAX_REPEAT: self.repeated,
            kinds.MIN_REPEAT: self.repeated,  # how much a part takes first makes no difference to a whole text
        }

    def sequence(self, parts: Iterable[tuple[Any, Any]], place: int) -> int:
        for kind, value in parts:
            if kind not in self.kinds:
                self.refuse(sign_of(kind, value))
            place = self.kinds[kind](value, place)
        return place

    def branch(self, value: Any, place: int) -> int:
        end = self.places.add()
        for parts in value[1]:
            self.places.free[self.sequence(parts, place)].append(end)
        return end

    def group(self, value: Any, place: int) -> int:
        _, flags, without, parts = value
        if flags or without:
            self.refuse(f"(?{flags_of(flags)}{'-' * bool(without)}{flags_of(without)}:…)")
        return self.sequence(parts, place)

    def repeated(self, value: Any, place: int) -> int:
        least, most, parts = value
        if not parts.getwidth()[1]:  # without letters, however often
            return self.sequence(parts, place)
        for _ in range(least):
            place = self.sequence(parts, place)
        end = self.places.add()
        if most is kinds.MAXREPEAT:  # any number of times more
            self.places.free[place].append(end)
            self.places.free[self.sequence(parts, end)].append(end)
            return end
        for _ in range(most - least):
            self.places.free[place].append(end)
            place = self.sequence(parts, place)
        self.places.free[place].append(end)
        return end

    def refuse(self, part: str) -> NoReturn:
        """Raises ValueError with the part that cannot be followed."""
        raise ValueError(say("decoding.rule_cannot", rule=repr(self.expression), part=part))


def sign_of(kind: Any, value: Any) -> str:
    """How a part that cannot be followed is written."""
    if kind is kinds.AT:
        return SIGNS[value]
    return SIGNS[kind, value[0]] if kind in (kinds.ASSERT, kinds.ASSERT_NOT) else SIGNS.get(kind, str(kind))


def flags_of(flags: int) -> str:
    """The letters of some flags of `re`."""
    return "".join(letter for letter, flag in FLAGS.items() if flags & flag)


def letters_of(members: Iterable[tuple[Any, Any]]) -> Iterator[tuple[int, int]]:
    """The letters of a class such as [^a-z\\d]."""
    ranges, all_others = list[tuple[int, int]](), False
    for kind, value in members:
        if kind is kinds.NEGATE:
            all_others = True
        elif kind is kinds.CATEGORY:
            ranges += all_but(CATEGORIES[OTHERS[value]]) if value in OTHERS else CATEGORIES[value]
        else:
            ranges.append(value if kind is kinds.RANGE else (value, value))
    return all_but(ranges) if all_others else iter(ranges)


def all_but(ranges: Ranges) -> Iterator[tuple[int, int]]:
    """The letters that are in none of the ranges."""
    first = 0
    for low, high in sorted(ranges):
        if first < low:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= LAST_LETTER:
        yield first, LAST_LETTER
