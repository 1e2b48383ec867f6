"""Corpora: named ones, files of one's own with everything that can be wrong with them, and token blocks."""

import json
import math
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.texts.blocks import token_blocks
from lessons.texts.corpora import entropy_floor, load_corpus, show_random_elements


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def course_recipe(dataset: Dataset, tokenizer, block_size: int, num_proc: int | None = None) -> Dataset:
    """What the course does: tokenise, then add up the lists of each 1,000 rows and cut them, dropping each
    remainder."""

    def tokenize(examples):
        return tokenizer(examples["text"])

    def group(examples):
        joined = {key: sum(examples[key], []) for key in examples}  # noqa: RUF017 - the course's own way
        length = len(joined["input_ids"]) // block_size * block_size
        result = {
            key: [row[start : start + block_size] for start in range(0, length, block_size)]
            for key, row in joined.items()
        }
        result["labels"] = result["input_ids"].copy()
        return result

    tokenized = dataset.map(tokenize, batched=True, num_proc=num_proc, remove_columns=["text"])
    return tokenized.map(group, batched=True, batch_size=1000, num_proc=num_proc)


# --------------------------------------------------------------------------------------------------------- named
# corpora


def test_the_logbook_comes_with_exact_log_probabilities():
    """Three splits, different pages, each with the number that the grammar gives."""
    from lessons.texts.logbook import logbook_grammar

    corpus = load_corpus("logbook", texts=20, seed=1)

    assert {"train", "validation", "test"} == set(corpus)
    assert 20 == len(corpus["train"])
    for row in corpus["train"]:
        assert row["log_probability"] == pytest.approx(logbook_grammar().log_probability(row["text"]), abs=1e-9)
    assert corpus["train"][0]["text"] != corpus["validation"][0]["text"] != corpus["test"][0]["text"]
    assert corpus["train"]["text"][:] == load_corpus("logbook", texts=20, seed=1)["train"]["text"][:]
    assert corpus["validation"]["text"][:] != load_corpus("logbook", texts=20, seed=2)["train"]["text"][:160]


def test_the_floor_is_the_surprisal_of_the_grammar_per_token(lm):
    """Minus the log-probabilities over the number of tokens, the end of each text counted."""
    texts = Dataset.from_dict({"text": ["Cork for Riga.", "fog"], "log_probability": [-3.0, -1.0]})
    tokens = len(lm.encode("Cork for Riga.")) + len(lm.encode("fog")) + 2

    assert 4.0 / tokens == pytest.approx(entropy_floor(texts, lm.tokenizer))
    with pytest.raises(ValueError, match="log_probability"):
        entropy_floor(texts.remove_columns("log_probability"), lm.tokenizer)


