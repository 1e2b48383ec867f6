"""Paired timings, peak memory, and the line that says on which machine."""

import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch

ROUNDS = 15


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: what was done.
        ours, beside: medians, in the unit.
        name: what ours stands beside.
        ratio: beside / ours, the median over the rounds (or the quotient, for memory): above 1, ours is better.
        goal: the least ratio that is promised.
        unit: "ms" or "MB".
    """

    what: str
    ours: float
    name: str
    beside: float
    ratio: float
    goal: float
    unit: str = "ms"

    @property
    def met(self) -> bool:
        return self.ratio >= self.goal

    def __str__(self) -> str:
        numbers = f"{self.ours:8.2f} {self.unit}   {self.name}: {self.beside:8.2f} {self.unit}"
        return f"{self.what:44} {numbers}   {self.ratio:5.2f} x (goal {self.goal:.2f}){'' if self.met else '   MISSED'}"


def paired(ways: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Milliseconds of each way in each round; within a round they take turns, so that a busy moment meets them all."""
    for way in ways.values():
        way()  # warm: the first call of anything also loads and plans
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways)[:: 1 if number % 2 else -1]:
            start = time.perf_counter()
            ways[name]()
            times[name].append((time.perf_counter() - start) * 1e3)
    return times


def compare(what: str, times: dict[str, list[float]], ours: str, beside: str, goal: float) -> Row:
    """The row of two ways that were timed in the same rounds."""
    ratio = median(other / own for own, other in zip(times[ours], times[beside], strict=True))
    return Row(what, median(times[ours]), beside, median(times[beside]), ratio, goal)


def peak_memory(action: Callable[[], object]) -> float:
    """The most memory, in MB, that torch held at one moment of the call beyond what it held before."""
    from torch.profiler import ProfilerActivity, profile

    action()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        action()
    events = sorted(record.profiler.kineto_results.events(), key=lambda event: event.start_ns())
    held, most = 0, 0
    for event in (event for event in events if event.name() == "[memory]"):
        held += event.nbytes()
        most = max(most, held)
    return most / 1e6


def machine() -> str:
    """Processor, cores in use, Python and libraries."""
    import transformers

    names = [line.split(":")[1].strip() for line in lines_of("/proc/cpuinfo") if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}"
    return f"{processor}, {torch.get_num_threads()} threads, {versions}"


def lines_of(path: str) -> list[str]:
    """The lines of a file; none where there is no such file."""
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def show(rows: Iterable[Row]) -> list[Row]:
    """The rows, each printed as soon as it is there."""
    found = []
    for row in rows:
        print(row, flush=True)
        found.append(row)
    return found
