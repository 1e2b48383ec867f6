"""A rule on letters, read byte by byte: the oracle is Python's `re` on all short texts there are."""

import itertools
import re

import numpy
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import lessons
from lessons.decoding.automaton import in_bytes
from lessons.decoding.rules import TextRule
from lessons.models.source import FunctionSource

LETTERS = ["a", "b", "é", "가", "각", " "]
MOST = 4  # letters of a text
TEXTS = [text for length in range(MOST + 1) for text in map("".join, itertools.product(LETTERS, repeat=length))]
GA, GAK, E_ACUTE = "가".encode(), "각".encode(), "é".encode()
# Tokens that cross borders of letters, and halves of them; the first ends a text.
PIECES = [b"", b"a", b"b", b"ab", b"ba", b" ", E_ACUTE[:1], E_ACUTE[1:], b"a" + E_ACUTE[:1], GA[:1], GA[1:2], GA[2:], GAK[2:],
          GA[:2], GA + GAK[:1], GAK, b" a", b"aab"]  # fmt: skip
relaxed = {"deadline": None, "suppress_health_check": list(HealthCheck)}


class Pieces:
    """A source whose tokens are PIECES, all alike in probability."""

    vocabulary_size, end_ids = len(PIECES), (0,)

    def __call__(self, ids):
        return torch.zeros(len(PIECES))


def rule_on(rule) -> TextRule:
    """The rule on the source above, whose bytes are given and not asked for."""
    found = lessons.constrain(Pieces(), rule).rule
    lengths = numpy.array([len(piece) for piece in PIECES])
    letters = numpy.frombuffer(b"".join(PIECES), dtype=numpy.uint8)
    found._spelled = letters, lengths.cumsum() - lengths, lengths
    return found


def beginnings(language: list[str]) -> set[bytes]:
    """All bytes with which a text of the language can begin."""
    return {text.encode()[:length] for text in language for length in range(len(text.encode()) + 1)}


@st.composite
def expressions(draw, depth: int = 3) -> tuple[str, int]:
    """A regular expression, and the most letters that it can match."""
    if depth == 0:
        return draw(st.sampled_from(["a", "b", "é", "가", "[ab]", "[가각]", "[^a]", ".", " ", "[가-힣]", "[^b가]"])), 1
    kind = draw(st.sampled_from(["letter", "both", "either", "often", "maybe"]))
    one, most = draw(expressions(depth - 1))
    if kind == "both":
        other, more = draw(expressions(depth - 1))
        return f"({one})({other})", most + more
    if kind == "either":
        other, more = draw(expressions(depth - 1))
        return f"({one}|{other})", max(most, more)
    if kind == "often":
        least, times = draw(st.sampled_from([(0, 2), (1, 2), (2, 2), (0, 1)]))
        return f"({one}){{{least},{times}}}", times * most
    return (f"({one})?", most) if kind == "maybe" else (one, most)


def test_masks_are_what_re_says():
    """400 drawn expressions: after every sequence of tokens, those may follow with which a text that matches can go on,
    and the end where the text matches.

    A class such as [^a] matches letters that are not in LETTERS; so where it is in an expression, more may follow than
    the texts tell. Then what they tell must be allowed, and what is allowed must be no beginning of one of the texts.
    """
    compared = []

    @settings(max_examples=400, **relaxed)
    @given(expressions())
    def compare(drawn):
        expression, most = drawn
        assume(most <= MOST)
        language = [text for text in TEXTS if re.fullmatch(expression, text, re.ASCII | re.DOTALL)]
        known, others = beginnings(language), re.search(r"\[\^|\.|-", expression)
        assume(language)
        rule, every = rule_on(expression), {text.encode() for text in TEXTS}
        waiting = [()]
        while waiting:
            ids = waiting.pop()
            said = b"".join(PIECES[token] for token in ids)
            mask = rule.mask([1, *ids], 1, len(PIECES)).tolist()
            assert mask[0] == (said in {text.encode() for text in language}) or said not in every
            for token, piece in enumerate(PIECES[1:], start=1):
                expected = said + piece in known
                assert mask[token] >= expected, (expression, said, piece)
                assert mask[token] == expected or others, (expression, said, piece)
                compared.append(expected)
                if expected and len(ids) < 3:
                    waiting.append((*ids, token))

    compare()
    assert len(compared) > 10_000 and 0.02 < sum(compared) / len(compared) < 0.9


