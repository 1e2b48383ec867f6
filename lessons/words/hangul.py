"""Hangul composed (한, one letter, as most systems type it) and decomposed (its three parts, as macOS writes names of
files): the same to a reader, not to a computer.

Unicode Standard Annex 15: the forms NFC and NFD.
"""

import os
from pathlib import Path
from unicodedata import normalize


def composed(text: str) -> str:
    """The text with every letter that was taken apart, of Hangul or with an accent, as one letter again (NFC).

    >>> composed("\\u1112\\u1161\\u11ab"), composed("e\\u0301")
    ('한', 'é')
    """
    return normalize("NFC", text)


def as_on_disk(path: Path) -> Path:
    """The path with its names composed or decomposed as they are on this disk; as it was given if there is no such
    file."""
    if os.path.exists(path) or path == path.parent:  # subtle: pathlib's own raises OSError for a name that is too long
        return path
    folder = as_on_disk(path.parent)
    names = os.listdir(folder) if os.path.isdir(folder) and os.access(folder, os.R_OK) else []
    return next((folder / name for name in names if composed(name) == composed(path.name)), path)
