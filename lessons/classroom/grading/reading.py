"""A file that was handed in, as far as it is a notebook: its code, the names that it defines, the exercises in it.

Any format that nbformat reads (3 and later), with cell ids or without; a notebook of Colab is one like any other.
"""

import ast
import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lessons.classroom.grading.files import decoded
from lessons.exercises.catalogue import NOTEBOOKS, all_exercises, of_lesson
from lessons.exercises.exercise import Exercise

if TYPE_CHECKING:
    from nbformat import NotebookNode

CHECKED = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")
MOST_CODE = 20_000  # letters of a function that are kept
# Names that an answer needs only where it looks for one elsewhere.
AROUND = {"__import__", "eval", "exec", "open", "globals", "get_ipython", "lessons.answer", "lessons.check"}
AROUND |= {"os", "pathlib", "gc", "ctypes", "importlib", "inspect", "socket", "subprocess", "urllib", "requests"}
AROUND |= {"sys._getframe", "sys.modules", "sys.settrace"}
TRAINS = re.compile(r"^[^#\n]*\bfine_tune\(", re.MULTILINE)
DEFINED = re.compile(r"^def +(\w+)", re.MULTILINE)
FUNCTION = r"^[ \t]*(?:(?:async +)?def|class)"  # before a name: what is called so can be called
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
        pattern = re.compile(rf"{FUNCTION} +{name}\b|^{name} *(?::[^=\n]+)?=(?!=)", re.MULTILINE)
        return [place for place, source in enumerate(self.sources) if pattern.search(source)]

    def times(self, name: str) -> int:
        """How often a function of this name is defined, and how often the name is given something where that comes
        last: lessons call other things so, before the exercise.
        """
        pattern = re.compile(rf"{FUNCTION} +{name}\b|^{name} *= *lambda\b", re.MULTILINE)
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
    dotted = {
        f"{node.value.id}.{node.attr}"
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return sorted(AROUND & (names | dotted))


def without_magics(source: str) -> str:
    """The source without lines that only IPython understands; none moves."""
    return re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE)


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
