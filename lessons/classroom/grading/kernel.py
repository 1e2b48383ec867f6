"""A student's kernel: started in an empty folder, with limits, and watched while a cell runs.

Limits that the system can hold the kernel to are set in it (see `confined`); the others are watched from outside, four
times a second: what its processes need of memory, how many they are, how large the folder grows, how much is printed.
"""

import json
import os
import re
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

from lessons.classroom.grading.watching import adopt_orphans, children, end_all, too_much
from lessons.exercises.progress import PLACE
from lessons.words.language import say

if TYPE_CHECKING:
    from jupyter_client.manager import KernelManager

STEP = 0.25  # seconds between two looks
GRACE = 10.0  # seconds in which an interrupt has to be heard
INTERRUPTS = 3  # until a cell counts as deaf: what tidies up after the first one may hear the next
START_SECONDS = 120.0
MESSAGE_SECONDS = 30.0  # in which more of a message has to come
SECRET = re.compile(
    "token|secret|passw|credential|key", re.IGNORECASE
)  # of variables that a student's code is not given
UNIX = hasattr(socket, "AF_UNIX") and sys.platform != "win32"


@dataclass(frozen=True)
class Limits:
    """What a notebook may use.

    Attributes:
        seconds, cell_seconds: for the notebook, for one of its cells.
        memory, disk, output: in megabytes; processes: how many at once.
        network: whether it may reach one.
        threads: of the numerical libraries.
    """

    seconds: float = 600.0
    cell_seconds: float = 120.0
    memory: int = 4096
    disk: int = 512
    output: int = 20
    processes: int = 64
    network: bool = False
    threads: int = 1


class Ended(Exception):
    """The kernel is no more, or no longer heard; the message says why."""


@cache
def cut_off() -> tuple[str, ...]:
    """The words before a command that cut the network off; none where the system does not let us."""
    for words in (("unshare", "--map-current-user", "--net"), ("unshare", "--net")):
        if shutil.which("unshare") and not subprocess.run([*words, "true"], capture_output=True).returncode:
            return words
    return ()


