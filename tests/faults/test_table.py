"""FAULTS.md says the truth: every test that it names exists, and every test of this folder is named there."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.fault
HERE = Path(__file__).parent
NAMED = sorted(set(re.findall(r"`([\w./]+\.py::test_\w+)`", (HERE / "FAULTS.md").read_text(encoding="utf8"))))


def functions_of(file: Path) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(file.read_text(encoding="utf8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("named", NAMED)
def test_every_named_test_exists(named):
    """File and function."""
    file, _, name = named.partition("::")
    assert name in functions_of(HERE / file)


def test_every_test_of_this_folder_is_named():
    """A new test of a fault gets its place in the table."""
    there = {
        f"{file.name}::{name}"
        for file in HERE.glob("test_*.py")
        if file != Path(__file__)
        for name in functions_of(file)
    }
    assert set() == there - set(NAMED)
