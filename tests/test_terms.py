"""The index in notebook 00 has every term of every glossary, with a link to each lesson that explains it."""

import re
from pathlib import Path

import badges
import nbformat
import pytest
import terms

ROOT = Path(__file__).parents[1]


def lesson(folder: Path, name: str, *rows: str) -> Path:
    source = "\n".join(["## What words mean", "", "| term | meaning |", "|---|---|", *rows])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source, id="glossary")])
    nbformat.write(notebook, folder / name)
    return folder / name


def test_terms_are_sorted_and_each_has_all_its_places(tmp_path):
    """A term that two lessons explain has two links; case does not matter for the order."""
    first = lesson(tmp_path, "01_one.ipynb", "| nat | a unit |", "| beam | a text |")
    second = lesson(tmp_path, "02_two.ipynb", "| LoRA | narrow matrices |", "| beam | again |")
    to_first, to_second = "[01](01_one.ipynb#What-words-mean)", "[02](02_two.ipynb#What-words-mean)"
    assert f"beam {to_first}, {to_second} · LoRA {to_second} · nat {to_first}" == terms.index([first, second])


@pytest.mark.parametrize("place", range(2), ids=["en", "ko"])
def test_the_index_is_that_of_today(place):
    """Notebook 00 has what its tool would write: `make badges` after a change of a glossary."""
    path, text = list(terms.changes())[place]
    assert text == path.read_text(encoding="utf8")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_lesson_explains_terms(language):
    """Each lesson has a glossary of at least four terms, and every one of them stands in the index."""
    start, *lessons = badges.notebooks(language)
    cells = nbformat.read(start, nbformat.NO_CONVERT).cells
    shown = re.sub(r"\]\([^)]*\)", "", next(cell for cell in cells if cell.id == "terms").source)
    for path in lessons:
        _, words = terms.glossary(path)
        assert len(words) >= 4, path.name
        assert [word for word in words if f"{word} [" not in shown] == [], path.name
