"""Rows that are kept as they come, a line each, so that a run that was stopped can go on."""

import json
from collections.abc import Sequence
from pathlib import Path

from lessons.classroom.grading.files import digest_of
from lessons.classroom.grading.rows import Row, as_data, from_data


def begin(file: Path, seed: int, rows: Sequence[Row]) -> None:
    """A new file: the seed of the fresh cases, and the rows that there are already."""
    with file.open("w", encoding="utf8") as stream:
        stream.write(json.dumps({"seed": seed}) + "\n")
    for row in rows:
        keep(file, row)


def keep(file: Path, row: Row) -> None:
    with file.open("a", encoding="utf8") as stream:
        stream.write(json.dumps(as_data(row)) + "\n")


def kept(file: Path, notebooks: Sequence[Path]) -> tuple[int | None, list[Row]]:
    """(the seed, the rows of those notebooks that are as they were); a line that broke off counts nothing."""
    try:
        first, *lines = file.read_text(encoding="utf8").splitlines()
        seed = int(json.loads(first)["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, []
    rows: dict[Path, Row] = {}
    for line in lines:
        try:
            row = from_data(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue
        if row.notebook in notebooks and row.digest and row.digest == digest_of(row.notebook):
            rows[row.notebook] = row
    return seed, [rows[path] for path in notebooks if path in rows]
