"""A student's function, run so that nothing it does can end the notebook: crashes are caught, and so are endless loops.

Where the operating system sends alarms (Linux, macOS; main thread), an alarm ends the function. Elsewhere a second
thread throws the exception into the first (a loop that catches everything, `except: pass`, can escape that one).
Neither can end a loop that swallows everything twice over (a `try` inside a `try`), nor a single long step inside a C
library, which notices when it is done.
Nothing here executes text.
"""

import ctypes
import dis
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

RETRY_SECONDS = 0.1  # after which an exception that was swallowed (`except: pass`) is thrown once more


class TimeUp(BaseException):
    """Thrown into a function that runs too long; no `Exception`, so that `except Exception` lets it through."""


@dataclass(frozen=True)
class Outcome:
    """What became of a call.

    Attributes:
        kind: "value", "crash" or "endless".
        value: what came back.
        error: kind and message of the exception.
        line: the student's line in which it happened, as far as it is known.
        unwritten: whether the student's own line raised a `NotImplementedError`.
    """

    kind: Literal["value", "crash", "endless"]
    value: Any = None
    error: str = ""
    line: str = ""
    unwritten: bool = False


class Elsewhere(Exception):
    """What became of a call that was made in another process; its only argument is the outcome."""


def run(call: Callable[[], Any], seconds: float, file: str = "") -> Outcome:
    """What became of `call()`, which may take that many seconds; `file` is the one whose line a crash should name."""
    try:
        with limit(seconds):
            return Outcome("value", call())
    except TimeUp:
        return Outcome("endless")
    except Elsewhere as told:
        return told.args[0]
    except KeyboardInterrupt:  # the student's own hand
        raise
    # subtle: exit() and sys.exit() are no `Exception`, and must not end the notebook either
    except BaseException as error:
        unwritten = isinstance(error, NotImplementedError) and raised_in(error, file)
        return Outcome("crash", error=described(error), line=line_of(error, file), unwritten=unwritten)


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """`TimeUp` inside the block after that many seconds, and again until it is noticed."""
    has_alarm = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    with alarm(seconds) if has_alarm else watchdog(seconds):
        yield


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """The limit by the operating system's alarm; whoever else has set one gets it back."""
    was_swallowed = False  # from the second alarm on: whoever heard the first goes on

    def ring(number: int, frame: FrameType | None) -> None:
        nonlocal was_swallowed
        if was_swallowed:
            throw_again_when_caught(frame)
        was_swallowed = True
        raise TimeUp

    tracing = sys.gettrace()
    earlier = signal.signal(signal.SIGALRM, ring)
    remaining = signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3), RETRY_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.settrace(tracing)
        signal.signal(signal.SIGALRM, earlier)
        if remaining[0]:
            signal.setitimer(signal.ITIMER_REAL, *remaining)


def throw_again_when_caught(frame: FrameType | None) -> None:
    """From here on, whoever catches a `TimeUp` between `frame` and `run` gets another on the first line of his
    `except`.

    subtle: an alarm rings while the body of a `try` runs, so `while True: try: … except: pass` swallows every one. But
    the next line that runs after it was caught lies outside of the `try`, and Python calls a trace function there.
    """

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        if event == "line":
            raise TimeUp
        return trace

    while frame and frame.f_code is not run.__code__:
        frame.f_trace, frame = trace, frame.f_back
    sys.settrace(lambda *event: None)  # frames that begin now, such as those that end the limit, are left alone


@contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """The limit by a second thread."""
    thread, over, lock = threading.get_ident(), threading.Event(), threading.Lock()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            with lock:
                if not over.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeUp))
            wait = RETRY_SECONDS

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            over.set()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)  # one that is on its way


def described(error: BaseException) -> str:
    """Kind and message of an exception, even of one that cannot say its own."""
    try:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception:
        return type(error).__name__


def raised_in(error: BaseException, file: str) -> bool:
    """Whether a `raise` in `file` threw the error.

    subtle: what a library in C throws ends in the line that called it, too; but that line's instruction is no `raise`.
    """
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    code = last and last.tb_frame.f_code
    if not last or not code or code.co_filename != file:
        return False
    return code.co_code[last.tb_lasti] == dis.opmap["RAISE_VARARGS"]


def line_of(error: BaseException, file: str) -> str:
    """The last line of `file` on the way to the error; "" if there is none."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{frames[-1].lineno}: {frames[-1].line}" if frames and frames[-1].line else ""
