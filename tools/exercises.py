"""The cells of exercises in the notebooks, written from `lessons/exercises` and `lessons/assets/words`, and nowhere
else.

    python tools/exercises.py            # write them anew, in both languages; running it again changes nothing

Each exercise is three cells: statement, stub (tagged "exercise"), check. They stand at the end of the section
"your-turn" of their lesson's notebook; in 00_start_here a table shows what is
solved. docs/teaching.md has a table of titles.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import badges
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from lessons.exercises.catalogue import NOTEBOOKS, of_lesson
from lessons.exercises.exercise import Exercise
from lessons.words.language import LANGUAGES, say, speak

ROOT = Path(__file__).resolve().parents[1]
OURS = re.compile(r"(exercise|stub|check)-.*|progress|progress-table")
START = "00_start_here"
TEACHING = {"en": "docs/teaching.md", "ko": "docs/teaching.ko.md"}
# ids of the cells after which ours belong: at the section's end; right after it
SECTION, AFTER = "your-turn", "lessons"


def cells_of(exercise: Exercise) -> list[NotebookNode]:
    """Statement, stub and check of one exercise, in the language in use."""
    place = of_lesson(exercise.lesson).index(exercise) + 1
    said = {entry: exercise.say(entry) for entry in ("title", "statement", "predict")}
    statement = say("exercises.cell", number=f"{exercise.lesson}.{place}", **said).strip()
    check = f'lessons.check("{exercise.name}", {exercise.function_name})'
    return [
        new_markdown_cell(statement, id=f"exercise-{exercise.name}"),
        new_code_cell(exercise.stub, id=f"stub-{exercise.name}", metadata={"tags": ["exercise"]}),
        new_code_cell(check, id=f"check-{exercise.name}"),
    ]


def progress_cells() -> list[NotebookNode]:
    """What is solved and what is next, for the first notebook."""
    statement = say("exercises.progress_cell").strip()
    return [new_markdown_cell(statement, id="progress"), new_code_cell("lessons.show_progress()", id="progress-table")]


def with_exercises(text: str, name: str) -> str:
    """A notebook's text, as Jupyter stores it, with its exercises written anew; `name` is its file's, without
    ending."""
    notebook = nbformat.reads(text, nbformat.NO_CONVERT)
    known = {stem: lesson for lesson, stem in NOTEBOOKS.items()}
    own = [cell for cell in notebook.cells if not OURS.fullmatch(cell.id)]
    if name == START:
        place, ours = place_of(own, AFTER) + 1, progress_cells()
    elif name in known:
        place = end_of_section(own, place_of(own, SECTION))
        ours = [cell for exercise in of_lesson(known[name]) for cell in cells_of(exercise)]
    else:
        return text
    notebook.cells = [*own[:place], *ours, *own[place:]]
    return nbformat.writes(notebook) + "\n"


def place_of(cells: list[NotebookNode], id: str) -> int:
    """Where the cell of that id stands. Raises ValueError if there is none."""
    places = [place for place, cell in enumerate(cells) if cell.id == id]
    if not places:
        raise ValueError(f"no cell has the id {id}, where something is to be written")
    return places[0]


def end_of_section(cells: list[NotebookNode], start: int) -> int:
    """The place of the first cell after `start` that begins a section of its own."""
    for place in range(start + 1, len(cells)):
        if cells[place].cell_type == "markdown" and cells[place].source.startswith("## "):
            return place
    return len(cells)


def table() -> str:
    """The table for teachers in the language in use: the exercises of each lesson by their titles."""
    head = [say("exercises.column_lesson"), say("exercises.column_exercises")]
    rows = [
        [f"{lesson:02}", " · ".join(exercise.say("title") for exercise in of_lesson(lesson))] for lesson in NOTEBOOKS
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * 2, *rows])


def changes() -> Iterator[tuple[Path, str]]:
    """Each notebook and each page for teachers, with the text that it should have."""
    for language in LANGUAGES:
        speak(language)
        yield badges.with_marks(TEACHING[language], "exercises", table())
        for path in sorted((ROOT / "notebooks" / language).glob("*.ipynb")):
            yield path, with_exercises(path.read_text(encoding="utf8"), path.stem)
    speak("en")


if __name__ == "__main__":
    badges.write(changes())
