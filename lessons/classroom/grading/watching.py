"""What a kernel's processes take, seen from outside; and their end."""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

from lessons.words.language import say

SUBREAPER = 36  # of prctl(2)
PATIENCE = 5.0  # seconds until a killed process is gone


def adopt_orphans() -> None:
    """From here on what a kernel starts and leaves behind is a child of this process, and can be found (Linux)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """The processes that this one has started, and those that they have."""
    import psutil

    return {one.pid for one in psutil.Process().children(recursive=True)}


def too_much(folder: Path, others: set[int], memory: int, disk: int, processes: int) -> str:
    """What our children but for the others take more of than they may, in words; "" if nothing. Sizes in megabytes."""
    import psutil

    there, resident = [one for one in psutil.Process().children(recursive=True) if one.pid not in others], 0
    for one in there:
        with suppress(psutil.Error):
            resident += one.memory_info().rss
    if len(there) > processes:
        return say("grading.processes", most=processes)
    if resident > memory * 2**20:
        return say("grading.memory", most=memory)
    if size_of(folder) > disk * 2**20:
        return say("grading.disk", most=disk)
    return ""


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder; what vanishes meanwhile counts nothing."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


def end_all(others: set[int]) -> None:
    """Kills our children and theirs, but for the others, until none is left; new ones may be born meanwhile."""
    import psutil

    for _ in range(20):
        there = [one for one in psutil.Process().children(recursive=True) if one.pid not in others]
        if not there:
            return
        for one in there:
            with suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(there, timeout=PATIENCE / 20)
