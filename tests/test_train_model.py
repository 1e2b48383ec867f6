"""The training program, run as a teacher would on texts of their own, in seconds and small."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import lessons

PROGRAM = Path(__file__).parents[1] / "tools" / "train_model.py"
SMALL = "--layers 1 --width 32 --heads 2 --context 32 --batch 4 --vocabulary 300 --no-compile --device cpu".split()  # noqa: SIM905


def run(*arguments: object) -> subprocess.CompletedProcess:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=300
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Texts in two files, the way a teacher would have them."""
    place = tmp_path_factory.mktemp("texts")
    lines = [
        {
            "title": f"Tale {number}",
            "author": "Nobody",
            "text": f"The {animal} went over the hill and met {number} friends. " * 12,
        }
        for number, animal in enumerate(["fox", "hare", "owl", "crow", "wolf"] * 6)
    ]
    (place / "own.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf8")
    return place


@pytest.fixture(scope="module")
def finished(folder, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess, Path]:
    """A whole run: (model folder, what it printed, its work folder)."""
    place = tmp_path_factory.mktemp("run")
    done = run(folder, "--out", place / "model", "--work", place / "work", "--tokens", 4000, *SMALL)
    assert done.returncode == 0, done.stderr
    return place / "model", done, place / "work"


def test_one_command_makes_a_model_that_lessons_can_load(finished):
    """Weights in 16 bits, tokenizer, checksum and card; `load` reads the folder and the text goes there and back."""
    folder, _, _ = finished
    lm = lessons.load(folder, device="cpu")
    assert "The fox 가" == lm.decode(lm.encode("The fox 가"))
    assert (300, 32) == (lm.vocabulary_size, lm.context)
    assert {"input_ids", "attention_mask"} == set(lm.tokenizer("The fox"))
    assert {"model.safetensors", "model.sha256", "tokenizer.json", "CARD.md"} <= {
        path.name for path in folder.iterdir()
    }


def test_the_card_says_what_the_program_measured(finished):
    """Bits per byte, number of tokens, books, ten samples, and the checksum of the weights."""
    folder, done, _ = finished
    card = (folder / "CARD.md").read_text(encoding="utf8")
    history = [line for line in card.splitlines() if line.startswith("| 4,")]
    assert (
        history and history[-1].split("|")[3].strip() in card.split("Bits per byte on the validation books: ")[1][:10]
    )
    assert all(f"\n{number}. > " in card for number in range(10))
    assert (folder / "model.sha256").read_text().split()[0] in card
    assert "Nobody" in card
    assert card.strip() in done.stdout


def test_bits_per_byte_of_a_model_that_knows_nothing(folder, finished):
    """By hand: with all logits equal every token costs log2(V) bits, so the measure is tokens x log2(V) / bytes."""
    sys.path.insert(0, str(PROGRAM.parent))
    from model_data import Corpus
    from model_training import bits_per_byte

    corpus = Corpus.from_folder(folder, finished[2], 300, 32)
    lm = lessons.load(finished[0], device="cpu")
    for weight in lm.model.parameters():
        weight.data.zero_()
    from math import log2

    expected = (len(corpus.validation) - 1) * log2(300) / corpus.validation_bytes
    assert expected == pytest.approx(bits_per_byte(lm.model, corpus.validation, corpus.validation_bytes, 32), rel=1e-5)


def test_a_run_goes_on_where_it_was_left(folder, finished, tmp_path):
    """Stopped half-way and started again, it ends with the weights of an uninterrupted run, bit for bit."""
    half = run(
        folder, "--out", tmp_path / "half", "--work", tmp_path / "work", "--tokens", 4000, "--stop-after", 2000, *SMALL
    )
    assert half.returncode == 0, half.stderr
    assert not (tmp_path / "half").exists()
    rest = run(folder, "--out", tmp_path / "whole", "--work", tmp_path / "work", "--tokens", 4000, *SMALL)
    assert "going on after 2,048 tokens" in rest.stdout
    assert (finished[0] / "model.safetensors").read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no .jsonl"),
        ('{"title": "x"}\n', "line 1: expected an object with a 'text'"),
        ("not json\n", "line 1: expected an object"),
        ('{"text": "short"}\n{"text": "short"}\n', "too few for one batch"),
    ],
)
def test_texts_that_cannot_be_read_are_named(tmp_path, content, message):
    """The file and the line, or what to lower; no traceback."""
    if content:
        (tmp_path / "own.jsonl").write_text(content)
    done = run(tmp_path, "--out", tmp_path / "model", "--work", tmp_path / "work", *SMALL)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
