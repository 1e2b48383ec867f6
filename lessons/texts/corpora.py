"""Data sets of texts by name: the offline logbook, WikiText-2 of the hub, or a file of your own.

Each comes as a `DatasetDict` of the splits "train", "validation" and "test", with the texts in the column "text".
"""

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING

import datasets
import huggingface_hub
import pandas
from datasets import ClassLabel, Dataset, DatasetDict, load_dataset

from lessons.models.files import ask_hub
from lessons.texts.files import read_texts
from lessons.texts.logbook import MOST_PAGES, logbook_pages
from lessons.words.arguments import check_number, check_path, check_text, check_tokenizer, check_whole
from lessons.words.frames import Frame
from lessons.words.language import say

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

HUB = {"wikitext-2": ("Salesforce/wikitext", "wikitext-2-raw-v1")}
HELD_OUT_PAGES = 160  # logbook pages in each of validation and test


def load_corpus(
    name: str | Path = "logbook",
    column: str = "text",
    *,
    texts: int = 3500,
    held_out: float = 0.1,
    seed: int = 0,
    encoding: str = "utf-8",
    sample_by: str | None = None,
) -> DatasetDict:
    """The texts of a corpus, split into train, validation and test.

    name: "logbook" needs no network, and each text has its exact log-probability (nats) in the column
        "log_probability"; "wikitext-2" comes from the hub; anything else is a path to a .txt, .json, .jsonl, .csv
        or .tsv file.
    texts: for the logbook, how many pages to train on. Files: `held_out` is the share of texts in each of validation
        and test; `column`, `encoding`, `sample_by` as in `read_texts`.
    Raises FileNotFoundError, ValueError or OSError that says what is wrong with this file, or what can be done without
    a network; TypeError for what is no name or no number.
    """
    if not isinstance(name, Path):
        check_text("name", name)
    check_text("column", column)
    check_text("encoding", encoding)
    held_out = check_number("held_out", held_out, above=0, most=0.4)
    seed = check_whole("seed", seed, 0)
    if str(name) == "logbook":
        return _logbook(check_whole("texts", texts, 1, MOST_PAGES), seed)
    if str(name) in HUB:
        return _from_hub(str(name))
    texts_of_file = read_texts(check_path("name", name), column, encoding=encoding, sample_by=sample_by)
    return _split(texts_of_file, held_out, seed, name)


def _logbook(texts: int, seed: int) -> DatasetDict:
    """Pages drawn anew for each split."""
    splits, numbers = {}, {"train": texts, "validation": HELD_OUT_PAGES, "test": HELD_OUT_PAGES}
    for place, (split, number) in enumerate(numbers.items()):
        pages, log_probabilities = zip(*logbook_pages(number, seed=3 * seed + place), strict=True)
        splits[split] = Dataset.from_dict({"text": pages, "log_probability": log_probabilities})
    return DatasetDict(splits)


def _from_hub(name: str) -> DatasetDict:
    """A corpus of the hub. Raises OSError with the way out where it cannot be had."""
    try:
        with offline_if_silent():
            return load_dataset(*HUB[name])
    except Exception as error:  # no network and not kept from before: each version of the library has its own error
        raise OSError(say("texts.hub", name=name, error=str(error).strip().splitlines()[0])) from error


@contextmanager
def offline_if_silent() -> Iterator[None]:
    """Within: if the hub does not answer, the libraries look only at what is kept here, and ask no more."""
    before = datasets.config.HF_HUB_OFFLINE, huggingface_hub.constants.HF_HUB_OFFLINE
    try:
        ask_hub()
    except OSError:
        datasets.config.HF_HUB_OFFLINE = huggingface_hub.constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE, huggingface_hub.constants.HF_HUB_OFFLINE = before


def _split(texts: Dataset, held_out: float, seed: int, name: str | Path) -> DatasetDict:
    """The texts shared out at random, each split in the file's order. Raises ValueError for fewer than three texts."""
    if len(texts) < 3:
        raise ValueError(say("texts.too_few_texts", path=name, texts=len(texts)))
    number = max(1, round(held_out * len(texts)))
    order = list(range(len(texts)))
    random.Random(seed).shuffle(order)
    places = {"validation": order[:number], "test": order[number : 2 * number], "train": order[2 * number :]}
    return DatasetDict({split: texts.select(sorted(places[split])) for split in ("train", "validation", "test")})


def check_dataset(name: str, value: object) -> Dataset:
    """The value. Raises TypeError, with the way out, unless it is a data set."""
    if not isinstance(value, Dataset):
        raise TypeError(say("texts.not_a_dataset", name=name, value=short(value)))
    return value


def entropy_floor(texts: Dataset, tokenizer: "PreTrainedTokenizerBase") -> float:
    """The loss, in nats per token, of one who knows the language that these texts were drawn from: no model does better
    on average.

    Minus the texts' exact log-probabilities, over their number of tokens, each text's end counted as one. exp() of it
    is the perplexity below which no model can stay. Raises ValueError for texts whose probability nobody knows,
    TypeError for what is no data set or no tokenizer.
    """
    check_dataset("texts", texts)
    check_tokenizer(tokenizer)
    if not {"text", "log_probability"} <= set(texts.column_names) or not len(texts):
        raise ValueError(say("texts.no_floor"))
    try:
        log_probability = math.fsum(map(float, texts["log_probability"]))  # texts, where they come from a .csv file
    except (TypeError, ValueError):
        raise ValueError(say("texts.no_floor")) from None
    texts_ids = tokenizer(list(texts["text"]), add_special_tokens=False, verbose=False)["input_ids"]
    return -log_probability / sum(len(ids) + 1 for ids in texts_ids)


class TextTable(Frame):
    """A data frame that shows whole texts in a notebook, with their line ends."""

    def _html(self) -> str:
        with pandas.option_context("display.max_colwidth", None):
            cell = '<td style="text-align:left;vertical-align:top;white-space:pre-wrap;max-width:76ch">'
            # with real line ends
            whole = {column: str for column in self.columns if not pandas.api.types.is_numeric_dtype(self[column])}
            return self.to_html(formatters=whole, float_format="{:.2f}".format).replace("<td>", cell)


def show_random_elements(dataset: Dataset, num_examples: int = 10, seed: int = 0) -> pandas.DataFrame:
    """Different rows drawn at random, the same ones for the same seed, under their row numbers; class numbers by their
    names.

    Raises TypeError or ValueError for what is no data set, more rows than there are, or no seed.
    """
    check_dataset("dataset", dataset)
    seed = check_whole("seed", seed, 0)
    num_examples = check_whole("num_examples", num_examples, 1, len(dataset))
    rows = random.Random(seed).sample(range(len(dataset)), num_examples)
    table = TextTable(dataset[rows], index=pandas.Index(rows, name="row"))
    for column, feature in dataset.features.items():
        if isinstance(feature, ClassLabel):
            table[column] = [feature.int2str(number) for number in table[column]]
    return table
