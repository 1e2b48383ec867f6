"""Places that are broken on purpose: folders that cannot be written to, a disk that is full, a network that is shut."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Put before a program: whoever asks for the network gets an error, and is noted. (Sockets between processes are let
# through.)
NETWORK_SHUT = """
import sys
asked = []
def shut(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname") or (event == "socket.connect" and isinstance(arguments[1], tuple)):
        asked.append(f"{event} {arguments[-1] if event == 'socket.connect' else arguments[0]}")
        raise OSError("the network is shut in this test")
sys.addaudithook(shut)
"""


def is_root() -> bool:
    """Root may write where nobody may."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


@cache
def can_mount() -> bool:
    """Whether a process can be given disks of its own here (root on Linux, unless it is locked up)."""
    if not (is_root() and shutil.which("unshare")):
        return False
    return (
        0
        == subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
        ).returncode
    )


def run_python(
    code: str,
    folder: Path,
    *arguments: object,
    read_only: Sequence[Path] = (),
    small: tuple[Path, str] | None = None,
    **environment: str,
) -> subprocess.CompletedProcess:
    """A program's end. read_only: folders in which it can write nothing; small: (a folder, the size of the disk that
    lies there).

    Read-only is meant literally: for root the folders are mounted so, for others the right to write is taken away
    meanwhile. Skips the test where neither can be had.
    """
    if (small or (read_only and is_root())) and not can_mount():
        pytest.skip(
            "needs a disk of its own, and none can be mounted here" + (": root writes everywhere" if is_root() else "")
        )
    steps = ['mount -t tmpfs -o size="$SMALL_SIZE" none "$SMALL"'] if small else []
    if is_root():
        steps += [f"mount --bind '{place}' '{place}' && mount -o remount,bind,ro '{place}'" for place in read_only]
    command = [sys.executable, "-c", code, *map(str, arguments)]
    if steps:
        command = ["unshare", "-m", "sh", "-c", " && ".join([*steps, 'exec "$0" "$@"']), *command]
    everything = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        **environment,
    }
    everything |= {"SMALL": str(small[0]), "SMALL_SIZE": small[1]} if small else {}
    modes = {place: place.stat().st_mode for top in read_only if not is_root() for place in [top, *top.rglob("*")]}
    try:
        for place, mode in modes.items():
            place.chmod(mode & ~0o222)
        return subprocess.run(
            command, cwd=folder, env=everything, capture_output=True, text=True, timeout=300, check=False
        )
    finally:
        for place, mode in modes.items():
            place.chmod(mode)
