"""Greedy search: always the likeliest token."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lessons.decoding.source import NextLogits, Source, as_source, check_logits, read_prompt, steps_within, why_stopped
from lessons.probability import check_whole
from lessons.trace import Step, Trace


@torch.inference_mode()
def greedy_search(lm: Source | NextLogits, prompt: str | Sequence[int] | Tensor, max_new_tokens: int = 20) -> Trace:
    """The text made by always taking the most probable token.

    The same as `model.generate(do_sample=False)`; the record holds the whole distribution of each step. Stops after an
    end-of-text token, after `max_new_tokens`, or where the model's context is full (`.stopped` says which).

    >>> likely = torch.tensor([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.9, 0.0, 0.1]])
    >>> greedy_search(lambda ids: likely[ids[-1]].log(), [0], max_new_tokens=4).new_ids
    (1, 2, 0, 1)
    """
    source = as_source(lm)
    prompt_ids = read_prompt(source, prompt)
    max_new_tokens = check_whole("max_new_tokens", max_new_tokens, 1)
    session, steps = source.session(prompt_ids), []
    for step in range(steps_within(source, prompt_ids, max_new_tokens)):
        if step:
            session.extend([chosen])
        logits = session.logits[0]  # (V,)
        check_logits(logits, step)
        chosen = int(logits.argmax())
        steps.append(Step(logits, scores=logits, chosen=chosen))
        if chosen in source.end_ids:
            break
    new_ids = [step.chosen for step in steps]
    return Trace(prompt_ids, tuple(steps), source.decode, why_stopped(source, prompt_ids, new_ids, max_new_tokens))
