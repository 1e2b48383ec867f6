"""From the move of a slider to the new picture, beside the limit, and beside a figure of its bars.

Timed from the moment at which a slider's value is set to the one at which the bytes of the new picture are in place.
The model has no part in it: a source that counts how often it is asked proves that.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle

import torch

from benchmarks.measure import Row, compare, machine, paired, promised, show
from lessons.explorers.temperature import TemperatureExplorer
from lessons.explorers.truncation import TruncationExplorer
from lessons.plots.canvas import png
from lessons.plots.temperature import temperature_bars
from lessons.plots.truncation import before_and_after

LIMITS = {4_096: 16.0, 50_257: 60.0}  # milliseconds by size of the vocabulary: the bundled model's, and GPT-2's
ROUNDS = 40
PROMPT = "once upon a time"
Moves = dict[str, Callable[[], object]]


class Offered:
    """A source whose logits fall off by rank as a model's do; it counts how often it is asked."""

    def __init__(self, vocabulary: int) -> None:
        noise = torch.randn(vocabulary, generator=torch.Generator().manual_seed(0))
        self.logits, self.asked = noise - 1.2 * torch.arange(1, vocabulary + 1).log(), 0

    def __call__(self, ids: Sequence[int]) -> torch.Tensor:
        self.asked += 1
        return self.logits

    def encode(self, text: str) -> list[int]:
        return [len(word) for word in text.split()]

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(f"token{token}" for token in ids)


def parts(quick: bool = False) -> Iterator[Row]:
    """Both explorers, with either vocabulary."""
    for vocabulary, limit in LIMITS.items():
        for name, moves in (("temperature", temperature), ("top-k, top-p and all others on", truncation)):
            offered = Offered(vocabulary)
            ways = moves(offered)
            asked = offered.asked
            times = paired(ways, 3 if quick else ROUNDS)
            assert offered.asked == asked, "a slider's move asked the model"
            what = f"{name}, {vocabulary:,} tokens"
            yield promised(what, times["ours"], limit)
            yield compare(what, times, "a figure of its bars", goal=2.0)


def temperature(offered: Offered) -> Moves:
    """Dragging T, without the text that is written as it moves."""
    explorer, values = TemperatureExplorer(offered, PROMPT), cycle([0.3, 0.5, 0.8, 1.1, 1.4, 2.0, 3.0])
    explorer.live.value = False

    def move() -> None:
        explorer.temperature.value = next(values)

    def anew() -> None:
        move()
        shown = {1.0: explorer.at_one[:8], explorer.typed.value: explorer.probabilities[:8]}
        png(temperature_bars(explorer.tokens[:8], shown, len(explorer.logits) - 8))

    return {"ours": move, "a figure of its bars": anew}


def truncation(offered: Offered) -> Moves:
    """Dragging p, with every filter switched on."""
    explorer, values = TruncationExplorer(offered, PROMPT), cycle([0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95])
    for switch in explorer.switches.values():
        switch.value = True

    def move() -> None:
        explorer.sliders["top_p"].value = next(values)

    def anew() -> None:
        move()
        png(before_and_after(explorer.tokens[:10], explorer.offered, explorer.result))

    return {"ours": move, "a figure of its bars": anew}


if __name__ == "__main__":
    print(machine())
    show(parts())
