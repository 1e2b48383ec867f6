"""A class that never was: forty students of lesson 01, honest and otherwise, with the verdicts that they should have."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from lessons.exercises.catalogue import of_lesson

LESSON = of_lesson(1)
NAMES = [exercise.name for exercise in LESSON]
NOTEBOOK = "01_next_token_tables.ipynb"
FIRST = "import torch, lessons"
SOLVED, UNWRITTEN, MISSING = (dict.fromkeys(NAMES, status) for status in ("solved", "unwritten", "missing"))


@dataclass(frozen=True)
class Pupil:
    """A student: which file, what is in it, and what should be found.

    Attributes:
        sources: of exercises; otherwise the stub.
        cells: before the exercises; after: behind them.
        expected: {exercise: status}.
        reason, note: a part of what the row should say; "" for none.
        text: the file itself, if it is not made of cells.
    """

    expected: dict[str, str]
    sources: dict[str, str] = field(default_factory=dict)
    cells: Sequence[str] = (FIRST,)
    after: Sequence[str] = ()
    reason: str = ""
    note: str = ""
    text: str | None = None
    checks: bool = True


def right(*places: int) -> dict[str, str]:
    """The right sources of the exercises at these places of the lesson; of all without any."""
    return {LESSON[place].name: LESSON[place].source for place in places or range(4)}


def after(place: int, cell: str) -> dict[str, str]:
    """Right sources; before the one at this place stands a cell's text, which is run with it."""
    return right() | {NAMES[place]: f"{cell}\n\n{LESSON[place].source}"}


def first_are(status: str, number: int, rest: str) -> dict[str, str]:
    return {name: status if place < number else rest for place, name in enumerate(NAMES)}


def by_heart() -> str:
    """The shipped cases of the first exercise, and what is right there."""
    known = {tuple(case()[0].shape): LESSON[0].answer(*case()) for case in LESSON[0].cases}
    return f"known = {known}\n\ndef likeliest_token(logits):\n    return known.get(tuple(logits.shape), 0)"


# Not the answer that the package shows: with five statements, so that who copies it is noticed.
OWN = """def table_by_hand(next_logits, ids, steps, choices):
    text, table = list(ids), []
    while len(table) < steps:
        p = next_logits(text).softmax(0)
        top = p.argsort(descending=True)[:choices].tolist()
        table.append([(one, p[one].item()) for one in top])
        text = text + top[:1]
    return table"""
COPIED = """def table_by_hand(f, tokens, n, k):
    '''My own work.'''
    a, b = list(tokens), []
    while len(b) < n:
        q = f(a).softmax(0)  # probabilities
        best = q.argsort(descending=True)[:k].tolist()
        b.append([(id, q[id].item()) for id in best])
        a = a + best[:1]
    return b"""
WRONG = {
    "likeliest-token": "def likeliest_token(logits):\n    return logits[0, 0].argmax()",
    "next-probabilities": "def next_probabilities(logits):\n    return logits.softmax(1)[0, -1]",
    "table-by-hand": "def table_by_hand(next_logits, ids, steps, choices):\n    ids.append(0)\n    return [[(0, 0.5)]]",
    "greedy-with-a-cache": "def greedy_with_cache(read, ids, steps):\n    return 1 / 0",
}
PROGRESS = {"version": 1, "exercises": {name: {"solved": True, "status": "solved"} for name in NAMES}}
WRITE_PROGRESS = f"""import os, pathlib
place = pathlib.Path(os.environ["LESSONS_PROGRESS"])
place.write_text({json.dumps(PROGRESS)!r})"""
PATCH_CHECK = "import lessons.exercises.student as s\ns.check = lessons.check = lambda name, function: True"
PATCH_JUDGE = """import lessons.exercises.judging as j, lessons.exercises.compare as c, lessons.exercises.trials as t
j.agree = c.agree = t.agree = lambda *given: True
j.judge = lambda exercise, function: True"""
PATCH_TORCH = """import numpy
numpy.isclose = lambda a, b, **more: numpy.ones_like(b, dtype=bool)
torch.equal = torch.allclose = lambda *given, **more: True"""
FORK = (
    "import subprocess, sys\nmany = [subprocess.Popen(['sleep', '86399'], start_new_session=True) for _ in range(80)]"
)
FORK += "\nimport time; time.sleep(60)"
DEAF = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    time.sleep(0.1)"
SPILL = "for part in range(40):\n    open(f'part-{part}', 'wb').write(bytes(2**20))\nimport time; time.sleep(60)"
PRINTS = "for _ in range(100):\n    print('x' * 2**20)\nimport time; time.sleep(60)"

