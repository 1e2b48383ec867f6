"""Copies of lessons for students: chosen lessons and exercises, help or none, and an id by which grading knows them.

A released notebook says in its metadata which release it is and which exercises it holds; the teacher's own list is in
release.json, and counts where it is given (a student may edit metadata like anything else).
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lessons.classroom.grading.reading import RELEASE
from lessons.exercises.catalogue import NOTEBOOKS, of_lesson
from lessons.exercises.help import KINDS, PLACE
from lessons.words.language import say

if TYPE_CHECKING:
    from nbformat import NotebookNode

LIST = "release.json"
PARTS = ("exercise", "stub", "check")  # what the ids of an exercise's cells begin with


def release(
    folder: Path,
    source: Path,
    lessons: Sequence[int] = (),
    exercises: Collection[str] = (),
    help: Sequence[str] = KINDS,
) -> list[Path]:
    """The files that were written: a notebook for each lesson (all without a choice), and the list.

    source: the folder of our notebooks in one language. exercises: all of the lessons without a choice. help: which
    kinds are given. Raises FileNotFoundError where there are no notebooks, FileExistsError for a copy that is there.
    """
    import nbformat

    chosen = {
        lesson: [exercise.name for exercise in of_lesson(lesson) if not exercises or exercise.name in exercises]
        for lesson in lessons or NOTEBOOKS
    }
    said = json.dumps([sorted(chosen.items()), sorted(help), source.name], ensure_ascii=False)
    id, list_file, written = hashlib.sha256(said.encode()).hexdigest()[:8], folder / LIST, []
    listed = read_list(list_file) if list_file.exists() else {}  # what was handed out before stays known
    files = {
        lesson: (source / f"{NOTEBOOKS[lesson]}.ipynb", folder / f"{NOTEBOOKS[lesson]}.ipynb") for lesson in chosen
    }
    for original, copy in files.values():
        if not original.exists():
            raise FileNotFoundError(say("grading.no_original", file=original))
        if copy.exists():
            raise FileExistsError(say("grading.copy_exists", file=copy))
    folder.mkdir(parents=True, exist_ok=True)
    for lesson, names in chosen.items():
        original, copy = files[lesson]
        notebook = nbformat.read(original, as_version=4)
        hand_out(notebook, f"{id}-{lesson:02}", names, help)
        nbformat.write(notebook, copy)
        listed[f"{id}-{lesson:02}"] = names
        written.append(copy)
    list_file.write_text(json.dumps(listed, indent=1), encoding="utf8")
    return [*written, list_file]


def hand_out(notebook: "NotebookNode", id: str, names: Sequence[str], help: Sequence[str]) -> None:
    """Makes a lesson's notebook a copy to be handed out."""
    from nbformat.v4 import new_code_cell

    left_out = {part for cell in notebook.cells for part in [cell.id] if is_exercise(part) and named(part) not in names}
    notebook.cells = [cell for cell in notebook.cells if cell.id not in left_out]
    notebook.metadata[RELEASE] = {"id": id, "exercises": list(names)}
    if set(help) != set(KINDS):
        first = next(place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        source = f'import os\n\nos.environ["{PLACE}"] = "{" ".join(help)}"'
        notebook.cells.insert(first + 1, new_code_cell(source, id="help-given"))


def is_exercise(id: str) -> bool:
    """Whether a cell belongs to an exercise, by its id."""
    return id.partition("-")[0] in PARTS and "-" in id


def named(id: str) -> str:
    """The exercise to which a cell belongs, by its id."""
    return id.partition("-")[2]


def read_list(file: Path) -> dict[str, list[str]]:
    """{id: exercises} of a release. Raises ValueError for a file that is no such list."""
    try:
        listed = json.loads(file.read_text(encoding="utf8"))
    except ValueError:
        listed = None
    if not isinstance(listed, dict) or not all(isinstance(names, list) for names in listed.values()):
        raise ValueError(say("grading.no_release", file=file))
    return listed


def our_notebooks(language: str) -> Path:
    """Where the lessons of a language lie in a checkout of this project."""
    return Path(__file__).parents[3] / "notebooks" / language
