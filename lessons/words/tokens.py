"""Tokens as a reader can see them: spaces, line ends and halves of a character told apart.

A token is a run of bytes. Most spell text; some are one or two of the three bytes of a Hangul syllable, and spell
nothing alone.
"""

import re
from functools import cache
from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SIGNS = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"}
# Unicode's kinds of what has no shape: controls, marks of direction and the like, halves of pairs, private letters,
# spaces, ends of lines and of paragraphs; and single letters of other kinds that are empty by definition: fillers of
# Hangul, variation selectors, blank Braille, …  (Unicode 15, Default_Ignorable_Code_Point)
_SHAPELESS = {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"}
_EMPTY = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def visible(text: str) -> str:
    """The text with all that cannot be seen drawn as a sign, or by its number: spaces, line ends, controls, marks of
    direction. No two texts of one letter look alike.

    >>> visible(" most"), visible("\\n\\n"), visible("a\\x00"), visible("\\u200b")
    ('␣most', '↵↵', 'a\\\\x00', '\\\\u200b')
    """
    return "".join(map(_sign, text))


@cache
def _sign(letter: str) -> str:
    """A letter as it is drawn; the signs themselves by their numbers, so that they are not taken for what they stand
    for."""
    shapeless = category(letter) in _SHAPELESS or _EMPTY.match(letter) or letter in _SIGNS.values()
    if letter in _SIGNS or not shapeless:
        return _SIGNS.get(letter, letter)
    number = ord(letter)  # subtle: from 0x80 on \x means a byte that is no whole character, as in `token_text`
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def token_text(tokenizer: "PreTrainedTokenizerBase", token: int) -> str:
    """What a token spells; bytes that are no whole character are written as \\xEC, so that no two tokens look alike.

    Works for byte-level tokenizers (GPT-2, Llama 3 …) and for those with "▁" and "<0xEC>" (Llama 2 …).
    """
    piece = tokenizer.convert_ids_to_tokens(int(token))
    if piece is None:  # some models have more logits than their tokenizer has tokens
        return f"<{int(token)}>"
    if piece in tokenizer.all_special_tokens:
        return piece
    if re.fullmatch(r"<0x[0-9A-F]{2}>", piece):
        return bytes([int(piece[3:5], 16)]).decode("utf8", "backslashreplace")
    if "▁" in piece:
        return piece.replace("▁", " ")
    byte_of = byte_of_letter()
    if all(letter in byte_of for letter in piece):
        return bytes(byte_of[letter] for letter in piece).decode("utf8", "backslashreplace")
    return tokenizer.convert_tokens_to_string([piece])


@cache
def byte_of_letter() -> dict[str, int]:
    """The byte that each letter of a byte-level vocabulary stands for.

    GPT-2's tokenizer writes a byte as the letter of the same number where that can be printed, and the other 68 bytes,
    in order, as the letters from number 256 on ("Ġ", number 288, is the space). Radford et al. 2019.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}
