"""A file that was handed in, as far as it is a notebook: its code, the names that it defines, the exercises in it.

Any format that nbformat reads (3 and later), with cell ids or without; a notebook of Colab is one like any other.
"""

import ast
import hashlib
import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lessons.exercises.catalogue import NOTEBOOKS, all_exercises, of_lesson
from lessons.exercises.exercise import Exercise

if TYPE_CHECKING:
    from nbformat import NotebookNode

CHECKED = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")
MOST_CODE = 20_000  # letters of a function that are kept
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
        pattern = re.compile(rf"^[ \t]*(?:async +)?def +{name}\b|^{name} *(?::[^=\n]+)?=(?!=)", re.MULTILINE)
        return [place for place, source in enumerate(self.sources) if pattern.search(source)]

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
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name


def without_magics(source: str) -> str:
    """The source without lines that only IPython understands; none moves."""
    return re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE)


def find_notebooks(places: Iterable[str | Path]) -> list[Path]:
    """All notebooks in these folders, and these files whatever they are; each once, in the order of their names."""
    found: set[Path] = set()
    for place in map(Path, places):
        inside = place.rglob("*.ipynb") if place.is_dir() else [place]
        found |= {path for path in inside if not {".ipynb_checkpoints", "__MACOSX"} & set(path.parts)}
    return sorted(found)


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
        notebook = nbformat.read(path, as_version=4)
    cells = [(place, cell) for place, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]
    sources = tuple(cell.source for _, cell in cells)
    checked = {name for source in sources for name in CHECKED.findall(source) if name in all_exercises()}
    lesson = lesson_of(path, checked)
    names = released_names(notebook.metadata.get(RELEASE), released or {})
    if names is None:
        own = [exercise.name for exercise in of_lesson(lesson)] if lesson else []
        names = [*own, *sorted(checked - set(own))]
    exercises = tuple(all_exercises()[name] for name in names)
    return Handed(sources, tuple(label_of(cell, place) for place, cell in cells), lesson, exercises)


def released_names(said: Any, released: dict[str, list[str]]) -> list[str] | None:
    """The exercises of a release: as the teacher's own file has them, else as the notebook says; None without one."""
    if not isinstance(said, dict):
        return None
    names = released.get(str(said.get("id")), said.get("exercises"))
    return [name for name in names if name in all_exercises()] if isinstance(names, list) else None


def lesson_of(path: Path, checked: Iterable[str]) -> int | None:
    """The lesson to which most of the checked exercises belong; without any, that of the file's name."""
    lessons = Counter(all_exercises()[name].lesson for name in sorted(checked))
    if lessons:
        return lessons.most_common(1)[0][0]
    return next((lesson for lesson, name in NOTEBOOKS.items() if name in path.stem), None)


def label_of(cell: "NotebookNode", place: int) -> str:
    """A cell's id, or its number where ids are random."""
    id = cell.get("id", "")
    return id if "-" in id and not re.fullmatch(r"[0-9a-f-]+", id) else str(place)
