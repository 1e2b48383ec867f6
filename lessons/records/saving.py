"""Writing without accidents: one notebook after the other into a folder, and a file whole or not at all."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, whose folders cannot be held
    fcntl = None

PAUSE = 0.02  # seconds between two tries


@contextmanager
def alone_in(folder: Path, seconds: float = 0.0) -> Iterator[bool]:
    """Whether the folder could be held within so many seconds: nobody else holds it until the block ends.

    The system lets go of it when its process ends, however that ends, and nothing is written. True as well where
    folders cannot be held (Windows, some network drives): then nobody can.
    """
    handle = os.open(folder, os.O_RDONLY) if fcntl else None
    try:
        yield handle is None or held(handle, time.monotonic() + seconds)
    finally:
        if handle is not None:
            os.close(handle)


def held(handle: int, end: float) -> bool:
    """Whether the folder could be held before the clock says `end`."""
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(PAUSE)
        except OSError:
            return True


@contextmanager
def whole_or_nothing(file: Path) -> Iterator[Path]:
    """A name beside the file to write to; once the block has ended well, what lies there takes the file's place."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        yield unfinished
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
