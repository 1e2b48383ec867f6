"""Texts → token blocks: all texts tokenised, laid end to end in one row, which is divided into blocks of equal length.

The row is never held as Python lists, and never copied as a whole: texts go through the tokenizer some megabytes at a
time, and Arrow keeps what comes out (on disk, wherever the texts lie on disk), so memory stays the same for any size of
corpus.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING

import datasets
import numpy
import pyarrow
from datasets import Dataset, DatasetDict

from lessons.records.saving import whole_or_nothing
from lessons.texts.corpora import check_dataset
from lessons.texts.files import without_bars
from lessons.words.arguments import check_text, check_tokenizer, check_whole
from lessons.words.language import say
from lessons.words.tokens import added_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LONGEST_BLOCK = 2**31 - 1
MOST_PROCESSES = 256
BYTES_AT_ONCE = 4_000_000  # of text that are worked on at a time
PIECE = 128  # texts that the tokenizer is given in one call


def token_blocks(
    texts: Dataset | DatasetDict,
    tokenizer: "PreTrainedTokenizerBase",
    block_size: int = 256,
    *,
    column: str = "text",
    separator: str | bool | None = True,
    rows_per_remainder: int | None = None,
    num_proc: int | None = None,
) -> Dataset | DatasetDict:
    """Blocks of exactly `block_size` tokens, as rows with `input_ids` and `labels` (the same: the model shifts them
    itself).

    separator: what ends each text: True for the tokenizer's own end-of-text token, another token's name, or None for
        nothing (then the tokenizer adds whatever it is set to add). With an end, each block begins with what the
        tokenizer puts before a text, as Llama's <s> (the model knows no text without it), and holds so much less text.
    rows_per_remainder: None divides one row of tokens, and drops only what is left at its very end. A number drops a
        remainder after each so many texts; 1,000 is what two `map` calls with their default batch size do.
    num_proc: how many processes tokenise, each a stretch of the texts.
    The result of one data set has `.dropped`: how many tokens were left over. Raises ValueError where there are fewer
    tokens than one block, TypeError for what is no data set or no tokenizer.
    """
    # two rules, so that "at least 2" does not come with a largest number that nobody needs
    check_whole("block_size", block_size, 2)
    block_size = check_whole("block_size", block_size, 2, LONGEST_BLOCK)
    check_tokenizer(tokenizer)
    check_text("column", column)
    if rows_per_remainder is not None:
        check_whole("rows_per_remainder", rows_per_remainder, 1, LONGEST_BLOCK)
    if num_proc is not None:
        check_whole("num_proc", num_proc, 1, MOST_PROCESSES)

    def blocks_of(part: Dataset) -> Dataset:
        check_column(part, column)
        rows = tokenise(part, tokenizer, column, separator, rows_per_remainder, num_proc)
        front = added_ids(tokenizer)[0] if separator else ()
        check_whole("block_size", block_size, len(front) + 1)
        blocks, tokens = stored_blocks(rows, block_size, rows_per_remainder is None, front), count_tokens(rows)
        if not len(blocks):
            numbers = {"tokens": f"{tokens:,}", "texts": f"{len(part):,}", "block_size": f"{block_size:,}"}
            raise ValueError(say("texts.too_few_tokens", **numbers))
        # one array under two names
        both = datasets.concatenate_datasets([blocks, blocks.rename_column("input_ids", "labels")], axis=1)
        both.dropped = tokens - (block_size - len(front)) * len(blocks)
        return both

    if isinstance(texts, dict):
        return DatasetDict({split: blocks_of(part) for split, part in texts.items()})
    return blocks_of(texts)


def check_column(texts: Dataset, column: str) -> None:
    """Raises TypeError unless these texts are a data set, ValueError unless it has the column."""
    if column not in check_dataset("texts", texts).column_names:
        columns = ", ".join(texts.column_names)
        raise ValueError(say("texts.no_column", place=say("texts.this_data"), column=column, columns=columns))


def tokenise(
    texts: Dataset,
    tokenizer: "PreTrainedTokenizerBase",
    column: str,
    separator: str | bool | None,
    texts_per_row: int | None,
    num_proc: int | None,
) -> Dataset:
    """Token ids of the texts in long rows; None for `texts_per_row`: each of as many texts as are tokenised at once."""
    if texts_per_row is None:
        texts_per_row = max(1, min(1000, BYTES_AT_ONCE * len(texts) // max(1, texts.data.nbytes)))
    # a bar for what takes long enough to need one
    with without_bars() if texts.data.nbytes < 10 * BYTES_AT_ONCE else nullcontext():
        return texts.with_format("arrow").map(
            _encode,
            batched=True,
            batch_size=texts_per_row,
            num_proc=num_proc,
            remove_columns=texts.column_names,
            desc=say("texts.tokenising"),
            fn_kwargs={"tokenizer": tokenizer, "column": column, "separator": separator_id(tokenizer, separator)},
            features=datasets.Features({"ids": datasets.Sequence(datasets.Value("int32"))}),
        )


def separator_id(tokenizer: "PreTrainedTokenizerBase", separator: str | bool | None) -> int | None:
    """The id of the token that ends each text; None if there is to be none. Raises ValueError for what is no token."""
    if isinstance(separator, str | bool | None) and not separator:
        return None
    token = tokenizer.eos_token if separator is True else separator
    number = tokenizer.get_vocab().get(token) if isinstance(token, str) else None
    if number is None:
        raise ValueError(say("texts.no_separator", separator=short(token)))
    return number


def _encode(
    table: pyarrow.Table, tokenizer: "PreTrainedTokenizerBase", column: str, separator: int | None
) -> pyarrow.Table:
    """One row with the ids of all texts of the table, each ended by the separator (a text without tokens has no end
    either)."""
    texts = [text or "" for text in table.column(column).to_pylist()]
    special = separator is None
    if getattr(tokenizer, "is_fast", False):
        backend = tokenizer.backend_tokenizer
        # what an earlier call may have left set
        backend.no_truncation()
        backend.no_padding()
        pieces = [texts[start : start + PIECE] for start in range(0, len(texts), PIECE)]
        # the tokenizer reads the next piece while Python copies the ids of this one
        with ThreadPoolExecutor(1) as ahead:
            encoded = ahead.map(partial(backend.encode_batch_fast, add_special_tokens=special), pieces)
            texts_ids = [encoding.ids for piece in encoded for encoding in piece]
    else:
        texts_ids = tokenizer(texts, add_special_tokens=special, verbose=False)["input_ids"]
    if separator is not None:
        texts_ids = [[*ids, separator] for ids in texts_ids if ids]
    row = numpy.fromiter(chain.from_iterable(texts_ids), numpy.int32, count=sum(map(len, texts_ids)))
    return pyarrow.table({"ids": pyarrow.ListArray.from_arrays([0, len(row)], row)})


def count_tokens(rows: Dataset) -> int:
    """How many ids there are in all rows together."""
    lengths = (pyarrow.compute.list_value_length(chunk) for chunk in rows.data.column("ids").chunks)
    return sum(pyarrow.compute.sum(of_chunk).as_py() or 0 for of_chunk in lengths)


def into_blocks(rows: Iterable[numpy.ndarray], block_size: int, carry: bool = True) -> Iterator[numpy.ndarray]:
    """Arrays (n, block_size) from rows of ids laid end to end; with `carry` a row's remainder goes on into the next
    row.

    >>> [blocks.tolist() for blocks in into_blocks([numpy.arange(5), numpy.arange(5, 9)], 2)]
    [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]
    """
    remainder = numpy.empty(0, numpy.int32)
    for row in rows:
        joined = numpy.concatenate([remainder, row]) if len(remainder) else row
        whole = len(joined) // block_size * block_size
        yield joined[:whole].reshape(-1, block_size)
        remainder = joined[whole:] if carry else remainder


def stored_blocks(rows: Dataset, block_size: int, carry: bool, front: Sequence[int] = ()) -> Dataset:
    """The blocks, each begun with the ids in front, as an Arrow data set: in memory, or beside the rows' own file where
    they have one."""
    if not rows.cache_files:
        sink = pyarrow.BufferOutputStream()
        _write(rows, block_size, carry, front, sink)
        return Dataset.from_buffer(sink.getvalue())
    file = Path(rows.cache_files[0]["filename"])
    size = "-".join(map(str, (block_size, *front)))
    kept = file.with_name(f"{file.stem}-blocks-{size}-{'one' if carry else 'each'}.arrow")
    if not kept.exists():
        with whole_or_nothing(kept) as unfinished, pyarrow.OSFile(str(unfinished), "wb") as sink:
            _write(rows, block_size, carry, front, sink)
    return Dataset.from_file(str(kept))


def _write(rows: Dataset, block_size: int, carry: bool, front: Sequence[int], sink: pyarrow.NativeFile) -> None:
    """Write the blocks into an open file, a row at a time."""
    schema = pyarrow.schema({"input_ids": pyarrow.list_(pyarrow.int32(), block_size)})
    arrays = (
        chunk.flatten().to_numpy()
        for batch in rows.with_format("arrow").iter(1)
        for chunk in batch.column("ids").chunks
    )
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        for blocks in into_blocks(arrays, block_size - len(front), carry):
            if front:
                begun = numpy.tile(numpy.array(front, numpy.int32), (len(blocks), 1))
                blocks = numpy.concatenate([begun, blocks], axis=1)
            ids = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(blocks.ravel()), block_size)
            writer.write_batch(pyarrow.record_batch([ids], schema=schema))
