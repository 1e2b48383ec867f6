"""A real model for these tests: `make test-real` fetches one and names it in REAL_MODEL; any causal model may be named.

At the end of a run stand its time and the most memory that it took.
"""

import os
import resource
import sys
import time
from pathlib import Path

import pytest

import lessons
from lessons.models.language_model import LanguageModel

BEGUN = time.monotonic()
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes; Linux counts memory in KiB


@pytest.fixture(scope="session")
def real_model() -> str:
    """What `load` is given: a file or a folder by its whole path, or a name on the hub."""
    name = os.environ.get("REAL_MODEL") or pytest.exit("REAL_MODEL names no model: make test-real", returncode=2)
    return str(Path(name).resolve()) if Path(name).exists() else name


@pytest.fixture(scope="session")
def lm(real_model) -> LanguageModel:
    """The real model on the CPU."""
    return lessons.load(real_model, device="cpu")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Time and peak memory: of the tests, and of the largest notebook's kernel."""
    most = {"tests": resource.RUSAGE_SELF, "largest notebook": resource.RUSAGE_CHILDREN}
    said = [f"{name} {resource.getrusage(who).ru_maxrss * UNIT / 1e9:.2f} GB" for name, who in most.items()]
    terminalreporter.write_line(f"{time.monotonic() - BEGUN:.0f} s; peak memory: {', '.join(said)}")
