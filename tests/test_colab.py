"""The first cell in a simulated Colab: IPython runs it, `google.colab` is there, and nothing may end or restart the
kernel."""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import badges
import pytest
from packaging.utils import canonicalize_name
from test_setup import NEEDED, pins

ROOT = Path(__file__).parents[1]
CELL = badges.first_cell(None)
PINNED_HERE = Path(sys.prefix) / "constraints.txt"  # written by `make test-oldest` into the environments that it makes
FAILING_PIP = """
import json, os, sys
json.dump(sys.argv[1:], open(os.environ["PIP_CALLS"], "w"))
sys.exit("ERROR: Could not install packages due to an OSError: the disk is full")
"""
# What a session has done before its first cell, and what is asked of it afterwards.
SESSION = """
import json, os, sys, types
from importlib import metadata
import IPython, numpy, pandas
sys.modules["google"], sys.modules["google.colab"] = types.ModuleType("google"), types.ModuleType("google.colab")
ended = []
for name in ("kill", "_exit", "abort", "execv", "execve"):
    setattr(os, name, lambda *arguments, name=name: ended.append(name))

def versions():
    return {one.metadata["Name"]: one.version for one in metadata.distributions() if one.metadata["Name"] != "lessons"}

before, modules = versions(), {name: sys.modules[name] for name in ("IPython", "numpy", "pandas")}
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
result = shell.run_cell(os.environ["CELL"])
note = {
    "succeeded": result.success,
    "place": getattr(sys.modules.get("lessons"), "__file__", None),
    "ended": ended + ["asked to exit"] * bool(getattr(shell, "exit_now", False)),
    "changed": sorted(dict(before.items() ^ versions().items())) + [n for n in modules if sys.modules[n] is not modules[n]],
    "goes on": shell.run_cell("answer = 6 * 7").success and shell.user_ns["answer"] == 42,
}
json.dump(note, open(os.environ["NOTE"], "w"))
"""


@dataclass(frozen=True)
class Session:
    """What became of a Colab session whose first cell was run.

    Attributes:
        shown: what the cell showed, without colours.
        place: the file that `lessons` was imported from; None if it was not.
        asked: what pip was asked, where it is `failing_pip`; None if it was not asked.
    """

    shown: str
    succeeded: bool
    place: str | None
    asked: list[str] | None


@pytest.fixture
def content(tmp_path) -> Path:
    """The folder in which Colab puts what is uploaded."""
    folder = tmp_path / "content"
    folder.mkdir()
    return folder


@pytest.fixture
def failing_pip(tmp_path) -> Path:
    """A folder with a pip that notes what it is asked, and fails."""
    folder = tmp_path / "failing"
    folder.mkdir()
    (folder / "pip.py").write_text(FAILING_PIP, encoding="utf8")
    return folder


@pytest.fixture
def first_cell(bare_python, content, tmp_path) -> Callable[..., Session]:
    """Runs a first cell: first_cell(source, folders that Python finds packages in). Whatever it does, the kernel lives
    on."""

    def run(source: str, *folders: Path) -> Session:
        note, calls = tmp_path / "note.json", tmp_path / "calls.json"
        environment = {"CELL": source, "NOTE": str(note), "PIP_CALLS": str(calls)}
        environment |= {
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "IPYTHONDIR": str(tmp_path),
            "PIP_NO_INDEX": "1",
        }
        done = bare_python(SESSION, content, **environment)
        assert note.exists(), done.stdout + done.stderr
        found = json.loads(note.read_text(encoding="utf8"))
        assert (found["ended"], found["changed"], found["goes on"]) == ([], [], True)
        shown = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
        asked = json.loads(calls.read_text(encoding="utf8")) if calls.exists() else None
        return Session(shown, found["succeeded"], found["place"], asked)

    return run


def test_what_is_there_already_is_not_installed(first_cell, failing_pip, content, wheel):
    """`lessons` can be imported: pip is not asked, though a wheel lies beside the notebook; nothing is shown."""
    shutil.copy(wheel, content)
    session = first_cell(CELL, failing_pip, ROOT)
    assert (session.succeeded, session.asked) == (True, None)
    assert Path(session.place) == ROOT / "lessons" / "__init__.py"
    assert session.shown.strip() == ""


