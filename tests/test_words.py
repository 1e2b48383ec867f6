"""Words and code find each other by text search: every key stands in the code as it is, and only where it belongs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from words_files import ENTRIES, entries

from lessons.exercises.catalogue import of_lesson
from lessons.words.language import WORDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lessons"
EXERCISES = PACKAGE / "exercises"
SOURCES = {path: path.read_text(encoding="utf8") for path in (*PACKAGE.rglob("*.py"), *(ROOT / "tools").glob("*.py"))}
FILES = sorted(path.stem for path in WORDS.glob("*.toml"))
OF_LESSONS = [file for file in FILES if file.startswith("lesson_")]
ALSO_SAID_BY_TOOLS = {"exercises", "site", "play"}
# The play page says the words of the explorers whose twins its parts are, and its own, those of play.toml.
PAGES = {path: path.read_text(encoding="utf8") for path in (ROOT / "site").rglob("*.js")}
SAID_BY_NOTEBOOKS = {"predictions"}  # by name; see tests/test_predict.py
FILE_ENDINGS = {"csv", "json"}  # "grades.csv" is a file's name
NAMES_MODULES = PACKAGE / "__init__.py"  # in the same form
PUTS_KEYS_TOGETHER = EXERCISES / "exercise.py"  # file, exercise and entry: each of them is a literal somewhere


def literal_keys(path: Path) -> Iterator[str]:
    """Each text in a module that is written like a key of a file that exists."""
    for node in ast.walk(ast.parse(SOURCES[path])) if path != NAMES_MODULES else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            file, _, entry = node.value.partition(".")
            if file in FILES and re.fullmatch(r"\w+", entry) and not entry.endswith("_") and entry not in FILE_ENDINGS:
                yield node.value


def page_keys() -> set[str]:
    """Each text in a module of the play page that is written like a key of a file that exists."""
    found = {match for text in PAGES.values() for match in re.findall(r'"(\w+\.[a-z]\w*)"', text)}
    return {key for key in found if key.partition(".")[0] in FILES and key.partition(".")[2] not in FILE_ENDINGS}


def has_literal(paths: Iterator[Path] | list[Path], text: str) -> bool:
    """Whether one of the modules has this text in quotes, or the beginning of one that goes on with a dot."""
    return any(re.search(rf"""["']{re.escape(text)}["'.]""", SOURCES[path]) for path in paths)


@pytest.mark.parametrize("file", [file for file in FILES if file not in {*OF_LESSONS, *SAID_BY_NOTEBOOKS}])
def test_every_entry_is_found_by_a_text_search(file):
    """Whoever searches the code for "file.entry" finds who says it; what nobody says is not there."""
    said = {key for path in SOURCES for key in literal_keys(path)} | page_keys()
    assert [key for key in ENTRIES if key.startswith(f"{file}.") and key not in said] == []


@pytest.mark.parametrize("file", OF_LESSONS)
def test_every_entry_of_an_exercise_is_found_by_a_text_search(file):
    """Its exercise and its mistake stand in the lesson's tasks, its kind ("title", "hint" …) in the code that says
    it."""
    tasks = [EXERCISES / "tasks" / f"{file}.py"]
    speakers = [path for path in SOURCES if path.parent in (EXERCISES, ROOT / "tools")]
    for key in entries(file):
        exercise, kind, *which = key.split(".")
        assert has_literal(tasks, exercise), key
        assert has_literal(speakers, kind), key
        assert kind != "mistake" or has_literal(tasks, which[0]), key


def test_every_entry_of_an_exercise_belongs_to_one():
    """No words are left over of an exercise, or of a mistake, that is no longer there."""
    for file in OF_LESSONS:
        exercises = of_lesson(int(file.removeprefix("lesson_")))
        assert {key.split(".")[0] for key in entries(file)} == {exercise.name for exercise in exercises}


def test_every_key_has_an_entry():
    """Whoever says a key in the code finds words for it."""
    assert len(page_keys()) > 100
    said = {key for path in SOURCES for key in literal_keys(path)} | page_keys()
    assert len(said) > 300
    assert said - set(ENTRIES) == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_keys_are_not_put_together(path):
    """say() is given a key as it stands, or one from a table of them."""
    put_together = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(SOURCES[path]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args
        if any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in ast.walk(node.args[0]))
    ]
    assert path == PUTS_KEYS_TOGETHER or put_together == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_words_are_said_by_whom_their_file_is_named_after(path):
    """A module says the words of its own file, or of its folder's; who draws the play page's first picture, the
    page's."""
    place = path.relative_to(ROOT)
    own = {place.stem, *place.parts[:-1]} | (ALSO_SAID_BY_TOOLS if place.parts[0] == "tools" else set())
    own |= {key.partition(".")[0] for key in page_keys()} if place.stem == "site_play" else set()
    assert sorted({key for key in literal_keys(path) if key.partition(".")[0] not in own}) == []
