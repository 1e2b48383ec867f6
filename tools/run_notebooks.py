"""Notebooks run for the site, once: a run is kept in build/executed for as long as nothing that it depends on changes.

With each explorer comes how it moves on a page (`moving.py`), in the metadata of its cell.
"""

import json
import os
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

SECONDS = 900  # for one cell
KEPT = Path(__file__).resolve().parents[1] / "build" / "executed"
PACKAGES = ("torch", "transformers", "datasets", "matplotlib", "pandas", "ipywidgets")
PACKAGE = Path(__file__).resolve().parents[1] / "lessons"
MOVING = Path(__file__).parent / "moving.py"
# Asked after each cell that may show an explorer. (What a cell has shown is not always `_`: a loop may have that name.)
QUESTION = f"""if type(Out.get(len(In) - 2)).__module__.startswith("lessons.explorers."):
    import sys
    from IPython.display import display as _display
    sys.path.insert(0, {str(MOVING.parent)!r})
    from moving import on_page as _on_page
    sys.path.remove({str(MOVING.parent)!r})
    _display({{"application/json": _on_page(Out[len(In) - 2])}}, raw=True)"""


def run(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, run in `folder`, where it may write; or as it was run before."""
    kept = KEPT / f"{path.parent.name}-{path.stem}-{fingerprint(path)}.ipynb"
    if not kept.exists():
        notebook = with_questions(nbformat.read(path, nbformat.NO_CONVERT))
        place = {"metadata": {"path": str(folder)}}
        # two languages run side by side: more threads would only wait for one another
        one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
        NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=place).execute(env=one_thread)
        notebook.cells = with_answers(notebook.cells)
        KEPT.mkdir(parents=True, exist_ok=True)
        for old in KEPT.glob(f"{path.parent.name}-{path.stem}-*"):
            old.unlink()
        nbformat.write(notebook, kept)
    return nbformat.read(kept, nbformat.NO_CONVERT)


def forget(path: Path) -> None:
    """Let a notebook be run anew."""
    for old in KEPT.glob(f"{path.parent.name}-{path.stem}-*"):
        old.unlink()


def fingerprint(path: Path) -> str:
    """Of a notebook and of all that its outputs depend on."""
    return sha256(path.read_bytes() + surroundings()).hexdigest()[:16]


@cache
def surroundings() -> bytes:
    """Of the package, of what makes explorers move, and of the packages' versions."""
    files = [path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    digest = sha256(" ".join(version(name) for name in PACKAGES).encode())
    for path in [*files, MOVING]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


def with_questions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same with a question after each cell that may show an explorer."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        last = cell.source.rstrip().splitlines()[-1:] if cell.cell_type == "code" else []
        if last and ("Explorer(" in last[0] or last[0].isidentifier()):
            cells.append(new_code_cell(QUESTION, metadata={"tags": ["question"]}))
    notebook.cells = cells
    return notebook


def with_answers(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The cells without the questions, whose answers stand in the metadata of the cells before them."""
    answered: list[nbformat.NotebookNode] = []
    for cell in cells:
        if "question" in cell.metadata.get("tags", []):
            answers = [
                output.data["application/json"]
                for output in cell.outputs
                if "application/json" in output.get("data", {})
            ]
            answered[-1].metadata["moving"] = json.loads(json.dumps(answers[0])) if answers else {}
        else:
            answered.append(cell)
    return answered
