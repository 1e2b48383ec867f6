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


FEW = ("honest-0", "wrong", "changes", "loops", "patches-judge", "by-heart", "quitter", "no-notebook")
CLASSES = [pytest.param(FEW, id="few"), pytest.param(tuple(CLASS), id="forty", marks=pytest.mark.long)]
NOTHING_UNUSUAL = {"honest-0", "begun-2", "unchecked", "changes"}


@pytest.fixture(scope="module", params=CLASSES)
def graded(request, tmp_path_factory) -> tuple[Path, dict[str, dict[str, str]]]:
    """(the folder with all that was written, {student: the row in the table}), of some of the class or of all."""
    folder = tmp_path_factory.mktemp("graded")
    for student in request.param:
        hand_in(folder / "class", student, CLASS[student])
    assert 0 == cli.main(["grade", str(folder / "class"), "--csv", str(folder / "grades.csv"), *OPTIONS])
    left = [one for one in psutil.process_iter(["cmdline"]) if "86399" in (one.info["cmdline"] or ())]
    assert left == []  # nothing of what notebooks have started goes on
    with (folder / "grades.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["student"]: row for row in csv.DictReader(stream)}
    assert sorted(rows) == sorted(request.param)
    return folder, rows


def test_the_class_is_of_forty():
    assert len(CLASS) == 40 and len(CHEATS) >= 8 and len(BROKEN) >= 10


def test_the_verdicts_are_right(graded):
    """Every exercise of every student: what it deserves."""
    found = {student: {name: row[name] for name in NAMES} for student, row in graded[1].items()}
    assert found == {student: {name: CLASS[student].expected.get(name, "") for name in NAMES} for student in found}
    solved = {student: list(statuses.values()).count("solved") for student, statuses in found.items()}
    assert solved == {student: int(row["solved"]) for student, row in graded[1].items()}


def test_a_reason_and_a_note_are_given_where_there_is_one_to_give(graded):
    """And nobody is accused who wrote what anybody would write."""
    for student, row in graded[1].items():
        assert CLASS[student].reason in row["reason"] and CLASS[student].note in row["notes"], student
        assert row["reason"] == "" or student not in NOTHING_UNUSUAL
    assert "same" not in graded[1].get("begun-2", {"notes": ""})["notes"]


def test_a_case_known_by_heart_is_told(graded):
    """Right on every shipped case and wrong on fresh ones: the finding says so."""
    lines = (graded[0] / "grades.rows.jsonl").read_text(encoding="utf8").splitlines()[1:]
    rows = {Path(row["notebook"]).parent.name: row for row in map(json.loads, lines)}
    finding = rows["by-heart"]["findings"][NAMES[0]]
    assert any("wrong on others of the same kind" in sentence for sentence in finding["sentences"])
    assert "first-row" == rows["wrong"]["findings"][NAMES[0]]["mistake"]
