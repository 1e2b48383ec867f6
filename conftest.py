"""How all tests run, in tests/, in docstrings and in notebooks."""

import os
from collections import Counter

import pytest
import watched_notebooks

watched_notebooks.watch()

if "PYTEST_XDIST_WORKER" in os.environ:  # side by side: one thread each, in the kernels of notebooks too
    os.environ.setdefault("OMP_NUM_THREADS", "1")

KINDS = ("notebook", "browser", "parity", "property", "fault")


# Notebooks that train, in their second language: their code is that of the first, which is a test of its own.
TRAINED_TWICE = ("notebooks/ko/06_", "notebooks/ko/07_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that hypothesis draws for, the files of parity tests, and notebooks need no mark by hand."""
    for item in items:
        if any(name in item.path.as_posix() for name in TRAINED_TWICE):
            item.add_marker("long")
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker("property")
        if item.path.name.startswith("test_parity"):
            item.add_marker("parity")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many tests of each kind ran, and what they measured; what was skipped is named by `-rs`."""
    ran = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call"
    ]
    kinds = Counter(kind for report in ran for kind in KINDS if kind in report.keywords)
    kinds["notebook"] = sum(report.nodeid.split("::")[0].endswith(".ipynb") for report in ran)
    if ran:
        terminalreporter.write_line(
            f"{len(ran)} tests ran, among them " + ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
        )
        for name, value in (measured for report in ran for measured in report.user_properties):
            terminalreporter.write_line(f"measured: {name}: {value}")
