"""Texts → token blocks beside the course's two `map` calls, on a text of WikiText-2's size: two million words."""

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import datasets
from datasets import Dataset, load_from_disk
from transformers import AutoTokenizer, PreTrainedTokenizerBase

import lessons
from benchmarks.measure import Row, lines_of, machine, show
from lessons.models.language_model import BUNDLED_FOLDER
from lessons.texts.blocks import stored_blocks, token_blocks, tokenise

BLOCK, WORDS, ROUNDS = 512, 2_000_000, 5

Result = TypeVar("Result")


def texts(words: int = WORDS) -> Dataset:
    """Rows like WikiText-2's: a third empty, some headings, long paragraphs; words by Zipf's law from 30,000 made-up
    ones."""
    draw = random.Random(0)
    syllables = [a + b for a in "bdfghklmnprst" for b in ("a", "e", "i", "o", "u", "ar", "en", "ing", "on")]
    vocabulary = ["".join(draw.choices(syllables, k=draw.choice((1, 2, 2, 3)))) for _ in range(30_000)]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    stream, rows, place = draw.choices(vocabulary, weights, k=words), [], 0
    while place < words:
        size = draw.choice((0, 0, 4, 60, 120, 180))
        rows.append(" " + " ".join(stream[place : place + size]) + " . \n" if size else "")
        place += size
    return Dataset.from_dict({"text": rows})


def course_tokens(dataset: Dataset, tokenizer: PreTrainedTokenizerBase) -> Dataset:
    return dataset.map(lambda examples: tokenizer(examples["text"]), batched=True, remove_columns=["text"])


def course_group(examples: dict[str, list[list[int]]]) -> dict[str, list[list[int]]]:
    joined = {key: sum(examples[key], []) for key in examples}  # noqa: RUF017 (as in the course)
    length = len(joined["input_ids"]) // BLOCK * BLOCK
    result = {key: [row[start : start + BLOCK] for start in range(0, length, BLOCK)] for key, row in joined.items()}
    result["labels"] = result["input_ids"].copy()
    return result


def parts(quick: bool = False) -> Iterator[Row]:
    """Time, in rounds in which the ways take turns; then memory, each way in a fresh process."""
    datasets.disable_progress_bars()
    tokenizer, dataset = tokenizer_of_the_lessons(), texts(WORDS // 20 if quick else WORDS)
    rounds = [one_round(tokenizer, dataset) for _ in range(2 if quick else ROUNDS)]
    whole, grouping, bare, first, second = ([1e3 * times[place] for times in rounds] for place in range(5))
    both = [sum(pair) for pair in zip(first, second, strict=True)]
    what = f"token_blocks, {'a hundred thousand' if quick else 'two million'} words"
    yield Row(what, whole, "the course's two maps", both, goal=3.0)
    yield Row("token_blocks: grouping alone", grouping, "the course's second map", second, goal=10.0)
    yield Row(what, whole, "bare encode_batch", bare, goal=1.25, cost=True)
    if Path("/proc/self/status").exists():
        with tempfile.TemporaryDirectory() as folder:
            dataset.save_to_disk(folder)
            ours, course = peak("ours", folder), peak("course", folder)
        yield Row(
            "token_blocks: peak memory over what was loaded",
            [ours],
            "the course's two maps",
            [course],
            goal=1.0,
            unit="MB",
        )


def one_round(tokenizer: PreTrainedTokenizerBase, dataset: Dataset) -> tuple[float, float, float, float, float]:
    """Seconds: ours in all, our grouping alone, the bare tokenizer, the course's first map, its second."""
    batches = batches_of(dataset)
    bare_seconds, _ = seconds(lambda: bare(batches, tokenizer))
    first, tokens = seconds(lambda: course_tokens(dataset, tokenizer))
    second, theirs = seconds(lambda: tokens.map(course_group, batched=True, batch_size=1000))
    whole, blocks = seconds(lambda: token_blocks(dataset, tokenizer, BLOCK, separator=None, rows_per_remainder=1000))
    long_rows = tokenise(dataset, tokenizer, "text", None, 1000, None)
    grouping, _ = seconds(lambda: stored_blocks(long_rows, BLOCK, carry=False))
    assert theirs[0]["input_ids"] == blocks[0]["input_ids"] and len(theirs) == len(blocks)
    return whole, grouping, bare_seconds, first, second


def batches_of(dataset: Dataset) -> list[list[str]]:
    """The texts, a thousand at a time."""
    return [dataset["text"][start : start + 1000] for start in range(0, len(dataset), 1000)]


def bare(batches: list[list[str]], tokenizer: PreTrainedTokenizerBase) -> None:
    """The tokenizer's own work and nothing else."""
    for batch in batches:
        tokenizer.backend_tokenizer.encode_batch(batch)


def seconds(action: Callable[[], Result]) -> tuple[float, Result]:
    """(how long it took, what came of it)."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def tokenizer_of_the_lessons() -> PreTrainedTokenizerBase:
    tokenizer = AutoTokenizer.from_pretrained(BUNDLED_FOLDER)
    tokenizer.model_max_length = 10**9
    return tokenizer


def peak(way: str, folder: str) -> float:
    """MB of its own that a fresh process holds at most, beyond what it held with its libraries and the texts of the
    folder opened."""
    command = [sys.executable, "-m", "benchmarks.blocks", way, folder]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def measure_peak(way: str, folder: str) -> None:
    """Print the most memory (see `peak`) that one way takes."""
    datasets.disable_progress_bars()
    dataset, tokenizer = load_from_disk(folder), tokenizer_of_the_lessons()
    before, done, seen = own_memory(), threading.Event(), [0.0]

    def watch() -> None:
        while not done.wait(0.005):
            seen.append(own_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    if way == "ours":
        lessons.token_blocks(dataset, tokenizer, BLOCK, separator=None, rows_per_remainder=1000)
    else:
        course_tokens(dataset, tokenizer).map(course_group, batched=True, batch_size=1000)
    done.set()
    watcher.join()
    print(max(seen) - before)


def own_memory() -> float:
    """MB that this process holds now, without the pages of files, which the system takes back whenever it likes; Linux
    only."""
    line = next(line for line in lines_of("/proc/self/status") if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1e3


if __name__ == "__main__":
    if len(sys.argv) == 3 and Path(sys.argv[2]).exists():
        measure_peak(*sys.argv[1:])
    else:
        print(machine())
        show(parts())
