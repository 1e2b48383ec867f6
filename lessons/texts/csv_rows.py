"""The rows of a .csv or .tsv file: every field a text, exactly as it is written there, and none lost without a word.

They are read with Python's own csv, one at a time. pandas would take "NA" for no text, "007" for 7, and in a row with
a field too many the first field for a row number.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path

from datasets import Dataset, Features, Value

from lessons.words.language import say

SEPARATORS = (",", ";", "\t")
LONGEST_FIELD = 2**31 - 1  # letters; without a word csv stops at 131,072


class WrongLine(ValueError):
    """What is wrong with a line of a file, in words for a student."""


def read_csv(path: Path, column: str, encoding: str, cache_dir: str | None) -> Dataset:
    """The rows of the file as a data set on disk, all columns texts.

    column: which one each row must reach
    Raises WrongLine, OSError or UnicodeDecodeError, or an error of `datasets` that has one of these as its cause.
    """
    file = path.stat()
    # subtle: `datasets` takes what it has kept from before if these are the same, so they name the file as it is now
    asked = {"path": str(path), "column": column, "encoding": encoding}
    asked["version"] = f"{path.resolve()} {file.st_size} {file.st_mtime_ns}"
    with _fields_of_any_length():
        features = Features({name: Value("string") for name in _header(path, column, encoding)})
        return Dataset.from_generator(rows, features=features, cache_dir=cache_dir, gen_kwargs=asked)


def rows(path: str, column: str, encoding: str, version: str) -> Iterator[dict[str, str]]:
    """{name of a column: field} for each row below the header; columns that a row does not reach are empty.

    Raises WrongLine for a row that has more fields than the header, or ends before `column`: a comma in a text, most
    often.
    """
    names = _header(Path(path), column, encoding)
    least = names.index(column) + 1 if column in names else 0
    separator, line = separator_of(Path(path), encoding), 0
    for line, fields in islice(_records(Path(path), encoding), 1, None):
        surplus = any(map(str.strip, fields[len(names) :]))
        if surplus or len(fields) < least:
            start, numbers = separator.join(fields)[:60], {"fields": len(fields), "columns": len(names)}
            marks = {"separator": repr(separator), "start": start}
            raise WrongLine(say("texts.fields", path=path, line=line, **numbers, **marks))
        yield dict(zip(names, fields + [""] * (len(names) - len(fields)), strict=False))
    if not line:
        raise WrongLine(say("texts.too_few_texts", path=path, texts=0))


def _records(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """(the line where it begins, its fields) for each record that is not empty; the first is the header.

    Raises WrongLine for quotation marks that do not fit.
    """
    with path.open(encoding=encoding, newline="") as lines:
        reader = csv.reader(lines, delimiter=separator_of(path, encoding), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader, None)
            except csv.Error as error:
                raise WrongLine(say("texts.quotation_marks", path=path, line=line, reason=error)) from None
            if fields is None:
                return
            if any(map(str.strip, fields)):
                yield line, fields


def separator_of(path: Path, encoding: str) -> str:
    """What stands between two fields: a comma, a semicolon or a tab, whichever divides the first line most."""
    with path.open(encoding=encoding, newline="") as lines:
        first = next(filter(str.strip, lines), "")
    return max(SEPARATORS, key=lambda separator: len(next(csv.reader([first], delimiter=separator), [])))


def _header(path: Path, column: str, encoding: str) -> list[str]:
    """The names of the columns, no two alike. Raises WrongLine if `column` is there twice."""
    line, header = next(_records(path, encoding), (1, []))
    if header.count(column) > 1:
        raise WrongLine(say("texts.column_twice", path=path, line=line, column=column))
    return different(header)


def different(names: Sequence[str]) -> list[str]:
    """The names, with a number behind each that was there before.

    >>> different(["text", "n", "n", "", ""])
    ['text', 'n', 'n.1', '', '.1']
    """
    found: list[str] = []
    for name in names:
        numbered = (f"{name}.{number}" for number in count(1))
        found.append(next(one for one in chain([name], numbered) if one not in found))
    return found


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """Within: csv reads fields of any length."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
