"""`lessons grade` on a class of forty: forty rows and the right verdicts, whatever was handed in."""

import csv
import json
from pathlib import Path

import psutil
import pytest
from made_up_class import BROKEN, CHEATS, CLASS, NAMES, hand_in

from lessons import cli

LIMITS = {
    "cell-seconds": 40,
    "seconds": 600,
    "output": 5,
    "disk": 20,
    "processes": 40,
    "memory": 4000,
    "jobs": 2,
    "seed": 7,
}
OPTIONS = [part for name, value in LIMITS.items() for part in (f"--{name}", str(value))]


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[Path, dict[str, dict[str, str]], str]:
    """(the folder with all that was written, {student: the row in the table}, what was printed)."""
    folder = tmp_path_factory.mktemp("graded")
    for student, pupil in CLASS.items():
        hand_in(folder / "class", student, pupil)
    assert 0 == cli.main(["grade", str(folder / "class"), "--csv", str(folder / "grades.csv"), *OPTIONS])
    left = [one for one in psutil.process_iter(["cmdline"]) if "86399" in (one.info["cmdline"] or ())]
    assert left == []  # nothing of what notebooks have started goes on
    with (folder / "grades.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return folder, {row["student"]: row for row in rows}


def test_forty_rows(graded):
    """Each student has a row, under the name of their folder."""
    assert len(CLASS) == 40 and len(CHEATS) >= 8 and len(BROKEN) >= 10
    assert sorted(graded[1]) == sorted(CLASS)


@pytest.mark.parametrize("student", CLASS)
def test_the_verdicts_are_right(graded, student):
    """Every exercise of every student: what it deserves, and a reason or a note where there is one to give."""
    row, pupil = graded[1][student], CLASS[student]
    assert {name: pupil.expected.get(name, "") for name in NAMES} == {name: row[name] for name in NAMES}, row["reason"]
    assert row["solved"] == str(sum(status == "solved" for status in pupil.expected.values()))
    assert pupil.reason in row["reason"] and pupil.note in row["notes"]


def test_who_did_nothing_unusual_has_no_reason_and_no_note(graded):
    """Nobody is accused who wrote what anybody would write."""
    for student in ("honest-0", "begun-2", "unchecked", "changes"):
        assert "" == graded[1][student]["reason"], student
    assert "same" not in graded[1]["begun-2"]["notes"]


def test_a_case_known_by_heart_is_told(graded):
    """Right on every shipped case and wrong on fresh ones: the finding says so."""
    lines = (graded[0] / "grades.rows.jsonl").read_text(encoding="utf8").splitlines()[1:]
    rows = {Path(row["notebook"]).parent.name: row for row in map(json.loads, lines)}
    finding = rows["by-heart"]["findings"][NAMES[0]]
    assert any("wrong on others of the same kind" in sentence for sentence in finding["sentences"])
    assert "first-row" == rows["wrong"]["findings"][NAMES[0]]["mistake"]
