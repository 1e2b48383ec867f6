"""Texts growing side by side, every token read once; see `source.Session`.

What was read of the texts before, keys and values, lies in rows. B = texts, T = tokens, V = size of the vocabulary.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lessons.models.gpt2 import EPSILON, Memory, hidden_states, logits
from lessons.models.gradients import without_gradients
from lessons.models.reading import accepted, read
from lessons.models.source import FunctionSession

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Of GPT-2's settings those that the page computes with; another value sends a model to `CachedSession`.
PAGE = {
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),  # two names of one function
    "layer_norm_epsilon": (EPSILON,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "reorder_and_upcast_attn": (False,),
    "add_cross_attention": (False,),
}
# Layers of a cache: one keeps the keys and values of all tokens, the other those of the last ones.
WHOLE, WINDOW = "DynamicLayer", "DynamicSlidingWindowLayer"
# The weights that it reads, in each block and around the blocks. A model that has others, as with LoRA, is not for it.
IN_A_BLOCK = ("ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj")
AROUND = (
    "transformer.wte.weight",
    "transformer.wpe.weight",
    "transformer.ln_f.weight",
    "transformer.ln_f.bias",
    "lm_head.weight",
)


def is_on_the_page(model: "PreTrainedModel") -> bool:
    """Whether `gpt2` computes what this model does: it is a plain GPT-2 as it was made, in evaluation, and nobody
    listens inside."""
    if type(model).__name__ != "GPT2LMHeadModel" or model.training:
        return False
    weights, blocks = weights_of(model), [f"transformer.h.{block}." for block in range(model.config.n_layer)]
    inside = {f"{block}{part}.{kind}" for block in blocks for part in IN_A_BLOCK for kind in ("weight", "bias")}
    usual = all(getattr(model.config, name) in values for name, values in PAGE.items())
    alike = len({(one.dtype, one.device) for one in weights.values()}) == 1
    return usual and alike and weights.keys() == inside | {*AROUND} and not any(map(has_hooks, model.modules()))


def weights_of(model: nn.Module) -> dict[str, nn.Parameter]:
    """The model's weights by name, in its own memory: what is trained or edited shows."""
    return dict(model.named_parameters(remove_duplicate=False))  # the output head can be the embeddings once more


def has_hooks(module: nn.Module) -> bool:
    """Whether something is called with what goes in or comes out, other than what `transformers` leaves there once it
    was asked for hidden states."""
    hooks = (*module._forward_hooks.values(), *module._forward_pre_hooks.values())
    return any(not getattr(hook, "__module__", "").startswith("transformers.") for hook in hooks)


class PageSession:
    """A session with a GPT-2, read by `gpt2`."""

    def __init__(self, model: "PreTrainedModel", prompt_ids: Sequence[int]) -> None:
        self.weights, self.device = weights_of(model), model.device
        self.memory = Memory(self.weights, model.config.n_layer, model.config.n_head)
        self.rows = [0]  # of the memory, in which each text lies
        self.logits = self._read([list(prompt_ids)])

    @without_gradients()
    def extend(self, tokens: Sequence[int], parents: Sequence[int] | None = None) -> Tensor:
        parents = range(len(self.rows)) if parents is None else parents
        self.rows = self.memory.go_on([self.rows[parent] for parent in parents])
        by_row = dict(zip(self.rows, tokens, strict=True))
        read = self._read([[by_row[row]] for row in range(len(by_row))])
        self.logits = read if self.rows == sorted(self.rows) else read[self.rows]  # (B, V)
        return self.logits

    @without_gradients()
    def read(self, tokens: Sequence[int]) -> Tensor:
        ids = torch.tensor([list(tokens)], device=self.device)  # (1, T)
        found = logits(self.weights, hidden_states(self.weights, ids, self.memory)[-1][0]).float()  # (T, V)
        self.logits = found[-1:]
        return found

    def forget(self, number: int) -> None:
        self.memory.length -= number  # what lies behind is written over

    @without_gradients()
    def _read(self, rows: list[list[int]]) -> Tensor:
        ids = torch.tensor(rows, device=self.device)  # (B, T)
        last = hidden_states(self.weights, ids, self.memory)[-1][:, -1]  # (B, D)
        return logits(self.weights, last).float()  # (B, V)


class CachedSession:
    """A session with any other model of `transformers`, and the cache that belongs to it."""

    def __init__(self, model: "PreTrainedModel", prompt_ids: Sequence[int]) -> None:
        self.model, self.device = model, model.device  # asking a model where it lies takes its time
        self.keeps = bool(accepted(model, logits_to_keep=1))  # and so does asking it what it knows
        self.cache: Any = None
        self.texts = [list(prompt_ids)]
        self.logits = self._read(self.texts, 1)[:, -1]

    @without_gradients()
    def extend(self, tokens: Sequence[int], parents: Sequence[int] | None = None) -> Tensor:
        if parents is not None and list(parents) != list(range(len(self.logits))):
            self.cache.reorder_cache(torch.tensor(parents, device=self.device))
        parents = range(len(tokens)) if parents is None else parents
        self.texts = [[*self.texts[parent], int(token)] for parent, token in zip(parents, tokens, strict=True)]
        unread = self.texts if self.cache is None else [[token] for token in tokens]
        self.logits = self._read(unread, 1)[:, -1]  # (B, V)
        return self.logits

    def read(self, tokens: Sequence[int]) -> Tensor:
        self.texts[0] += tokens
        if len(tokens) > 1 and not self.has_only(WHOLE, WINDOW):
            self.cache = None  # a state such as Mamba's takes one token at a time: Jamba begins it anew for several
        unread = self.texts[0] if self.cache is None else list(tokens)
        found = self._read([unread], len(tokens))[0, -len(tokens) :]  # (T, V)
        self.logits = found[-1:]
        return found

    def forget(self, number: int) -> None:
        """Layers that keep the keys and values of every token can drop the last ones. Others, with a window that has
        moved on or a state that has changed, cannot go back: then the text is read anew when it is read on."""
        del self.texts[0][len(self.texts[0]) - number :]
        if self.has_only(WHOLE):
            self.cache.crop(-number)
        else:
            self.cache = None

    def has_only(self, *kinds: str) -> bool:
        """Whether the cache has layers of these kinds, and no others."""
        layers = {type(layer).__name__ for layer in getattr(self.cache, "layers", ())}
        return bool(layers) and layers <= {*kinds}

    @without_gradients()
    def _read(self, rows: list[list[int]], last: int) -> Tensor:
        """(B, T, V) the logits after the `last` tokens of each row, at least."""
        ids = torch.tensor(rows, device=self.device)  # (B, T)
        options = {"logits_to_keep": last} if self.keeps and ids.shape[1] > last else {}
        output = self.model(input_ids=ids, past_key_values=self.cache, use_cache=True, **options)
        self.cache = output.past_key_values
        return output.logits.float()


class AnewSession(FunctionSession):
    """A session with a model that has no right cache: every text is read from its beginning at each step."""

    def __init__(self, model: "PreTrainedModel", prompt_ids: Sequence[int]) -> None:
        self.model = model
        super().__init__(lambda ids: self._all_logits(ids)[-1], prompt_ids)

    def read(self, tokens: Sequence[int]) -> Tensor:
        self.texts[0] += tokens
        found = self._all_logits(self.texts[0])[-len(tokens) :]  # (T, V)
        self.logits = found[-1:]
        return found

    @without_gradients()
    def _all_logits(self, ids: Sequence[int]) -> Tensor:
        return read(self.model, torch.tensor([list(ids)], device=self.model.device)).logits[0].float()
