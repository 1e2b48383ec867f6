"""In a student's kernel: the functions of the notebook, called by name for the grader.

The grader makes the arguments and compares the results, in a process of its own; here is nothing to learn from. An
argument that is a function (a language, a model) stays with the grader and is asked over the line.
"""

import inspect
import signal
import socket
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOBase
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from lessons.classroom.grading.wire import decode, encode, is_flat, receive, send, undisturbed
from lessons.exercises.running import TimeUp, run


class Silence(TextIOBase):
    """Where a function's prints go while it is judged: nobody reads them."""

    def write(self, text: str) -> int:
        return len(text)


def serve(address: str, token: str) -> None:
    """Answers the grader at this address until it hangs up; `token` says that it is this kernel that answers."""
    from IPython import get_ipython

    family = socket.AF_INET if address.isdigit() else socket.AF_UNIX
    here = socket.socket(family)
    here.connect(("127.0.0.1", int(address)) if address.isdigit() else address)
    line = Connection(here.detach())
    send(line, {"token": token})
    names = get_ipython().user_ns
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt means the function, and may come when that has ended
    while True:
        try:
            request = receive(line)
        except (EOFError, OSError):
            return
        function = names.get(request["name"], ...)
        is_call = "arguments" in request
        reply = called(line, function, request) if is_call else described(function, request["parameters"])
        try:
            send(line, reply)
        except ValueError:  # more than a message holds, or a number of thousands of digits
            send(line, {"kind": "large"})


def interrupted(number: int, frame: FrameType | None) -> None:
    raise TimeUp


def described(function: Any, parameters: int) -> dict[str, Any]:
    """Whether there is such a thing, whether it can be called, and with so many arguments; else what it is."""
    if not callable(function):
        return {"there": function is not ..., "callable": False, "value": encode(function)}
    try:
        inspect.signature(function).bind(*range(parameters))
        binds = True
    except TypeError:
        binds = False
    except ValueError:  # a function of C that does not tell its arguments: calling it will show
        binds = True
    return {"there": True, "callable": True, "binds": binds}


def called(line: Connection, function: Callable[..., Any], request: dict[str, Any]) -> dict[str, Any]:
    """What became of a call, and those of its arguments that it has changed."""
    given = [decode(argument, lambda place: Asked(line, place)) for argument in request["arguments"]]
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    signal.signal(signal.SIGINT, interrupted)
    with redirect_stdout(Silence()), redirect_stderr(Silence()):
        outcome = run(lambda: encode(function(*given)), request["seconds"], file)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    reply = {"kind": outcome.kind, "value": outcome.value, "error": outcome.error, "line": outcome.line}
    sent = [data["items"] if isinstance(data, dict) and "items" in data else data for data in request["arguments"]]
    after = {str(place): encode(value) for place, value in enumerate(given) if only_data(sent[place])}
    changed = {place: data for place, data in after.items() if data != sent[int(place)]}
    return reply | {"unwritten": outcome.unwritten, "changed": changed}


def only_data(sent: Any) -> bool:
    """Whether an argument is numbers and text throughout: what it was can then be compared with what it is."""
    if isinstance(sent, dict):
        return not {"function", "ours"} & set(sent) and all(map(only_data, sent.values()))
    return not isinstance(sent, list) or is_flat(sent) or all(map(only_data, sent))


class Asked:
    """An argument that is a function: the grader has it, and is asked for each value."""

    def __init__(self, line: Connection, place: int) -> None:
        self._line, self._place = line, place

    def __call__(self, *arguments: Any) -> Any:
        with undisturbed():
            send(self._line, {"ask": self._place, "arguments": [encode(one) for one in arguments]})
            reply = receive(self._line)
        if "stop" in reply:
            raise TimeUp
        if "error" in reply:
            raise ValueError(reply["error"])
        return decode(reply["value"], lambda place: Asked(self._line, place))
