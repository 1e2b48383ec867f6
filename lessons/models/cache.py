"""The keys and values of what a model has read, in memory that has room to grow.

`transformers`' own cache copies all it holds each time a token is added, and again when beams change places. Here a
new token is written behind the last one, and of beams only those that fork are copied. The numbers are the same.

B = texts side by side, T = tokens, H = heads, D = size of a head.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

ROOM = 64  # how many more tokens a layer makes room for at a time


class RoomyLayer(DynamicLayer):
    """One layer's keys and values (B, H, T, D): views of larger memory, of which the first T places are filled."""

    def __init__(self, layer: DynamicLayer) -> None:
        super().__init__()
        self.keys, self.values = layer.keys, layer.values
        self.dtype, self.device, self.is_initialized = layer.keys.dtype, layer.keys.device, True
        self.rooms: list[Tensor] = []

    def update(
        self, key_states: Tensor, value_states: Tensor, *arguments: object, **options: object
    ) -> tuple[Tensor, Tensor]:
        """Keys and values with those of new tokens behind them."""
        filled, more = self.keys.shape[-2], key_states.shape[-2]
        if not self.rooms or filled + more > self.rooms[0].shape[-2]:
            self.rooms = [roomy(self.keys, more + ROOM), roomy(self.values, more + ROOM)]
        for room, states in zip(self.rooms, (key_states, value_states), strict=True):
            room.narrow(-2, filled, more).copy_(states)
        self.keys, self.values = (room.narrow(-2, 0, filled + more) for room in self.rooms)
        return self.keys, self.values

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Row i becomes what row beam_idx[i] was; there may be more or fewer rows afterwards."""
        super().reorder_cache(beam_idx)
        self.rooms = []

    def copy_row(self, source: int, target: int) -> None:
        """Make row `target` the same as row `source`."""
        self.keys[target].copy_(self.keys[source])
        self.values[target].copy_(self.values[source])


def roomy(states: Tensor, more: int) -> Tensor:
    """Memory for `more` further tokens that begins with `states`: (B, H, T, D) -> (B, H, T + more, D)."""
    room = states.new_empty(*states.shape[:2], states.shape[2] + more, states.shape[3])
    room.narrow(-2, 0, states.shape[2]).copy_(states)
    return room


def with_room(cache: Cache) -> Cache:
    """The cache, its layers made roomy if all of them are plain: no sliding window, no recurrent state."""
    if all(type(layer) is DynamicLayer for layer in getattr(cache, "layers", [None])):
        cache.layers = [RoomyLayer(layer) for layer in cache.layers]
    return cache


def regroup(cache: Cache, rows: int, sources: Sequence[int], device: torch.device) -> list[int]:
    """The row in which each text lies from now on, if text i goes on from what lies in row `sources[i]` of `rows`.

    A text stays in its row if it can. A row needed twice is copied to one that is not needed any more.
    """
    if len(sources) != rows or not all(isinstance(layer, RoomyLayer) for layer in getattr(cache, "layers", [None])):
        if list(sources) != list(range(rows)):
            cache.reorder_cache(torch.tensor(sources, device=device))
        return list(range(len(sources)))
    free = [row for row in range(rows) if row not in set(sources)]
    places, taken = [], set()
    for source in sources:
        places.append(free.pop() if source in taken else source)
        taken.add(source)
    for layer in cache.layers:
        for source, place in zip(sources, places, strict=True):
            if source != place:
                layer.copy_row(source, place)
    return places
