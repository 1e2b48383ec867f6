"""Values as text between the grader and a student's kernel: data only, nothing that runs when it is read.

JSON; what JSON does not know is an object of one key: {"tuple": [1, 2]}, {"tensor": "float32", "shape": …}.

>>> decode(json.loads(json.dumps(encode((1, {"a": {2}})))))
(1, {'a': {2}})
"""

import json
import signal
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from numbers import Number
from typing import Any

import numpy
import torch

from lessons.exercises.compare import safe_repr

MOST_BYTES = 64 * 2**20  # of one message: a million numbers are ten megabytes
PLAIN = {bool, int, float, str}
OURS = "lessons."


def send(line: Connection, message: dict[str, Any]) -> None:
    """Raises ValueError for what the other side would not read."""
    data = json.dumps(message).encode()
    if len(data) > MOST_BYTES:
        raise ValueError(len(data))
    line.send_bytes(data)


def receive(line: Connection) -> dict[str, Any]:
    """The next message. Raises EOFError, OSError or ValueError where there is none, or none that can be read."""
    message = json.loads(line.recv_bytes(MOST_BYTES))
    if not isinstance(message, dict):
        raise ValueError(message)
    return message


@contextmanager
def undisturbed() -> Iterator[list[int]]:
    """Alarms and interrupts wait until the block ends, since half a message is no language; those that came so far."""
    came: list[int] = []
    numbers = [getattr(signal, name) for name in ("SIGALRM", "SIGINT") if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda number, frame: came.append(number)) for number in numbers}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        signal.raise_signal(number)


def encode(value: Any, functions: list[Callable[..., Any]] | None = None) -> Any:
    """The value as JSON has it. What is no data is its text; or, with `functions`, a place in that list."""
    if value is None or type(value) in PLAIN:
        return value
    if value is ...:
        return {"ellipsis": True}
    if type(value) is list:
        return value if is_flat(value) else [encode(part, functions) for part in value]
    if type(value) is tuple:
        return {"tuple": [encode(part, functions) for part in value]}
    if isinstance(value, Mapping):
        return {"dict": [[encode(key, functions), encode(part, functions)] for key, part in value.items()]}
    if isinstance(value, Set):  # the keys of a dictionary are one, too
        return {"set": [encode(part, functions) for part in sorted(value, key=str)]}
    if isinstance(value, torch.Tensor) and not value.is_complex():
        dtype, shape = str(value.dtype).removeprefix("torch."), list(value.shape)
        return {"tensor": dtype, "shape": shape, "numbers": value.detach().cpu().flatten().tolist()}
    if functions is not None and (record := ours(value, functions)):
        return record
    if functions is not None and callable(value):
        functions.append(value)
        return {"function": len(functions) - 1}
    if isinstance(value, list | tuple | range | Iterator):
        return [encode(part, functions) for part in value]
    return array_or_text(value)


def is_flat(parts: list[Any]) -> bool:
    """Whether a list holds numbers and texts only; the quick way, for a million ids."""
    return set(map(type, parts)) <= PLAIN


def array_or_text(value: Any) -> Any:
    """What numpy makes real numbers of as an array, one number as Python's own; anything else as its text."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Number) or hasattr(value, "__array__"):
        numbers = numpy.asarray(value)
        if numbers.dtype.kind in "biuf":
            numbers = numbers.astype(float) if numbers.dtype.itemsize > 8 else numbers  # longer ones JSON does not know
            if not isinstance(value, numpy.ndarray) and not numbers.ndim:
                return numbers.item()
            return {"array": str(numbers.dtype), "shape": list(numbers.shape), "numbers": numbers.ravel().tolist()}
        return encode(numbers.tolist()) if numbers.ndim else safe_repr(value)
    return safe_repr(value)


def ours(value: Any, functions: list[Callable[..., Any]]) -> dict[str, Any] | None:
    """A list of our own kind, or a record that cannot change, by its class; None for anything else."""
    kind = type(value)
    name = f"{kind.__module__}:{kind.__qualname__}"
    if not name.startswith(OURS):
        return None
    if isinstance(value, list):
        return {"ours": name, "items": [encode(part, functions) for part in value]}
    if is_dataclass(value) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return {
            "ours": name,
            "fields": {one.name: encode(getattr(value, one.name), functions) for one in fields(value)},
        }
    return None


def decode(data: Any, function: Callable[[int], Any] | None = None) -> Any:
    """The value again. Only with `function`, which makes one of a place, is there anything in it but data.

    Raises ValueError, TypeError or KeyError for what `encode` did not write.
    """
    if not isinstance(data, dict):
        nested = isinstance(data, list) and not is_flat(data)
        return [decode(part, function) for part in data] if nested else data
    kind, inside = next(iter(data.items()))
    if kind == "ellipsis":
        return ...
    if kind == "tuple":
        return tuple(decode(part, function) for part in inside)
    if kind == "dict":
        return {decode(key, function): decode(part, function) for key, part in inside}
    if kind == "set":
        return {decode(part, function) for part in inside}
    if kind == "tensor":
        return torch.tensor(data["numbers"], dtype=dtype_of(inside)).reshape(data["shape"])
    if kind == "array":
        return numpy.array(data["numbers"], dtype=numpy.dtype(inside)).reshape(data["shape"])
    if function and kind == "function":
        return function(inside)
    if function and kind == "ours":
        return rebuilt(data, function)
    raise ValueError(kind)


def dtype_of(name: str) -> torch.dtype:
    dtype = getattr(torch, name)
    if not isinstance(dtype, torch.dtype):
        raise ValueError(name)
    return dtype


def rebuilt(data: dict[str, Any], function: Callable[[int], Any]) -> Any:
    """A list or a record of our own, in the student's kernel."""
    module, _, name = data["ours"].partition(":")
    kind = getattr(import_module(module), name)
    if "items" in data:
        return kind(decode(part, function) for part in data["items"])
    return kind(**{field: decode(part, function) for field, part in data["fields"].items()})


def write_back(argument: Any, after: Any) -> None:
    """The argument as the student's function left it, where that can be told of it: numbers, lists, dictionaries."""
    if isinstance(argument, torch.Tensor) and isinstance(after, torch.Tensor):
        argument.data = after
    elif isinstance(argument, numpy.ndarray) and isinstance(after, numpy.ndarray):
        argument.resize(after.shape, refcheck=False)
        argument[...] = after
    elif isinstance(argument, list) and isinstance(after, list):
        argument[:] = after
    elif isinstance(argument, dict) and isinstance(after, dict):
        argument.clear()
        argument.update(after)
    elif isinstance(argument, tuple) and isinstance(after, tuple):
        for part, part_after in zip(argument, after, strict=True):
            write_back(part, part_after)
