"""What `lessons grade` is made of: values on the wire, limits, runs that go on, and what it says of what is no class."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import numpy
import psutil
import pytest
import torch
from made_up_class import FIRST, SOLVED, Pupil, hand_in, right
from nbformat.v4 import new_code_cell, new_notebook

from lessons import cli
from lessons.classroom.grading import confined, judged, kernel, rows, table, watching, whole_class, wire
from lessons.exercises.cases import Language, Slowly
from lessons.exercises.compare import unchanged
from lessons.exercises.running import Elsewhere, Outcome, run
from lessons.models.six_words import six_words
from lessons.words.language import LANGUAGES, speak

VALUES = [
    *(None, ..., True, 3, -0.5, float("inf"), "text", [], [1, 2.5], (1, [2], "a"), {"a": [1], 2: (3,)}, {1, 2}),
    *(torch.tensor([[1.5, -torch.inf]]), torch.tensor(3), torch.zeros(0, 2, dtype=torch.float64), torch.tensor([True])),
    *(numpy.array([[1, 2]]), numpy.array(2.5), [torch.tensor([1.0]), None], [[1, 2], [3]]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_through_the_wire_as_they_are(value):
    """Kind, shape, type and number of everything that exercises give and take."""
    back = wire.decode(json.loads(json.dumps(wire.encode(value))))
    assert type(back) is type(value) and unchanged(value, back) and str(value) == str(back)
    if isinstance(value, torch.Tensor | numpy.ndarray):
        assert (value.dtype, value.shape) == (back.dtype, back.shape)


def test_what_is_no_data_is_its_text():
    """An object of a class of the student's own comes back as what it shows, even if it cannot; a generator as a list."""

    class Broken:
        def __repr__(self):
            raise ValueError

    assert "<Broken>" == wire.decode(wire.encode(Broken()))
    assert [0, 1] == wire.decode(wire.encode(iter(range(2))))
    assert "2j" == wire.decode(wire.encode(2j))


@pytest.mark.parametrize(
    "data",
    [{"ours": "lessons.cli:main"}, {"function": 0}, {"pickle": "x"}, {"tensor": "nn", "shape": [], "numbers": []}],
)
def test_the_grader_makes_nothing_of_a_students_words_but_data(data):
    """Where the grader reads, no class is named and no function made."""
    with pytest.raises((ValueError, TypeError, AttributeError)):
        wire.decode(data)


def test_our_own_arguments_are_made_again_or_asked():
    """A chain and a slow list are made anew in the kernel; a language stays with the grader, and is asked."""
    functions = []
    arguments = [six_words(), Slowly([[1], [2]]), Language(1, 3)]
    sent = json.loads(json.dumps([wire.encode(argument, functions) for argument in arguments]))
    chain, slow, asked = (wire.decode(one, lambda place: ("asked", place)) for one in sent)
    assert six_words() == chain and Slowly is type(slow) and [[1], [2]] == list(slow) and ("asked", 0) == asked
    assert "seed" not in json.dumps(sent[2])


@pytest.mark.parametrize(
    "argument, after",
    [
        (torch.zeros(2), torch.ones(3)),
        (numpy.zeros(2), numpy.ones(2)),
        ([1, 2], [3]),
        ({"a": 1}, {"b": 2}),
        (([1], 2), ([3], 2)),
    ],
)
def test_arguments_that_were_written_into_are_told(argument, after):
    """What the function did to its arguments over there is done to them here."""
    wire.write_back(argument, after)
    assert unchanged(after, argument)


def test_an_outcome_from_elsewhere_is_the_outcome():
    """A call that ended badly in another process ends here as it did there."""

    def told():
        raise Elsewhere(Outcome("crash", error="ValueError: no", line="3: x", unwritten=True))

    assert Outcome("crash", error="ValueError: no", line="3: x", unwritten=True) == run(told, 5)


def test_a_kernel_keeps_its_secrets_and_its_network(tmp_path, monkeypatch):
    """No variable that sounds like a secret, no socket to others, no progress file but its own; it runs in a folder of
    its own, and a process that it leaves behind is ended."""
    monkeypatch.setenv("MY_API_TOKEN", "secret")
    door = socket.create_server(("127.0.0.1", 0))
    answered = threading.Thread(target=door.accept, daemon=True)
    answered.start()
    look = f"""import os, socket, subprocess
assert "MY_API_TOKEN" not in os.environ, "a secret"
assert set(os.listdir(".")) <= {{".tmp", ".ipython"}}, os.listdir(".")
subprocess.Popen(["sleep", "987"], start_new_session=True)
cut_off = {bool(kernel.cut_off())}
host, port = ("127.0.0.1", {door.getsockname()[1]}) if cut_off else ("192.0.2.1", 80)
try:
    socket.create_connection((host, port), timeout=5)
except OSError:
    pass
else:
    raise SystemError("reached")"""
    path = hand_in(tmp_path, "curious", Pupil(SOLVED, right(), cells=[FIRST, look]))
    row = judged.grade_one(path, judged.Settings(3, kernel.Limits(cell_seconds=60)))
    assert "" == row.reason and SOLVED == row.statuses
    assert bool(kernel.cut_off()) != any("network" in note for note in row.notes)
    commands = [one.info["cmdline"] for one in psutil.process_iter(["cmdline"])]
    assert not any("987" in command for command in commands if command)
    door.close()


