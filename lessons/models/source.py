"""What a decoder asks: "these tokens so far; which logits for the next?" – and who may answer.

A *source* is a `LanguageModel`, or any function `ids -> logits (V,)`. A `Session` is a conversation with it about one
prompt: it holds one row of logits for each text in the making, and grows every text by one token at a time. A single
text can also go on by several tokens at once, and go back.

V = size of the vocabulary, B = texts side by side, T = tokens read at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from reprlib import repr as short
from typing import TYPE_CHECKING, Protocol, cast

import torch
from torch import Tensor

from lessons.models.gradients import without_gradients
from lessons.words.arguments import check_ids_inside, check_text, whole_numbers
from lessons.words.language import say

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NextLogits = Callable[[Sequence[int]], Tensor]  # ids -> (V,)


class Session(Protocol):
    """Texts growing side by side from one prompt. `logits` (B, V) are those for the next token of each text."""

    logits: Tensor

    def extend(self, tokens: Sequence[int], parents: Sequence[int] | None = None) -> Tensor:
        """Text i becomes text parents[i] with tokens[i] added (parents None: each goes on from itself); returns the new
        `logits` (B, V)."""
        ...

    def read(self, tokens: Sequence[int]) -> Tensor:
        """The one text goes on with all these tokens, read in one pass; returns the logits after each, (T, V)."""
        ...

    def forget(self, number: int) -> None:
        """The one text's last `number` tokens are taken back; `logits` follow when it is read on."""
        ...


class Limits(Protocol):
    """What can end a text."""

    @property
    def end_ids(self) -> tuple[int, ...]:
        """The end-of-text tokens, none or several."""
        ...

    @property
    def context(self) -> int | None:
        """How many tokens can be read; None = no limit."""
        ...


class Source(Limits, Protocol):
    """What a decoder needs to know of a model."""

    @property
    def vocabulary_size(self) -> int | None:
        """Ids run from 0 to one less; None = not known."""
        ...

    def encode(self, text: str) -> list[int]: ...

    def decode(self, ids: Sequence[int]) -> str: ...

    def token(self, token: int) -> str: ...

    def session(self, prompt_ids: Sequence[int]) -> Session: ...


class FunctionSession:
    """A session with a plain function: every text is read anew at each step."""

    def __init__(self, next_logits: NextLogits, prompt_ids: Sequence[int]) -> None:
        self.next_logits, self.texts = next_logits, [list(prompt_ids)]
        self.logits = self._ask()

    def extend(self, tokens: Sequence[int], parents: Sequence[int] | None = None) -> Tensor:
        parents = range(len(tokens)) if parents is None else parents
        self.texts = [[*self.texts[parent], int(token)] for parent, token in zip(parents, tokens, strict=True)]
        self.logits = self._ask()
        return self.logits

    def read(self, tokens: Sequence[int]) -> Tensor:
        return torch.cat([self.extend([token]) for token in tokens])  # (T, V)

    def forget(self, number: int) -> None:
        del self.texts[0][len(self.texts[0]) - number :]

    @without_gradients()
    def _ask(self) -> Tensor:
        return torch.stack([answer_of(self.next_logits, ids) for ids in self.texts])  # (B, V)


def answer_of(next_logits: NextLogits, ids: Sequence[int]) -> Tensor:
    """(V,) what a function says to these ids; raises TypeError if that is no row of logits."""
    answer = next_logits(ids)
    try:
        logits = torch.as_tensor(answer)
    except (TypeError, ValueError, RuntimeError):
        logits = None
    if logits is None or not logits.is_floating_point() or logits.ndim != 1 or not len(logits):
        raise TypeError(say("models.answer_of_function", ids=short(ids), value=short(answer)))
    return logits


