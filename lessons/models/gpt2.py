"""GPT-2's forward pass on a page: what a model does to turn token ids into logits.

Every text is read from left to right. What attention needs of the tokens before, their keys and values, is kept in a
`Memory`, so each token is read once. Weights have the names that `transformers` gives them.

B = texts side by side, T = tokens read now, S = all tokens so far, D = width, H = heads, d = D / H, V = vocabulary.
Vaswani et al. 2017, Attention is all you need; Radford et al. 2019, Language models are unsupervised multitask
learners.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-5  # in every layer norm, against a division by 0
ROOM = 64  # how many more tokens a memory makes room for at a time

Weights = Mapping[str, Tensor]  # name -> numbers


def hidden_states(weights: Weights, ids: Tensor, memory: "Memory") -> list[Tensor]:
    """(B, T, D) for the tokens of ids (B, T): as they are put in, then as they leave each block; memory grows by T."""
    places = torch.arange(memory.length, memory.length + ids.shape[1], device=ids.device)
    memory.make_room(*ids.shape)
    embedded = weights["transformer.wte.weight"][ids] + weights["transformer.wpe.weight"][places]
    states = [embedded]
    for block in range(memory.blocks):
        name, hidden = f"transformer.h.{block}", states[-1]
        hidden = hidden + attention(weights, f"{name}.attn", layer_norm(weights, f"{name}.ln_1", hidden), memory, block)
        hidden = hidden + mlp(weights, f"{name}.mlp", layer_norm(weights, f"{name}.ln_2", hidden))
        states.append(hidden)
    memory.length += ids.shape[1]
    return states


def logits(weights: Weights, hidden: Tensor) -> Tensor:
    """(…, V) what the model says after the last block left (…, D): one row of the output head for each token."""
    return layer_norm(weights, "transformer.ln_f", hidden) @ weights["lm_head.weight"].T


def attention(weights: Weights, name: str, hidden: Tensor, memory: "Memory", block: int) -> Tensor:
    """(B, T, D) what each token takes from the tokens up to itself: in each head their values, weighed by how well its
    query fits their keys: softmax(query · keys / √d) · values."""
    mixed = linear(weights, f"{name}.c_attn", hidden)  # (B, T, 3 D)
    query, key, value = mixed.unflatten(-1, (3, memory.heads, -1)).permute(2, 0, 3, 1, 4)  # (B, H, T, d) each
    keys, values = memory.keep(block, key, value)  # (B, H, S, d)
    T, S = query.shape[-2], keys.shape[-2]
    # the last token sees all, the one before it all but one …; a token alone needs no mask
    seen = torch.ones(T, S, dtype=torch.bool, device=hidden.device).tril(S - T) if T > 1 else None
    taken = functional.scaled_dot_product_attention(query, keys, values, seen)  # (B, H, T, d)
    return linear(weights, f"{name}.c_proj", taken.transpose(1, 2).flatten(2))


def mlp(weights: Weights, name: str, hidden: Tensor) -> Tensor:
    """(B, T, D) each token by itself: made four times as wide, bent, made narrow again."""
    wide = linear(weights, f"{name}.c_fc", hidden)  # (B, T, 4 D)
    return linear(weights, f"{name}.c_proj", functional.gelu(wide, approximate="tanh"))


def layer_norm(weights: Weights, name: str, hidden: Tensor) -> Tensor:
    """(…, D) each vector with mean 0 and variance 1, then stretched and moved."""
    return functional.layer_norm(hidden, hidden.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], EPSILON)


def linear(weights: Weights, name: str, hidden: Tensor) -> Tensor:
    """(…, M) each vector of (…, N) times a matrix (N, M), plus a bias."""
    return functional.linear(hidden, weights[f"{name}.weight"].T, weights[f"{name}.bias"])


class Memory:
    """The keys and values of all tokens read, in all blocks: (blocks, 2, B, H, room, d), of which `length` places are
    filled."""

    def __init__(self, weights: Weights, blocks: int, heads: int) -> None:
        self.blocks, self.heads, self.length = blocks, heads, 0
        embeddings = weights["transformer.wte.weight"]  # (V, D)
        self.states = embeddings.new_empty(blocks, 2, 1, heads, 0, embeddings.shape[1] // heads)

    def make_room(self, texts: int, tokens: int) -> None:
        """Room for so many more tokens of so many texts."""
        if self.length + tokens > self.states.shape[-2]:
            blocks, two, _, heads, _, d = self.states.shape
            larger = self.states.new_empty(blocks, two, texts, heads, self.length + tokens + ROOM, d)
            larger[..., : self.length, :] = self.states[..., : self.length, :]
            self.states = larger

    def keep(self, block: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The keys and values (B, H, S, d) of a block with those of T new tokens (B, H, T, d) behind them."""
        end = self.length + key.shape[-2]
        keys, values = self.states[block, :, ..., :end, :]
        keys[..., self.length :, :], values[..., self.length :, :] = key, value
        return keys, values

    def go_on(self, rows: Sequence[int]) -> list[int]:
        """The row in which each text lies from now on, if text i goes on from what is in row rows[i].

        A text stays in its row if it can. A row needed twice is copied to one that is not needed any more.
        """
        if len(rows) != self.states.shape[2]:
            self.states = self.states[:, :, list(rows)]
            return list(range(len(rows)))
        free, places = sorted(set(range(len(rows))) - set(rows)), []
        for row in rows:
            places.append(free.pop() if row in places else row)
            if places[-1] != row:
                self.states[:, :, places[-1], :, : self.length] = self.states[:, :, row, :, : self.length]
        return places
