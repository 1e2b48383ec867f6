"""Drafts: cheap guessers of a model's next tokens, for `speculative`.

An n-gram model counts, prompt lookup looks back, the first blocks of a model leave out the others; any smaller model
with the same tokens will do as well. V = size of the vocabulary.
"""

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lessons.models.gradients import with_gradients
from lessons.models.language_model import LanguageModel
from lessons.models.source import NextLogits, Source, as_source
from lessons.words.arguments import check_ids_inside, check_model, check_some, check_texts, check_whole
from lessons.words.language import say

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MOST_IN_A_ROW = 64  # tokens of an n-gram: longer ones come once


@dataclass(frozen=True)
class NgramModel:
    """Next-token probabilities from counts; a source for every decoder.

    Attributes:
        lm: whose tokens they are.
        counts: {the last tokens: (ids that followed them, how often each)}, for none to n - 1 last tokens.
    """

    lm: Source
    counts: dict[tuple[int, ...], tuple[Tensor, Tensor]] = field(repr=False)

    def __call__(self, ids: Sequence[int]) -> Tensor:
        """(V,) logits, in 64 bits.

        From no last token to n - 1, each count is mixed with what the shorter ones say: after a context that was seen c
        times, followed by d different tokens, the shorter ones weigh d / (c + d). In the beginning all tokens are
        alike. Witten and Bell 1991, The Zero-Frequency Problem.
        """
        V = self.vocabulary_size
        mixed = torch.full((V,), 1 / V, dtype=torch.float64)
        for length in range(len(ids) + 1):
            tokens, times = self.counts.get(tuple(ids[len(ids) - length :]), (None, None))
            if tokens is None or times is None:  # nor was any longer one seen
                break
            total = times.sum() + len(tokens)
            mixed = (mixed * (len(tokens) / total)).index_add(0, tokens, times / total)
        return mixed.log()

    @property
    def end_ids(self) -> tuple[int, ...]:
        return self.lm.end_ids

    @property
    def vocabulary_size(self) -> int:
        return size_of(self.lm)

    @property
    def tokenizer(self) -> "PreTrainedTokenizerBase | None":
        return getattr(self.lm, "tokenizer", None)

    def encode(self, text: str) -> list[int]:
        return self.lm.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        return self.lm.decode(ids)

    def token(self, token: int) -> str:
        return self.lm.token(token)


def ngram_model(lm: Source | NextLogits, texts: Iterable[str], n: int = 3) -> NgramModel:
    """A model that only counts: how often which token followed the last n - 1 tokens in these texts, and fewer.

    lm: whose tokens the texts are read as; it is not asked for anything else

    An end-of-text token is counted behind each text, where the model has one. Raises TypeError or ValueError for what
    is no model or no texts, and for an n that is no whole number from 1 to 64.

    >>> from lessons.models.six_words import six_words
    >>> bigrams = ngram_model(six_words(), ["the dog runs", "the cat"], n=2)
    >>> [round(p, 3) for p in bigrams(bigrams.encode("the")).exp().tolist()]  # dog and cat, each half of the time
    [0.118, 0.118, 0.035, 0.326, 0.326, 0.076]
    """
    source, texts = as_source(lm), check_some("texts", check_texts("texts", texts))
    longest, size = check_whole("n", n, 1, MOST_IN_A_ROW), size_of(source)
    followed: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for text in texts:
        ids = [*source.encode(text), *source.end_ids[:1]]
        check_ids_inside(min(ids, default=0), max(ids, default=0), size)
        for place, token in enumerate(ids):
            for length in range(min(place + 1, longest)):
                followed[tuple(ids[place - length : place])][token] += 1
    counts = {
        before: (torch.tensor([*after]), torch.tensor([*after.values()], dtype=torch.float64))
        for before, after in followed.items()
    }
    return NgramModel(source, counts)


