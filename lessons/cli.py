"""The command `lessons`: what can be done without a notebook. The same as `python -m lessons`."""

import argparse
import secrets
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from lessons import __version__
from lessons.words.language import LANGUAGES, say, speak

if TYPE_CHECKING:
    from lessons.classroom.grading.kernel import Limits
    from lessons.classroom.grading.rows import Row


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
    add_grade(commands.add_parser("grade", help=say("cli.grade_description"), description=say("cli.grade_description")))
    release = commands.add_parser("release", help=say("cli.release"), description=say("cli.release"))
    add_release(release)
    return top


def run_doctor(options: argparse.Namespace) -> int:
    """Prints what the doctor found; 1 if anything is off."""
    from lessons.classroom import doctor

    findings = doctor.examine()
    print(doctor.report(findings))
    return int(not all(one.ok for one in findings))


def add_grade(grade: argparse.ArgumentParser) -> None:
    """What may be typed after `lessons grade`."""
    grade.add_argument("notebooks", nargs="+", type=Path, help=say("cli.grade_notebooks"))
    grade.add_argument("--csv", type=Path, default=Path("grades.csv"), help=say("cli.grade_csv"))
    grade.add_argument("--seed", type=int, help=say("cli.grade_seed"))
    grade.add_argument("--roster", type=Path, help=say("cli.grade_roster"))
    grade.add_argument("--release", type=Path, help=say("cli.grade_release"))
    grade.add_argument("--for", dest="platform", choices=PLATFORMS, help=say("cli.grade_for"))
    grade.add_argument("--pages", type=Path, help=say("cli.grade_pages"))
    grade.add_argument("--jobs", type=int, help=say("cli.grade_jobs"))
    grade.add_argument("--resume", action="store_true", help=say("cli.grade_resume"))
    grade.add_argument("--network", action="store_true", help=say("cli.grade_network"))
    for name, default in LIMITS.items():
        grade.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=say(SAID_OF[name]))
    grade.set_defaults(run=run_grade)


PLATFORMS = ("canvas", "moodle", "nbgrader")
# The limits of a notebook and their usual values.
LIMITS = {"seconds": 600.0, "cell_seconds": 120.0, "memory": 4096, "disk": 512, "output": 20, "processes": 64}
SAID_OF = {
    "seconds": "cli.grade_seconds",
    "cell_seconds": "cli.grade_cell_seconds",
    "memory": "cli.grade_memory",
    "disk": "cli.grade_disk",
    "output": "cli.grade_output",
    "processes": "cli.grade_processes",
}


def run_grade(options: argparse.Namespace) -> int:
    """Prints and writes who solved what; 1 if there is nothing to grade, or nothing to grade with."""
    for package in ("nbformat", "jupyter_client", "ipykernel", "psutil"):
        if not find_spec(package):
            print(say("cli.grade_needs", package=package, python=sys.executable), file=sys.stderr)
            return 1
    from lessons.classroom.grading import identity, release
    from lessons.classroom.grading.files import find_notebooks

    notebooks = find_notebooks(options.notebooks)
    if not notebooks:
        print(say("cli.grade_none", places=", ".join(map(str, options.notebooks))), file=sys.stderr)
        return 1
    try:
        options.csv.parent.mkdir(parents=True, exist_ok=True)
        options.roster = identity.read_roster(options.roster) if options.roster else []
        options.release = release.read_list(options.release) if options.release else {}
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    file = options.csv if options.resume else unused(options.csv)
    try:
        grade_and_write(options, notebooks, file)
    except KeyboardInterrupt:
        print(say("cli.grade_stopped", file=file), file=sys.stderr)
        return 1
    return 0


