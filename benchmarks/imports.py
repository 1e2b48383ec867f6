"""What is loaded, and how long that takes: `import lessons` beside `import transformers`, and the first cell of each
notebook.

Every import happens in a fresh process. A first cell runs where a notebook's kernel is loaded already, so it is charged
only for what it adds. "A library's own" seconds are those of its modules without the modules that they import in turn.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import ROUNDS, Row, compare, machine, promised, show
from benchmarks.report import Table

NOTEBOOKS = Path(__file__).parents[1] / "notebooks" / "en"
HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "pandas",
    "pyarrow",
    "matplotlib",
    "ipywidgets",
    "numpy",
    "accelerate",
    "IPython",
)
KERNEL = "import ipykernel.kernelapp, ipykernel.ipkernel, matplotlib_inline.backend_inline"
TIMED = """
import sys, time
{before}
known, start = set(sys.modules), time.perf_counter()
exec({cell!r})
took, new = time.perf_counter() - start, set(sys.modules) - known
import json
print(json.dumps([took, len(new), sorted({{name.split(".")[0] for name in new}} & set({heavy}))]))
"""


def parts(quick: bool = False) -> Iterator[Row | Table | str]:
    """The package; then each notebook's first cell; then where both spend their time."""
    names = ("lessons", "transformers")
    rounds = [{name: fresh(f"import {name}")[0] for name in names} for _ in range(2 if quick else ROUNDS // 2)]
    times = {
        "ours": [1e3 * each["lessons"] for each in rounds],
        "import transformers": [1e3 * each["transformers"] for each in rounds],
    }
    yield promised("import lessons", times["ours"], 200)
    yield compare("import lessons", times, "import transformers", goal=1.0)
    _, modules, heavy = fresh("import lessons")
    yield f"`import lessons` loads {modules} modules, and of the large libraries {', '.join(heavy) or 'none'}."
    notebooks = sorted(NOTEBOOKS.glob("*.ipynb"))
    yield Table(
        ("first cell of", "seconds", "modules", "large libraries"), [first_cell_row(path) for path in notebooks]
    )
    yield "The slowest libraries in a first cell, and in `import lessons`:"
    cell = first_cell(notebooks[0])
    yield Table(("library", "its own ms, first cell"), slowest(f"{KERNEL}\n{cell}", KERNEL, NOTEBOOKS))
    yield Table(("library", "its own ms, import lessons"), slowest("import lessons", "pass", NOTEBOOKS.parents[1]))


def first_cell(notebook: Path) -> str:
    """The source of the first code cell."""
    cells = json.loads(notebook.read_text(encoding="utf8"))["cells"]
    return "".join(next(cell["source"] for cell in cells if cell["cell_type"] == "code"))


def first_cell_row(notebook: Path) -> tuple[str, str, str, str]:
    """Name, seconds, number of modules and the large libraries that a first cell loads; the quickest of three
    processes."""
    seconds, modules, heavy = min(fresh(first_cell(notebook), KERNEL, NOTEBOOKS) for _ in range(3))
    return notebook.stem, f"{seconds:.2f}", f"{modules:,}", ", ".join(heavy) or "none"


def fresh(cell: str, before: str = "", folder: Path = NOTEBOOKS.parents[1]) -> tuple[float, int, list[str]]:
    """Seconds, number of new modules and the large libraries among them, of a cell in a process of its own."""
    return tuple(
        json.loads(
            python("-c", TIMED.format(before=before, cell=cell, heavy=HEAVY), folder=folder).stdout.splitlines()[-1]
        )
    )


def slowest(code: str, before: str, folder: Path, most: int = 10) -> list[tuple[str, str]]:
    """(library, milliseconds) of those whose modules take longest, without what `before` loads anyway; from `-X
    importtime`."""
    spent = own_times(code, folder) - own_times(before, folder)
    return [(name, f"{took / 1e3:,.1f}") for name, took in spent.most_common(most) if took > 500]


def own_times(code: str, folder: Path) -> Counter[str]:
    """Microseconds by library: each line of `-X importtime` is "import time: own | with all below | name"."""
    spent: Counter[str] = Counter()
    for line in python("-X", "importtime", "-c", code, folder=folder).stderr.splitlines():
        if line.startswith("import time:") and "self [us]" not in line:
            own, _, name = line.removeprefix("import time:").split("|")
            spent[name.strip().split(".")[0]] += int(own)
    return spent


def python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=True)


if __name__ == "__main__":
    print(machine())
    show(parts())
