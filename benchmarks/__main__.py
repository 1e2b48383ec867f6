"""Every benchmark of this folder in turn; the rows are printed and written to RESULTS.md."""

import sys
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Row, machine, show

FOLDER = Path(__file__).parent
NOT_BENCHMARKS = ("__init__", "__main__", "measure")
HEAD = """# Measured

`make bench` wrote this. Ours beside what a student would otherwise run, in one run, taking turns; medians, and the
median of the ratios (above 1: ours is better). No test depends on any of it.
"""


def names() -> list[str]:
    """The benchmarks: every other file of this folder, in order of name."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in NOT_BENCHMARKS)


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | ours | beside | ratio | goal |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        beside = f"{row.name}: {row.beside:,.2f} {row.unit}"
        goal = f"{row.goal:.2f} {'met' if row.met else 'missed'}"
        lines.append(f"| {row.what} | {row.ours:,.2f} {row.unit} | {beside} | {row.ratio:.2f} | {goal} |")
    return "\n".join(lines)


def main() -> None:
    """Run the benchmarks named on the command line, or all; write RESULTS.md if it was all."""
    wanted = sys.argv[1:] or names()
    print(machine())
    sections = [f"## {name}\n\n{table(show(import_module(f'benchmarks.{name}').rows()))}\n" for name in wanted]
    if not sys.argv[1:]:
        (FOLDER / "RESULTS.md").write_text("\n".join([HEAD, machine() + "\n", *sections]), encoding="utf8")


if __name__ == "__main__":
    main()
