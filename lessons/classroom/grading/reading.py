"""A file that was handed in, as far as it is a notebook: its code, the names that it defines, the exercises in it.

Any format that nbformat reads (3 and later), with cell ids or without; a notebook of Colab is one like any other.
"""

import ast
import codecs
import hashlib
import logging
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lessons.exercises.catalogue import NOTEBOOKS, all_exercises, of_lesson
from lessons.exercises.exercise import Exercise
from lessons.words.language import spoken

if TYPE_CHECKING:
    from nbformat import NotebookNode

CHECKED = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")
MOST_CODE = 20_000  # letters of a function that are kept
ENDING = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE)  # some browsers add one when they save
ARCHIVE = re.compile(r"\.(?:zip|rar|7z|tar|t?gz|egg)$", re.IGNORECASE)
AROUND = {
    "__import__",
    "eval",
    "exec",
    "open",
    "globals",
    "sys",
    "os",
    "gc",
    "ctypes",
    "importlib",
    "inspect",
    "pathlib",
}
AROUND |= {
    "socket",
    "subprocess",
    "urllib",
    "requests",
    "get_ipython",
    "lessons.answer",
    "lessons.check",
    "lessons.exercises",
}
TRAINS = re.compile(r"^[^#\n]*\bfine_tune\(", re.MULTILINE)
DEFINED = re.compile(r"^def +(\w+)", re.MULTILINE)
RELEASE = "lessons_release"  # what a released notebook says of itself, in its metadata


@dataclass(frozen=True)
class Handed:
    """What was handed in.

    Attributes:
        sources, labels: of each code cell its source, and how it is named.
        lesson: to which most of the exercises belong.
        exercises: what is to be judged.
    """

    sources: tuple[str, ...]
    labels: tuple[str, ...]
    lesson: int | None
    exercises: tuple[Exercise, ...]

    def places(self, name: str) -> list[int]:
        """The cells that give something this name."""
        pattern = re.compile(rf"^[ \t]*(?:(?:async +)?def|class) +{name}\b|^{name} *(?::[^=\n]+)?=(?!=)", re.MULTILINE)
        return [place for place, source in enumerate(self.sources) if pattern.search(source)]

    def times(self, name: str) -> int:
        """How often a function of this name is defined, and how often the name is given something where that comes
        last: lessons call other things so, before the exercise.
        """
        pattern = re.compile(rf"^[ \t]*(?:(?:async +)?def|class) +{name}\b|^{name} *= *lambda\b", re.MULTILINE)
        places = self.places(name)
        functions = [place for place in places if pattern.search(self.sources[place])]
        return len(functions) if functions[-1:] == places[-1:] else len(places)

    def trains(self, place: int) -> bool:
        """Whether a cell trains a model, and gives no exercise its function."""
        names = [exercise.function_name for exercise in self.exercises]
        return bool(TRAINS.search(self.sources[place])) and not any(place in self.places(name) for name in names)

    def code_of(self, name: str) -> str:
        """The last function of this name; the whole cell where it cannot be told apart, "" if there is none."""
        places = self.places(name)
        if not places:
            return ""
        source = self.sources[places[-1]]
        try:
            functions = [node for node in ast.walk(ast.parse(without_magics(source))) if is_function(node, name)]
        except SyntaxError:
            functions = []
        own = ast.get_source_segment(without_magics(source), functions[-1]) if functions else None
        return (own or source)[:MOST_CODE]


def is_function(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name


def looks_around(code: str) -> list[str]:
    """The names in a function's code by which one gets at an answer instead of finding it; an exercise needs none."""
    try:
        nodes = list(ast.walk(ast.parse(without_magics(code))))
    except SyntaxError:
        return []
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.name.partition(".")[0] for node in nodes if isinstance(node, ast.alias)}
    names |= {node.module.partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    of_ours = {
        f"lessons.{node.attr}"
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "lessons"
    }
    return sorted(AROUND & (names | of_ours))


def without_magics(source: str) -> str:
    """The source without lines that only IPython understands; none moves."""
    return re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE)


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


def read(path: Path, released: dict[str, list[str]] | None = None) -> Handed:
    """What was handed in. released: {id of a release: its exercises}. Raises an error of some kind for no notebook."""
    import nbformat

    logging.getLogger("traitlets").setLevel(logging.CRITICAL + 1)  # it complains of form; what cannot be read is a row
    with warnings.catch_warnings(action="ignore"):  # cell ids that are missing, or there twice
        notebook = nbformat.reads(decoded(path.read_bytes()), as_version=4)
    cells = [(place, cell) for place, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]
    sources = tuple(cell.source for _, cell in cells)
    checked = {name for source in sources for name in CHECKED.findall(source) if name in all_exercises()}
    lesson = lesson_of(path, checked or written_in(sources))
    names = released_names(notebook.metadata.get(RELEASE), released or {}, lesson)
    if names is None:
        own = [exercise.name for exercise in of_lesson(lesson)] if lesson else []
        names = [*own, *sorted(checked - set(own))]
    exercises = tuple(all_exercises()[name] for name in names)
    return Handed(sources, tuple(label_of(cell, place) for place, cell in cells), lesson, exercises)


def written_in(sources: Iterable[str]) -> set[str]:
    """The exercises whose functions the cells define; for a notebook without any check."""
    defined = {name for source in sources for name in DEFINED.findall(source)}
    return {name for name, exercise in all_exercises().items() if exercise.function_name in defined}


def released_names(said: Any, released: dict[str, list[str]], lesson: int | None) -> list[str] | None:
    """The exercises of a release; None without one.

    As the teacher's own file has them, where there is one, whatever a student has made of the notebook's id; else as
    the notebook says.
    """
    said = said if isinstance(said, dict) else {}
    of_lesson_released = next(
        (names for id, names in released.items() if lesson and id.endswith(f"-{lesson:02}")), None
    )
    names = released.get(str(said.get("id")), of_lesson_released) if released else said.get("exercises")
    return [name for name in names if name in all_exercises()] if isinstance(names, list) else None


def lesson_of(path: Path, checked: Iterable[str]) -> int | None:
    """The lesson to which most of these exercises belong; without any, that of the file's name."""
    lessons = Counter(all_exercises()[name].lesson for name in sorted(checked))
    if lessons:
        return lessons.most_common(1)[0][0]
    return next((lesson for lesson, name in NOTEBOOKS.items() if name in path.stem), None)


def label_of(cell: "NotebookNode", place: int) -> str:
    """A cell's id, or its number where ids are random."""
    id = cell.get("id", "")
    return id if "-" in id and not re.fullmatch(r"[0-9a-f-]+", id) else str(place)
