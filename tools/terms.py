"""The index in notebook 00: every term of the lessons' glossaries, with links to where it is explained.

    python tools/terms.py                # write it anew, in both languages; running it again changes nothing

The glossaries at the end of the lessons are its only source.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import badges
import nbformat
from exercises import place_of

GLOSSARY, INDEX, MARK = "glossary", "terms", "terms"  # ids of the cells; what the index lies between
ROW = re.compile(r"^\| *(.+?) *\| .*\|$", re.MULTILINE)


def glossary(path: Path) -> tuple[str, list[str]]:
    """Heading and terms of a lesson's glossary: the first column of its table."""
    cells = nbformat.read(path, nbformat.NO_CONVERT).cells
    source = next(cell for cell in cells if cell.id == GLOSSARY).source
    # without the head; the line under it has no blanks
    return source.splitlines()[0].removeprefix("## "), ROW.findall(source)[1:]


def index(lessons: list[Path]) -> str:
    """As in a book: the terms by letter, each with the lessons that explain it, as links to their glossaries."""
    places: dict[str, list[str]] = {}
    for path in lessons:
        heading, terms = glossary(path)
        for term in terms:
            places.setdefault(term, []).append(f"[{path.name[:2]}]({path.name}#{heading.replace(' ', '-')})")
    return " · ".join(f"{term} {', '.join(places[term])}" for term in sorted(places, key=str.casefold))


def changes() -> Iterator[tuple[Path, str]]:
    """Notebook 00 in each language, with the text that it should have."""
    for language in ("en", "ko"):
        start, *lessons = badges.notebooks(language)
        text = start.read_text(encoding="utf8")
        notebook = nbformat.reads(text, nbformat.NO_CONVERT)
        cell = notebook.cells[place_of(notebook.cells, INDEX)]
        cell.source = badges.between_marks(cell.source, MARK, index(lessons))
        yield start, nbformat.writes(notebook) + "\n"


if __name__ == "__main__":
    badges.write(changes())
