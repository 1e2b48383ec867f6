"""Both editions are one course: the same notebooks, cells and code, and every word in both languages."""

import ast
import re
from pathlib import Path
from string import Formatter

import badges
import korean
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from words_files import ENTRIES

from lessons.words.language import LANGUAGES

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.name for path in (ROOT / "notebooks" / "en").glob("*.ipynb"))


def editions(name: str) -> list[nbformat.NotebookNode]:
    return [nbformat.read(ROOT / "notebooks" / language / name, nbformat.NO_CONVERT) for language in LANGUAGES]


def test_every_lesson_exists_in_both_languages():
    """The folders of the two editions have the same eleven notebooks."""
    assert len(NAMES) == 11
    assert sorted(path.name for path in (ROOT / "notebooks" / "ko").glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_editions_differ_in_prose_only(name):
    """Ids, order, kinds and tags of cells and the notebooks' metadata are the same, and all code, but for its strings
    and comments."""
    english, korean_ = editions(name)
    assert english.metadata == korean_.metadata
    assert [(cell.id, cell.cell_type, cell.metadata) for cell in english.cells] == [
        (cell.id, cell.cell_type, cell.metadata) for cell in korean_.cells
    ]
    in_english, in_korean = (
        [korean.without_words(cell.source) for cell in book.cells if cell.cell_type == "code"]
        for book in (english, korean_)
    )
    assert in_english == in_korean


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_korean_prose_is_korean(name):
    """No cell is missing or left in English, and no line that says something says it without Hangul."""
    assert list(korean.complaints(*editions(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_links_stay_in_the_language(name):
    """A Korean lesson sends its reader to Korean lessons, as often as the English one to English lessons."""
    counts = []
    for edition in editions(name):
        lines = [line for cell in edition.cells if cell.id != "terms" for line in cell.source.splitlines()]
        targets = re.findall(r"\]\(([^)]*\.ipynb)", "\n".join(line for line in lines if badges.BADGE not in line))
        assert [target for target in targets if "/" in target] == []
        counts.append(sorted(set(targets)))
    assert counts[0] == counts[1]


def test_faults_between_editions_are_found():
    """Planted: a cell left in English, a line left in English, a missing cell, a cell of its own."""
    english = new_notebook(
        cells=[new_markdown_cell(f"Some words about {id}.", id=id) for id in ("one", "two", "three")]
    )
    theirs = [
        ("one", "Some words about one."),
        ("two", "둘에 관하여.\n\nA line left behind."),
        ("four", "넷에 관하여."),
    ]
    faulty = new_notebook(cells=[new_markdown_cell(text, id=id) for id, text in theirs])
    assert len(list(korean.complaints(english, faulty))) == 4


def test_korean_words_survive_a_change_of_the_english_code():
    """The tool copies new code and new order, and keeps the Korean text of each cell."""
    english = new_notebook(cells=[new_markdown_cell("Words.", id="words"), new_code_cell("1 + 2", id="sum")])
    before = new_notebook(cells=[new_code_cell("1 + 1", id="sum"), new_markdown_cell("낱말.", id="words")])
    assert [cell.source for cell in korean.in_step(english, before).cells] == ["낱말.", "1 + 2"]


def test_code_may_differ_in_words_only():
    """Strings and comments are of the edition's language, also where it has the values of an f-string the other way
    round; a name, a number, a format or a value that is left out is no word."""
    english = 'print(f"{a:.2f} of {b}")  # a share'
    assert korean.without_words(english) == korean.without_words('print(f"{b} 가운데 {a:.2f}")  # 몫')
    assert korean.without_words("f\"{a['cut']:.2f}\"") == korean.without_words("f\"{a['잘림']:.2f}\"")
    assert korean.without_words("f\"{a['cut']:.2f}\"") != korean.without_words("f\"{a['cut']:.3f}\"")
    for other in ('print(f"{a:.3f} of {b}")', 'print(f"{a:.2f}")', 'print(f"{a:.2f} of {c}")', 'display("a", b)'):
        assert korean.without_words(english) != korean.without_words(other)


def test_korean_strings_stay_until_the_code_changes():
    """The tool keeps them by the id of their cell; where code has changed it is the English one, and is listed."""
    korean_ = new_notebook(cells=[new_code_cell('print("합", 1 + 2)', id="sum")])
    same, changed = (new_notebook(cells=[new_code_cell(f'print("sum", 1 + {n})', id="sum")]) for n in (2, 3))
    assert korean.in_step(same, korean_).cells[0].source == 'print("합", 1 + 2)'
    assert list(korean.code_to_translate(same, korean_)) == []
    assert korean.in_step(changed, korean_).cells[0].source == 'print("sum", 1 + 3)'
    assert len(list(korean.code_to_translate(changed, korean_))) == 1


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_every_entry_is_in_both_languages():
    """An entry has exactly English and Korean, with the same values to fill in."""
    assert [key for key, texts in ENTRIES.items() if set(texts) != set(LANGUAGES)] == []
    assert [key for key, texts in ENTRIES.items() if placeholders(texts["en"]) != placeholders(texts["ko"])] == []


def is_code(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def test_every_korean_entry_is_korean():
    """A Korean entry has Hangul, unless it is a line of code, or says nothing but formulas and values."""
    plain = {key: re.sub(r"\{[^}]*\}", "", texts["ko"]) for key, texts in ENTRIES.items() if not is_code(texts["ko"])}
    assert [
        key for key, text in plain.items() if korean.lines_without_hangul(text) and not korean.HANGUL.search(text)
    ] == []
