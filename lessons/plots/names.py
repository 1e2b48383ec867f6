"""Names of tokens in pictures: all in one line, none too long, and no letter that the picture's fonts lack."""

import re
from functools import cache
from unicodedata import east_asian_width

from matplotlib import font_manager, rcParams

from lessons.words.hangul import composed
from lessons.words.tokens import visible

LETTER, WIDE_LETTER = 6.7, 13.0  # pixels that a letter takes at size 12, on average
LONGEST = 160.0  # pixels at size 12: 24 letters, 12 of Hangul; as wide as the margin of a picture with bars
RUN = re.compile(r"(.)\1{7,}")  # one sign eight times or more


def token_name(token: str, pixels: float = LONGEST) -> str:
    """A token's name in a picture: decomposed Hangul composed, what cannot be seen as a sign, letters that no font has
    by their number; a sign that comes often is counted, and of a long name the end left out.

    >>> token_name(" most"), token_name(31 * " "), token_name("incomprehensibilities of all kinds")
    ('␣most', '␣×31', 'incomprehensibilities␣…')
    """
    letters = "".join(map(_letter, composed(token)))
    return shortened(RUN.sub(lambda run: f"{run[1]}×{len(run[0])}", letters), pixels)


def _letter(letter: str) -> str:
    """A letter, or its sign; "U+9F8D" where the fonts in use have neither."""
    sign = visible(letter)
    return sign if set(map(ord, sign)) <= _letters_of_fonts(tuple(rcParams["font.family"])) else f"U+{ord(letter):04X}"


@cache
def _letters_of_fonts(families: tuple[str, ...]) -> frozenset[int]:
    """The numbers of all letters that a picture in these fonts can show, in bold, too."""
    both = []
    for weight in ("normal", "bold"):
        files = [font_manager.findfont(font_manager.FontProperties(family=[one], weight=weight)) for one in families]
        both.append(frozenset().union(*(font_manager.get_font(file).get_charmap() for file in files)))
    return both[0] & both[1]


def width_of(words: str) -> float:
    """About how many pixels the words take at size 12."""
    return sum(WIDE_LETTER if east_asian_width(letter) in "WF" else LETTER for letter in words)


def shortened(words: str, pixels: float) -> str:
    """The words, or their beginning and an ellipsis, so that they take no more than so many pixels.

    >>> shortened("princess", 40), shortened("cat", 40)
    ('prin…', 'cat')
    """
    if width_of(words) <= pixels:
        return words
    while words and width_of(words) + LETTER > pixels:
        words = words[:-1]
    return words + "…"