def test_python_keeps_in_where_the_system_cannot(monkeypatch):
    """Without a way to cut the network off, sockets of Python reach this machine only."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, getattr(socket.socket, name))
    confined.keep_in()
    with socket.socket() as one, pytest.raises(OSError, match="no network while grading"):
        one.connect(("192.0.2.1", 80))
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname(), timeout=5):
        pass


def test_limits_are_seen_from_outside(tmp_path):
    """Too many processes, too much memory, a folder too large: each is told; others' processes are none of ours."""
    others = watching.children()
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert "" == watching.too_much(tmp_path, others, 4096, 1, 8)
    assert "more than 0 processes" in watching.too_much(tmp_path, others, 4096, 1, 0)
    assert "of memory" in watching.too_much(tmp_path, others, 0, 1, 8)
    (tmp_path / "part").write_bytes(bytes(2 * 2**20))
    assert "into its folder" in watching.too_much(tmp_path, others, 4096, 1, 8)
    assert "" == watching.too_much(tmp_path / "none", watching.children(), 0, 1, 0)
    watching.end_all(others)
    assert not psutil.pid_exists(sleeper.pid)


def without_exercises(folder: Path, number: int) -> None:
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), folder / f"n{number}.ipynb")


def test_a_run_that_was_stopped_goes_on(tmp_path, monkeypatch, capsys):
    """With --resume only what is new or has changed is run, the seed stays, and the table is written again."""
    for number in range(3):
        without_exercises(tmp_path, number)
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf8")
    options = ["grade", str(tmp_path), "--csv", str(tmp_path / "g.csv"), "--jobs", "1"]
    assert 0 == cli.main([*options, "--seed", "11"])
    run_again = []
    monkeypatch.setattr(
        whole_class, "grade_one", lambda path, settings: run_again.append((path.name, settings.seed)) or rows.Row(path)
    )
    (tmp_path / "n1.ipynb").write_text("{}", encoding="utf8")
    assert 0 == cli.main([*options, "--resume"])
    assert [("n1.ipynb", 11)] == run_again
    assert 5 == len((tmp_path / "g.csv").read_text(encoding="utf-8-sig").splitlines())
    assert not (tmp_path / "g-2.csv").exists() and "seed of the fresh cases was 11" in capsys.readouterr().out


def test_without_a_seed_nobody_knows_the_cases(tmp_path, capsys):
    """Two runs have two seeds, and both are told; the first table stays."""
    without_exercises(tmp_path, 0)
    for _ in range(2):
        cli.main(["grade", str(tmp_path), "--csv", str(tmp_path / "g.csv")])
    assert (tmp_path / "g-2.csv").exists()
    seeds = [line.rsplit(" ", 1)[1] for line in capsys.readouterr().out.splitlines() if "cases was" in line]
    assert 2 == len(set(seeds))


def test_what_else_is_no_notebook(tmp_path):
    """A missing file, an empty one, JSON that is no notebook: a row each, with the reason."""
    files = {
        "empty.ipynb": "",
        "list.ipynb": "[]",
        "other.ipynb": '{"a": 1}',
        "cut.ipynb": '{"cells": [{"cell_type": "co',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf8")
    made = [judged.grade_one(path, judged.Settings(1)) for path in [*tmp_path.iterdir(), tmp_path / "missing.ipynb"]]
    assert 5 == len(made) and all(row.reason and not row.statuses for row in made)


def test_nothing_to_grade(tmp_path, capsys):
    """An empty folder is told, and the exit status is 1."""
    assert 1 == cli.main(["grade", str(tmp_path)])
    assert "no notebooks found" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_speaks_both_languages(language):
    """Each status has its words."""
    speak(language)
    statuses = [status for status in table.SAID if status != "solved"]
    findings = {f"exercise-{place}": rows.Finding(status) for place, status in enumerate(statuses)}
    assert 8 == table.on_screen([rows.Row(Path("a.ipynb"), 1, findings)]).count("exercise-")
