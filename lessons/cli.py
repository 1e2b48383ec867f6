"""The command `lessons`: what can be done without a notebook. The same as `python -m lessons`."""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path

from tqdm import tqdm

from lessons import __version__
from lessons.words.language import LANGUAGES, say, speak


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if all went well, 1 if something is off."""
    if isinstance(sys.stdout, TextIOWrapper):
        # subtle: a Windows pipe cannot write Hangul; a question mark beats a traceback
        sys.stdout.reconfigure(errors="replace")
    language = argparse.ArgumentParser(add_help=False)
    language.add_argument("--language", choices=LANGUAGES, default="en")
    speak(language.parse_known_args(arguments)[0].language)  # first, so that even --help is in it
    options = parser().parse_args(arguments)
    return options.run(options)


def parser() -> argparse.ArgumentParser:
    """What may be typed after `lessons`."""
    top = argparse.ArgumentParser(prog="lessons", description=say("cli.description"))
    top.add_argument("--version", action="version", version=f"lessons {__version__}")
    top.add_argument("--language", choices=LANGUAGES, default="en", help=say("cli.language"))
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    doctor = commands.add_parser("doctor", help=say("cli.doctor"), description=say("cli.doctor"))
    doctor.set_defaults(run=run_doctor)
    grade = commands.add_parser("grade", help=say("cli.grade_description"), description=say("cli.grade_description"))
    grade.add_argument("notebooks", nargs="+", type=Path, help=say("cli.grade_notebooks"))
    grade.add_argument("--csv", type=Path, default=Path("grades.csv"), help=say("cli.grade_csv"))
    grade.add_argument("--seconds", type=float, default=600, help=say("cli.grade_seconds"))
    grade.add_argument("--cell-seconds", type=float, default=120, help=say("cli.grade_cell_seconds"))
    grade.add_argument("--workers", type=int, help=say("cli.grade_workers"))
    grade.set_defaults(run=run_grade)
    return top


def run_doctor(options: argparse.Namespace) -> int:
    """Prints what the doctor found; 1 if anything is off."""
    from lessons.classroom import doctor

    findings = doctor.examine()
    print(doctor.report(findings))
    return int(not all(one.ok for one in findings))


def run_grade(options: argparse.Namespace) -> int:
    """Prints and writes who solved what; 1 if there is nothing to grade, or nothing to grade with."""
    from lessons.classroom import grades, grading

    for package in ("nbclient", "nbformat", "ipykernel"):
        if not find_spec(package):
            print(say("cli.grade_needs", package=package, python=sys.executable), file=sys.stderr)
            return 1
    notebooks = grading.find_notebooks(options.notebooks)
    if not notebooks:
        print(say("cli.grade_none", places=", ".join(map(str, options.notebooks))), file=sys.stderr)
        return 1
    file = unused(options.csv)
    with tqdm(total=len(notebooks), desc=say("cli.grade_running")) as bar:

        def finished(rows: list[grades.Row]) -> None:
            grades.write_table(rows, file)  # after each one: rows are kept if it is stopped
            bar.update()

        rows = grading.grade(notebooks, options.seconds, options.cell_seconds, options.workers, finished)
    print(grades.on_screen(rows))
    print(say("cli.grade_written", rows=len(rows), file=file))
    return 0


def unused(file: Path) -> Path:
    """The file's name, with a number if that one is taken: grades-2.csv …"""
    number, free = 1, file
    while free.exists():
        number += 1
        free = file.with_stem(f"{file.stem}-{number}")
    return free
