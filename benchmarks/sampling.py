"""Sampling with its whole record, beside `model.generate` without one and beside the bare forward passes."""

from collections.abc import Callable, Iterator

import torch

import lessons
from benchmarks.decoding import PROMPT, TOKENS, bare_passes, endless
from benchmarks.measure import ROUNDS, Row, compare, machine, paired, show
from lessons.models.language_model import LanguageModel

# `generate` cuts at top_k = 50 unless told otherwise: 0 switches it off.
SETTINGS = {
    "no knob": {"top_k": 0},
    "T 0.7": {"temperature": 0.7, "top_k": 0},
    "top-p 0.92": {"top_k": 0, "top_p": 0.92},
    "T 0.7, top-k 50, top-p 0.95": {"temperature": 0.7, "top_k": 50, "top_p": 0.95},
}


def parts(quick: bool = False) -> Iterator[Row]:
    """60 tokens of the bundled model under each setting; then five texts side by side."""
    lm = endless(lessons.load(device="cpu"))
    ids, rounds = lm.encode(PROMPT), 2 if quick else ROUNDS
    for name, knobs in SETTINGS.items():
        yield from beside(lm, ids, f"sample, every filter kept ({name})", knobs, 1, rounds)
    yield from beside(lm, ids, "five samples (top-k 50, top-p 0.95)", {"top_k": 50, "top_p": 0.95}, 5, rounds)


def beside(
    lm: LanguageModel, ids: list[int], what: str, knobs: dict[str, float], texts: int, rounds: int
) -> Iterator[Row]:
    """Ours beside `generate` with the same knobs, and beside the model's own work."""
    times = paired(
        {
            "ours": lambda: lessons.sample(lm, ids, TOKENS, num_return_sequences=texts, **knobs),
            "generate": generate(lm, ids, texts, knobs),
            "bare passes": bare_passes(lm, ids, texts),
        },
        rounds,
    )
    yield compare(what, times, "generate", goal=1.5)
    yield compare(what, times, "bare passes", goal=1.15, cost=True)


def generate(lm: LanguageModel, ids: list[int], texts: int, knobs: dict[str, float]) -> Callable[[], object]:
    """What a student would otherwise call."""
    prompt = torch.tensor([ids])
    options = {"max_new_tokens": TOKENS, "do_sample": True, "num_return_sequences": texts, "pad_token_id": 0} | knobs
    return lambda: lm.model.generate(prompt, attention_mask=torch.ones_like(prompt), **options)


if __name__ == "__main__":
    print(machine())
    show(parts())
