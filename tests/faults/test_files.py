"""A student's files as other programs write them: nothing is lost or changed without a word."""

import csv
import io
from pathlib import Path
from unicodedata import normalize

import pandas
import pytest
from datasets import Dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lessons
from lessons.texts import csv_rows
from lessons.texts.files import read_texts
from lessons.words.hangul import as_on_disk, composed

pytestmark = pytest.mark.fault
NO_VALUES = ["None", "NA", "null", "hello there", "nan", "N/A", "goodbye", "yes", "007", "1.50", "True", "1e5"]
FIELDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(',;\t"\n'), max_size=20)


@pytest.fixture(autouse=True)
def kept_here(tmp_path, monkeypatch):
    """What `datasets` keeps of files lies in the test's own folder."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "kept")


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def texts_of(path: Path, **options: str) -> list[str]:
    return read_texts(path, **options)["text"][:]


def test_words_for_no_value_are_texts(tmp_path):
    """None, NA, null, nan, 007 … in a .csv file are eight texts and more, as they are written."""
    path = write(tmp_path, "words.csv", "\n".join(["text", *NO_VALUES]) + "\n")
    assert NO_VALUES == texts_of(path)
    assert NO_VALUES != pandas.read_csv(path)["text"].tolist()  # what pandas makes of them unasked


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=6), st.sampled_from(csv_rows.SEPARATORS), st.booleans())
def test_every_field_is_as_it_was_written(tmp_path, fields, separator, all_quoted):
    """Whatever is in the fields, and whichever separator stands between them, the other column too."""
    written = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(written, delimiter=separator, quoting=quoting).writerows([("text", "other"), *fields])
    path = write(tmp_path, f"{len(list(tmp_path.iterdir()))}.csv", written.getvalue())
    expected = [pair for pair in fields if pair[0].strip()]
    if expected:
        read = read_texts(path)
        assert expected == list(zip(read["text"], read["other"], strict=True))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text\nOnce a king\nOnce, a king\nThen, a queen\n", r"line 3, has 2 fields where the header has 1.*: Once, a"),
        ("id,text\n1,Once, a king\n2,a queen\n", r"line 2, has 3 fields where the header has 2.*in quotation marks"),
        ("id;text\n1;Once; a king\n2;a queen\n", r"line 2, has 3 fields .* a text with a ';' in it in quotation"),
        ("id,text\n1,a king\nOnce a queen\n", r"line 3, has 1 fields where the header has 2.*: Once a queen"),
        ('text,n\n"two\nlines",1\n"He" said,2\n', r"the row that begins in line 4 do not fit"),
        ('text,n\nok,0\n"never ended,1\nb,2\n', r"the row that begins in line 3 do not fit \(unexpected end"),
        ("text,n,text\na,1,b\n", r"more than one column 'text' \(line 1\)"),
        ("text,n\n", r"at least 3 texts, .*, got 0"),
    ],
)
def test_a_row_that_does_not_fit_is_named(tmp_path, content, message):
    """A comma or a quotation mark too many, a text that is not there: the line, what it begins with, the way out."""
    with pytest.raises(ValueError, match=message):
        read_texts(write(tmp_path, "rows.csv", content))


def test_pandas_would_have_lost_half_of_each_text(tmp_path):
    """The case above was read without an error: everything before the comma went into row numbers."""
    path = write(tmp_path, "comma.csv", "text\nOnce, a king\nThen, a queen\n")
    assert [" a king", " a queen"] == pandas.read_csv(path)["text"].tolist()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("semicolons.csv", 'id;text\n1;"Once; a king"\n2;Then, a queen\n3;x\n'),
        ("tabs.csv", 'id\ttext\n1\t"Once; a king"\n2\tThen, a queen\n3\tx\n'),
        ("TABS.TSV", "text\nOnce; a king\nThen, a queen\nx\n".replace("\n", "\t\n")),
        ("DATA.CSV", 'text\n"Once; a king"\n"Then, a queen"\nx\n'),
        ("empty_columns.csv", 'text,,\n"Once; a king",,\n"Then, a queen",,,,\nx\n\n'),
        ("Excel.Csv", b"\xef\xbb\xbf" + b'id;text\r\n1;"Once; a king"\r\n2;Then, a queen\r\n3;x\r\n'),
        ("BOOK.TXT", "Once; a king\nThen, a queen\nx\n"),
        ("ROWS.JSONL", '{"text": "Once; a king"}\n{"text": "Then, a queen"}\n{"text": "x"}\n'),
        ("Rows.Json", '[{"text": "Once; a king"}, {"text": "Then, a queen"}, {"text": null}, {"text": "x"}]'),
    ],
)
def test_endings_and_separators(tmp_path, name, content):
    """Small or large letters in the ending; commas, semicolons or tabs; columns without a name."""
    assert ["Once; a king", "Then, a queen", "x"] == texts_of(write(tmp_path, name, content))


def test_other_encodings_of_a_table(tmp_path):
    """What Korean Windows and what Excel's "Unicode text" write."""
    table = "text\tn\n안녕, 하세요\t1\nNA\t2\n"
    for encoding in ("cp949", "utf-16"):
        assert ["안녕, 하세요", "NA"] == texts_of(
            write(tmp_path, f"{encoding}.tsv", table.encode(encoding)), encoding=encoding
        )


