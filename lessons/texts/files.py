"""A student's own texts: .txt, .json, .jsonl and .csv files as data sets, and what exactly is wrong with one that
cannot be read."""

import codecs
import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import datasets
from datasets import Dataset, load_dataset

from lessons.words.language import say

KINDS = {".txt": "text", ".json": "json", ".jsonl": "json", ".csv": "csv"}
SAMPLE_BY = ("line", "paragraph", "document")


def read_texts(path: Path, column: str = "text", *, encoding: str = "utf-8", sample_by: str | None = None) -> Dataset:
    """The texts of one file, as a data set with the column "text" beside whatever other columns the file has.

    column: which column (or JSON field) holds the texts; a .txt file has but one.
    sample_by: what one text of a .txt file is: a "line", a "paragraph" (ended by an empty line) or the whole
        "document"; None takes paragraphs where the file has empty lines, else lines.
    Raises FileNotFoundError, or ValueError that names the place in the file and what is wrong there. Empty texts are
    left out.
    """
    check_file(path)
    check_sample_by(sample_by)
    encoding = check_encoding(path, encoding)
    options = {"encoding": encoding}
    if path.suffix == ".txt":
        options["sample_by"] = sample_by or ("paragraph" if _has_empty_lines(path) else "line")
        column = "text"
    kind, cache = KINDS[path.suffix], cache_folder()
    try:
        with _quiet():
            texts = load_dataset(kind, data_files=str(path), split="train", cache_dir=cache, **options)
    except Exception as error:  # the libraries' own words say neither file nor line: look for the reason, and say it
        raise ValueError(explain(path, encoding, error)) from error
    return _one_text_column(texts, path, column)


def check_file(path: Path) -> None:
    """Raises FileNotFoundError or ValueError unless this is a file with something in it, of a kind that can be read."""
    if not path.exists():
        raise FileNotFoundError(say("texts.no_file", path=path, folder=path.resolve().parent))
    if path.suffix not in KINDS:
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


def _one_text_column(texts: Dataset, path: Path, column: str) -> Dataset:
    """The texts that are not empty, in the column "text". Raises ValueError if the column is missing, is of another
    kind, or holds no text."""
    if column not in texts.column_names:
        raise ValueError(say("texts.no_column", place=path, column=column, columns=", ".join(texts.column_names)))
    kind = getattr(texts.features[column], "dtype", "list")
    if kind not in ("string", "large_string"):
        raise ValueError(say("texts.not_text", place=path, column=column, kind=kind))
    if column != "text":
        in_the_way = [name for name in texts.column_names if name == "text"]
        texts = texts.remove_columns(in_the_way).rename_column(column, "text")
    with _quiet():
        texts = texts.filter(lambda text: bool(text and text.strip()), input_columns="text")
    if not len(texts):
        raise ValueError(say("texts.no_text", path=path, column=column))
    return texts


def explain(path: Path, encoding: str, error: BaseException) -> str:
    """What is wrong with the file, and where: bytes that are no text, a line that is no JSON; else the library's own
    last words."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            found = _wrong_line(path, number, line, encoding if number == 1 else encoding.removesuffix("-sig"))
            if found:
                return found
    if path.suffix == ".json":
        try:
            json.loads(path.read_text(encoding))
        except ValueError as wrong:
            at = getattr(wrong, "lineno", 1)
            return say("texts.not_json", path=path, line=at, reason=wrong, start="")
    while error.__cause__ is not None:
        error = error.__cause__
    return say("texts.unreadable", path=path, error=str(error).strip())


def _wrong_line(path: Path, number: int, line: bytes, encoding: str) -> str | None:
    """What is wrong with this line of the file; None if nothing is."""
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError as wrong:
        place, byte, encoding = wrong.start + 1, f"0x{line[wrong.start]:02x}", encoding.removesuffix("-sig")
        return say("texts.not_utf8", path=path, line=number, place=place, byte=byte, encoding=encoding)
    if path.suffix != ".jsonl" or not text.strip():
        return None
    try:
        row = json.loads(text)
    except ValueError as wrong:
        return say("texts.not_json", path=path, line=number, reason=wrong, start=_start(text))
    return None if isinstance(row, dict) else say("texts.not_object", path=path, line=number, start=_start(text))


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