@dataclass(frozen=True)
class FunctionSource:
    """A function `ids -> logits (V,)` as a source; its attributes `encode`, `decode`, `token`, `tokenizer`, `end_ids`,
    `context`, `vocabulary_size` are used if it has them."""

    function: NextLogits

    @property
    def end_ids(self) -> tuple[int, ...]:
        return tuple(getattr(self.function, "end_ids", ()))

    @property
    def context(self) -> int | None:
        return getattr(self.function, "context", None)

    @property
    def vocabulary_size(self) -> int | None:
        return getattr(self.function, "vocabulary_size", None)

    @property
    def tokenizer(self) -> "PreTrainedTokenizerBase | None":
        return getattr(self.function, "tokenizer", None)

    def encode(self, text: str) -> list[int]:
        if not hasattr(self.function, "encode"):
            raise TypeError(say("models.prompt_needs_ids", value=repr(text)))
        return list(self.function.encode(text))

    def decode(self, ids: Sequence[int]) -> str:
        decode = getattr(self.function, "decode", None)
        return decode(ids) if decode else " ".join(map(str, ids))

    def token(self, token: int) -> str:
        name = getattr(self.function, "token", None)
        return name(token) if name else self.decode([token])

    def session(self, prompt_ids: Sequence[int]) -> FunctionSession:
        return FunctionSession(self.function, prompt_ids)


def as_source(source: "Source | NextLogits") -> Source:
    """The source itself, or a function wrapped as one; raises TypeError for what is neither."""
    if isinstance(source, type) or not (hasattr(source, "session") or callable(source)):
        raise TypeError(say("models.no_source", value=short(source)))
    return cast(Source, source) if hasattr(source, "session") else FunctionSource(cast(NextLogits, source))


def read_prompt(source: Source, prompt: str | Sequence[int] | Tensor) -> tuple[int, ...]:
    """The prompt's ids, checked: at least one, and room for one more in the context."""
    if isinstance(prompt, str):
        ids = source.encode(check_text("prompt", prompt))
    elif isinstance(prompt, Tensor):
        if prompt.ndim != 1 and not (prompt.ndim == 2 and len(prompt) == 1):
            raise ValueError(say("models.prompt_batch", shape=tuple(prompt.shape)))
        ids = prompt.flatten().tolist()
    elif isinstance(prompt, Sequence) and not isinstance(prompt, bytes | bytearray | memoryview):
        ids = [*prompt]
    else:
        raise TypeError(say("models.prompt_type", value=type(prompt).__name__))
    try:
        ids = whole_numbers(ids)
    except TypeError:
        raise TypeError(say("models.prompt_type", value=short(prompt))) from None
    if not ids:
        raise ValueError(say("models.prompt_empty"))
    check_ids_inside(min(ids), max(ids), source.vocabulary_size or max(ids) + 1)
    if source.context is not None and len(ids) >= source.context:
        most, front = source.context - 1, len(getattr(source, "front_ids", ()))
        part = f"lm.encode(prompt)[-{most - front}:]"
        part = f"[*lm.front_ids, *{part}]" if front else part  # the model knows no text without them
        numbers = {"tokens": len(ids), "context": source.context, "excess": len(ids) - most}
        raise ValueError(say("models.prompt_too_long", **numbers, part=part))
    return tuple(ids)


def check_logits(logits: Tensor, step: int, source: object = None) -> None:
    """Raises ValueError, which names the step, unless every row of logits (..., V) can be chosen from; where the source
    is a model that computes in 16 bits with few powers of ten (float16), it says that they do not suffice."""
    largest = logits.amax(-1)  # (...) one pass: a NaN anywhere is the maximum
    if largest.isfinite().all():
        return
    wrong = largest[~largest.isfinite()][0].item() if largest.ndim else largest.item()
    what = "NaN" if wrong != wrong else "+inf" if wrong > 0 else "-inf only"
    if getattr(source, "dtype", None) == torch.float16:
        raise ValueError(say("models.half_overflow", what=what))
    raise ValueError(say("models.broken_logits", step=step, what=what))
