"""Tokens as a reader can see them: spaces, line ends and halves of a character told apart.

A token is a run of bytes. Most spell text; some are one or two of the three bytes of a Hangul syllable, and spell
nothing alone.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import chain, takewhile
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


def running(text: str) -> str:
    """The same for running text, in which spaces are seen as gaps.

    >>> running("a king\\n")
    'a king↵'
    """
    return visible(text).replace("␣", " ")


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

    How a vocabulary writes its tokens is told by how its tokenizer reads them, not by their letters: "Ċ" is a line end
    to GPT-2 and a letter to Gemma. Of other kinds (WordPiece …) a token is shown as the vocabulary writes it.
    """
    piece = tokenizer.convert_ids_to_tokens(int(token))
    if piece is None:  # some models have more logits than their tokenizer has tokens
        return f"<{int(token)}>"
    writing, as_written = writing_of(tokenizer)
    if piece in as_written:
        return piece
    if writing == "bytes as letters" and byte_of_letter().keys() >= set(piece):
        return bytes(byte_of_letter()[letter] for letter in piece).decode("utf8", "backslashreplace")
    if writing == "spaces as ▁":
        if re.fullmatch(r"<0x[0-9A-F]{2}>", piece):
            return byte_text(tokenizer, int(piece[3:5], 16))
        return piece.replace("▁", " ")
    return piece


def have_bytes(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Whether each token spells bytes of its own: not where that depends on its neighbours, as in WordPiece."""
    return writing_of(tokenizer)[0] != "as they are"


def token_bytes(tokenizer: "PreTrainedTokenizerBase", token: int) -> bytes:
    """What one token adds to a text that has begun; nothing for a special token, and for a number without one."""
    piece = tokenizer.convert_ids_to_tokens(int(token))
    if piece is None or piece in special_pieces(tokenizer):
        return b""
    writing, as_written = writing_of(tokenizer)
    if writing == "spaces as ▁":
        byte = re.fullmatch(r"<0x([0-9A-F]{2})>", piece)
        return bytes([int(byte[1], 16)]) if byte else piece.replace("▁", " ").encode()
    if piece in as_written or not byte_of_letter().keys() >= set(piece):
        return piece.encode()
    return bytes(byte_of_letter()[letter] for letter in piece)


@lru_cache(maxsize=16)
def special_pieces(tokenizer: "PreTrainedTokenizerBase") -> frozenset[str]:
    """The tokens that spell no text: those with a role, such as the end, and those that a tokenizer calls special, as
    Llama 3's marks of a conversation."""
    added = tokenizer.added_tokens_decoder.values()
    return frozenset([*tokenizer.all_special_tokens, *(piece.content for piece in added if piece.special)])


def byte_text(tokenizer: "PreTrainedTokenizerBase", byte: int) -> str:
    """What the token of one byte spells: its character, unless another token is that character already."""
    text = bytes([byte]).decode("utf8", "backslashreplace")
    piece = text.replace(" ", "▁")
    taken = tokenizer.convert_ids_to_tokens(tokenizer.convert_tokens_to_ids(piece)) == piece
    return f"\\x{byte:02x}" if taken else text


@lru_cache(maxsize=16)
def writing_of(tokenizer: "PreTrainedTokenizerBase") -> tuple[str, frozenset[str]]:
    """How a vocabulary writes its tokens, tried with two words, and the tokens that it writes as they are."""
    special = frozenset(tokenizer.all_special_tokens)
    if tokenizer.convert_tokens_to_string(["aĠb"]) == "a b":
        # subtle: a token added to a vocabulary of bytes is text; Gemma's added "▁▁" are spaces like any other
        added = (str(piece) for piece in tokenizer.added_tokens_decoder.values())
        return "bytes as letters", special.union(added)
    if tokenizer.convert_tokens_to_string(["a▁b"]) == "a b":
        return "spaces as ▁", special
    return "as they are", special


def text_after(decode: Callable[[Sequence[int]], str], before: Sequence[int], ids: Sequence[int]) -> str:
    """What ids add to the text of the ids before them: the two decoded together, less what they begin with in common.

    subtle: decoded alone, the first token of a Llama 2 text loses its space, and half a character is none. A character
    that `before` leaves unfinished counts as added.

    >>> text_after(lambda ids: " ".join("abc"[token] for token in ids), [0], [1, 2])
    ' b c'
    """
    whole, start = decode([*before, *ids]), decode(before)
    common = takewhile(lambda letters: letters[0] == letters[1], zip(whole, start, strict=False))
    return whole[len(list(common)) :]


def added_ids(tokenizer: "PreTrainedTokenizerBase") -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(in front, behind): the ids that a tokenizer adds to every text unless it is told not to.

    They are found by reading a text both ways: one that the tokenizer can read, "a" or else a token of its own.
    """
    pieces = map(tokenizer.convert_ids_to_tokens, range(len(tokenizer)))
    special = set(tokenizer.all_special_tokens)
    for text in chain(["a"], (piece for piece in pieces if piece and piece not in special)):
        alone = tokenizer(text, add_special_tokens=False)["input_ids"]
        if alone:
            break
    whole, length = tokenizer(text)["input_ids"], len(alone)
    for place in range(len(whole) - length + 1):
        if whole[place : place + length] == alone:
            return tuple(whole[:place]), tuple(whole[place + length :])
    return (), ()  # it reads a text otherwise where it adds something


@cache
def byte_of_letter() -> dict[str, int]:
    """The byte that each letter of a byte-level vocabulary stands for.

    GPT-2's tokenizer writes a byte as the letter of the same number where that can be printed, and the other 68 bytes,
    in order, as the letters from number 256 on ("Ġ", number 288, is the space). Radford et al. 2019.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}
