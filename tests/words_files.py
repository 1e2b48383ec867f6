"""The files of words as tests read them: {key: {"en": text, "ko": text}}, a lesson's exercises with dots."""

import tomllib
from collections.abc import Iterator
from typing import Any

from lessons.words.language import WORDS


def entries(file: str) -> dict[str, dict[str, str]]:
    """All entries of one file by what `say` calls them, without the file: "not_a_number", "top-p.mistake.unsorted"."""
    return dict(leaves(tomllib.loads((WORDS / f"{file}.toml").read_text(encoding="utf8"))))


def leaves(tables: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for name, inside in tables.items():
        if all(isinstance(value, dict) for value in inside.values()):
            yield from leaves(inside, f"{above}{name}.")
        else:
            yield above + name, inside


ENTRIES = {
    f"{path.stem}.{entry}": texts
    for path in sorted(WORDS.glob("*.toml"))
    for entry, texts in entries(path.stem).items()
}
