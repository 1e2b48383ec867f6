"""Names as they come: two of one name, letters of every kind, rosters as Excel writes them, and who is missing."""

import os
import unicodedata
from pathlib import Path

import nbformat
import pytest
from made_up_class import NAMES, NOTEBOOK
from nbformat.v4 import new_code_cell, new_notebook

from lessons import cli
from lessons.classroom.grading import exports, feedback, files, identity, kept, rows, table
from lessons.words.language import speak

ROOT = Path("/class")


@pytest.mark.parametrize(
    "path, name",
    [
        (f"Kim {NOTEBOOK[:-6]} (1).ipynb", "Kim"),
        (f"김민준 {NOTEBOOK[:-6]} - 복사본.ipynb", "김민준"),
        (f"20211234_{NOTEBOOK}", "20211234"),
        (f"Kim/homework/all of it/{NOTEBOOK}", "Kim"),
        (f"{unicodedata.normalize('NFD', '김민준')}/{NOTEBOOK}", "김민준"),
        (os.fsdecode("김민준".encode("cp949")) + f"/{NOTEBOOK}", "김민준"),
        (f"Kim {NOTEBOOK}.txt", "Kim"),
    ],
)
def test_a_student_by_odd_names_of_files(path, name):
    """Copies, folders in folders, Hangul of macOS and of Korean Windows."""
    assert name == identity.student_of(ROOT / path, [ROOT]).name


@pytest.mark.parametrize("root", ["", NOTEBOOK])
def test_folders_named_one_by_one_are_students(root):
    """`lessons grade class/*` and `class/*/*.ipynb`: not all of them the same student, called like the lesson."""
    roots = [ROOT / "Jane" / root, ROOT / "Rick" / root]
    assert ["Jane", "Rick"] == [identity.student_of(ROOT / name / NOTEBOOK, roots).name for name in ("Jane", "Rick")]


ROSTER = "이름,학번,점수\n김민준,1,3\n김민준,2,1\n이서연,3,\n이서연,3,\n박하늘,4,\n"


@pytest.mark.parametrize("encoding", ["utf8", "utf-8-sig", "utf-16", "cp949"])
@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_a_roster_as_excel_writes_it(tmp_path, encoding, divider):
    """Encodings and dividers of Korea and Europe; a line that is there twice is one."""
    (tmp_path / "roster.csv").write_bytes(ROSTER.replace(",", divider).replace("\n", "\r\n").encode(encoding))
    lines = identity.read_roster(tmp_path / "roster.csv")
    assert [("김민준", "1"), ("김민준", "2"), ("이서연", "3"), ("박하늘", "4")] == [
        (line["이름"], line["학번"]) for line in lines
    ]


def test_letters_of_the_west_and_rare_syllables(tmp_path):
    """Umlauts of a German Excel; syllables that only Windows has, where Korean is spoken."""
    (tmp_path / "roster.csv").write_bytes("Name;Id\nJörg Müßig;7\n".encode("cp1252"))
    assert [{"Name": "Jörg Müßig", "Id": "7"}] == identity.read_roster(tmp_path / "roster.csv")
    speak("ko")
    (tmp_path / "roster.csv").write_bytes("이름\n똠방각하\n".encode("cp949"))
    assert [{"이름": "똠방각하"}] == identity.read_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    "path, roster",
    [
        (f"김민준_2_assignsubmission_file_/{NOTEBOOK}", "2"),  # 1 is a grade too, and of this name there are two
        (f"이서연_1_assignsubmission_file_/{NOTEBOOK}", "3"),  # the number of another, as a course may count anew
        (f"3반/박하늘/{NOTEBOOK}", "4"),
        (f"김민준/{NOTEBOOK}", ""),
        (f"최서준/{NOTEBOOK}", ""),
    ],
)
def test_who_is_who_in_a_roster(tmp_path, path, roster):
    """Name and number together, then either, then a folder that is called like somebody; else a note."""
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf8")
    root = Path("/home/박하늘/class")  # the teacher's own folders are nobody's
    (row,) = identity.identified([rows.Row(root / path, 1)], [root], identity.read_roster(tmp_path / "roster.csv"))
    assert roster == row.student.roster.get("학번", "") and bool(roster) != bool(row.notes)


