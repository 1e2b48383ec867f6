"""Sampling: unlike in greedy search the next token is drawn, and knobs shape what it is drawn from.

V = size of the vocabulary, B = texts asked for, b = those of them that have not ended.
"""

from collections.abc import Sequence

from torch import Tensor

from lessons.decoding.constrain import with_rules
from lessons.decoding.drawing import MOST_TEXTS, uniforms
from lessons.decoding.knobs import Knob, knobs
from lessons.decoding.one_sort import apply_and_draw
from lessons.decoding.steps import MOST_STEPS, steps_within, why_stopped
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Source, as_source, check_logits, read_prompt
from lessons.records.trace import Step, StepWithoutScores, Trace
from lessons.words.arguments import check_count, check_flag


@without_gradients()
def sample(
    lm: Source | NextLogits,
    prompt: str | Sequence[int] | Tensor,
    max_new_tokens: int = 20,
    temperature: float | None = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    typical_p: float | None = None,
    repetition_penalty: float | None = 1.0,
    no_repeat_ngram_size: int | None = 0,
    num_return_sequences: int = 1,
    seed: int = 0,
    output_scores: bool = True,
) -> Trace | list[Trace]:
    """The text made by drawing each next token from what the knobs leave; a list if `num_return_sequences` is above 1.

    The knobs are those of `transformers.generate(do_sample=True)` and act in its order; None and 0 or 1 mean off, as
    there, but `top_k` is off unless you give it (there it is 50). `Step.filters` holds the scores after each knob,
    `Step.uniform` the random number of the draw. With `output_scores=False` steps keep numbers and no tensors: enough
    for texts, log-probabilities and `table()`, where whole distributions would be V numbers for each step, text and
    knob. The same seed makes the same text. More texts, or longer ones, change none of the others' random numbers; but
    a model that reads several texts at once may round the last bits of its logits otherwise than for one, and then,
    seldom, a number that falls between two tokens takes the other one (most likely at temperatures above 1, where
    thousands of tokens are nearly alike). Raises TypeError or ValueError for an argument that cannot be, an empty or
    too long prompt, knobs that leave nothing to choose from, and logits that are no numbers.

    >>> import torch
    >>> likely = torch.tensor([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.9, 0.0, 0.1]])
    >>> sample(lambda ids: likely[ids[-1]].log(), [0], max_new_tokens=4, top_k=1).new_ids
    (1, 2, 0, 1)
    """
    source = as_source(lm)
    prompt_ids = read_prompt(source, prompt)
    max_new_tokens = check_count("max_new_tokens", max_new_tokens, MOST_STEPS)
    number = check_count("num_return_sequences", num_return_sequences, MOST_TEXTS)
    active = knobs(
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        typical_p=typical_p,
        repetition_penalty=repetition_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
    )
    active = with_rules(active, source, prompt_ids)
    check_flag("output_scores", output_scores)
    numbers = uniforms(seed, number, steps_within(source, prompt_ids, max_new_tokens))
    traces = []
    for steps in grow_texts(source, prompt_ids, active, numbers, output_scores):
        stopped = why_stopped(source, [step.chosen for step in steps], max_new_tokens)
        traces.append(Trace(prompt_ids, tuple(steps), source.decode, source.token, stopped))
    return traces[0] if number == 1 else traces


def grow_texts(
    source: Source, prompt_ids: Sequence[int], active: Sequence[Knob], numbers: Tensor, output_scores: bool
) -> list[list[Step]]:
    """The steps of B texts that grow side by side from one prompt; numbers (B, steps) holds the u of each draw."""
    session, ids = source.session(prompt_ids), [list(prompt_ids) for _ in numbers]
    texts: list[list[Step]] = [[] for _ in numbers]
    growing, logits = list(range(len(numbers))), session.logits.expand(len(numbers), -1)  # (b, V)
    for step in range(numbers.shape[1]):
        check_logits(logits, step, source)
        steps = choose(logits.cpu(), active, [ids[text] for text in growing], numbers[growing, step])
        for text, taken in zip(growing, steps, strict=True):
            texts[text].append(taken if output_scores else StepWithoutScores(taken))
            ids[text].append(taken.chosen)
        alive = [row for row, text in enumerate(growing) if ids[text][-1] not in source.end_ids]
        if not alive or step + 1 == numbers.shape[1]:
            break
        parents = alive if step else [0] * len(alive)  # in the first step all go on from the one prompt
        growing = [growing[row] for row in alive]
        logits = session.extend([ids[text][-1] for text in growing], parents)
    return texts


def choose(logits: Tensor, active: Sequence[Knob], ids: Sequence[Sequence[int]], numbers: Tensor) -> list[Step]:
    """A step of each of b texts: the knobs act on logits (b, V), and numbers (b,) draw from what they leave."""
    results, chosen = apply_and_draw(active, logits, ids, numbers)  # (name, (b, V)) …, (b,)
    steps = []
    for row, (token, uniform) in enumerate(zip(chosen.tolist(), numbers.tolist(), strict=True)):
        offered, filters = logits[row], tuple((name, result[row]) for name, result in results)
        steps.append(Step(offered, filters[-1][1] if filters else offered, token, filters, uniform))
    return steps
