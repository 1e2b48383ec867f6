"""The logbook: a language whose probabilities are known, and the arithmetic of weighted grammars behind it."""

import math
import random
import tomllib
from collections import Counter
from functools import cache
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.texts.grammar import Grammar
from lessons.texts.logbook import PORTS, TABLES, WEATHER_AFTER, WEEK, logbook_grammar, logbook_pages, logbook_weather

SMALL = {
    "page": {"Log.{days} {port}.": 1},
    "port": {"Cork": 3, "Hull": 1},
    "days": {" {sky}": 2, " {sky}{days}": 1},
    "sky": {"fog": 1, "rain": 1, "fog and rain": 2},
}


def everything(grammar: Grammar, symbol: str, depth: int) -> list[tuple[str, float]]:
    """Every way in which a symbol can be written with at most `depth` symbols inside each other, with its
    probability."""
    if depth == 0:
        return []
    ways = []
    for alternative in grammar.rules[symbol]:
        parts = [
            everything(grammar, part, depth - 1) if place % 2 else [(part, 1.0)]
            for place, part in enumerate(alternative.parts)
        ]
        for chosen in product(*parts):
            text = "".join(written for written, _ in chosen)
            ways.append((text, alternative.probability * math.prod(probability for _, probability in chosen)))
    return ways


def test_a_hand_worked_grammar():
    """P("Fog. All well.") = 3/4 x 1/2; H = H(3/4) + 3/4 log 2."""
    grammar = Grammar({"day": {"{sky}. All well.": 3, "Nothing seen.": 1}, "sky": {"Fog": 1, "Rain": 1}})

    assert math.log(3 / 8) == pytest.approx(grammar.log_probability("Fog. All well."))
    assert math.log(1 / 4) == pytest.approx(grammar.log_probability("Nothing seen."))
    assert -math.inf == grammar.log_probability("Fog. All wel")
    by_hand = -(3 / 4 * math.log(3 / 4) + 1 / 4 * math.log(1 / 4)) + 3 / 4 * math.log(2)
    assert by_hand == pytest.approx(grammar.entropy(), rel=1e-12)


def test_the_surprisal_of_a_piece_by_hand():
    """After "Fog" nothing else is possible; "Nothing" is told from the skies by its first letter."""
    grammar = Grammar({"day": {"{sky}. All well.": 3, "Nothing seen.": 1}, "sky": {"Fog": 1, "Rain": 1}})

    assert [math.log(8 / 3), 0, 0] == pytest.approx(grammar.surprisals(["F", "og. ", "All well."]), abs=1e-12)
    assert [math.log(4), 0] == pytest.approx(grammar.surprisals(["N", "othing seen."]), abs=1e-12)
    assert [math.log(8 / 3), math.inf] == pytest.approx(grammar.surprisals(["Fog", "!"]))


def test_probabilities_of_a_small_grammar_by_enumeration():
    """Every text written out, ways added up: the same log-probabilities, a total of 1 but for the deep ones, the same
    entropy."""
    grammar = Grammar(SMALL)
    total = Counter()
    for text, probability in everything(grammar, "page", 8):
        total[text] += probability

    for text, probability in total.items():
        assert math.log(probability) == pytest.approx(grammar.log_probability(text), abs=1e-9)
    assert 1 == pytest.approx(sum(total.values()), abs=2e-3)
    enumerated = -sum(probability * math.log(probability) for probability in total.values())
    assert enumerated == pytest.approx(grammar.entropy(), rel=1e-2)


def test_an_ambiguous_text_has_the_sum_of_its_ways():
    """ "fog and rain" as one sky, or never as two: an ambiguous grammar adds its ways up, and its entropy is not that
    of the texts."""
    grammar = Grammar({"page": {"{a}{a}": 1}, "a": {"x": 1, "xx": 1, "": 2}})

    assert math.log(1 / 4 * 1 / 4 + 2 * 1 / 4 * 1 / 2) == pytest.approx(grammar.log_probability("xx"))


@given(st.integers(0, 10_000))
def test_a_sampled_page_has_the_log_probability_of_its_choices(seed):
    """The choices that made a page are the only way to write it: reading it gives the same number as writing it."""
    text, log_probability = logbook_grammar().sample(random.Random(seed))

    assert log_probability == pytest.approx(logbook_grammar().log_probability(text), abs=1e-9)


