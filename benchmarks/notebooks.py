"""All notebooks, in both languages, as `make test` runs them: under nbmake, two side by side, one thread each."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, machine, promised, show
from benchmarks.report import Table

ROOT = Path(__file__).parents[1]
LINE = re.compile(r"^([\d.]+)s call +(notebooks/\S+?)::", re.MULTILINE)


def parts(quick: bool = False) -> Iterator[Row | Table]:
    """All in one run; a quick trial runs the first lesson's two editions."""
    which = [
        str(path.relative_to(ROOT))
        for path in sorted(ROOT.glob("notebooks/*/00*.ipynb" if quick else "notebooks/*/*.ipynb"))
    ]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--dist",
        "worksteal",
        "--durations=0",
        "-p",
        "no:cacheprovider",
        *which,
    ]
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    took = time.monotonic() - start
    if done.returncode:
        raise SystemExit(f"a notebook failed:\n{done.stdout[-3000:]}")
    yield promised(f"{len(which)} notebooks", [1e3 * took], 240_000)
    seconds = {name: float(took) for took, name in LINE.findall(done.stdout)}
    yield Table(
        ("notebook", "seconds"), [(name.removeprefix("notebooks/"), f"{seconds[name]:.0f}") for name in sorted(seconds)]
    )


if __name__ == "__main__":
    print(machine())
    show(parts())
