"""Decoders side by side: one prompt, every decoder, and what can be measured of their texts.

A text's log-probability is the model's own, before any knob, so that all decoders are judged by the same measure. In
nats.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from reprlib import repr as shown
from typing import Any

import pandas

from lessons.arithmetic.measures import distinct_share, repetition
from lessons.decoding import beam_search, greedy_search, sample
from lessons.decoding.drawing import MOST_TEXTS
from lessons.decoding.steps import MOST_STEPS
from lessons.models.language_model import LanguageModel
from lessons.models.scoring import token_log_probs
from lessons.models.source import read_prompt
from lessons.records.trace import Trace
from lessons.words.arguments import check_all, check_count, check_kind, check_model, check_some, check_text, check_texts
from lessons.words.language import say
from lessons.words.tokens import text_after


@dataclass(frozen=True)
class Text:
    """A continuation: ids, the same as text, its log-probability under the model, and each token's; in nats."""

    ids: tuple[int, ...]
    text: str
    log_prob: float
    log_probs: tuple[float, ...] = field(default=(), repr=False)

    @property
    def surprisal(self) -> float:
        """Nats per token."""
        return -self.log_prob / len(self.ids)


@dataclass(frozen=True)
class Decoder:
    """A decoder with its knobs set, and not yet run; as a string it is the call: sample(temperature=0.7).

    search: `greedy_search`, `beam_search` or `sample`. settings: its arguments by name. Raises TypeError for anything
        else.
    """

    search: Callable[..., Trace | Sequence[Trace]]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not callable(self.search) or not isinstance(getattr(self.search, "__name__", None), str):
            raise TypeError(say("decoders.search", value=shown(self.search)))
        for name in check_kind("settings", self.settings, dict, say("decoders.settings")):
            check_kind("settings", name, str, say("decoders.settings"))

    def __str__(self) -> str:
        return f"{self.search.__name__}({', '.join(f'{name}={value}' for name, value in self.settings.items())})"

    def write(self, lm: LanguageModel, prompt: str, max_new_tokens: int, number: int, seed: int = 0) -> list[Text]:
        """`number` continuations; those of a decoder that draws nothing are all alike, and written once."""
        options = dict(self.settings)
        if self.search is sample:
            options |= {"num_return_sequences": number, "seed": seed, "output_scores": False}
        written = self.search(lm, prompt, max_new_tokens=max_new_tokens, **options)
        traces = [written] if isinstance(written, Trace) else written
        texts = [Text(one.new_ids, one.new_text, one.log_prob, tuple(one.log_probs.tolist())) for one in traces]
        return [texts[place % len(texts)] for place in range(number)]


NINE = (
    Decoder(greedy_search),
    Decoder(beam_search, {"num_beams": 5}),
    Decoder(beam_search, {"num_beams": 5, "no_repeat_ngram_size": 2}),
    Decoder(beam_search, {"num_beams": 5, "num_return_sequences": 5}),
    Decoder(sample),
    Decoder(sample, {"temperature": 0.7}),
    Decoder(sample, {"top_k": 50}),
    Decoder(sample, {"top_p": 0.92}),
    Decoder(sample, {"top_k": 50, "top_p": 0.95}),
)


def check_decoders(decoders: object) -> list[Decoder]:
    """The decoders as a list. Raises TypeError unless each is a `Decoder`, ValueError if there is none."""
    several = decoders if isinstance(decoders, list | tuple) else [decoders]
    return check_some("decoders", check_all("decoders", several, Decoder, "Decoder(search, settings), …"))


def write_all(
    lm: LanguageModel,
    prompt: str,
    decoders: Sequence[Decoder] = NINE,
    max_new_tokens: int = 60,
    number: int = 30,
    seed: int = 0,
) -> dict[str, list[Text]]:
    """{decoder as a call: its `number` continuations of the prompt}.

    Raises TypeError or ValueError for what is no model, no prompt, no decoder, and for numbers that cannot be.
    """
    lm = check_model(lm)
    number = check_count("number", number, MOST_TEXTS)
    decoders = check_decoders(decoders)
    return {str(decoder): decoder.write(lm, prompt, max_new_tokens, number, seed) for decoder in decoders}


def read_real(lm: LanguageModel, prompt: str, texts: Iterable[str], max_new_tokens: int = 60) -> list[Text]:
    """Texts that begin with the prompt and that no model wrote, shortened to the same length and read by the model,
    end included.

    Raises TypeError or ValueError for what is no model, no prompt, no texts or no number, for a text that does not
    begin with the prompt or is longer than the model's context, and for a prompt that ends inside a token of a text:
    what follows its last whole token is no continuation of it.
    """
    prompt_ids = read_prompt(check_model(lm), check_text("prompt", prompt))
    max_new_tokens, start = check_count("max_new_tokens", max_new_tokens, MOST_STEPS), len(prompt_ids)
    real = []
    for text in check_texts("texts", texts):
        ids = [*lm.encode(text), *lm.end_ids[:1]]
        if not text.startswith(prompt) or len(ids) <= start:
            raise ValueError(say("decoders.not_a_continuation", prompt=repr(prompt), text=repr(text[:40])))
        check_begins(lm, ids, prompt_ids, prompt)
        ids = ids[: start + max_new_tokens]
        log_probs = token_log_probs(lm, ids)[start - 1 :]
        words = text_after(lm.decode, prompt_ids, ids[start:])
        real.append(Text(tuple(ids[start:]), words, float(log_probs.sum()), tuple(log_probs.tolist())))
    return real


def check_begins(lm: LanguageModel, ids: Sequence[int], prompt_ids: Sequence[int], prompt: str) -> None:
    """Raises ValueError, which names the token in which the prompt ends, unless these ids begin with those of the
    prompt."""
    for token, of_prompt in zip(ids, prompt_ids, strict=False):
        if token != of_prompt:
            raise ValueError(say("decoders.inside_a_token", prompt=repr(prompt), token=repr(lm.token(token))))


def measure(written: dict[str, list[Text]]) -> pandas.DataFrame:
    """One row for each decoder, over all its texts:

    surprisal (nats per token), perplexity (its exp), log_prob (mean of a text), distinct_2 (share of different 2-grams
    in all texts together), repetition (share of a text's 4-grams that it has had before, mean), different (how many of
    the texts differ), tokens (mean). Where all texts are of one token, distinct_2 is NaN. Raises TypeError for what is
    not as `write_all` returns it, ValueError where a decoder has no texts.
    """
    rows = {}
    for name, texts in check_kind("written", written, dict, "write_all(lm, prompt)").items():
        check_some(f"written[{name!r}]", check_all(f"written[{name!r}]", texts, Text, "write_all(lm, prompt)"))
        ids, count = [text.ids for text in texts], len(texts)
        surprisal = -sum(text.log_prob for text in texts) / sum(map(len, ids))
        rows[name] = {
            "surprisal": surprisal,
            "perplexity": math.exp(surprisal),
            "log_prob": sum(text.log_prob for text in texts) / count,
            "distinct_2": distinct_share(ids) if max(map(len, ids)) > 1 else math.nan,
            "repetition": sum(map(repetition, ids)) / count,
            "different": len(set(ids)),
            "tokens": sum(map(len, ids)) / count,
        }
    return pandas.DataFrame.from_dict(rows, orient="index").rename_axis("decoder")