@given(st.integers(0, 10_000), st.randoms())
def test_surprisals_add_up_however_a_page_is_cut(seed, cuts):
    """Cut a page anywhere: the pieces' surprisals are not negative and sum to that of its beginning."""
    text, log_probability = logbook_grammar().sample(random.Random(seed))
    places = sorted({0, len(text), *(cuts.randrange(len(text)) for _ in range(5))})
    surprisals = logbook_grammar().surprisals([text[start:end] for start, end in pairwise(places)])

    assert min(surprisals) >= -1e-12
    assert -log_probability == pytest.approx(sum(surprisals), abs=1e-9)


def test_no_line_of_the_logbook_can_be_written_in_two_ways():
    """Proven on the automaton of all lines, not on samples: neither within one weather nor in two of them.

    Two different paths that read the same letters would pass through pairs of different states; all pairs that can be
    reached together are followed, and none may come to the end.
    """
    assert not is_ambiguous(automaton(lines_of_a_day()))
    assert not is_ambiguous(automaton(Grammar({"end": {"{landfall} Riga, {farewell}": 1}} | tables())))


def test_lines_are_told_apart():
    """With unambiguous lines a page is unambiguous: no line has a line end in it, and each begins with the name of its
    day."""
    assert not any("\n" in alternative for choices in tables().values() for alternative in choices)
    assert len({day[:3] for day in WEEK}) == 7
    assert not any(alternative.startswith(day[:3]) for alternative in tables()["landfall"] for day in WEEK)
    for day in WEEK:
        for weather in WEATHER_AFTER:
            (only,) = rules_of(logbook_grammar())[f"{day} {weather}"]
            assert only.startswith(f"{day[:3]}: {{body {weather}}}.\n{{after ")


def test_the_proof_finds_a_planted_ambiguity():
    """One alternative more, that repeats what two symbols already write together, and the proof fails."""
    rules = rules_of(lines_of_a_day())
    rules["more"] = rules["more"] | {"; all well": 1}

    assert is_ambiguous(automaton(Grammar(rules)))


def test_no_sub_grammar_writes_a_text_twice():
    """Brute force on the parts that are small enough to write out."""
    grammar = logbook_grammar()
    for symbol in (
        "farewell",
        "wind",
        "calm wind",
        "bottom",
        "sails",
        "together",
        "state",
        "fog",
        "gale",
        "lost",
        "ship",
        "bearing",
        "place",
    ):
        if symbol in grammar.rules:
            texts = [text for text, _ in everything(grammar, symbol, 5)]
            assert len(set(texts)) == len(texts) > 1, symbol


def test_entropy_by_recursion_is_the_mean_over_pages():
    """The exact entropy lies within four standard errors of the mean surprisal of 4,000 pages."""
    surprisals = [-log_probability for _, log_probability in logbook_pages(4000, seed=5)]
    mean = sum(surprisals) / len(surprisals)
    error = math.sqrt(sum((one - mean) ** 2 for one in surprisals)) / len(surprisals)

    assert abs(mean - logbook_grammar().entropy()) < 4 * error


def test_pages_keep_their_port_and_the_order_of_days():
    """The port of the heading is the port of the landfall; each day follows the one before it."""
    for page, _ in logbook_pages(200, seed=1):
        heading, *days, landfall = page.split("\n")
        port = heading.split(" for ")[1].rstrip(".")
        assert port in PORTS
        assert f" {port}, " in landfall
        numbers = [[day[:3] for day in WEEK].index(line[:3]) for line in days]
        assert [(numbers[0] + place) % 7 for place in range(len(numbers))] == numbers


def test_the_same_seed_writes_the_same_pages():
    """Pages are reproducible, and other seeds write others."""
    assert logbook_pages(5, seed=3) == logbook_pages(5, seed=3)
    assert logbook_pages(5, seed=3) != logbook_pages(5, seed=4)


def test_the_floor_lies_between_2_and_6_under_the_bundled_tokenizer(lm):
    """Rich enough to be worth learning, poor enough to be learnt in a minute."""
    pages, log_probabilities = zip(*logbook_pages(1000, seed=2), strict=True)
    tokens = sum(len(lm.encode(page)) + 1 for page in pages)

    assert 2 < math.exp(-sum(log_probabilities) / tokens) < 6


def test_broken_grammars_are_refused():
    """An unknown symbol, a weight of zero, and texts that never end."""
    with pytest.raises(ValueError, match=r"no symbol \{sky\}"):
        Grammar({"day": {"{sky}": 1}})
    with pytest.raises(ValueError, match="greater than 0, got 0"):
        Grammar({"day": {"fog": 0}})
    with pytest.raises(ValueError, match="never end"):
        Grammar({"day": {"fog {day}{day}": 1, "rain": 1}}).entropy()


