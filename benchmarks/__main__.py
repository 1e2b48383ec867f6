"""Every benchmark of this folder in turn; what they find goes to RESULTS.md, with a table of contents of goals met and
missed."""

import argparse
import re
import time
from importlib import import_module
from pathlib import Path

from benchmarks.measure import machine, show
from benchmarks.report import Part, Picture, markdown

FOLDER = Path(__file__).parent
TRIAL = FOLDER.parent / "build" / "benchmarks"
PARTS = ("imports", "decoding", "sampling", "scoring", "explorers", "sliders", "blocks", "finetuning", "growth")
ON_REQUEST = ("notebooks",)  # takes minutes by itself
HEAD = """# Measured

`make bench` wrote this. Ours beside what a student would otherwise run, in one run, taking turns. Times and memory are
medians; the ratio is the median of the pairs' ratios, and half of the pairs lie in its middle half.
`make bench ARGS=notebooks` times the notebooks and adds them. No test depends on any of it.
"""


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    program = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    program.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(PARTS + ON_REQUEST)}; none: all but the last"
    )
    program.add_argument(
        "--quick", action="store_true", help="a trial: few rounds, small sizes; written to build/benchmarks"
    )
    asked = program.parse_args()
    unknown = [name for name in asked.names if name not in PARTS + ON_REQUEST]
    if unknown:
        program.error(f"there is no benchmark named {unknown[0]}; there are {', '.join(PARTS + ON_REQUEST)}")
    return asked


def measured(name: str, quick: bool) -> tuple[str, list[Part]]:
    """The section of one benchmark as Markdown, and its parts."""
    module, start = import_module(f"benchmarks.{name}"), time.monotonic()
    print(f"\n{name}", flush=True)
    parts = show(module.parts(quick))
    print(f"{name} took {time.monotonic() - start:.0f} s", flush=True)
    return f"## {name}\n\n{module.__doc__.strip()}\n\n{markdown(parts)}\n", parts


def sections_of(text: str) -> dict[str, str]:
    """The sections of RESULTS.md by name, and what stands before them under ""."""
    first, *sections = re.split(r"(?m)^(?=## )", text)
    return {"": first} | {section.split("\n")[0].removeprefix("## "): section for section in sections}


def summary(sections: str) -> str:
    """How many goals were met, and what is short of its own."""
    rows = [line for line in sections.splitlines() if line.endswith(("| met |", "** |"))]
    missed = [line for line in rows if line.endswith("** |")]
    lines = [f"{len(rows) - len(missed)} of {len(rows)} goals are met."]
    for cells in (line.strip("| ").split(" | ") for line in missed):
        lines.append(
            f"- {cells[0]}, beside {cells[2].split(':')[0]}: {cells[3]}, goal {cells[6]}, {cells[-1].strip('* ')}"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the benchmarks named on the command line, or all; write RESULTS.md.

    Those named take the place of their sections in a RESULTS.md that this machine wrote; one of another machine is left
    alone.
    """
    asked, start = arguments(), time.monotonic()
    here, folder = machine(), TRIAL if asked.quick else FOLDER
    print(here)
    file = folder / "RESULTS.md"
    old = (
        sections_of(file.read_text(encoding="utf8"))
        if file.exists() and here in file.read_text(encoding="utf8")
        else {}
    )
    new, pictures = {}, []
    for name in asked.names or PARTS:
        new[name], parts = measured(name, asked.quick)
        pictures += [part for part in parts if isinstance(part, Picture)]
    print(f"\n{(time.monotonic() - start) / 60:.1f} minutes in all")
    if asked.names and not old and not asked.quick:
        print(f"{file.name} is of another machine, or not there yet: it stays as it is. Run without names to write it.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    sections = "\n".join((old | new)[name].strip() + "\n" for name in PARTS + ON_REQUEST if name in old | new)
    for picture in pictures:
        picture.save(folder / "plots")
    file.write_text(f"{HEAD}\n{here}\n\n{summary(sections)}\n\n{sections}", encoding="utf8")
    print(f"written: {file.relative_to(FOLDER.parent)}")


if __name__ == "__main__":
    main()
