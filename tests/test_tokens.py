"""Tokens as a reader sees them: no two alike, nothing lost."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_tokenizers import KINDS, byte_level, small_tokenizer, with_spaces_kept
from tokenizers import Tokenizer, decoders, models
from transformers import PreTrainedTokenizerFast

from lessons.words.tokens import byte_of_letter, token_text, visible


def test_spaces_line_ends_and_controls_are_signs():
    """A leading space, a line end and a NUL can be seen and told apart."""
    assert ["␣most", "most", "↵", "⇥", "\\x00"] == [visible(text) for text in (" most", "most", "\n", "\t", "\x00")]


def test_whatever_cannot_be_seen_has_a_sign():
    """Spaces that do not break or have no width, soft hyphens, marks of direction, ends of lines of other kinds, tags,
    fillers: each by its number. Letters, accents, Hangul and emoji stay as they are."""
    unseen = "\u00a0\u200b\u3000\u2028\x85\ufeff\xad\u202e\u2060\u3164\ufe0f\u2800\ue000\ud800\U000e0041"
    shown = [visible(letter) for letter in unseen]
    assert shown[:5] == ["\\u00a0", "\\u200b", "\\u3000", "\\u2028", "\\u0085"] and shown[-1] == "\\U000e0041"
    assert all(re.fullmatch(r"\\u[0-9a-f]{4}|\\U[0-9a-f]{8}", one) for one in shown)
    seen = "aé가ㄱ한龍ゼ🙂…—'’\"\\"
    assert seen == visible(seen)
    assert visible("␣") == "\\u2423" != visible(" ")  # the sign itself is not taken for a space


def test_no_two_letters_and_no_byte_look_alike():
    """Letters of the world's scripts, and the 128 bytes that are no letter alone, as a byte-level vocabulary has
    them."""
    letters = [visible(chr(number)) for number in (*range(0x20000), *range(0xE0000, 0xE0200))]
    bytes_alone = [visible(bytes([number]).decode("utf8", "backslashreplace")) for number in range(0x80, 0x100)]
    assert len(letters) + 128 == len({*letters, *bytes_alone})
    assert "" not in map(str.strip, letters)


def test_a_sign_is_missed_if_only_controls_have_one():
    """The walk above can fail: what was drawn before, spaces and controls of ASCII, left others unseen."""
    before = [re.sub(r"[\x00-\x20\x7f]", "x", chr(number)) for number in range(0x3001)]
    assert "" in map(str.strip, before)


def test_every_byte_has_one_letter():
    """256 bytes, 256 letters, and the two that everyone meets: Ġ is the space, Ċ the line end."""
    byte_of = byte_of_letter()
    assert sorted(byte_of.values()) == list(range(256))
    assert (0x20, 0x0A) == (byte_of["Ġ"], byte_of["Ċ"])


def test_the_letters_are_those_of_the_tokenizers_library(lm):
    """Encoding a text byte by byte with the tokenizer's own letters gives back its bytes (an independent route)."""
    from tokenizers.pre_tokenizers import ByteLevel

    text = "a 가\n🙂é"
    letters = "".join(piece for piece, _ in ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text))
    assert text.encode() == bytes(byte_of_letter()[letter] for letter in letters)


def test_bundled_tokens_look_different(lm):
    """No two of the vocabulary's tokens are shown alike."""
    shown = [visible(lm.token(token)) for token in range(lm.vocabulary_size)]
    assert len(shown) == len(set(shown))


@given(st.text(max_size=40))
def test_whole_characters_are_shown_as_they_are(lm, text):
    """Tokens that are whole characters, put together, are the text; parts of a character are written as \\xEC."""
    ids = lm.encode(text)
    shown = "".join(token_text(lm.tokenizer, token) for token in ids)
    if "\\x" not in shown:
        assert text == shown


def test_half_characters_are_bytes(lm):
    """The three bytes of a Hangul syllable that has no token of its own."""
    assert ["\\xea", "\\xb0", "\\x80"] == [lm.token(token) for token in lm.encode("가")]


