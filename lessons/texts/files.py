"""A student's own texts: .txt, .json, .jsonl, .csv and .tsv files as data sets, and what exactly is wrong with one
that cannot be read."""

import codecs
import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import datasets
from datasets import Dataset, load_dataset

from lessons.texts.csv_rows import WrongLine, read_csv
from lessons.words.hangul import as_on_disk
from lessons.words.language import say

KINDS = {".txt": "text", ".json": "json", ".jsonl": "json", ".csv": "csv", ".tsv": "csv"}
SAMPLE_BY = ("line", "paragraph", "document")


def read_texts(path: Path, column: str = "text", *, encoding: str = "utf-8", sample_by: str | None = None) -> Dataset:
    """The texts of one file, as a data set with the column "text" beside whatever other columns the file has.

    path: its ending may be of small or large letters, its name of composed or decomposed Hangul
    column: which column (or JSON field) holds the texts; a .txt file has but one. A .csv file's columns are divided by
        commas, semicolons or tabs, and are all texts, as they are written.
    sample_by: what one text of a .txt file is: a "line", a "paragraph" (ended by an empty line) or the whole
        "document"; None takes paragraphs where the file has empty lines, else lines.
    Raises FileNotFoundError, or ValueError that names the place in the file and what is wrong there. Empty texts are
    left out.
    """
    path = as_on_disk(path)
    check_file(path)
    check_sample_by(sample_by)
    encoding = check_encoding(path, encoding)
    if ending(path) == ".txt":
        column = "text"
        sample_by = sample_by or ("paragraph" if _has_empty_lines(path) else "line")
    try:
        with _quiet():
            texts = _read(path, column, encoding, sample_by)
    except Exception as error:  # the libraries' own words say neither file nor line: look for the reason, and say it
        raise ValueError(explain(path, column, encoding, error)) from error
    return _one_text_column(texts, path, column, encoding)


def _read(path: Path, column: str, encoding: str, sample_by: str | None) -> Dataset:
    """The file as a data set, by what its ending says that it is."""
    kind, cache = KINDS[ending(path)], cache_folder()
    if kind == "csv":
        return read_csv(path, column, encoding, cache)
    options = {"sample_by": sample_by} if kind == "text" else {}
    return load_dataset(kind, data_files=str(path), split="train", cache_dir=cache, encoding=encoding, **options)


def ending(path: Path) -> str:
    """The ending of the file's name in small letters: ".csv" of DATA.CSV."""
    return path.suffix.lower()


def check_file(path: Path) -> None:
    """Raises FileNotFoundError or ValueError unless this is a file with something in it, of a kind that can be read."""
    if not path.exists():
        raise FileNotFoundError(say("texts.no_file", path=path, folder=path.resolve().parent))
    if ending(path) not in KINDS:
        raise ValueError(say("texts.unknown_kind", path=path, kinds=", ".join(KINDS)))
    if not path.stat().st_size:
        raise ValueError(say("texts.empty_file", path=path))


def check_sample_by(sample_by: str | None) -> None:
    """Raises ValueError unless it is one of SAMPLE_BY, or None."""
    if not (sample_by is None or (isinstance(sample_by, str) and sample_by in SAMPLE_BY)):
        raise ValueError(say("texts.sample_by", choices=", ".join(SAMPLE_BY), value=repr(sample_by)))


def check_encoding(path: Path, encoding: str) -> str:
    """The encoding; for UTF-8 the one that also reads files that Excel has marked. Raises ValueError if there is no
    such encoding."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ValueError(say("texts.no_encoding", path=path, encoding=repr(encoding))) from None
    return "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding


def cache_folder() -> str | None:
    """None where the library's own folder for what it has read can be written to; otherwise a new folder that can."""
    try:
        Path(datasets.config.HF_DATASETS_CACHE).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=datasets.config.HF_DATASETS_CACHE):
            return None
    except OSError:
        return tempfile.mkdtemp(prefix="lessons-texts-")


def _one_text_column(texts: Dataset, path: Path, column: str, encoding: str) -> Dataset:
    """The texts that are not empty, in the column "text". Raises ValueError if the column is missing, is of another
    kind, or holds no text."""
    if column not in texts.column_names:
        raise ValueError(say("texts.no_column", place=path, column=column, columns=", ".join(texts.column_names)))
    kind = getattr(texts.features[column], "dtype", "list, object or mixed")
    if kind not in ("string", "large_string"):
        found = _first_wrong_line(path, column, encoding)
        raise ValueError(found or say("texts.not_text", place=path, column=column, kind=kind))
    if column != "text":
        in_the_way = [name for name in texts.column_names if name == "text"]
        texts = texts.remove_columns(in_the_way).rename_column(column, "text")
    with _quiet():
        texts = texts.filter(lambda text: bool(text and text.strip()), input_columns="text")
    if not len(texts):
        raise ValueError(say("texts.no_text", path=path, column=column))
    return texts


def explain(path: Path, column: str, encoding: str, error: BaseException) -> str:
    """What is wrong with the file, and where: bytes that are no text, a line that is no JSON; else the library's own
    last words."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, WrongLine):
        return str(error)
    found = _first_wrong_line(path, column, encoding)
    if not found and ending(path) == ".json":
        try:
            json.loads(path.read_text(encoding))
        except ValueError as wrong:
            at = getattr(wrong, "lineno", 1)
            found = say("texts.not_json", path=path, line=at, reason=wrong, start="")
    return found or say("texts.unreadable", path=path, error=str(error).strip())


def _first_wrong_line(path: Path, column: str, encoding: str) -> str | None:
    """What is wrong with the first line that is wrong; None if that is none of them."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            found = _wrong_line(path, number, line, column, encoding if number == 1 else encoding.removesuffix("-sig"))
            if found:
                return found
    return None


def _wrong_line(path: Path, number: int, line: bytes, column: str, encoding: str) -> str | None:
    """What is wrong with this line of the file; None if nothing is."""
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError as wrong:
        place, byte, encoding = wrong.start + 1, f"0x{line[wrong.start]:02x}", encoding.removesuffix("-sig")
        return say("texts.not_utf8", path=path, line=number, place=place, byte=byte, encoding=encoding)
    if ending(path) != ".jsonl" or not text.strip():
        return None
    try:
        row = json.loads(text)
    except ValueError as wrong:
        return say("texts.not_json", path=path, line=number, reason=wrong, start=_start(text))
    if not isinstance(row, dict):
        return say("texts.not_object", path=path, line=number, start=_start(text))
    if isinstance(row.get(column), str | None):
        return None
    kind = say("texts.kind_in_line", kind=type(row[column]).__name__, line=number, start=_start(text))
    return say("texts.not_text", place=path, column=column, kind=kind)


def _start(text: str) -> str:
    """The beginning of a line, for a message."""
    return text.strip() if len(text) <= 60 else text.strip()[:59] + "…"


def _has_empty_lines(path: Path) -> bool:
    """Whether the file's first megabyte has an empty line between its lines."""
    with path.open("rb") as file:
        start = file.read(1_000_000).replace(b"\r\n", b"\n").strip()
    return b"\n\n" in start


@contextmanager
def without_bars() -> Iterator[None]:
    """Within: `datasets` shows no bars."""
    shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()


@contextmanager
def _quiet() -> Iterator[None]:
    """Within: no bars, and no error lines of `datasets` either; what must be known is said in the error."""
    logger = logging.getLogger("datasets")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with without_bars():
            yield
    finally:
        logger.setLevel(level)