def test_who_has_handed_in_nothing_is_told(tmp_path, capsys):
    """Those of the roster without a row, and folders without a notebook; a roster that is none, before anything runs."""
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / f"이서연 {NOTEBOOK}")
    (tmp_path / "박하늘").mkdir()
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf8")
    options = ["grade", str(tmp_path), "--csv", str(tmp_path / "g.csv"), "--roster"]
    assert 0 == cli.main([*options, str(tmp_path / "roster.csv")])
    said = capsys.readouterr().out
    assert "nothing, of the 4 in the roster: 김민준, 김민준, 박하늘" in said and f"in: {tmp_path / '박하늘'}" in said
    (tmp_path / "roster.xlsx").write_bytes(b"PK\3\4\0\0")
    assert 1 == cli.main([*options, str(tmp_path / "roster.xlsx")]) and 1 == cli.main([*options, str(tmp_path / "no")])
    assert "is no CSV" in capsys.readouterr().err and not (tmp_path / "g-2.csv").exists()


def made_row(path: str, statuses: dict[str, str], name: str = "Kim", number: str = "") -> rows.Row:
    findings = {exercise: rows.Finding(status, exercise) for exercise, status in statuses.items()}
    return rows.Row(Path(path), 1, findings, student=rows.Student(name, number))


def test_two_of_one_name_are_two(tmp_path):
    """Each has a page and a line of their own; what one has solved does not count for the other."""
    solved, wrong = {NAMES[0]: "solved"}, {NAMES[0]: "wrong"}
    made = [made_row("a", solved, "김민준", "1"), made_row("b", wrong, "김민준", "2"), made_row("c", solved, "kim")]
    made.append(made_row("d", wrong, "Kim"))
    pages = feedback.write_feedback(made, tmp_path)
    assert 4 == len({page.name.casefold() for page in pages.values()})  # also where Kim.html is kim.html
    assert "1 of 1" in pages["김민준", "1"].read_text(encoding="utf8")
    assert "0 of 1" in pages["김민준", "2"].read_text(encoding="utf8")
    (file,) = exports.export("canvas", made, tmp_path / "g.csv")
    assert ["김민준,1,,,,1", "김민준,2,,,,0"] == file.read_text(encoding="utf8").splitlines()[2:4]
    assert {"김민준 (1)", "김민준 (2)", "kim", "Kim"} == set(rows.names_of(made).values())


@pytest.mark.parametrize("name", ["가" * 200, "<script>/../../x", "=cmd()", "..", "😀", "\udcb1\udce8", "CON\x00\n"])
def test_any_name_has_a_page_in_its_folder(tmp_path, name):
    """Long, empty of letters, with a path in it or with bytes that are no text: a file, and only there."""
    (page,) = feedback.write_feedback([made_row("x", {NAMES[0]: "solved"}, name)], tmp_path).values()
    assert page.parent == tmp_path and [page] == list(tmp_path.iterdir())
    assert "<script>" not in page.read_text(encoding="utf8")


def test_names_that_are_no_text_are_kept_and_written(tmp_path):
    """A file's name in bytes of another system: the table is written, and a stopped run goes on."""
    path = tmp_path / os.fsdecode(b"\xb1\xe8.ipynb")
    path.write_text("{}", encoding="utf8")
    row = rows.Row(path, reason="no exercises", notes=[], digest=files.digest_of(path))
    kept.begin(tmp_path / "k.jsonl", 7, [row])
    assert (7, [row]) == kept.kept(tmp_path / "k.jsonl", [path])
    table.write_table([row], tmp_path / "g.csv")
    assert "\\udcb1" in (tmp_path / "g.csv").read_text(encoding="utf-8-sig")


def test_an_easy_exercise_more_is_no_point_more(tmp_path):
    """Only what most notebooks of the lesson hold counts for others' platforms; the row says what is more, or less."""
    usual = dict.fromkeys(NAMES, "wrong")
    made = [made_row(str(number), usual, f"s{number}") for number in range(3)]
    made += [made_row("more", usual | {"top-k": "solved"}, "more"), made_row("less", {NAMES[0]: "solved"}, "less")]
    noted = rows.with_other_exercises(made)
    assert [()] * 3 == [row.notes for row in noted[:3]]
    assert "have not: top-k" in noted[3].notes[0] and f"have: {NAMES[3]}" in noted[4].notes[0]
    (file,) = exports.export("canvas", made, tmp_path / "g.csv")
    lines = [line.split(",") for line in file.read_text(encoding="utf8").splitlines()]
    assert ["4", "0", "0", "0", "0", "1"] == [line[-1] for line in lines[1:]]
