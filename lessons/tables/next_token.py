"""What a model says next, as data frames. They hold raw floats; percent signs and visible spaces appear only where a
frame is displayed.

V = size of the vocabulary; log-probabilities are in nats.
"""

from collections.abc import Sequence

import pandas
import torch
from torch import Tensor

from lessons.arithmetic.probability import wide
from lessons.decoding.greedy import greedy_search
from lessons.decoding.steps import MOST_STEPS
from lessons.models.language_model import LanguageModel
from lessons.words.arguments import check_model, check_whole
from lessons.words.frames import Choice, TokenTable


def next_token_probabilities(
    lm: LanguageModel, prompt: str | Sequence[int] | Tensor, choices: int | None = None
) -> pandas.DataFrame:
    """What the model says next: every token with its probability, the likeliest first.

    One row for each token: rank (from 1), token, id, probability, log_probability (nats). The softmax runs over the
    whole vocabulary in 64 bits, so the column sums to 1; `choices` only says how many rows to keep (None: all V).
    Raises ValueError for an empty or too long prompt, or choices outside 1 … V; TypeError for what is no model, text or
    number.
    """
    log_probs = wide(check_model(lm).next_logits(prompt)).log_softmax(-1)  # (V,)
    kept = len(log_probs) if choices is None else check_whole("choices", choices, 1, len(log_probs))
    sorted_log_probs, ids = log_probs.sort(descending=True, stable=True)
    kept_ids = ids[:kept].tolist()
    return TokenTable(
        {
            "rank": range(1, kept + 1),
            "token": [lm.token(token) for token in kept_ids],
            "id": kept_ids,
            "probability": sorted_log_probs[:kept].exp().numpy(),
            "log_probability": sorted_log_probs[:kept].numpy(),
        }
    )


def next_token_table(
    lm: LanguageModel, prompt: str | Sequence[int] | Tensor, steps: int = 8, choices: int = 5
) -> pandas.DataFrame:
    """Greedy search as a table: one row a step, with the text so far and the likeliest tokens, the first of which is
    added.

    Columns: Input, Choice 1 … Choice n. A cell reads " most (9.76%)" and has the raw numbers as `.token`, `.id`,
    `.probability`. Fewer rows than `steps` mean that the text ended or the context was full. Raises ValueError for
    steps below 1, choices outside 1 … V, an empty or too long prompt; TypeError for what is no model, text or number.
    """
    steps = check_whole("steps", steps, 1)
    choices = check_whole("choices", choices, 1, check_model(lm).vocabulary_size)
    trace = greedy_search(lm, prompt, max_new_tokens=min(steps, MOST_STEPS))
    rows = []
    for number, step in enumerate(trace.steps):
        largest = torch.topk(step.log_probs.exp(), choices)
        ranked = zip(largest.indices.tolist(), largest.values.tolist(), strict=True)
        cells = [Choice(lm.token(token), token, probability) for token, probability in ranked]
        text = lm.decode(trace.ids[: len(trace.prompt_ids) + number])
        rows.append({"Input": text} | {f"Choice {place}": cell for place, cell in enumerate(cells, 1)})
    return TokenTable(rows, dtype=object)  # as text, the cells would lose the numbers underneath