def test_without_a_network_the_hub_corpus_says_what_else_there_is(no_network, monkeypatch, tmp_path):
    """No traceback of a library's insides: the name, the reason, the way out."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path)
    monkeypatch.setattr("datasets.config.HF_DATASETS_OFFLINE", True)

    with pytest.raises(OSError, match=r'wikitext-2.*load_corpus\("logbook"\)'):
        load_corpus("wikitext-2")


# ------------------------------------------------------------------------------------------------------------ own files


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("lines.txt", "one\ntwo\nthree\nfour\n", {"one", "two", "three", "four"}),
        ("paragraphs.txt", "one\ntwo\n\nthree\r\nfour\n\nfive\n", {"one\ntwo", "three\nfour", "five\n"}),
        ("rows.jsonl", '{"text": "a"}\n{"text": "b"}\n\n{"text": "c"}\n', {"a", "b", "c"}),
        ("rows.json", '[{"text": "a"}, {"text": "b"}, {"text": "c"}]', {"a", "b", "c"}),
        ("rows.csv", "text,n\nhello,1\nbye,2\nok,3\n", {"hello", "bye", "ok"}),
        ("excel.csv", b"\xef\xbb\xbftext,n\nhello,1\nbye,2\nok,3\n", {"hello", "bye", "ok"}),
        ("empty_rows.csv", "text,n\nhello,1\n,2\nok,3\n  ,4\nbye,5\n", {"hello", "bye", "ok"}),
        ("korean.txt", "안녕\n하세요\n여러분", {"안녕", "하세요", "여러분"}),
    ],
)
def test_files_of_each_kind(tmp_path, name, content, expected):
    """Lines, paragraphs, JSON, CSV; a byte order mark and empty rows do no harm; every text is in exactly one split."""
    corpus = load_corpus(write(tmp_path, name, content))

    assert sorted(expected) == sorted(text for part in corpus.values() for text in part["text"])
    assert all(len(part) for part in corpus.values())


def test_another_column_and_another_encoding(tmp_path):
    """`column` names where the texts are, and they come as "text"; `encoding` reads what Windows in Korea wrote."""
    table = write(tmp_path, "stories.csv", "story,text,n\nhello,x,1\nbye,y,2\nok,z,3\n")
    korean = write(tmp_path, "old.txt", "안녕\n하세요\n여러분".encode("cp949"))

    assert {"hello", "bye", "ok"} == {
        text for part in load_corpus(table, column="story").values() for text in part["text"]
    }
    assert {"안녕", "하세요", "여러분"} == {
        text for part in load_corpus(korean, encoding="cp949").values() for text in part["text"]
    }


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.txt", "", r"none.txt is empty \(0 bytes\)"),
        ("blank.txt", "\n \n\n", "but no text in them"),
        ("two.txt", "one\ntwo", "at least 3 texts"),
        ("paper.pdf", "%PDF", "must end in one of .txt, .json, .jsonl, .csv, .tsv"),
        ("other.csv", "story,n\nhello,1\n", "no column 'text'; it has: story, n"),
        ("numbers.json", '[{"text": 1}, {"text": 2}]', "must hold texts, but holds values of type int64"),
        ("ragged.csv", "text,n\na,1\nb,2,3\n", "line 3, has 3 fields where the header has 2"),
        ("lists.jsonl", '{"text": ["a"]}\n{"text": ["b"]}\n', "must hold texts, but holds values of type list"),
        (
            "broken.jsonl",
            '{"text": "a"}\n{"text": "b"\n{"text": "c"}\n',
            r'broken.jsonl, line 2, is not JSON .*\{"text": "b"',
        ),
        ("list.jsonl", '{"text": "a"}\n["b"]\n', r'list.jsonl, line 2, must be a JSON object .*\["b"\]'),
        ("broken.json", '[{"text": "a"},\n{"text": "b"},\n{"text": "c"', "broken.json, line 3, is not JSON"),
        ("old.txt", "good\n안녕".encode("cp949"), "old.txt is not utf-8 text: line 2 has the byte 0xbe at place 1"),
        (
            "old.csv",
            "text\ngood\n안녕".encode("cp949"),
            "old.csv is not utf-8 text: line 3 has the byte 0xbe at place 1",
        ),
        (
            "old.jsonl",
            b'{"text": "a"}\n{"text": "caf\xe9"}\n',
            "old.jsonl is not utf-8 text: line 2 has the byte 0xe9 at place 14",
        ),
    ],
)
def test_what_is_wrong_with_this_file_is_said(tmp_path, name, content, message):
    """The file, the line, the reason; not what the library's insides say."""
    with pytest.raises(ValueError, match=message):
        load_corpus(write(tmp_path, name, content))


def test_a_file_that_is_not_there(tmp_path):
    """The folder that was looked in, and the corpora that have names."""
    with pytest.raises(FileNotFoundError, match="logbook"):
        load_corpus(tmp_path / "nothing.txt")


def test_random_elements_are_rows_of_the_data_set():
    """Drawn without repetition, the same for the same seed; class numbers by name; whole texts with their line ends on
    show."""
    features = Features({"text": Value("string"), "label": ClassLabel(names=["sad", "glad"])})
    dataset = Dataset.from_dict(
        {"text": [f"text {number}\n<b>" for number in range(20)], "label": [0, 1] * 10}, features=features
    )
    table = show_random_elements(dataset, 5, seed=1)

    assert 5 == len(set(table.index))
    for row, values in table.iterrows():
        assert (dataset[row]["text"], ["sad", "glad"][row % 2]) == (values["text"], values["label"])
    assert table.equals(show_random_elements(dataset, 5, seed=1))
    assert not table.equals(show_random_elements(dataset, 5, seed=2))
    shown = table._repr_html_()
    assert "pre-wrap" in shown and "\n&lt;b&gt;" in shown and "<b>" not in shown and "\\n" not in shown
    with pytest.raises(ValueError, match="from 1 to 20"):
        show_random_elements(dataset, 21)


# --------------------------------------------------------------------------------------------------------- token blocks


def texts_of(number: int, seed: int = 0) -> Dataset:
    import random

    draw = random.Random(seed)
    words = ["the", "old", "king", "and", "young", "fox", "went", "over", "hill", "to", "sea", "again"]
    return Dataset.from_dict({"text": [" ".join(draw.choices(words, k=draw.randrange(0, 30))) for _ in range(number)]})


