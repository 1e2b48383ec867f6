"""What goes on inside a model: its hidden states, what the output head would say to each of them, who looks at whom.

T = tokens of a prompt, D = width, L = blocks, H = heads, V = size of the vocabulary.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lessons.models import gpt2
from lessons.models.gradients import with_gradients, without_gradients
from lessons.models.language_model import LanguageModel
from lessons.models.reading import accepted
from lessons.models.sessions import is_on_the_page, weights_of
from lessons.models.source import check_logits, read_prompt
from lessons.words.arguments import check_model, check_some, check_texts, check_whole
from lessons.words.language import say

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Prompt = str | Sequence[int] | Tensor
Head = Callable[[Tensor], Tensor]  # what a block leaves (…, D) -> logits (…, V)


def hidden_states(lm: LanguageModel, prompt: Prompt) -> Tensor:
    """(L + 1, T, D) the prompt's tokens as they are put in, then as they leave each block.

    Of any model whose logits are an output head on its last state, normalised, and nothing more; ValueError if this one
    does something else, or for a prompt that cannot be read; TypeError for what is no model or no prompt.
    """
    return read_inside(lm, prompt)[0].float().cpu().clone()  # for gradients, as below


def logit_lens(lm: LanguageModel, prompt: Prompt, last: int | None = None) -> Tensor:
    """(L + 1, T, V) the logits that the output head gives for each hidden state, as if its block were the last.

    last: only for so many tokens at the prompt's end

    The last of them are the model's own. nostalgebraist 2020, Interpreting GPT: the logit lens. Raises ValueError and
    TypeError as `hidden_states`, and for a `last` that is no whole number from 1 on.
    """
    if last is not None:
        check_whole("last", last, 1)
    states, head = read_inside(lm, prompt)
    most = states.shape[1] if last is None else min(last, states.shape[1])
    with without_gradients():
        depths = [head(state[-most:]).float().cpu() for state in states]
    check_logits(depths[-1], 0, lm)
    return torch.stack(depths)  # made out here: a student's own arithmetic may keep it for gradients


def attention_weights(lm: LanguageModel, prompt: Prompt) -> Tensor:
    """(L, H, T, T) how much each token (row) takes from each token (column), in every head of every block: rows sum to
    1, and what comes later gets 0.

    Of a GPT-2, the only kind whose attention is written out here; ValueError for another model or a prompt that cannot
    be read, TypeError for what is no model or no prompt.
    """
    if not is_on_the_page(check_model(lm).model):
        raise ValueError(say("models.no_page", name=lm.name))
    states, weights = read_inside(lm, prompt)[0], weights_of(lm.model)
    heads, T = lm.model.config.n_head, states.shape[1]
    seen = torch.ones(T, T, dtype=torch.bool, device=lm.device).tril()
    patterns = []
    with without_gradients():
        for block, state in enumerate(states[:-1]):
            name = f"transformer.h.{block}"
            mixed = gpt2.linear(weights, f"{name}.attn.c_attn", gpt2.layer_norm(weights, f"{name}.ln_1", state))
            query, key, _ = mixed.unflatten(-1, (3, heads, -1)).permute(1, 2, 0, 3)  # (H, T, d) each
            scores = query @ key.mT / math.sqrt(query.shape[-1])  # (H, T, T)
            patterns.append(scores.masked_fill(~seen, -torch.inf).softmax(-1))
    return torch.stack(patterns).float().cpu().clone()


@with_gradients()
def ablate(lm: LanguageModel, parts: str | Sequence[str]) -> LanguageModel:
    """A model like `lm` in which these parts write nothing: their weights are 0. `lm` stays as it is, and lends all
    other weights.

    parts: the name of a weight as in `lm.model.named_parameters()`, or the beginning of some names up to a dot, as in
        "transformer.wpe" or "transformer.h.3.attn.c_proj"; or several of these

    Raises TypeError for what is no model or no name, ValueError where no weight has such a name.
    """
    weights = weights_of(check_model(lm).model)
    wanted = check_some("parts", check_texts("parts", [parts] if isinstance(parts, str) else parts))
    names = [name for part in wanted for name in named(part, weights)]
    lent = {id(weight): weight for weight in weights.values()}
    for name in names:
        lent.pop(id(weights[name]), None)
    model = copy.deepcopy(lm.model, memo=lent)
    with torch.no_grad():
        for name in names:
            weights_of(model)[name].zero_()
    return lm.with_model(say("models.ablated", name=lm.name, parts=", ".join(wanted)), model)


def named(part: str, weights: dict[str, nn.Parameter]) -> list[str]:
    """The weights of that part. Raises ValueError, which names what is like it, if there are none."""
    found = [name for name in weights if name == part or name.startswith(f"{part}.")]
    if not found:
        modules = {name.rpartition(".")[0] for name in weights}
        near = get_close_matches(part, sorted(modules | set(weights)), n=3, cutoff=0.3) or sorted(weights)[:3]
        raise ValueError(say("models.no_part", part=repr(part), near=", ".join(near)))
    return found


@without_gradients()
def read_inside(lm: LanguageModel, prompt: Prompt) -> tuple[Tensor, Head]:
    """The states of `hidden_states`, and what makes logits of one of them."""
    ids = torch.tensor([read_prompt(check_model(lm), prompt)], device=lm.device)  # (1, T)
    if is_on_the_page(lm.model):
        weights, config = weights_of(lm.model), lm.model.config
        states = gpt2.hidden_states(weights, ids, gpt2.Memory(weights, config.n_layer, config.n_head))
        return torch.stack(states)[:, 0], lambda state: gpt2.logits(weights, state)
    body, head = lm.model.base_model, lm.model.get_output_embeddings()
    with passing_through(body) as passed:
        output = body(input_ids=ids, output_hidden_states=True, **accepted(body, use_cache=False))
    before = passed.get(numbers_of(getattr(output, "last_hidden_state", None)))
    entering = getattr(output, "hidden_states", None)
    if before is None or entering is None or not lm.plain_head or before[1].shape != entering[0].shape:
        raise ValueError(say("models.no_lens", name=lm.name))
    norm, last = before
    return torch.stack([*entering[:-1], last])[:, 0], lambda state: head(norm(state))


Made = dict[tuple[int, int] | None, tuple[nn.Module, Tensor]]


@contextmanager
def passing_through(body: "PreTrainedModel") -> Iterator[Made]:
    """Within: {what a part made, as `numbers_of`: (the part, what it was given)}, for parts that have no parts and
    belong to no block. The one that makes the body's last state is the norm before the output head, whatever an
    architecture calls it."""
    passed: Made = {}
    kept = []  # a place in memory is a tensor's own only as long as it lives

    def note(part: nn.Module, given: tuple[Any, ...], made: Any) -> None:
        if isinstance(made, Tensor) and len(given) == 1:
            kept.append(made)
            passed.setdefault(numbers_of(made), (part, given[0]))  # dropout, which does nothing here, comes later

    around = [part for name, part in body.named_modules() if not any(map(str.isdigit, name.split(".")))]
    hooks = [part.register_forward_hook(note) for part in around if not list(part.children())]
    try:
        yield passed
    finally:
        for hook in hooks:
            hook.remove()


def numbers_of(tensor: Tensor | None) -> tuple[int, int] | None:
    """Where in memory a tensor's numbers lie, and how many they are: the same of one that was only given another
    shape."""
    return None if tensor is None else (tensor.data_ptr(), tensor.numel())
