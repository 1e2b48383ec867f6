"""Writing so that nothing is lost: a file whole or not at all, a folder by one notebook at a time."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PAUSE = 0.02  # seconds between two tries


@contextmanager
def whole_or_nothing(file: Path) -> Iterator[Path]:
    """A name beside the file to write to; once the block has ended well, what lies there takes the file's place."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")  # of this process alone
    try:
        yield unfinished
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def alone_in(folder: Path, seconds: float = 0.0) -> Iterator[bool]:
    """Whether the folder could be locked within so many seconds: nobody else can lock it until the block ends.

    The system unlocks it when its process ends, however that ends, and nothing is written. True as well where folders
    cannot be locked (Windows, some network drives): then nobody can.
    """
    if sys.platform == "win32":
        yield True
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield _locked(handle, time.monotonic() + seconds)
    finally:
        os.close(handle)


def _locked(handle: int, deadline: float) -> bool:
    """Whether the folder could be locked before the clock says `deadline`."""
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(PAUSE)
        except OSError:  # a drive that has no locks
            return True
