"""What else is handed in, by the unlucky and by the determined: odd values, odd files, odd kernels, odd classes."""

import json
import socket
import struct
import threading
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty
from types import MappingProxyType, SimpleNamespace

import nbformat
import numpy
import pytest
import torch
from made_up_class import FIRST, NAMES, NOTEBOOK, Pupil, hand_in, right
from nbformat.v4 import new_code_cell, new_notebook

from lessons import cli
from lessons.classroom.grading import files, judged, kernel, reading, remote, rows, table, wire
from lessons.exercises.catalogue import find
from lessons.exercises.compare import plain
from lessons.exercises.running import run


class Text(str):
    """A text of a class of its own."""


TABLE = find("table-by-hand")
VALUES = [
    *(
        {3: 0, 1: 0}.keys(),
        {1: 2.5}.items(),
        MappingProxyType({1: 2}),
        frozenset([1]),
        {numpy.int64(3), numpy.int64(1)},
    ),
    *(torch.tensor([1.0, 3.0]).topk(1), numpy.str_("top-p"), Text("top-p"), numpy.longdouble(1.5), numpy.float32(0.1)),
    *({numpy.int64(1): numpy.float64(2)}, numpy.array(["a"]), [numpy.bool_(True)], torch.nn.Parameter(torch.ones(2))),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_over_the_wire_a_result_is_what_it_is_in_the_notebook(value):
    """Views, tuples with names, numbers and texts of numpy: what check() takes for right, the grader does."""
    assert str(plain(value)) == str(plain(wire.decode(json.loads(json.dumps(wire.encode(value))))))


def line_to(kernel_side, monkeypatch, look=lambda: None) -> remote.Line:
    """A line to a kernel that is a function of a connection, in a thread."""
    here, there = map(Connection, (one.detach() for one in map(kernel.patient, socket.socketpair())))

    def answer() -> None:
        with suppress(OSError, EOFError):
            kernel_side(there)

    threading.Thread(target=answer, daemon=True).start()
    monkeypatch.setattr(remote, "GRACE", 0.3)
    return remote.Line(SimpleNamespace(ask=lambda: here, interrupt=lambda: None, look=look))


def test_questions_without_end_end(monkeypatch):
    """A function that stopped its own alarm, and asks on and on, does not hold the grader."""

    def asks(line: Connection) -> None:
        line.recv_bytes()
        while True:
            wire.send(line, {"ask": 0, "arguments": [[0]]})
            line.recv_bytes()

    line = line_to(asks, monkeypatch)
    function = remote.Remote(line, TABLE, True)
    assert "endless" == run(lambda: function(*TABLE.cases[0]()), 0.5).kind and line.lost


def test_a_function_is_watched_while_it_is_judged(monkeypatch):
    """What takes too much only when it is called is stopped, and the reason told."""

    def spills() -> None:
        raise kernel.Ended("it wrote more than 5 MB")

    function = remote.Remote(line_to(lambda line: (line.recv_bytes(), line.poll(30)), monkeypatch, spills), TABLE, True)
    assert "Ended: it wrote more than 5 MB" == run(lambda: function(*TABLE.cases[0]()), 20).error


@pytest.mark.parametrize("value", ["x" * 3000, 10**6000], ids=["long", "digits"])
def test_what_the_other_side_would_not_read_is_not_sent(monkeypatch, value):
    """More bytes than a message has, or a number that JSON does not read."""
    monkeypatch.setattr(wire, "MOST_BYTES", 1000)
    with Pipe()[0] as line, pytest.raises(ValueError, match=r"3|digits"):
        wire.send(line, {"value": value})


def test_a_result_that_is_too_large_is_told(monkeypatch):
    """The kernel says so, and the line is not lost."""
    line = line_to(lambda line: (line.recv_bytes(), wire.send(line, {"kind": "large"}), line.poll(30)), monkeypatch)
    function = remote.Remote(line, TABLE, True)
    assert "more than 64 MB" in run(lambda: function(*TABLE.cases[0]()), 20).error and not line.lost


def test_half_a_message_is_not_waited_for(monkeypatch):
    """Who announces a message and does not send it is given up."""
    monkeypatch.setattr(kernel, "MESSAGE_SECONDS", 1)
    ours, theirs = socket.socketpair()
    theirs.sendall(struct.pack("!i", 1000) + b"{")
    with pytest.raises(OSError):
        wire.receive(Connection(kernel.patient(ours).detach()))


def test_a_cell_has_ended_when_its_reply_is_there(monkeypatch):
    """Also where so much was shown that the message after it is lost; a cell that says nothing yet is waited for."""
    replies = [None, {"parent_header": {"msg_id": "other"}}, {"parent_header": {"msg_id": "one"}, "content": {}}]

    def get_shell_msg(timeout: float) -> dict:
        if (reply := replies.pop(0)) is None:
            raise Empty
        return reply

    alone = object.__new__(kernel.Kernel)
    alone.client = SimpleNamespace(execute=lambda source, **more: "one", get_shell_msg=get_shell_msg)
    monkeypatch.setattr(alone, "next_message", lambda: None)
    monkeypatch.setattr(alone, "look", lambda: None)
    assert ("", True) == alone.run("explorer", 60) and not replies


def test_what_the_grader_did_not_expect_ends_one_notebook_only(tmp_path, monkeypatch):
    """Any error on the way is that notebook's row, with the reason."""

    def breaks(sitting: judged.Sitting) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(judged.Sitting, "go", breaks)
    row = judged.grade_one(hand_in(tmp_path, "odd", Pupil({}, right())), judged.Settings(1))
    assert "could not go on (RuntimeError: odd)" in row.reason and {"not reached"} == set(row.statuses.values())


@pytest.mark.parametrize("encoding", ["utf8", "utf-8-sig", "utf-16"])
def test_a_notebook_that_an_editor_has_saved_anew(tmp_path, encoding):
    """With a mark, or in two bytes a letter, as Notepad and PowerShell write."""
    path = hand_in(tmp_path, "김", Pupil({}, right(), cells=[FIRST, "# 한글"]))
    path.write_bytes(path.read_text(encoding="utf8").encode(encoding))
    handed = reading.read(path)
    assert "# 한글" in handed.sources and NAMES == [one.name for one in handed.exercises]


def test_what_is_a_notebook_and_what_is_none(tmp_path, capsys):
    """A name to which a browser has added something counts; a link or a file of macOS's own does not; and a folder
    with an archive only is told."""
    names = ["a/x.ipynb.txt", "b/x.ipynb.json", "c/X.IPYNB", "a/._x.ipynb", "d/homework.zip"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}", encoding="utf8")
    (tmp_path / "e.zip").write_bytes(b"PK")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "x.ipynb").symlink_to(tmp_path / "a" / "x.ipynb.txt")
    found = files.find_notebooks([tmp_path])
    assert names[:3] == [path.relative_to(tmp_path).as_posix() for path in found]
    assert ["d", "e.zip", "f"] == [path.name for path in files.without_notebook([tmp_path], found)]