# ------------------------------------------------------------------- the automaton of a grammar whose recursion is on
# the right


def rules_of(grammar: Grammar) -> dict[str, dict[str, float]]:
    """The grammar's tables again."""
    return {
        symbol: {
            "".join(f"{{{part}}}" if place % 2 else part for place, part in enumerate(one.parts)): one.probability
            for one in alternatives
        }
        for symbol, alternatives in grammar.rules.items()
    }


def tables() -> dict[str, dict[str, float]]:
    """The tables of the file, without what logbook.py adds."""
    return tomllib.loads(TABLES.read_text(encoding="utf8"))


def lines_of_a_day() -> Grammar:
    """What can stand in a line, whatever the weather."""
    return Grammar({"line": {f"{{body {weather}}}": 1 for weather in WEATHER_AFTER}} | tables())


def automaton(grammar: Grammar) -> tuple[dict[int, list[tuple[str, int]]], int, int]:
    """({state: [(letter, next state)]}, start, end), every symbol written out; a step without a letter is ""."""
    arrows: dict[int, list[tuple[str, int]]] = {}
    count = iter(range(10**9))

    def write(symbol: str, start: int, end: int) -> None:
        for alternative in grammar.rules[symbol]:
            here = start
            for place, part in enumerate(alternative.parts):
                for letter in [part] if place % 2 else part:
                    there = next(count)
                    if place % 2:
                        write(part, here, there)
                    else:
                        arrows.setdefault(here, []).append((letter, there))
                    here = there
            arrows.setdefault(here, []).append(("", end))

    start, end = next(count), next(count)
    write(grammar.start, start, end)
    return arrows, start, end


def is_ambiguous(machine: tuple[dict[int, list[tuple[str, int]]], int, int]) -> bool:
    """Whether two different paths read one text from start to end: a search over pairs of states, marked once they have
    parted."""
    arrows, start, end = machine

    @cache
    def reach(state: int) -> tuple[int, ...]:
        """States reached without reading a letter, each as often as there are ways to it."""
        return (state, *(one for letter, there in arrows.get(state, ()) if not letter for one in reach(there)))

    @cache
    def moves(state: int) -> dict[str, list[int]]:
        by_letter: dict[str, list[int]] = {}
        for one in reach(state):
            for letter, there in arrows.get(one, ()):
                if letter:
                    by_letter.setdefault(letter, []).append(there)
        return by_letter

    seen, waiting = {(start, start, False)}, [(start, start, False)]
    while waiting:
        left, right, parted = waiting.pop()
        if reach(left).count(end) > 1 or (parted and end in reach(left) and end in reach(right)):
            return True
        ways, others = moves(left), moves(right)
        for letter in ways.keys() & others.keys():
            for (first, there), (second, other) in product(enumerate(ways[letter]), enumerate(others[letter])):
                pair = (there, other, parted or left != right or first != second)
                if pair not in seen and (pair[2] or there <= other):
                    seen.add(pair)
                    waiting.append(pair)
    return False


def test_the_weather_alone_is_the_grammar_s():
    """A voyage of known weather: the chain gives it the probability that the grammar's rules give it, whatever the day
    it begins on."""
    chain, grammar = logbook_weather(), logbook_grammar()
    assert [round(sum(row), 12) for row in chain.probabilities] == [1.0] * 5

    def ways(symbol: str) -> dict[str, float]:
        return {way.parts[1]: way.probability for way in grammar.rules[symbol] if len(way.parts) > 1}

    for weathers in product(["calm", "fair", "gale", "fog"], repeat=3):
        ids = chain.encode(" ".join(("port", *weathers, "port")))
        expected = math.prod(chain.probabilities[here][there] for here, there in pairwise(ids))
        days = [(WEEK[place % 7], weather) for place, weather in enumerate(weathers, start=5)]
        found = 7 * ways("days").get(" ".join(days[0]), 0)
        for day, next_day in pairwise(days):
            found *= ways(f"after {' '.join(day)}").get(" ".join(next_day), 0)
        (stop,) = [way.probability for way in grammar.rules[f"after {' '.join(days[-1])}"] if way.parts == ("",)]
        assert expected == pytest.approx(found * stop, abs=1e-12)
