"""What lies in the folders of a class: notebooks by their names, what is none, and text in whatever encoding."""

import codecs
import hashlib
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from lessons.words.language import spoken

ENDING = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE)  # some browsers add one when they save
ARCHIVE = re.compile(r"\.(?:zip|rar|7z|tar|t?gz|egg)$", re.IGNORECASE)


def find_notebooks(places: Iterable[str | Path]) -> list[Path]:
    """All notebooks in these folders, and these files whatever they are; each once, in the order of their names."""
    found: set[Path] = set()
    for place in map(Path, places):
        inside = filter(is_handed_in, place.rglob("*")) if place.is_dir() else [place]
        found |= {path for path in inside if not {".ipynb_checkpoints", "__MACOSX"} & set(path.parts)}
    return sorted(found)


def is_handed_in(path: Path) -> bool:
    """Whether a file in a folder is a notebook by its name: no link, which may lead anywhere, none of macOS's own."""
    return (
        bool(ENDING.search(path.name)) and not path.name.startswith("._") and path.is_file() and not path.is_symlink()
    )


def without_notebook(places: Iterable[Path], found: Collection[Path]) -> list[Path]:
    """The folders just below these places in which no notebook was found, archives beside them, and links."""
    inside = [path for place in places if place.is_dir() for path in place.iterdir() if path.name[0] not in "._"]
    empty = {path for path in inside if path.is_dir() and not any(path in notebook.parents for notebook in found)}
    packed = {path for path in inside if ARCHIVE.search(path.name) or (path.is_symlink() and ENDING.search(path.name))}
    return sorted(empty | packed)


def decoded(data: bytes) -> str:
    """The text of a file, whoever wrote it: UTF-8 or UTF-16 with a mark or none, or as Excel writes it in Korea or the
    West.
    """
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16")
    for encoding in ("utf-8-sig", "cp949" if spoken() == "ko" else "euc_kr"):
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    return data.decode("cp1252", "replace")


def digest_of(path: Path) -> str:
    """Equal for equal files; "" for one that cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