class Kernel:
    """One life of a notebook's kernel. `run` a cell's source, `ask` for a line to its functions."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self.limits, self.printed = folder, limits, 0
        self.over = False  # whether it has ended, or hears nothing any more
        self.others = children()
        self.work = folder / "work"
        (self.work / ".tmp").mkdir(parents=True)
        self.manager = manager(folder, limits)
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.manager.start_kernel(cwd=str(self.work), env=environment(self.work, limits), **quiet)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=START_SECONDS)
        except RuntimeError as error:
            raise Ended(say("grading.kernel", error=str(error).splitlines()[0])) from error

    def run(self, source: str, seconds: float) -> tuple[str, bool]:
        """(the error in which a cell ended or "", whether it ended in time). Raises `Ended`."""
        request = self.client.execute(source, allow_stdin=False, stop_on_error=False)
        error, interrupts, deadline, look = "", 0, time.monotonic() + seconds, time.monotonic()
        while True:
            message = self.next_message()
            ended = message is None and self.replied(request, 0)  # of a thousand widgets' messages the last may be lost
            if message and message["parent_header"].get("msg_id") == request:
                content = message["content"]
                if message["msg_type"] == "error":
                    error = f"{content['ename']}: {content['evalue']}".splitlines()[0].removesuffix(": ")[:300]
                if content.get("execution_state") == "idle":
                    self.replied(request, GRACE)
                    ended = True
            if ended:
                return ("", False) if interrupts else (error, True)
            if time.monotonic() >= look:
                self.look()
                look = time.monotonic() + STEP
            if time.monotonic() > deadline:
                if interrupts == INTERRUPTS:
                    self.end(say("grading.deaf"))
                interrupts, deadline = interrupts + 1, time.monotonic() + GRACE
                self.manager.interrupt_kernel()

    def next_message(self) -> dict[str, Any] | None:
        """What the kernel says next, and how much it has said is counted; None if it is silent."""
        try:
            message = self.client.get_iopub_msg(timeout=STEP)
        except Empty:
            return None
        content = message["content"]
        self.printed += len(content.get("text", "")) + sum(len(str(part)) for part in content.get("data", {}).values())
        return message

    def replied(self, request: str, seconds: float) -> bool:
        """Whether the reply to a cell has come. Raises `Ended` where the cell has called exit(): the kernel says so
        before it goes, a moment later.
        """
        with suppress(Empty):
            while (reply := self.client.get_shell_msg(timeout=seconds))["parent_header"].get("msg_id") != request:
                pass
            if any(one.get("source") == "ask_exit" for one in reply["content"].get("payload", ())):
                self.end(say("grading.exit"))
            return True
        return False

    def look(self) -> None:
        """Raises `Ended` where the kernel has died, or takes more than it may."""
        limits = self.limits
        if not self.manager.is_alive():
            self.end(say("grading.died"))
        if self.printed > limits.output * 2**20:
            self.end(say("grading.output", most=limits.output))
        if complaint := too_much(self.work, self.others, limits.memory, limits.disk, limits.processes):
            self.end(complaint)

    def end(self, why: str) -> NoReturn:
        self.over = True
        raise Ended(why)

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def ask(self) -> Connection:
        """A line to `answering.serve` in the kernel. Raises `Ended` where it does not answer."""
        token = secrets.token_hex(16)
        with socket.socket(socket.AF_UNIX if UNIX else socket.AF_INET) as door:
            door.bind(str(self.folder / "line") if UNIX else ("127.0.0.1", 0))
            door.listen(1)
            door.settimeout(STEP)
            address = str(self.folder / "line") if UNIX else str(door.getsockname()[1])
            source = "from lessons.classroom.grading.answering import serve\n"
            self.client.execute(f"{source}serve({address!r}, {token!r})", silent=True, store_history=False)
            deadline = time.monotonic() + START_SECONDS / 4
            while time.monotonic() < deadline and self.manager.is_alive():
                with suppress(TimeoutError):
                    line = Connection(patient(door.accept()[0]).detach())
                    if line.poll(GRACE) and json.loads(line.recv_bytes(1000)) == {"token": token}:
                        return line
                self.next_message()
        raise Ended(say("grading.no_answer"))


def patient(line: socket.socket) -> socket.socket:
    """The line, on which half a message is not waited for without end (where sockets have such a limit)."""
    if UNIX:
        for limit in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            line.setsockopt(socket.SOL_SOCKET, limit, struct.pack("ll", int(MESSAGE_SECONDS), 0))
    return line


def manager(folder: Path, limits: Limits) -> "KernelManager":
    """What starts the kernel: behind shut doors, and heard through files of its folder where there are such sockets."""
    from jupyter_client.manager import KernelManager

    bounds = {"memory": limits.memory * 2**20, "file": limits.disk * 2**20, "network": limits.network}
    doors = () if limits.network or not UNIX else cut_off()

    class Confined(KernelManager):  # type: ignore[misc]
        def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
            command = [sys.executable, "-m", "lessons.classroom.grading.confined", json.dumps(bounds)]
            return [*doors, *command, "-f", os.path.realpath(self.connection_file)]

    one = Confined(kernel_name="python3", connection_file=str(folder / "kernel.json"))
    if UNIX:
        one.transport, one.ip = "ipc", str(folder / "k")
    return one


def environment(work: Path, limits: Limits) -> dict[str, str]:
    """The teacher's variables without secrets; threads, temporary files, progress and IPython's own files in place."""
    kept = {name: value for name, value in os.environ.items() if not SECRET.search(name)}
    own = {PLACE: work / "progress.json", "IPYTHONDIR": work / ".ipython", "TMPDIR": work / ".tmp"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(limits.threads))
    offline = {} if limits.network else {"HF_HUB_OFFLINE": "1"}
    return kept | {name: str(place) for name, place in own.items()} | threads | offline


@contextmanager
def living(limits: Limits) -> Iterator[Kernel]:
    """A kernel until the block ends; then nothing is left of it, nor of anything that it has started."""
    adopt_orphans()
    others = children()
    with TemporaryDirectory(prefix="lessons-", ignore_cleanup_errors=True) as folder:
        kernel = None
        try:
            kernel = Kernel(Path(folder), limits)
            yield kernel
        finally:
            if kernel:
                kernel.client.stop_channels()
            end_all(others)
            if kernel:
                kernel.manager.cleanup_resources()
