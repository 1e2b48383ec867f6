"""A student's function as the grader calls it: arguments go to the kernel as data, and what comes back is data."""

import time
from collections.abc import Callable
from inspect import Parameter, Signature
from multiprocessing.connection import Connection
from typing import Any

from lessons.classroom.grading.kernel import GRACE, STEP, Ended, Kernel
from lessons.classroom.grading.wire import MOST_BYTES, decode, encode, receive, send, undisturbed, write_back
from lessons.exercises.compare import safe_repr
from lessons.exercises.exercise import Exercise
from lessons.exercises.running import Elsewhere, Outcome, TimeUp, described
from lessons.words.language import say

# What goes wrong with a line, or with what came over it.
LOST = (EOFError, OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError)
MISSING = object()  # there is nothing of that name


class Line:
    """The line to a kernel's functions; `lost` once the kernel has died or does not answer."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel, self.connection, self.lost = kernel, kernel.ask(), False

    def find(self, exercise: Exercise) -> Any:
        """The function of an exercise; what its name stands for, if that is none; MISSING."""
        send(self.connection, {"name": exercise.function_name, "parameters": len(exercise.parameters)})
        try:
            if not self.connection.poll(GRACE):
                raise EOFError
            there = receive(self.connection)
            if not there["there"]:
                return MISSING
            return Remote(self, exercise, there["binds"]) if there["callable"] else decode(there["value"])
        except LOST:
            self.lost = True
            return MISSING


class Remote:
    """A function in a student's kernel, called like any other."""

    def __init__(self, line: Line, exercise: Exercise, binds: bool) -> None:
        self.line, self.exercise = line, exercise
        kinds = [Parameter(name, Parameter.POSITIONAL_ONLY) for name in exercise.parameters if binds]
        self.__signature__ = Signature(kinds)

    def __call__(self, *given: Any) -> Any:
        if self.line.lost:
            raise ended(say("grading.died"))
        functions: list[Callable[..., Any]] = []
        arguments = [encode(argument, functions) for argument in given]
        request = {"name": self.exercise.function_name, "arguments": arguments, "seconds": self.exercise.seconds}
        with undisturbed() as came:
            reply = self.exchange(request, functions, came)
            for place, after in reply["changed"].items():
                write_back(given[int(place)], decode(after))
        if reply["kind"] == "value":
            return decode(reply["value"])
        raise Elsewhere(
            Outcome(reply["kind"], error=reply["error"], line=reply["line"], unwritten=bool(reply["unwritten"]))
        )

    def exchange(self, request: dict[str, Any], functions: list[Callable[..., Any]], came: list[int]) -> dict[str, Any]:
        """The kernel's reply; meanwhile it may ask for values of functions that are arguments. `came`: alarms."""
        connection = self.line.connection
        try:
            send(connection, request)
            while "ask" in (reply := self.waited_for(connection, came)):
                send(connection, answered(reply, functions))
            if reply["kind"] == "large":
                raise ended(say("grading.large", most=MOST_BYTES // 2**20))
            if not isinstance(reply["changed"], dict) or reply["kind"] not in ("value", "crash", "endless"):
                raise ValueError(reply["kind"])
            return reply
        except (*LOST, Ended) as error:
            self.line.lost = True
            raise ended(str(error) if isinstance(error, Ended) else say("grading.died")) from error

    def waited_for(self, connection: Connection, came: list[int]) -> dict[str, Any]:
        """The kernel's next message. Raises TimeUp where the exercise's alarm has rung before there is one, and `Ended`
        where the function takes more than it may.
        """
        while not came:
            if connection.poll(STEP):
                return receive(connection)
            self.line.kernel.look()
        self.stop(connection)
        raise TimeUp

    def stop(self, connection: Connection) -> None:
        """The function is interrupted, and its last word waited for; a kernel that stays deaf is lost."""
        end = time.monotonic() + GRACE
        self.line.kernel.interrupt()
        try:
            while time.monotonic() < end and connection.poll(max(0, end - time.monotonic())):
                if "ask" not in receive(connection):
                    return
                send(connection, {"stop": True})
            raise EOFError
        except LOST:
            self.line.lost = True


def ended(why: str) -> Elsewhere:
    """A call that came to no end of its own, told like an error of the function."""
    return Elsewhere(Outcome("crash", error=described(Ended(why))))


def answered(question: dict[str, Any], functions: list[Callable[..., Any]]) -> dict[str, Any]:
    """The value of one of our functions for which the kernel asks; an error as text."""
    try:
        arguments = [decode(one) for one in question["arguments"]]
        return {"value": encode(functions[question["ask"]](*arguments), functions)}
    except Exception as error:  # of whatever kind: the student's function called ours with anything
        return {"error": safe_repr(error)}
