"""All notebooks of a class, some of them side by side, each in the order in which they are given.

A notebook may end the process that grades it, by a signal or for want of memory. Then others begin anew, and those that
were running are tried one at a time: who ends its grader once more, alone, is a row with that reason.
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
    waiting = deque(path for path in notebooks if path not in rows)
    while waiting:
        for suspect in in_processes(waiting, settings, max(jobs, 1), add):
            if in_processes(deque([suspect]), settings, 1, add):
                add(Row(suspect, reason=say("grading.broken")))
    return [rows[path] for path in notebooks]


def in_processes(waiting: deque[Path], settings: Settings, jobs: int, add: Finished) -> list[Path]:
    """Grades what waits, in processes that are not begun anew for each notebook.

    Returns the notebooks that were running when one of the processes was ended from outside; none if all went well.
    """
    running: dict[Future[Row], Path] = {}
    with ProcessPoolExecutor(jobs, get_context("spawn"), speak_and_be_quick, (settings.language,)) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    running[pool.submit(grade_one, waiting[0], settings)] = waiting[0]
                    waiting.popleft()
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    add(done.result())
                    del running[done]
        except BrokenProcessPool:
            return list(running.values())
        except BaseException:  # the teacher stops it: what is running ends, and nothing new begins
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return []


def speak_and_be_quick(language: str) -> None:
    """What each process begins with: its language, and one thread, since its neighbours want the others."""
    import torch

    torch.set_num_threads(1)
    speak(language)


def usual_jobs() -> int:
    """How many notebooks run at once unless a teacher says otherwise: one for each processor that we may use."""
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available else os.cpu_count() or 1
