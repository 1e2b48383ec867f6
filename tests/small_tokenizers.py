"""Small tokenizers of the three kinds that causal models have, each with what it may put before and behind a text.

They are built as the real ones are, with a vocabulary learned from three sentences.
"""

import json
from functools import cache

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

KINDS = ("GPT-2", "Llama 2", "Gemma")
SPECIAL = ["<unk>", "<s>", "</s>"]
# What stands before and behind a text $A.
TEMPLATES = {"none": "$A", "front": "<s> $A", "behind": "$A </s>", "both": "<s> $A </s>"}
FRONT = {"none": (), "front": (1,), "behind": (), "both": (1,)}
BEHIND = {"none": (), "front": (), "behind": (2,), "both": (2,)}
TEXTS = [
    "the old king said to the young fox that the sea was far away",
    "there was once a fox who had three daughters and a canción",
    "over the hill and over the sea and again over the hill",
] * 4
LETTERS = ["▁", "\n", "A", "Ċ", "é", "ión"]  # pieces that look like GPT-2's letters for bytes, and are none


@cache
def small_tokenizer(kind: str, template: str = "none") -> PreTrainedTokenizerBase:
    """A tokenizer of one of the KINDS that puts around a text what the template says; <s> is 1, </s> is 2."""
    tokenizer = {"GPT-2": byte_level, "Llama 2": with_stripped_space, "Gemma": with_spaces_kept}[kind]()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=TEMPLATES[template], special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(SPECIAL)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        model_input_names=["input_ids", "attention_mask"],
    )


def byte_level() -> Tokenizer:
    """GPT-2, Llama 3, Qwen: a piece is bytes, written as letters."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=330, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def with_stripped_space() -> Tokenizer:
    """Llama 2, Mistral: "▁" is a space, one is put before a text, and one is taken away again in reading."""
    tokenizer = with_bytes_behind()
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    spaces = decoders.Replace("▁", " ")
    tokenizer.decoder = decoders.Sequence(
        [spaces, decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(content=" ", left=1, right=0)]
    )
    return tokenizer


def with_spaces_kept() -> Tokenizer:
    """Gemma: "▁" is a space, and nothing is put before a text or taken away."""
    tokenizer = with_bytes_behind()
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    spaces = decoders.Replace("▁", " ")
    tokenizer.decoder = decoders.Sequence([spaces, decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def with_bytes_behind() -> Tokenizer:
    """Pieces of text, and all bytes as <0x00> … <0xFF> for what has no piece; they are tokens like any other."""
    learning = Tokenizer(models.BPE())
    learning.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    learning.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=70, show_progress=False))
    learned = json.loads(learning.to_str())["model"]
    pieces = dict.fromkeys([*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *LETTERS, *learned["vocab"]])
    return Tokenizer(
        models.BPE(
            vocab={piece: place for place, piece in enumerate(pieces)},
            merges=[tuple(pair) for pair in learned["merges"]],
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