def test_functions_tell_the_lesson_where_nothing_else_does(tmp_path):
    """A notebook of another name without checks is that of the lesson whose functions are in it."""
    path = hand_in(tmp_path, "x", Pupil({}, right(), checks=False)).rename(tmp_path / "homework.ipynb")
    assert NAMES == [one.name for one in reading.read(path).exercises]


@pytest.mark.parametrize("said", [{}, {"lessons_release": {"id": "mine", "exercises": []}}, {"lessons_release": 3}])
def test_the_teachers_list_counts_whatever_the_notebook_says(tmp_path, said):
    """Also where a platform, or a student, has removed or changed what a release had written."""
    cells = [new_code_cell(f'lessons.check("{name}", f)') for name in NAMES]
    nbformat.write(new_notebook(cells=cells, metadata=said), tmp_path / "x.ipynb")
    listed = {"1234-01": NAMES[:2], "1234-02": ["lost-at"]}
    assert NAMES[:2] == [one.name for one in reading.read(tmp_path / "x.ipynb", listed).exercises]


def test_a_cell_that_trains_is_passed_over(tmp_path):
    """Unless it only speaks of it, or gives an exercise its function."""
    sources = ["result = lessons.fine_tune(lm)", "x = 1  # not fine_tune(lm)", right()[NAMES[0]] + "\nfine_tune(lm)"]
    nbformat.write(new_notebook(cells=list(map(new_code_cell, sources))), tmp_path / NOTEBOOK)
    assert [True, False, False] == [reading.read(tmp_path / NOTEBOOK).trains(place) for place in range(3)]


def test_a_name_that_the_lesson_gives_something_else_is_no_second_function(tmp_path):
    """Only functions are counted, and what comes after the last one."""
    sources = [
        "f = 1",
        "def f(x):\n    return 1",
        "g = lambda x: 1",
        "def g(x):\n    return 2",
        "def h(x): pass",
        "h = 3",
    ]
    nbformat.write(new_notebook(cells=list(map(new_code_cell, sources))), tmp_path / NOTEBOOK)
    assert [1, 2, 2, 0] == list(map(reading.read(tmp_path / NOTEBOOK).times, "fghi"))


@pytest.mark.parametrize(
    "line, names",
    [
        ("return eval('1')", ["eval"]),
        ("return lessons.answer('top-p')", ["lessons.answer"]),
        ("import importlib.util as other", ["importlib"]),
        ("from inspect import getsource", ["inspect"]),
        ("import sys\n    return sys._getframe(1)", ["sys._getframe"]),
        ("import sys\n    return sys.float_info.min", []),
        ("model.eval()\n    return lessons.entropy(x)", []),
    ],
)
def test_who_looks_around_is_noted(line, names):
    """What no exercise needs, by the names in a function's code."""
    assert names == reading.looks_around(f"def f(x):\n    {line}")


def test_nothing_steers_the_terminal():
    """An error's text with codes for a terminal is shown as letters."""
    assert "\x1b" not in table.on_screen([rows.Row(Path("a"), reason="\x1b]0;mine\x07")])


def test_another_seed_begins_anew(tmp_path, capsys):
    """With --resume and another --seed no row is kept that was tried on other cases."""
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "n.ipynb")
    options = ["grade", str(tmp_path / "n.ipynb"), "--csv", str(tmp_path / "new" / "g.csv"), "--resume"]
    for seed in ("3", "4"):
        assert 0 == cli.main([*options, "--seed", seed])
        assert f"fresh cases was {seed}" in capsys.readouterr().out
    assert '{"seed": 4}' == (tmp_path / "new" / "g.rows.jsonl").read_text(encoding="utf8").splitlines()[0]