def test_blocks_by_hand(tiny_models):
    """Texts end to end, an end-of-text token after each, cut; the remainder is dropped once and counted."""
    lm = tiny_models["gpt2"]
    texts = ["the old king", "", "the fox went over the hill"]
    end = lm.tokenizer.eos_token_id
    row = [*lm.encode(texts[0]), end, *lm.encode(texts[2]), end]
    blocks = token_blocks(Dataset.from_dict({"text": texts}), lm.tokenizer, 4)

    assert [row[start : start + 4] for start in range(0, len(row) // 4 * 4, 4)] == blocks["input_ids"][:]
    assert blocks["input_ids"][:] == blocks["labels"][:]
    assert len(row) % 4 == blocks.dropped


@pytest.mark.parametrize("num_proc", [None, 2])
@pytest.mark.parametrize("on_disk", [False, True])
def test_the_courses_recipe_block_for_block(tiny_models, tmp_path, num_proc, on_disk):
    """With separator=None and a remainder per 1,000 rows the very blocks of the course's two `map` calls; in memory and
    on disk."""
    texts, tokenizer = texts_of(2500), tiny_models["gpt2"].tokenizer
    if on_disk:
        texts.to_json(tmp_path / "texts.jsonl")
        texts = Dataset.from_json(str(tmp_path / "texts.jsonl"), cache_dir=str(tmp_path / "cache"))
    ours = token_blocks(texts, tokenizer, 16, separator=None, rows_per_remainder=1000, num_proc=num_proc)
    theirs = course_recipe(texts, tokenizer, 16, num_proc)

    assert theirs["input_ids"][:] == ours["input_ids"][:]
    assert theirs["labels"][:] == ours["labels"][:]


def test_fewer_tokens_are_lost_than_in_the_course(tiny_models):
    """One row of tokens loses less than a block; a remainder per 1,000 rows loses up to one each time."""
    texts, tokenizer = texts_of(5000), tiny_models["gpt2"].tokenizer
    one = token_blocks(texts, tokenizer, 64, separator=None)
    each = token_blocks(texts, tokenizer, 64, separator=None, rows_per_remainder=1000)

    assert one.dropped < 64 <= each.dropped
    assert one.dropped + 64 * len(one) == each.dropped + 64 * len(each)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("aeht \n", max_size=40), min_size=1, max_size=8), st.integers(2, 9))
def test_nothing_is_lost_but_the_remainder(tiny_models, texts, block_size):
    """Blocks laid end to end are the texts' tokens, each text ended, up to the last incomplete block."""
    lm = tiny_models["gpt2"]
    row = [token for text in texts if text for token in [*lm.encode(text), lm.tokenizer.eos_token_id]]
    dataset = Dataset.from_dict({"text": texts})
    if len(row) < block_size:
        with pytest.raises(ValueError, match="fewer than one block"):
            token_blocks(dataset, lm.tokenizer, block_size)
    else:
        blocks = token_blocks(dataset, lm.tokenizer, block_size)
        flat = [token for block in blocks["input_ids"] for token in block]
        assert row[: len(flat)] == flat and len(row) == len(flat) + blocks.dropped


def test_all_splits_at_once(tiny_models):
    """A dictionary of splits comes back as one."""
    corpus = DatasetDict({"train": texts_of(50), "validation": texts_of(20, seed=1)})
    blocks = token_blocks(corpus, tiny_models["gpt2"].tokenizer, 8)

    assert {"train", "validation"} == set(blocks)


def test_blocks_that_cannot_be_made(tiny_models):
    """Too few tokens, no such column, no such separator, blocks of one token: each with the rule and the numbers."""
    tokenizer = tiny_models["gpt2"].tokenizer
    with pytest.raises(ValueError, match=r"fewer than one block of 500"):
        token_blocks(texts_of(3), tokenizer, 500)
    with pytest.raises(ValueError, match="no column 'story'; it has: text"):
        token_blocks(texts_of(3), tokenizer, 8, column="story")
    with pytest.raises(ValueError, match="at least 2, got 1"):
        token_blocks(texts_of(3), tokenizer, 1)
    with pytest.raises(ValueError, match="separator must be a token"):
        token_blocks(texts_of(3), tokenizer, 8, separator="<nothing of the kind>")


def test_a_long_text_is_not_cut_by_the_tokenizers_own_limit(tiny_models):
    """A tokenizer whose model reads 64 tokens still gives all tokens of a text of 1,000, and says nothing."""
    lm = tiny_models["gpt2"]
    text = "the old king " * 300
    lm.tokenizer(text, truncation=True, max_length=5)  # leaves its mark in the tokenizer
    blocks = token_blocks(Dataset.from_dict({"text": [text]}), lm.tokenizer, 16)

    assert (len(lm.encode(text)) + 1) // 16 == len(blocks)


def test_the_course_figures_give_its_block_count():
    """1,164 steps are two epochs of 4,651 blocks in batches of 8: the step count says the block size."""
    from lessons.tables.course import course_figures

    course = course_figures()["fine_tuning"]

    assert course["optimizer_steps"] == course["epochs"] * math.ceil(course["train_blocks"] / course["batch_size"])
    assert json.dumps(course)