def test_a_field_longer_than_csv_takes_unasked(tmp_path):
    """A book in one field; afterwards csv's limit is what it was."""
    limit = csv.field_size_limit()
    book = "word " * 40_000
    assert [book, "b"] == texts_of(write(tmp_path, "book.csv", f"text,n\n{book},1\nb,2\n"))
    assert limit == csv.field_size_limit()


def test_a_changed_file_is_read_anew(tmp_path):
    """What was kept of a file is not taken for the file as it is now."""
    path = write(tmp_path, "rows.csv", "text\na\nb\n")
    assert ["a", "b"] == texts_of(path) == texts_of(path)
    write(tmp_path, "rows.csv", "text\na\nb\nc\n")
    assert ["a", "b", "c"] == texts_of(path)


def test_interrupted_while_a_table_is_read(tmp_path, monkeypatch):
    """The next run reads all of it."""
    path, records = write(tmp_path, "rows.csv", "text\n" + "\n".join(map(str, range(3000)))), csv_rows._records

    def interrupted(path: Path, encoding: str):
        for line, fields in records(path, encoding):
            if line == 2500:
                raise KeyboardInterrupt
            yield line, fields

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(csv_rows, "_records", interrupted)
        read_texts(path)
    assert list(map(str, range(3000))) == texts_of(path)


@pytest.mark.parametrize(
    ("content", "kind", "line"),
    [
        ('{"text": "a"}\n{"text": 5}\n{"text": "c"}\n', "int", 2),
        ('{"text": "a"}\n\n{"text": null}\n{"text": {"a": 1}}\n', "dict", 4),
        ('{"text": 1}\n{"text": 2}\n', "int", 1),
    ],
)
def test_what_is_no_text_in_a_line_of_json_is_named(tmp_path, content, kind, line):
    """One number among texts: the column, what it holds, the first line where it does."""
    with pytest.raises(ValueError, match=rf"must hold texts, but holds values of type {kind}, first in line {line} "):
        read_texts(write(tmp_path, "rows.jsonl", content))


NAME = "한국어 이야기 é"


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_names_of_files_in_either_form(tmp_path, on_disk, asked):
    """A file from a Mac, asked for as others type it, and the other way round; folders too, also a model's."""
    folder = tmp_path / normalize(on_disk, NAME) / normalize("NFC", NAME)
    folder.mkdir(parents=True)
    write(folder, normalize(on_disk, f"{NAME}.txt"), "하나\n둘\n셋\n")
    path = tmp_path / normalize(asked, NAME) / normalize("NFD", NAME) / normalize(asked, f"{NAME}.txt")
    corpus = lessons.load_corpus(path)
    assert ["둘", "셋", "하나"] == sorted(text for part in corpus.values() for text in part["text"])
    assert as_on_disk(path).exists()
    nowhere = tmp_path / "nowhere" / NAME
    assert as_on_disk(nowhere) == nowhere


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
def test_a_models_folder_in_either_form(tmp_path, tiny_models, on_disk, monkeypatch):
    """load() by path, and by a bare name in the folder where the notebook stands."""
    for part in (tiny_models["gpt2"].model, tiny_models["gpt2"].tokenizer):
        part.save_pretrained(tmp_path / normalize(on_disk, "모델"))
    other = normalize("NFD" if on_disk == "NFC" else "NFC", "모델")
    monkeypatch.chdir(tmp_path)
    for name in (tmp_path / other, f"./{other}", other):
        assert tiny_models["gpt2"].encode("the old king") == lessons.load(name, device="cpu").encode("the old king")


def test_composed_hangul():
    """Three parts are one letter again; what is composed stays."""
    assert NAME == composed(normalize("NFD", NAME)) == composed(NAME)
    assert len(normalize("NFD", NAME)) > len(NAME)


def test_log_probabilities_from_a_table(tmp_path, lm):
    """A logbook that was saved as .csv has its floor when it is read again; numbers that are none are refused."""
    pages = lessons.load_corpus("logbook", texts=5)["train"]
    pages.to_csv(tmp_path / "pages.csv", index=False)
    read = read_texts(tmp_path / "pages.csv")
    assert pages["text"][:] == read["text"][:]
    assert lessons.entropy_floor(pages, lm.tokenizer) == pytest.approx(lessons.entropy_floor(read, lm.tokenizer))
    with pytest.raises(ValueError, match="log_probability"):
        lessons.entropy_floor(Dataset.from_dict({"text": ["a"], "log_probability": ["high"]}), lm.tokenizer)
