"""All notebooks of a class, some of them side by side, each in the order in which they are given."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from lessons.classroom.grading.judged import Settings, grade_one
from lessons.classroom.grading.rows import Row
from lessons.words.language import say, speak


def grade(
    notebooks: Sequence[Path], settings: Settings, jobs: int = 1, finished: Callable[[Row], None] = lambda row: None
) -> list[Row]:
    """A row for each notebook, in their order. jobs: how many at once. finished: called with each row that is added."""
    if jobs <= 1 or len(notebooks) <= 1:
        rows = []
        for path in notebooks:
            rows.append(grade_one(path, settings))
            finished(rows[-1])
        return rows
    return side_by_side(notebooks, settings, jobs, finished)


def side_by_side(
    notebooks: Sequence[Path], settings: Settings, jobs: int, finished: Callable[[Row], None]
) -> list[Row]:
    """The same with processes of their own, which are not begun anew for each notebook."""
    rows: dict[Path, Row] = {}
    with ProcessPoolExecutor(jobs, get_context("spawn"), speak_and_be_quick, (settings.language,)) as pool:
        running = {pool.submit(grade_one, path, settings): path for path in notebooks}
        try:
            for done in as_completed(running):
                path = running[done]
                try:
                    rows[path] = done.result()
                except BrokenProcessPool:  # killed from outside: for want of memory, say
                    rows[path] = Row(path, reason=say("grading.broken"))
                finished(rows[path])
        except BaseException:  # the teacher stops it: what is running ends, and nothing new begins
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [rows[path] for path in notebooks]


def speak_and_be_quick(language: str) -> None:
    """What each process begins with: its language, and one thread, since its neighbours want the others."""
    import torch

    torch.set_num_threads(1)
    speak(language)


def usual_jobs() -> int:
    """How many notebooks run at once unless a teacher says otherwise: one for each processor that we may use."""
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available else os.cpu_count() or 1
