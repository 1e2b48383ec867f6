"""What a student has solved, in a small file beside the notebooks. Nothing needs it to run.

{"version": 1, "exercises": {"top-p": {"solved": true, "attempts": 3, "status": "solved", "hints": 1}}}
"""

import json
import os
from pathlib import Path
from typing import Any

from lessons.records.saving import alone_in, whole_or_nothing
from lessons.words.language import LANGUAGES

NAME, VERSION = "lessons-progress.json", 1
SECONDS_TO_WAIT = 5.0  # for another notebook, which needs a thousandth of it
PLACE = "LESSONS_PROGRESS"  # an environment variable that may name another file

Records = dict[str, dict[str, Any]]  # {exercise: what is known of it}


def place() -> Path:
    """The file: in the folder of the notebooks, one for both languages."""
    if os.environ.get(PLACE):
        return Path(os.environ[PLACE])
    here = Path.cwd()
    return (here.parent if here.name in LANGUAGES and here.parent.name == "notebooks" else here) / NAME


def read() -> tuple[Records, Path | None]:
    """{exercise: its record}, and where a file that cannot be read was put aside (None: there was no need)."""
    file = place()
    if not file.exists():
        return {}, None
    try:
        kept = json.loads(file.read_text(encoding="utf8"))
        records = kept["exercises"]
        if kept["version"] != VERSION or not all(isinstance(record, dict) for record in records.values()):
            raise ValueError(kept["version"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # broken off, no JSON, or no such file as ours
        return {}, set_aside(file, "broken")
    return records, None


def note(name: str, **changes: bool | int | str) -> tuple[bool, Path | None]:
    """Whether the changes to an exercise's record could be written, and where a broken file was put aside, if any."""
    try:
        # another notebook's verdict is not lost between reading and writing
        with alone_in(place().parent, SECONDS_TO_WAIT):
            records, aside = read()
            records[name] = records.get(name, {}) | changes
            write(records)
    except OSError:  # a folder that may not be written to: the lesson goes on
        return False, None
    return True, aside


def note_check(name: str, status: str) -> tuple[bool, Path | None]:
    """The same for a check: what is solved once stays solved."""
    record = read_only().get(name, {})
    attempts = record.get("attempts", 0)
    solved = bool(record.get("solved")) or status == "solved"
    return note(name, status=status, solved=solved, attempts=(attempts if isinstance(attempts, int) else 0) + 1)


def read_only() -> Records:
    """The records as far as they can be read; a broken file stays where it is."""
    try:
        records = json.loads(place().read_text(encoding="utf8"))["exercises"]
        return {name: record for name, record in records.items() if isinstance(record, dict)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write(records: Records) -> None:
    """The file, whole or not at all."""
    with whole_or_nothing(place()) as unfinished:
        unfinished.write_text(json.dumps({"version": VERSION, "exercises": records}, indent=1), encoding="utf8")


def reset() -> Path | None:
    """Where the file was put, out of the way; None if there was none. From here on nothing is solved."""
    file = place()
    return set_aside(file, "old") if file.exists() else None


def set_aside(file: Path, why: str) -> Path:
    """A file's new name, under which it is kept: lessons-progress.broken-1.json …"""
    number = 1
    while (aside := file.with_name(f"{file.stem}.{why}-{number}{file.suffix}")).exists():
        number += 1
    file.replace(aside)
    return aside
