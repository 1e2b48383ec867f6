"""Greedy search: always the likeliest token. Sampling and beam search are the same loop with one idea added.

V = size of the vocabulary.
"""

from collections.abc import Sequence

from torch import Tensor

from lessons.decoding.constrain import with_rules
from lessons.decoding.knobs import apply_knobs, knobs
from lessons.decoding.steps import check_steps, steps_within, why_stopped
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Source, as_source, check_logits, read_prompt
from lessons.records.trace import Step, Trace


@without_gradients()
def greedy_search(
    lm: Source | NextLogits,
    prompt: str | Sequence[int] | Tensor,
    max_new_tokens: int = 20,
    repetition_penalty: float | None = 1.0,
    no_repeat_ngram_size: int | None = 0,
) -> Trace:
    """The text made by always taking the most probable token.

    The same as `model.generate(do_sample=False)`; the record holds the whole distribution of each step. Stops after an
    end-of-text token, after `max_new_tokens`, or where the model's context is full (`.stopped` says which). The two
    knobs act on the logits before the choice: see `filters.repetition_penalty` and `filters.no_repeat_ngrams`.
    Raises TypeError or ValueError for an argument that cannot be, an empty or too long prompt, and logits that are no
    numbers.

    >>> import torch
    >>> likely = torch.tensor([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.9, 0.0, 0.1]])
    >>> greedy_search(lambda ids: likely[ids[-1]].log(), [0], max_new_tokens=4).new_ids
    (1, 2, 0, 1)
    >>> greedy_search(lambda ids: likely[ids[-1]].log(), [0], max_new_tokens=4, no_repeat_ngram_size=2).new_ids
    (1, 2, 0, 2)
    """
    source = as_source(lm)
    prompt_ids = read_prompt(source, prompt)
    max_new_tokens = check_steps(max_new_tokens)
    active = knobs(repetition_penalty=repetition_penalty, no_repeat_ngram_size=no_repeat_ngram_size)
    active = with_rules(active, source, prompt_ids)
    session, ids, steps = source.session(prompt_ids), list(prompt_ids), []
    for step in range(steps_within(source, prompt_ids, max_new_tokens)):
        logits = session.extend(ids[-1:])[0] if step else session.logits[0]  # (V,)
        check_logits(logits, step, source)
        filters = apply_knobs(active, logits, ids)
        scores = filters[-1][1] if filters else logits
        ids.append(int(scores.argmax()))
        steps.append(Step(logits, scores, ids[-1], filters))
        if ids[-1] in source.end_ids:
            break
    stopped = why_stopped(source, ids[len(prompt_ids) :], max_new_tokens)
    return Trace(prompt_ids, tuple(steps), source.decode, source.token, stopped)
