"""A kernel that has shut the doors behind itself: `python -m lessons.classroom.grading.confined LIMITS -f FILE`.

LIMITS is JSON: {"memory": bytes, "file": bytes, "network": whether Python may reach it}. Whatever the system can hold a
process to is set before the kernel begins, and cannot be taken back.
"""

import json
import socket
import sys
from typing import Any


def hold(limit: str, most: int) -> None:
    """A limit of the operating system on this process and all that it starts; none where the system has no such."""
    try:
        import resource

        resource.setrlimit(getattr(resource, limit), (most, most))
    except (ImportError, AttributeError, ValueError, OSError):
        return  # Windows, or a system with another idea of limits: the grader watches from outside


def keep_in() -> None:
    """Python's sockets reach this machine only. What the system itself can cut off, it has cut off before."""

    def refuse(connect: Any) -> Any:
        def connect_here(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
                raise OSError("no network while grading")
            return connect(self, address)

        return connect_here

    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, refuse(getattr(socket.socket, name)))


def main() -> None:
    limits = json.loads(sys.argv.pop(1))
    hold("RLIMIT_DATA", limits["memory"])
    hold("RLIMIT_FSIZE", limits["file"])
    hold("RLIMIT_CORE", 0)
    if not limits["network"]:
        keep_in()
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
