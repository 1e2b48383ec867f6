"""Korean particles behind values: 42 values whose last sound is known by hand, in every entry that has such a pair."""

import re

import pytest
from words_files import ENTRIES

from lessons.words.language import with_particles

# How a Korean reads a value's end: with a consonant, with ㄹ, with a vowel; or one cannot know.
ENDS = {
    "consonant": ["0", "0.3", "1,006", "10", "k = 50", "글은 셋", "'bf16'", "70m", "man", "N", "밥", "한국", "“␣sun”", "(13)"],
    "ㄹ": ["1", "0.7", "1,008", "latin-1", "'smal'", "L", "R", "글", "“서울”", "json.l"],
    "vowel": ["2", "0.9", "4", "5", "num_beams", "top_k", "min_p", "Qwen3-0.6B-Base", "A", "온도", "“나무”", "12%", "None"],
    "unknown": ["step", "king", "block", "“␣dog”", "map"],
}  # fmt: skip
VALUES = [(value, end) for end, values in ENDS.items() for value in values]
PAIR = re.compile(r"\{[^{}]*\}(['\"”’)\]`*]*)\[([가-힣]+)/([가-힣]+)\]")
TEMPLATES = {key: match for key, texts in ENTRIES.items() for match in PAIR.finditer(texts["ko"])}


def expected(end: str, after_consonant: str, after_vowel: str) -> str:
    """The particle behind such an end; both where it cannot be known."""
    if end == "unknown":
        kept = after_consonant.removesuffix(after_vowel)
        return f"({kept}){after_vowel}" if kept != after_consonant else f"{after_consonant}({after_vowel})"
    if end == "ㄹ" and after_vowel.startswith("로"):
        return after_vowel
    return after_vowel if end == "vowel" else after_consonant


def test_there_are_forty_two_values_and_many_templates():
    """What the next test tries is worth its name."""
    assert len(VALUES) == 42
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize(("value", "end"), VALUES)
def test_a_particle_fits_the_value_before_it(value, end):
    """In each entry: the form that a Korean would say, and no bracket left over."""
    for key, template in TEMPLATES.items():
        closing, *pair = template.groups()
        assert with_particles(value + template[0][template[0].index("}") + 1 :]) == value + closing + expected(
            end, *pair
        ), key


def test_no_bracket_is_left_over():
    """Each entry with all its values filled in is free of pairs."""
    for key, texts in ENTRIES.items():
        filled = re.sub(r"\{[^{}]*\}", "1", texts["ko"])
        assert not re.search(r"\[[가-힣]+/[가-힣]+\]", with_particles(filled)), key