def grade_and_write(options: argparse.Namespace, notebooks: Sequence[Path], file: Path) -> None:
    """Grades what is not graded yet, and writes all that was asked for."""
    from lessons.classroom.grading import kept, table, whole_class
    from lessons.classroom.grading.identity import identified, nothing_from
    from lessons.classroom.grading.judged import Settings
    from lessons.classroom.grading.likeness import with_likeness
    from lessons.classroom.grading.rows import with_other_exercises

    seed, done = kept.kept(beside(file), notebooks) if options.resume else (None, [])
    if options.seed not in (None, seed):  # what was tried on other cases does not count beside these
        seed, done = options.seed, []
    seed = secrets.randbelow(10**6) if seed is None else seed
    kept.begin(beside(file), seed, done)
    settings = Settings(seed, limits_of(options), options.language, options.release)
    left = [path for path in notebooks if path not in {row.notebook for row in done}]
    with tqdm(total=len(notebooks), initial=len(done), desc=say("cli.grade_running")) as bar:

        def finished(row: "Row") -> None:
            kept.keep(beside(file), row)
            bar.update()

        rows = [*done, *whole_class.grade(left, settings, options.jobs or whole_class.usual_jobs(), finished)]
    rows = identified(sorted(rows, key=lambda row: row.notebook), options.notebooks, options.roster)
    rows = with_likeness(with_other_exercises(rows))
    table.write_table(rows, file)
    print(table.on_screen(rows))
    print(say("cli.grade_written", rows=len(rows), file=file, seed=seed))
    missing = nothing_from(rows, options.roster)
    for extra in (*exported(options, rows, file), *paged(options, rows, missing)):
        print(say("cli.written", file=extra))
    tell_what_is_missing(options, notebooks, missing)


def limits_of(options: argparse.Namespace) -> "Limits":
    from lessons.classroom.grading.kernel import Limits

    return Limits(network=options.network, **{name: getattr(options, name) for name in LIMITS})


def tell_what_is_missing(options: argparse.Namespace, notebooks: Sequence[Path], students: Sequence[str]) -> None:
    """Prints where no notebook was found, and who in the roster has handed in nothing."""
    from lessons.classroom.grading.files import without_notebook

    if places := without_notebook(options.notebooks, notebooks):
        print(say("cli.grade_left_out", places=", ".join(map(str, places))))
    if students:
        print(say("cli.grade_nothing_from", of=len(options.roster), students=", ".join(students)))


def exported(options: argparse.Namespace, rows: list["Row"], file: Path) -> list[Path]:
    """The files that were written for another platform, if one was named."""
    from lessons.classroom.grading.exports import export

    return export(options.platform, rows, file) if options.platform else []


def paged(options: argparse.Namespace, rows: list["Row"], missing: Sequence[str]) -> list[Path]:
    """The teacher's page, if pages were asked for; those of the students lie in a folder beside it."""
    from lessons.classroom.grading.feedback import write_feedback
    from lessons.classroom.grading.overview import write_overview

    if not options.pages:
        return []
    (options.pages / "students").mkdir(parents=True, exist_ok=True)
    overview = options.pages / "overview.html"
    write_overview(rows, overview, write_feedback(rows, options.pages / "students"), missing)
    return [overview]


def add_release(release: argparse.ArgumentParser) -> None:
    """What may be typed after `lessons release`."""
    release.add_argument("folder", type=Path, help=say("cli.release_folder"))
    release.add_argument("--lessons", nargs="+", type=int, default=[], help=say("cli.release_lessons"))
    release.add_argument("--exercises", nargs="+", default=[], help=say("cli.release_exercises"))
    release.add_argument("--no-hints", action="store_true", help=say("cli.release_no_hints"))
    release.add_argument("--no-answers", action="store_true", help=say("cli.release_no_answers"))
    release.add_argument("--source", type=Path, help=say("cli.release_source"))
    release.set_defaults(run=run_release)


def run_release(options: argparse.Namespace) -> int:
    """Writes copies for students; 1 if what was asked for is not there, or is there already."""
    from lessons.classroom.grading.release import our_notebooks, release
    from lessons.exercises.catalogue import find, of_lesson

    help = [kind for kind in ("hints", "answers") if not getattr(options, f"no_{kind}")]
    try:
        lessons = options.lessons or sorted({find(name).lesson for name in options.exercises})
        if unknown := [lesson for lesson in lessons if not of_lesson(lesson)]:
            raise ValueError(say("cli.release_unknown", lesson=unknown[0]))
        for exercise in map(find, options.exercises):
            if exercise.lesson not in lessons:
                raise ValueError(say("cli.release_elsewhere", exercise=exercise.name, lesson=exercise.lesson))
        source = options.source or our_notebooks(options.language)
        for file in release(options.folder, source, lessons, [find(name).name for name in options.exercises], help):
            print(say("cli.written", file=file))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def beside(file: Path) -> Path:
    """Where rows are kept while a class is graded."""
    return file.with_suffix(".rows.jsonl")


def unused(file: Path) -> Path:
    """The file's name, with a number if that one is taken: grades-2.csv …"""
    number, free = 1, file
    while free.exists():
        number += 1
        free = file.with_stem(f"{file.stem}-{number}")
    return free
