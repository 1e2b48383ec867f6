"""All notebooks of a class, some of them side by side, each in the order in which they are given.

A notebook may end the process that grades it, by a signal or for want of memory. No other one is graded by that process
then, so only this one is lost. It is tried once more after the others: who does it again is a row with that reason.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from lessons.classroom.grading.judged import Settings, grade_one
from lessons.classroom.grading.rows import Row
from lessons.words.language import say, speak

Finished = Callable[[Row], None]


def grade(
    notebooks: Sequence[Path], settings: Settings, jobs: int = 1, finished: Finished = lambda row: None
) -> list[Row]:
    """A row for each notebook, in their order. jobs: how many at once. finished: called with each row that is added."""
    rows: dict[Path, Row] = {}

    def add(row: Row) -> None:
        rows[row.notebook] = row
        finished(row)

    if len(notebooks) == 1:
        add(grade_one(notebooks[0], settings))
    else:
        in_processes(notebooks, settings, max(jobs, 1), add)
    return [rows[path] for path in notebooks]


def in_processes(notebooks: Sequence[Path], settings: Settings, jobs: int, add: Finished) -> None:
    """Grades notebooks in so many processes, which are not begun anew for each of them."""
    free = [new_process(settings) for _ in range(min(jobs, len(notebooks)))]
    waiting, tried = deque(notebooks), set[Path]()
    running: dict[Future[Row], tuple[Path, ProcessPoolExecutor]] = {}
    try:
        while waiting or running:
            while waiting and free:
                path = waiting.popleft()
                work, process = begun(free.pop(), path, settings)
                running[work] = path, process
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                path, process = running.pop(done)
                try:
                    add(done.result())
                except BrokenProcessPool:
                    if path in tried:
                        add(Row(path, reason=say("grading.broken")))
                    else:
                        tried.add(path)
                        waiting.append(path)
                free.append(process)
    finally:  # if the teacher stops it: what is running ends, and nothing new begins
        for process in [*free, *(process for _, process in running.values())]:
            process.shutdown(wait=not running, cancel_futures=True)


def begun(process: ProcessPoolExecutor, path: Path, settings: Settings) -> tuple[Future[Row], ProcessPoolExecutor]:
    """The work on a notebook, and the process that does it: another one, if an earlier notebook has ended this one."""
    try:
        return process.submit(grade_one, path, settings), process
    except BrokenProcessPool:
        return begun(new_process(settings), path, settings)


def new_process(settings: Settings) -> ProcessPoolExecutor:
    """A process that grades one notebook after the other."""
    return ProcessPoolExecutor(1, get_context("spawn"), speak_and_be_quick, (settings.language,))


def speak_and_be_quick(language: str) -> None:
    """What each process begins with: its language, and one thread, since its neighbours want the others."""
    import torch

    torch.set_num_threads(1)
    speak(language)


def usual_jobs() -> int:
    """How many notebooks run at once unless a teacher says otherwise: one for each processor that we may use."""
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available else os.cpu_count() or 1