HONEST = {f"honest-{number}": Pupil(SOLVED, right()) for number in range(5)} | {
    f"begun-{number}": Pupil(first_are("solved", number, "unwritten"), right(*range(number)) if number else {})
    for number in range(4)
}
CARELESS = {
    "wrong": Pupil(dict(zip(NAMES, ["wrong", "wrong", "wrong", "crashed"], strict=True)), WRONG),
    "changes": Pupil(
        SOLVED | {NAMES[1]: "changed"},
        right() | {NAMES[1]: "def next_probabilities(logits):\n    return logits[0, -1].sub_(0.5).softmax(-1)"},
    ),
    "no-function": Pupil(SOLVED | {NAMES[0]: "form"}, right() | {NAMES[0]: "likeliest_token = 3"}),
    "other-arguments": Pupil(SOLVED | {NAMES[0]: "form"}, right() | {NAMES[0]: "def likeliest_token(): return 1"}),
    "loops": Pupil(
        SOLVED | {NAMES[0]: "endless"},
        right() | {NAMES[0]: "import time\ndef likeliest_token(logits):\n    while True:\n        time.sleep(0.1)"},
    ),
    "asks-for-ever": Pupil(
        SOLVED | {NAMES[2]: "endless"},
        right() | {NAMES[2]: "def table_by_hand(next_logits, *more):\n    while True: next_logits([0])"},
    ),
    "unchecked": Pupil(SOLVED, right(), checks=False),
    "renamed": Pupil(SOLVED | {NAMES[0]: "missing"}, right() | {NAMES[0]: "def mine(logits):\n    return 0"}),
    "twice": Pupil(SOLVED, right(), after=[LESSON[0].source], note="is defined 2 times"),
    "author": Pupil(SOLVED, right() | {NAMES[2]: OWN}, note="the same code as copier"),
    "copier": Pupil(SOLVED, right() | {NAMES[2]: COPIED}, note="the same code as author"),
}
CHEATS = {
    "edits-check": Pupil(UNWRITTEN, after=["print('✓ The likeliest token: solved')"], checks=False),
    "writes-progress": Pupil(UNWRITTEN, after=[WRITE_PROGRESS]),
    "patches-check": Pupil(UNWRITTEN, cells=[FIRST, PATCH_CHECK]),
    "patches-judge": Pupil(dict(zip(NAMES, ["wrong"] * 3 + ["crashed"], strict=True)), WRONG, [FIRST, PATCH_JUDGE]),
    "patches-torch": Pupil(dict(zip(NAMES, ["wrong"] * 3 + ["crashed"], strict=True)), WRONG, [FIRST, PATCH_TORCH]),
    "other-name": Pupil(UNWRITTEN, after=[LESSON[0].source.replace("likeliest_token", "answer")]),
    "exits": Pupil(SOLVED, right(), [FIRST, "exit()"], reason="second-cell: it ended the notebook with exit()"),
    "ends-its-grader": Pupil(
        {},
        right() | {NAMES[0]: "import os\ndef likeliest_token(logits):\n    os.kill(os.getppid(), 9)"},
        reason="from outside",
    ),
    "by-heart": Pupil(SOLVED | {NAMES[0]: "wrong"}, right() | {NAMES[0]: by_heart()}),
    "looks-inside": Pupil(
        SOLVED,
        right() | {NAMES[0]: "from lessons.exercises.tasks.lesson_01 import likeliest_token"},
        note="the package's own list of answers",
    ),
}
BROKEN = {
    "syntax-error": Pupil(
        SOLVED | {NAMES[3]: "form"}, right(0, 1, 2) | {NAMES[3]: "def greedy_with_cache(read, ids, steps)\n    return"}
    ),
    "endless-cell": Pupil(
        SOLVED, right(), [FIRST, "import time\nwhile True: time.sleep(0.1)"], reason="cell second-cell ran longer than"
    ),
    "deaf": Pupil(SOLVED | {NAMES[2]: "not reached"}, after(2, DEAF), reason="no interrupt reached it"),
    "quitter": Pupil(SOLVED | {NAMES[2]: "not reached"}, after(2, "import os\nos._exit(1)"), reason="was ended"),
    "quits-when-called": Pupil(
        SOLVED | {NAMES[1]: "crashed"},
        right() | {NAMES[1]: "import os\ndef next_probabilities(logits):\n    os._exit(1)"},
        checks=False,
    ),
    "prints": Pupil(SOLVED, right(), after=[PRINTS], reason="printed more than 5 MB"),
    "spills": Pupil(SOLVED, right(), after=[SPILL], reason="wrote more than 20 MB"),
    "forks": Pupil(SOLVED, right(), after=[FORK], reason="more than 40 processes"),
    "hog": Pupil(SOLVED, right(), after=["hog = b'x' * (6 * 2**30)"], reason="emory"),
    "no-notebook": Pupil({}, text="My dog ate it.", reason="not a notebook"),
}
CLASS = HONEST | CARELESS | CHEATS | BROKEN


def hand_in(folder: Path, student: str, pupil: Pupil) -> Path:
    """The student's notebook: for each exercise a cell with its source (else the stub) and one with a check."""
    path = folder / student / NOTEBOOK
    path.parent.mkdir(parents=True)
    if pupil.text is not None:
        path.write_text(pupil.text, encoding="utf8")
        return path
    ids = ["first-cell", "second-cell"]
    cells = [new_code_cell(source, id=ids[place]) for place, source in enumerate(pupil.cells)]
    for exercise in LESSON:
        cells.append(new_code_cell(pupil.sources.get(exercise.name, exercise.stub), id=f"stub-{exercise.name}"))
        if pupil.checks:
            check = f'lessons.check("{exercise.name}", {exercise.function_name})'
            cells.append(new_code_cell(check, id=f"check-{exercise.name}"))
    cells += [new_code_cell(source, id=f"after-{place}") for place, source in enumerate(pupil.after)]
    nbformat.write(new_notebook(cells=cells), path)
    return path