def test_tokens_of_sentencepiece_tokenizers():
    """ "▁the" has a leading space; "<0xEC>" is a byte."""

    class Pieces:
        all_special_tokens = ("</s>",)
        pieces = ("</s>", "▁the", "<0xEC>", "<0x41>")

        def convert_ids_to_tokens(self, token):
            return self.pieces[token] if token is not None and token < len(self.pieces) else None

        def convert_tokens_to_ids(self, piece):
            return self.pieces.index(piece) if piece in self.pieces else None

        def convert_tokens_to_string(self, pieces):
            return "".join(pieces).replace("▁", " ")

    tokenizer = Pieces()
    assert ["</s>", " the", "\\xec", "A", "<7>"] == [token_text(tokenizer, token) for token in (0, 1, 2, 3, 7)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_tokens_have_one_name(kind):
    """Whatever the vocabulary writes: bytes as letters, spaces as "▁", bytes as <0xEC> beside the same letters."""
    tokenizer = small_tokenizer(kind, "both")
    names = [token_text(tokenizer, token) for token in range(len(tokenizer))]
    assert [] == [name for name, number in Counter(names).items() if number > 1]


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text("the foxsking\nA", max_size=20))
@settings(max_examples=60, deadline=None)
def test_names_in_a_row_are_the_text(kind, text):
    """Of letters that have a piece, names put together are the text (behind the space that Llama 2 puts in front)."""
    tokenizer = small_tokenizer(kind)
    ids = tokenizer(text)["input_ids"]
    names = "".join(token_text(tokenizer, token) for token in ids)
    assert names.removeprefix(" " if kind == "Llama 2" else "") == tokenizer.decode(ids)


def test_letters_do_not_decide(lm):
    """By hand: pieces that are GPT-2's letters for bytes are letters to Gemma, and a byte that has a letter of its own
    is written as a byte. A line end of which there is no other token is a line end."""
    gemma, llama = small_tokenizer("Gemma"), small_tokenizer("Llama 2")

    def name(tokenizer, piece):
        return token_text(tokenizer, tokenizer.convert_tokens_to_ids(piece))

    assert ["Ċ", "ión", "é", "A", " ", "\n"] == [name(gemma, piece) for piece in ("Ċ", "ión", "é", "A", "▁", "\n")]
    assert ["\\x41", "\\x20", "\\x0a", "B", "\t"] == [
        name(gemma, piece) for piece in ("<0x41>", "<0x20>", "<0x0A>", "<0x42>", "<0x09>")
    ]
    assert ["\n", " "] == [name(small_tokenizer("GPT-2"), piece) for piece in ("Ċ", "Ġ")]
    assert "Ċ" == name(llama, "Ċ")


def test_names_by_letters_alone_would_be_wrong():
    """Planted: were Gemma's pieces read as bytes, "ión" would be another name, and the line end that of two tokens."""
    byte_of = byte_of_letter()
    wrong = {
        piece: bytes(byte_of[letter] for letter in piece).decode("utf8", "backslashreplace") for piece in ("Ċ", "ión")
    }
    assert {"Ċ": "\n", "ión": "i\\xf3n"} == wrong


def test_tokens_of_other_kinds_are_shown_as_they_are_written():
    """WordPiece's "##s", and words that end in "</w>": decoded alone two of them would be one word."""
    words = ["the", "##the", "the</w>", "▁"]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="the"))
    for decoder in (decoders.WordPiece(), decoders.BPEDecoder()):
        tokenizer.decoder = decoder
        wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
        assert words == [token_text(wrapped, place) for place in range(4)]


def test_added_tokens_are_shown_as_they_are_written():
    """A token added to a byte-level vocabulary is text, though its letters may be those of bytes; Gemma's "▁▁", added
    as well, is two spaces."""
    for tokenizer, added, names in (
        (byte_level(), ["Ċé", "   "], ["Ċé", "   "]),
        (with_spaces_kept(), ["▁▁", "\n\n"], ["  ", "\n\n"]),
    ):
        tokenizer.add_tokens(added)
        wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
        assert names == [token_text(wrapped, token) for token in wrapped.convert_tokens_to_ids(added)]
