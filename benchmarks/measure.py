"""Paired timings, peak memory, and the line that says on which machine."""

import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

ROUNDS = 15
Times = dict[str, list[float]]


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: what was done.
        ours, beside: what each run took, in the unit; a run of ours and one of the other, next to each other, are a
            pair.
        name: what ours stands beside.
        goal: the ratio that is promised.
        cost: False: the ratio is beside / ours ("times as fast"), and the goal the least of it.
            True: it is ours / beside ("times the cost"), and the goal the most of it.
        unit: "ms" or "MB".
    """

    what: str
    ours: Sequence[float]
    name: str
    beside: Sequence[float]
    goal: float
    cost: bool = False
    unit: str = "ms"

    @property
    def ratios(self) -> list[float]:
        """One for each pair of runs."""
        pairs = zip(self.ours, self.beside, strict=True)
        return [own / other if self.cost else other / own for own, other in pairs]

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Between these lies the middle half of the ratios."""
        if len(self.ratios) < 2:
            return self.ratio, self.ratio
        first, _, third = quantiles(self.ratios, n=4, method="inclusive")
        return first, third

    @property
    def short(self) -> float:
        """By which share of the goal the ratio misses it; 0 if it is met."""
        miss = self.ratio / self.goal - 1 if self.cost else 1 - self.ratio / self.goal
        return miss if miss > 0.005 else 0.0  # below half a per cent, a ratio and its goal read the same

    def __str__(self) -> str:
        numbers = f"{median(self.ours):9.2f} {self.unit}   {self.name}: {median(self.beside):9.2f} {self.unit}"
        goal = f"goal {'≤' if self.cost else '≥'} {self.goal:.2f}"
        verdict = f"   SHORT BY {self.short:.0%}" if self.short else ""
        return (
            f"{self.what:52} {numbers}   {self.ratio:5.2f} ({self.spread[0]:.2f}–{self.spread[1]:.2f}, {goal}){verdict}"
        )


def paired(
    ways: dict[str, Callable[[], object]], rounds: int = ROUNDS, clock: Callable[[], float] = time.perf_counter
) -> Times:
    """Milliseconds of each way in each round; within a round they take turns, so that a busy moment meets them all."""
    for way in ways.values():
        way()  # warm: the first call of anything also loads and plans
    times: Times = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways)[:: 1 if number % 2 else -1]:
            start = clock()
            ways[name]()
            times[name].append((clock() - start) * 1e3)
    return times


def compare(what: str, times: Times, beside: str, goal: float, cost: bool = False) -> Row:
    """The row of "ours" and another way that were timed in the same rounds."""
    return Row(what, times["ours"], beside, times[beside], goal, cost)


def promised(what: str, times: Sequence[float], limit: float) -> Row:
    """The row of what we took beside the milliseconds that are promised."""
    return Row(what, times, "promised", [limit] * len(times), 1.0, cost=True)


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
    import torch
    import transformers

    names = [line.split(":")[1].strip() for line in lines_of("/proc/cpuinfo") if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}"
    return f"{processor}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, {versions}"


def lines_of(path: str) -> list[str]:
    """The lines of a file; none where there is no such file."""
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def show(parts: Iterable[object]) -> list[object]:
    """The parts of a benchmark, each printed as soon as it is there."""
    found = []
    for part in parts:
        print(part, flush=True)
        found.append(part)
    return found
