"""Greedy and beam search with their whole record, beside `model.generate` without one and the bare forward passes."""

from collections.abc import Callable, Iterator

import torch

import lessons
from benchmarks.measure import ROUNDS, Row, compare, machine, paired, show
from lessons.models.language_model import LanguageModel

PROMPT = "Once upon a time there was a king who had three daughters, and"
TOKENS = 60
BEAMS = 5


def parts(quick: bool = False) -> Iterator[Row]:
    """Greedy search, beam search, then greedy search with a draft, on the bundled model, 60 tokens."""
    lm = endless(lessons.load(device="cpu"))
    ids, rounds = lm.encode(PROMPT), 2 if quick else ROUNDS
    times = paired(
        {
            "ours": lambda: lessons.greedy_search(lm, ids, TOKENS),
            "generate": generate(lm, ids, num_beams=1),
            "bare passes": bare_passes(lm, ids, texts=1),
        },
        rounds,
    )
    yield compare("greedy_search, every distribution kept", times, "generate", goal=1.6)
    yield compare("greedy_search, every distribution kept", times, "bare passes", goal=1.15, cost=True)
    times = paired(
        {
            "ours": lambda: lessons.beam_search(lm, ids, TOKENS, num_beams=BEAMS),
            "generate": generate(lm, ids, num_beams=BEAMS),
            "bare passes": bare_passes(lm, ids, texts=BEAMS),
        },
        rounds,
    )
    yield compare("beam_search (5), the whole tree kept", times, "generate", goal=1.6)
    yield compare("beam_search (5), the whole tree kept", times, "bare passes", goal=1.15, cost=True)
    draft = lessons.first_blocks(lm, 3)
    times = paired(
        {
            "ours": lambda: lessons.speculative(lm, draft, ids, TOKENS, do_sample=False),
            "generate": generate(lm, ids, num_beams=1, assistant_model=draft.model, num_assistant_tokens=5),
            "greedy_search": lambda: lessons.greedy_search(lm, ids, TOKENS),
        },
        rounds,
    )
    yield compare("speculative, the first 3 of 6 blocks propose", times, "generate", goal=1.0)
    yield compare("speculative, the first 3 of 6 blocks propose", times, "greedy_search", goal=2.0, cost=True)


def endless(lm: LanguageModel) -> LanguageModel:
    """The model without end-of-text tokens, so that all ways make the same number of tokens."""
    lm.model.generation_config.eos_token_id = lm.model.config.eos_token_id = None
    assert lm.end_ids == ()
    return lm


def generate(
    lm: LanguageModel, ids: list[int], num_beams: int, tokens: int = TOKENS, **more: object
) -> Callable[[], object]:
    """What a student would otherwise call."""
    prompt = torch.tensor([ids])
    options = {"max_new_tokens": tokens, "do_sample": False, "num_beams": num_beams, "pad_token_id": 0, **more}
    return lambda: lm.model.generate(prompt, attention_mask=torch.ones_like(prompt), **options)


def bare_passes(lm: LanguageModel, ids: list[int], texts: int, tokens: int = TOKENS) -> Callable[[], None]:
    """The model's own work and nothing else, by the page: the prompt once, then one token a step for each text."""

    @torch.inference_mode()
    def passes() -> None:
        session = lm.session(ids)
        for step in range(1, tokens):
            session.extend([step] * texts, [0] * texts if step == 1 else None)

    return passes


if __name__ == "__main__":
    print(machine())
    show(parts())