def test_only_the_wheel_is_installed(first_cell, failing_pip, content, wheel):
    """A wheel beside the notebook: pip is asked for that file and nothing else, neither to upgrade nor to reinstall."""
    shutil.copy(wheel, content)
    assert first_cell(CELL, failing_pip).asked == ["install", "-q", wheel.name]


def test_the_wheel_works_at_once(first_cell, content, wheel, tmp_path):
    """Installed by the real pip: imported by the same cell, in the same process, and no other package is touched."""
    shutil.copy(wheel, content)
    session = first_cell(CELL)
    assert session.succeeded, session.shown
    assert Path(session.place).is_relative_to(tmp_path / "bare")
    assert "ERROR" not in session.shown and "restart" not in session.shown.lower()


def test_pip_would_install_nothing_but_lessons(bare_python, wheel, tmp_path):
    """pip's own report for the wheel: one thing to install; all that it requires is there, in Colab's versions if those
    are here."""
    report = tmp_path / "report.json"
    command = ["-m", "pip", "install", "--quiet", "--dry-run", "--report", str(report), str(wheel)]
    code = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, *{command}]).returncode)"
    done = bare_python(code, tmp_path, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stderr
    planned = json.loads(report.read_text(encoding="utf8"))["install"]
    assert ["lessons"] == [one["metadata"]["name"] for one in planned]
    assert len(NEEDED) <= len(planned[0]["metadata"]["requires_dist"])


@pytest.mark.parametrize("repository", [None, "owner/name"])
def test_a_failing_pip_is_quoted(first_cell, failing_pip, content, repository):
    """pip's own error is shown, and then, in the line that could not go on, what to do."""
    if repository is None:
        (content / "lessons-0.1.0-py3-none-any.whl").write_bytes(b"half of it")
    session = first_cell(badges.first_cell(repository), failing_pip)
    assert not session.succeeded and session.asked
    error = session.shown.index("ERROR: Could not install packages due to an OSError: the disk is full")
    assert error < session.shown.index("No module named 'lessons'")
    assert "# no module? Mend what pip says above, run again" in session.shown[error:]


def test_after_a_failure_the_same_cell_works(first_cell, failing_pip, content, wheel, tmp_path):
    """pip failed, the wheel is uploaded again: running the cell again is all that is needed."""
    upload = content / wheel.name
    upload.write_bytes(wheel.read_bytes()[:1000])
    assert not first_cell(CELL).succeeded
    shutil.copy(wheel, upload)
    assert first_cell(CELL).succeeded


def test_nothing_there_is_one_sentence(first_cell, failing_pip):
    """Neither folder, wheel nor address: one sentence says what to put where; pip is not asked for a stranger's
    `lessons`."""
    session = first_cell(CELL, failing_pip)
    assert (session.succeeded, session.place, session.asked) == (False, None, None)
    assert "SystemExit: Upload lessons-*.whl beside this notebook" in session.shown


@pytest.mark.skipif(not PINNED_HERE.exists(), reason="this environment was not made by `make test-oldest`")
def test_the_versions_here_are_those_that_were_pinned():
    """In an environment of `make test-oldest`: each of its own pins before constraints.txt's, and what is installed
    obeys."""
    files = {"colab": ["colab"], "transformers-4.57": ["colab", "transformers-4.57"]}[Path(sys.prefix).name]
    pinned = pins()
    for name in files:
        pinned |= pins(f"constraints-{name}.txt")
    expected = {canonicalize_name(name): version for name, version in pinned.items()}
    installed = {canonicalize_name(one.metadata["Name"]): one.version.split("+")[0] for one in metadata.distributions()}
    assert {"ipywidgets", "transformers", "datasets", "pandas", "torch"} <= installed.keys()
    both = expected.keys() & installed.keys()
    assert {name: expected[name] for name in both} == {name: installed[name] for name in both}


@pytest.mark.parametrize(
    "wrong", ["import os; os.kill(os.getpid(), 9)", "import sys; del sys.modules['pandas']; import pandas"]
)
def test_a_restart_would_be_noticed(first_cell, wrong):
    """A cell that ends the kernel, as cells for Colab often do, or that loads a package anew: seen by the session
    above."""
    with pytest.raises(AssertionError):
        first_cell(wrong)


def test_nothing_in_the_cell_restarts():
    """No upgrade, no forced reinstall, no end of a process is written in the cell, with an address or without."""
    for cell in (CELL, badges.first_cell("owner/name")):
        assert not re.search(r"upgrade|-U\b|force|kill|_exit|restart|os\.exec", cell)
