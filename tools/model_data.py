"""Texts → tokenizer → one long row of token ids, and batches of blocks from that row."""

import gzip
import json
import lzma
from pathlib import Path

import numpy
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from tqdm.auto import tqdm
from transformers import PreTrainedTokenizerFast

END_OF_TEXT = "<|endoftext|>"
OPENERS = {".jsonl": open, ".xz": lzma.open, ".gz": gzip.open}


def read_texts(folder):
    """All texts of a folder's JSONL files, as (training, validation) lists of str; titles and authors as a list of
    rows."""
    files = sorted(path for path in Path(folder).iterdir() if path.suffix in OPENERS and ".jsonl" in path.name)
    if not files:
        raise SystemExit(f"{folder} holds no .jsonl, .jsonl.xz or .jsonl.gz file")
    splits, books = {"train": [], "validation": []}, {}
    for path in files:
        split = "validation" if "validation" in path.name else "train"
        with OPENERS[path.suffix](path, "rt", encoding="utf8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                    splits[split].append(row["text"])
                except (ValueError, KeyError, TypeError) as error:
                    raise SystemExit(
                        f"{path.name}, line {number}: expected an object with a 'text' ({error})"
                    ) from error
                key = (split, row.get("author", ""), row.get("title", path.name))
                books[key] = books.get(key, 0) + 1
    if not splits["validation"]:
        held_out = max(1, len(splits["train"]) // 50)
        splits["train"], splits["validation"] = splits["train"][:-held_out], splits["train"][-held_out:]
    return splits["train"], splits["validation"], books


def train_tokenizer(texts, vocabulary, context):
    """A byte-level BPE tokenizer in GPT-2's manner: every byte has a token, so any text can be written and read
    back."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=[END_OF_TEXT], initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TEXT,
        bos_token=END_OF_TEXT,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )


def encode(texts, tokenizer, name):
    """All texts as one row of ids, `<|endoftext|>` before each and after the last."""
    separator, row = tokenizer.eos_token_id, []
    for start in tqdm(range(0, len(texts), 256), desc=f"tokens of the {name} texts", leave=False):
        for ids in tokenizer(texts[start : start + 256], verbose=False)["input_ids"]:
            row.append(numpy.array([separator, *ids], dtype=numpy.uint16))
    return numpy.concatenate([*row, numpy.array([separator], dtype=numpy.uint16)])


class Corpus:
    """Token ids of a folder's texts: `train` and `validation` (N,), with the tokenizer that made them."""

    def __init__(self, tokenizer, train, validation, validation_bytes, books):
        self.tokenizer, self.train, self.validation = tokenizer, train, validation
        self.validation_bytes, self.books = validation_bytes, books

    @classmethod
    def from_folder(cls, folder, work, vocabulary, context):
        if vocabulary > 65536:
            raise SystemExit(f"--vocabulary must be at most 65,536 (ids are kept in 16 bits), got {vocabulary}")
        train_texts, validation_texts, books = read_texts(folder)
        kept = work / "tokenizer"
        if kept.exists():
            tokenizer = PreTrainedTokenizerFast.from_pretrained(kept)
        else:
            tokenizer = train_tokenizer(train_texts, vocabulary, context)
            tokenizer.save_pretrained(kept)
        rows = []
        for name, texts in [("training", train_texts), ("validation", validation_texts)]:
            path = work / f"{name}.npy"
            if not path.exists():
                numpy.save(path, encode(texts, tokenizer, name))
            rows.append(numpy.load(path))
        validation_bytes = sum(len(text.encode()) for text in validation_texts)
        return cls(tokenizer, *rows, validation_bytes, books)

    def batch(self, step, batch, context, seed):
        """Blocks (batch, context + 1) of int64 ids for one step: every epoch divides the row elsewhere and shuffles it
        anew."""
        blocks = (len(self.train) - 1) // context - 1
        steps = blocks // batch
        if steps < 1:
            too_few = f"the texts have {len(self.train):,} tokens, too few for one batch of {batch} x {context}"
            raise SystemExit(f"{too_few}: lower --batch or --context")
        epoch, step = divmod(step, steps)
        draw = numpy.random.default_rng([seed, epoch])
        offset, order = draw.integers(context), draw.permutation(blocks)
        starts = offset + context * order[step * batch : (step + 1) * batch]
        return torch.from_numpy(
            numpy.stack([self.train[start : start + context + 1] for start in starts]).astype(numpy.int64)
        )
