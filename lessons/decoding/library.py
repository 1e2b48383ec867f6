"""What transformers' `generate` returns for the same settings: the yardstick of our own beam search."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from lessons.models.gradients import without_gradients
from lessons.models.language_model import LanguageModel


class Generated(NamedTuple):
    """What `model.generate` returned.

    Attributes:
        ids: those of the prompt and of the tokens added to it.
        score: sum of log-probabilities / length ** length_penalty; None for one beam, where `generate` gives none.
    """

    ids: tuple[int, ...]
    score: float | None


@without_gradients()
def generate_beams(
    lm: LanguageModel,
    prompt_ids: Sequence[int],
    max_new_tokens: int,
    num_beams: int,
    no_repeat_ngram_size: int = 0,
    length_penalty: float = 1.0,
    early_stopping: bool | str = False,
) -> Generated:
    """The best text that `model.generate` finds with these settings, without sampling."""
    model: Any = lm.model
    prompt = torch.tensor([prompt_ids], device=lm.device)
    rules = {"length_penalty": length_penalty, "early_stopping": early_stopping}
    found = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=max_new_tokens,
        num_beams=num_beams,
        no_repeat_ngram_size=no_repeat_ngram_size,
        do_sample=False,
        pad_token_id=(*lm.end_ids, 0)[0],
        output_scores=True,
        return_dict_in_generate=True,
        **(rules if num_beams > 1 else {}),  # which greedy search does not know
    )
    score = found.sequences_scores[0].item() if num_beams > 1 else None
    return Generated(tuple(found.sequences[0].tolist()), score)