@pytest.mark.parametrize(
    ("expression", "good", "bad"),
    [
        (r"\d{2,}", ["12", "12345"], ["1", "1a", "١٢"]),
        (r"\w+", ["a_B9"], ["é", "a b", ""]),
        (r"[^\n]*", ["", "가 é 🙂"], ["a\nb"]),
        (r".", ["🙂", "\n", "é", "힣"], ["", "ab"]),
        (r"\{\"a\": (true|false)\}", ['{"a": true}'], ['{"a": True}']),
        (r"x{0,200}", ["", "x" * 200], ["x" * 201]),
        (r"[Ā-🙂]", ["Ā", "힣", "🙂", "\uffff", "\ue000"], ["ÿ", "🙃"]),
        (r"a\$b\^", ["a$b^"], ["ab"]),
        (r"[\^a\-z]", ["^", "a", "-", "z"], ["b", "\\"]),
        (r"[\-a]\ [$]", ["- $", "a $"], ["b $"]),
        (r"\\\n\x41", ["\\\nA"], ["A"]),
        (r"(?:a|b)??c", ["c", "ac"], ["abc"]),
        (r"[^\d\W_]+", ["aZ"], ["a1", "_", "é"]),
        (r"\D\S", ["aé", "가b"], ["1a", "a "]),
        (r"(?P<x>a*?)b{2,}|", ["", "abb", "bbb"], ["ab"]),
        (r"(){9}a", ["a"], ["", "aa"]),
        (r"(?:|b{0}){0,9}a", ["a"], ["", "ba"]),
        (r"(a*)*(|b)+", ["", "aab", "abb"], ["ba"]),
    ],
)
def test_whole_texts(expression, good, bad):
    """Texts that match are read to their end, others are not; as by `re`."""
    automaton = lessons.constrain(Pieces(), expression).rule.automaton

    def accepts(text: str) -> bool:
        state = 1
        for byte in text.encode():
            state = int(automaton.steps(numpy.array([state]), numpy.array([byte], dtype=numpy.uint8))[0])
        return automaton.accepts(state)

    for text in [*good, *bad]:
        assert accepts(text) == (text in good) == bool(re.fullmatch(expression, text, re.ASCII | re.DOTALL)), text


@pytest.mark.parametrize("expression", ["(){%d}a", "(?:|b{0}){0,%d}a", "((){%d}){1000}a"])
def test_nothing_however_often_is_nothing(expression):
    """Three thousand million times, which Python's `re` would count: not a place more than once."""
    often, twice = (lessons.constrain(Pieces(), expression % times).rule.automaton for times in (3 * 10**9, 2))
    assert len(often._places.edges) == len(twice._places.edges)


def test_ranges_of_letters_as_bytes():
    """Drawn ranges of letters: their sequences of bytes are those of all letters in them, each once, and no others."""

    @settings(max_examples=150, **relaxed)
    @given(st.integers(0, 0x10FFFF), st.integers(0, 3000))
    def compare(first, length):
        last = min(first + length, 0x10FFFF)
        expected = [chr(number).encode() for number in range(first, last + 1) if not 0xD800 <= number <= 0xDFFF]
        written = [
            bytes(word)
            for ranges in in_bytes(first, last)
            for word in itertools.product(*(range(low, high + 1) for low, high in ranges))
        ]
        assert sorted(written) == sorted(expected)

    compare()


def test_all_letters_are_few_ranges():
    """Every letter there is: nine sequences of ranges, as in RE2."""
    assert len(list(in_bytes(0, 0x10FFFF))) <= 10


def test_texts_are_a_rule_of_their_own():
    """Of some texts one must be written, whole; letters that mean something in an expression mean themselves."""
    texts = ["a b", "ab", "a.b", "가", ""]
    expression = "|".join(map(re.escape, texts[:-1])) + "|"
    for ids in ([], [1], [9], [9, 10], [1, 5], [3]):
        one, other = (rule_on(rule).mask([1, *ids], 1, len(PIECES)) for rule in (texts, expression))
        assert one.tolist() == other.tolist()


@pytest.mark.parametrize(
    ("expression", "words"),
    [("(a", "no regular expression"), ("(?u)a", "no regular expression"), ("(?=a)b", "because of (?=…)"),
     ("(?<!a)b", "because of (?<!…)"), ("(?i)a", "because of (?i)"), ("(?mx)a", "because of (?mx)"),
     ("(?i-s:a)", "because of (?i-s:…)"), (r"(a)\1", r"because of \1"), ("(a)?(?(1)b|c)", "because of (?(1)…)"),
     ("^a", "because of ^"), ("(a$|b)", "because of $"), (r"\ba", r"because of \b"), (r"(\Z)*", r"because of \Z"),
     ("a++", "because of *+"), ("(?>a)", "because of (?>…)"), (r"[^\s\S]", "no text at all"),
     (r"[\ud800-\udfff]", "no text at all"), ("(x{300}){300}", "too large")],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused(expression, words):
    """With the part that cannot be, when the rule is made and not at the first token."""
    with pytest.raises(ValueError, match=re.escape(words)):
        lessons.constrain(Pieces(), expression)


def test_tokens_without_bytes_of_their_own_are_refused():
    """A source whose tokens spell one thing here and another there."""

    class Shifting(Pieces):
        def decode(self, ids):
            return "".join("ab"[(ids[0] + token) % 2] for token in ids)

    constrained = lessons.constrain(Shifting(), "a*")
    with pytest.raises(ValueError, match="no bytes of their own"):
        constrained.allowed([1])
    assert isinstance(constrained.source, FunctionSource)
