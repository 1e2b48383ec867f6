"""For teachers: students' notebooks, each run in a kernel of its own with a time limit, and a table of who solved what.

Verdicts are those of the `lessons.check` cells in the notebook, as they are written into a file of progress of its
own: whatever happens later in a notebook, verdicts that were reached before are kept. A notebook that crashes,
hangs or is none is a row too. A notebook is run in an empty folder, so students' files cannot get into each
other's way.
"""

import asyncio
import json
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lessons.classroom.grades import Row
from lessons.exercises.catalogue import NOTEBOOKS, all_exercises, of_lesson
from lessons.exercises.progress import PLACE
from lessons.words.language import say

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

CHECKED = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")
GIVE_UP = 2  # cells in a row that run too long: after so many the kernel is past help


def find_notebooks(places: Iterable[str | Path]) -> list[Path]:
    """All notebooks in these folders, and these files whatever they are; each once, in the order of their names."""
    found: set[Path] = set()
    for place in map(Path, places):
        inside = place.rglob("*.ipynb") if place.is_dir() else [place]
        found |= {path for path in inside if ".ipynb_checkpoints" not in path.parts}
    return sorted(found)


def grade(
    notebooks: Sequence[Path],
    seconds: float = 600,
    cell_seconds: float = 120,
    workers: int | None = None,
    finished: Callable[[list[Row]], None] | None = None,
) -> list[Row]:
    """A row for each notebook, in their order.

    seconds, cell_seconds: limits for a notebook and for one of its cells. workers: how many run at once, by
    default one for every two processors. finished: called with all rows so far whenever one is added.
    """
    return asyncio.run(
        grade_all(notebooks, seconds, cell_seconds, workers or max(1, (os.cpu_count() or 1) // 2), finished)
    )


async def grade_all(
    notebooks: Sequence[Path],
    seconds: float,
    cell_seconds: float,
    workers: int,
    finished: Callable[[list[Row]], None] | None,
) -> list[Row]:
    """The rows, `workers` notebooks at a time."""
    rows: dict[Path, Row] = {}
    gate = asyncio.Semaphore(workers)

    async def one(path: Path) -> None:
        async with gate:
            rows[path] = await grade_one(path, seconds, cell_seconds)
        if finished:
            finished([rows[path] for path in notebooks if path in rows])

    await asyncio.gather(*map(one, notebooks))
    return [rows[path] for path in notebooks]


async def grade_one(path: Path, seconds: float, cell_seconds: float) -> Row:
    """The row of one notebook, whatever is wrong with it."""
    import nbformat

    began = time.monotonic()
    try:
        notebook = nbformat.read(path, as_version=4)
        sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    except Exception as error:  # the file's fault, of whatever kind: half a file, not JSON, not there, a picture
        return Row(path, reason=say("grading.no_notebook", error=first_line(error)))
    checked = {name for source in sources for name in CHECKED.findall(source) if name in all_exercises()}
    lesson = lesson_of(path, checked)
    with TemporaryDirectory() as folder:
        try:
            reason, reached_end = await asyncio.wait_for(run_cells(notebook, Path(folder), cell_seconds), seconds)
        except TimeoutError:
            reason, reached_end = say("grading.too_long", seconds=f"{seconds:g}"), False
        except Exception as error:  # the kernel's fault: it did not start, or it died
            reason, reached_end = say("grading.kernel", error=first_line(error)), False
        statuses = statuses_of(lesson, checked, Path(folder) / "progress.json", reached_end)
    if lesson is None:
        reason = reason or say("grading.no_exercises")
    return Row(path, lesson, statuses, reason, time.monotonic() - began)


async def run_cells(notebook: "NotebookNode", folder: Path, cell_seconds: float) -> tuple[str, bool]:
    """(what went wrong first or "", whether the last cell was reached); verdicts are in folder/progress.json."""
    client = kernel_client(notebook, folder, cell_seconds)
    environment = os.environ | {PLACE: str(folder / "progress.json")}
    reason, late = "", 0
    async with client.async_setup_kernel(env=environment, stdout=DEVNULL, stderr=DEVNULL):
        for place in range(len(notebook.cells)):
            wrong, in_time = await run_cell(client, place)
            reason = reason or wrong
            late = 0 if in_time else late + 1
            if late == GIVE_UP:
                return reason, False
            if not in_time:
                await client.km.interrupt_kernel()
    return reason, True


def kernel_client(notebook: "NotebookNode", folder: Path, cell_seconds: float) -> "NotebookClient":
    """What runs the notebook's cells, in an empty folder inside this one; an error in a cell does not stop it."""
    from nbclient import NotebookClient

    work = folder / "work"
    work.mkdir()
    quiet = logging.getLogger("lessons.grading")
    # what the client and the kernels complain of is in the rows; on screen is the bar
    quiet.setLevel(logging.CRITICAL + 1)
    return NotebookClient(
        notebook,
        timeout=cell_seconds,
        kernel_name="python3",
        allow_errors=True,
        log=quiet,
        resources={"metadata": {"path": str(work)}},
    )


async def run_cell(client: "NotebookClient", place: int) -> tuple[str, bool]:
    """(what went wrong in the cell at this place or "", whether it ended in time)."""
    from nbclient.exceptions import CellTimeoutError

    cell = client.nb.cells[place]
    try:
        await client.async_execute_cell(cell, place)
    except CellTimeoutError:
        return say("grading.cell_too_long", cell=name_of(cell, place), seconds=f"{client.timeout:g}"), False
    errors = [output for output in cell.get("outputs", ()) if output.output_type == "error"]
    if not errors:
        return "", True
    error = f"{errors[0].ename}: {errors[0].evalue}".splitlines()[0]
    return say("grading.error", cell=name_of(cell, place), error=error), True


def lesson_of(path: Path, checked: Iterable[str]) -> int | None:
    """The lesson to which most of the checked exercises belong; without any, that of the file's name."""
    lessons = Counter(all_exercises()[name].lesson for name in sorted(checked))
    if lessons:
        return lessons.most_common(1)[0][0]
    return next((lesson for lesson, name in NOTEBOOKS.items() if name in path.stem), None)


def statuses_of(lesson: int | None, checked: set[str], file: Path, reached_end: bool) -> dict[str, str]:
    """The status of each exercise of the lesson, and of every other one that was checked."""
    try:
        records = json.loads(file.read_text(encoding="utf8"))["exercises"]
    except (OSError, ValueError, KeyError, TypeError):  # nothing was tried
        records = {}
    own = [exercise.name for exercise in of_lesson(lesson)] if lesson else []
    statuses = {}
    for name in [*own, *sorted(checked - set(own))]:
        record = records.get(name, {})
        otherwise = "missing" if name not in checked else "unwritten" if reached_end else "not reached"
        statuses[name] = "solved" if record.get("solved") is True else str(record.get("status", otherwise))
    return statuses


def name_of(cell: "NotebookNode", place: int) -> str:
    """A cell's id, or its number where ids are random."""
    id = cell.get("id", "")
    return id if "-" in id and not re.fullmatch(r"[0-9a-f-]+", id) else str(place + 1)


def first_line(error: BaseException) -> str:
    """Kind and first line of an error."""
    return f"{type(error).__name__}: {error}".strip().splitlines()[0][:200]