@dataclass(frozen=True)
class PromptLookup:
    """Guesses that a text repeats itself; a source of point masses.

    Attributes:
        vocabulary_size: V.
        most: how many of the last tokens are looked for, at most.
    """

    vocabulary_size: int
    most: int

    def __call__(self, ids: Sequence[int]) -> Tensor:
        """(V,) logits: 0 for the token that followed the last tokens where they first stood before, minus infinity for
        all others; for all tokens where they did not."""
        logits, ids = torch.full((self.vocabulary_size,), -torch.inf), tuple(ids)
        for length in range(min(self.most, len(ids) - 1), 0, -1):
            for place in range(length, len(ids)):
                if ids[place - length : place] == ids[-length:]:
                    logits[ids[place]] = 0.0
                    return logits
        return logits


def prompt_lookup(lm: Source | NextLogits, max_matching_ngram_size: int = 2) -> PromptLookup:
    """A draft that looks up in the text so far what followed the last tokens before, and proposes that again.

    max_matching_ngram_size: how many of the last tokens are looked for first; if they never stood before, then fewer

    As `transformers.generate(prompt_lookup_num_tokens=…)` does; it takes no time, and guesses well where a text quotes
    itself. Saxena 2023, Prompt Lookup Decoding. Raises TypeError or ValueError for what is no model, and for a size
    that is no whole number from 1 to 64.

    >>> from lessons.models.six_words import six_words
    >>> chain = six_words()
    >>> draft = prompt_lookup(chain)
    >>> chain.decode([int(draft(chain.encode("the dog runs . the")).argmax())])
    'dog'
    """
    return PromptLookup(size_of(as_source(lm)), check_whole("max_matching_ngram_size", max_matching_ngram_size, 1, 64))


@with_gradients()
def first_blocks(lm: LanguageModel, number: int) -> LanguageModel:
    """A model like `lm` that stops after so many blocks: its output head reads what they leave.

    It has the weights of `lm`, and none of its own. What it says is what the logit lens shows after that many blocks.
    Raises TypeError for what is no model, ValueError for a number that is not from 1 to that of its blocks, and where
    the model keeps its blocks in no list.
    """
    config = check_model(lm).model.config.get_text_config()
    most = config.num_hidden_layers
    check_whole("number", number, 1, most)
    lent = {id(weight): weight for weight in lm.model.parameters()}
    model = copy.deepcopy(lm.model, memo=lent)
    place, blocks = blocks_of(model, most)
    setattr(place, blocks, getattr(place, blocks)[:number])
    shorter = model.config.get_text_config()
    shorter.num_hidden_layers = number
    if getattr(shorter, "layer_types", None):
        shorter.layer_types = shorter.layer_types[:number]
    return lm.with_model(say("models.first_blocks", name=lm.name, number=number, all=most), model)


def blocks_of(model: "PreTrainedModel", number: int) -> tuple[nn.Module, str]:
    """The part of a model that holds the list of its blocks, and the list's name. ValueError if there is none."""
    for place in model.modules():
        for name, part in place.named_children():
            if isinstance(part, nn.ModuleList) and len(part) == number:
                return place, name
    raise ValueError(say("models.no_blocks", architecture=model.config.model_type))


def size_of(source: Source) -> int:
    """V. Raises ValueError if it is not known."""
    if source.vocabulary_size is None:
        raise ValueError(say("models.no_vocabulary_size"))
    return source.vocabulary_size


def check_same_tokens(source: Source, draft: Source) -> None:
    """Raises ValueError unless the draft's ids mean the same tokens, as far as is known."""
    one, other = (getattr(each, "tokenizer", None) for each in (source, draft))
    if one is not None and other is not None and one is not other and one.get_vocab() != other.get_vocab():
        raise ValueError(say("models.other_tokens", name=getattr(draft, "name", short(draft))))
    if source.vocabulary_size is not None and draft.vocabulary_size is not None:
        check_same_size(source.vocabulary_size, draft.vocabulary_size)


def check_same_size(ours: int, theirs: int) -> None:
    """Raises ValueError unless the draft gives as many logits as the model."""
    if ours != theirs:
        raise ValueError(say("models.other_size", ours=f"{ours:,}", theirs=f"{theirs:,}"))
