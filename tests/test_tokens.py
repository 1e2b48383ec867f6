"""Tokens as a reader sees them: no two alike, nothing lost."""

import re

from hypothesis import given
from hypothesis import strategies as st

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
            return self.pieces[token] if token < len(self.pieces) else None

    assert ["</s>", " the", "\\xec", "A", "<7>"] == [token_text(Pieces(), token) for token in (0, 1, 2, 3, 7)]
