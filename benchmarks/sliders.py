"""Explorers of lessons 01, 02, 03 and 08: from setting a control to the new picture, beside the promised time."""

import time
from collections.abc import Callable, Iterator, Sequence

import ipywidgets as widgets

import lessons
from benchmarks.measure import Row, machine, promised, show

PROMPTS = ("The king said to the", "A fox and a wolf", "Once there was a girl who", "In the forest lived a", "They")


def parts(quick: bool = False) -> Iterator[Row]:
    """A slider of each; of lesson 03 for a tree of five beams and twelve steps, and for the largest that can be had."""
    lm, most = lessons.load(device="cpu"), 3 if quick else None
    bars = lessons.NextTokenExplorer(lm).bars
    yield moved("NextTokenExplorer: bars", bars, ([*range(bars.min, bars.max)] * 4)[:most])
    probability = lessons.UnderflowExplorer(lm).probability
    yield moved("UnderflowExplorer: probability", probability, [0.3 + 0.005 * n for n in range(40)][:most])
    blocks = lessons.LensExplorer(lm).blocks
    yield moved("LensExplorer: blocks", blocks, ([*range(blocks.max)] * 7)[:most])
    explorer = lessons.BeamExplorer(lm, beams=5, steps=12)
    steps, penalties = [*range(1, 13)] * 3, [-1 + 0.1 * n for n in range(40)]
    yield moved("BeamExplorer: length penalty (5 x 12)", explorer.penalty, penalties[:most])
    yield moved("BeamExplorer: step (5 x 12)", explorer.shown, steps[:most])
    yield moved("BeamExplorer: another prompt (5 x 12)", explorer.prompt, PROMPTS[:most], 1000)
    explorer.beams.value = 8
    yield moved("BeamExplorer: length penalty (8 x 12)", explorer.penalty, penalties[:most])
    yield moved("BeamExplorer: step (8 x 12)", explorer.shown, steps[:most])


def moved(what: str, control: widgets.Widget, values: Sequence[object], limit: float = 16) -> Row:
    """The row of a control's values, set one after the other, beside the milliseconds that are promised."""
    return promised(
        what, [milliseconds(lambda value=value: setattr(control, "value", value)) for value in values], limit
    )


def milliseconds(action: Callable[[], None]) -> float:
    """How long the action takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


if __name__ == "__main__":
    print(machine())
    show(parts())
