"""Every word that a student sees, in English and in Korean.

The words lie in `assets/words/FILE.toml`, both languages side by side; a key names file and entry:

>>> say("arguments.temperature", value=0.0)
'temperature must be greater than 0, got 0.0; for the limit at 0 use greedy_search()'

A Korean particle follows the sound of the word before it, so an entry may write both forms, as in `{name}[을/를]`:
the right one is chosen once the value is filled in.
"""

import re
import tomllib
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "ko")
WORDS = Path(__file__).parents[1] / "assets" / "words"
_language = "en"


def speak(language: str) -> None:
    """Choose the language of everything shown from now on: "en" or "ko"."""
    global _language
    if not isinstance(language, str) or language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}")
    _language = language


def spoken() -> str:
    """The language in use: "en" or "ko"."""
    return _language


@cache
def words(file: str) -> dict[str, Any]:
    """All entries of a file: {entry: {"en": text, "ko": text}}; entries of a lesson's file are grouped by exercise."""
    return tomllib.loads((WORDS / f"{file}.toml").read_text(encoding="utf8"))


def say(key: str, **values: object) -> str:
    """The text of `key` ("file.entry") in the language in use, with its {values} filled in."""
    file, *entry = key.split(".")
    text = reduce(getitem, entry, words(file))[_language].format(**values)
    return with_particles(text) if _language == "ko" else text


# A pair of particles and the sound that chooses: [after a consonant/after a vowel]; 로 also follows ㄹ. Quotes and
# brackets are not read aloud: what counts stands before them.
_PARTICLES = re.compile(r"(\w?[\w%]|.)(['\"”’)\]`*]*)\[([가-힣]+)/([가-힣]+)\]")
_ENDS_IN_CONSONANT = set("0136780lmnLMNR")  # as Koreans read them aloud: 영, 일, 삼, 육, 칠, 팔, 엘, 엠, 엔, 알
_ENDS_IN_RIEUL = set("178lLR")
# step is read 스텝, bite 바이트, king 킹: who knows. A letter by itself is read by its name, as in top_k: 케이.
_UNKNOWN = re.compile(r"ng|[^\W\d_][bcgkpt]")


def with_particles(text: str) -> str:
    """The text with each `[을/를]` replaced by the form that fits the sound before it; by both, where an English ending
    does not tell.

    >>> with_particles("온도[은/는] 로짓[을/를] 나눈다")
    '온도는 로짓을 나눈다'
    >>> with_particles("'smal'[이라는/라는] 이름, “king”[은/는], 'bf16'[으로/로], 'fp8'[으로/로], step[으로/로]")
    "'smal'이라는 이름, “king”은(는), 'bf16'으로, 'fp8'로, step(으)로"
    """

    def choose(match: re.Match[str]) -> str:
        word, closing, after_consonant, after_vowel = match.groups()
        before = word[-1]
        if _UNKNOWN.fullmatch(word):
            optional = after_consonant.removesuffix(after_vowel)
            both = f"({optional}){after_vowel}" if optional != after_consonant else f"{after_consonant}({after_vowel})"
            return word + closing + both
        final = (ord(before) - 0xAC00) % 28 if "가" <= before <= "힣" else int(before in _ENDS_IN_CONSONANT)
        rieul = final == 8 if "가" <= before <= "힣" else before in _ENDS_IN_RIEUL
        consonant = final != 0 and not (rieul and after_vowel.startswith("로"))
        return word + closing + (after_consonant if consonant else after_vowel)

    return _PARTICLES.sub(choose, text)
