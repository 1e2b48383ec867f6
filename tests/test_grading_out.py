"""What is sent on: files for other platforms, read back; a page for each student, one for the teacher; released copies."""

import csv
from html import unescape
from pathlib import Path

import nbformat
import pandas
import pytest
from made_up_class import WRONG

from lessons import cli
from lessons.classroom.grading import exports, feedback, overview, reading, release, rows
from lessons.exercises import help, student
from lessons.exercises.catalogue import find, of_lesson
from lessons.exercises.judging import judge
from lessons.words.language import LANGUAGES, speak

ROOT = Path(__file__).parents[1]
LESSON = of_lesson(1)


def finding(name: str, source: str) -> rows.Finding:
    """What is found of an exercise whose source this is, judged here."""
    exercise, names = find(name), {}
    exec(source, names)
    verdict = judge(exercise, names[exercise.function_name])
    hint = "" if verdict else exercise.hints()[0]
    return rows.Finding(
        verdict.status, verdict.heading, verdict.sentences, verdict.facts, verdict.mistake, source, hint
    )


def made_rows() -> list[rows.Row]:
    """Two students, one of whom handed in two notebooks, and one whose file is no notebook."""
    right = {exercise.name: finding(exercise.name, exercise.source) for exercise in LESSON}
    wrong = {exercise.name: finding(exercise.name, WRONG[exercise.name]) for exercise in LESSON}
    jane = rows.Student(
        "Doe, Jane", "4711", {"Student": "Doe, Jane", "ID": "4711", "SIS Login ID": "jdoe", "Section": "A"}
    )
    rick = rows.Student("<b>Rick</b> & Co")
    return [
        rows.Row(Path("a/01.ipynb"), 1, wrong, student=jane),
        rows.Row(Path("b/01.ipynb"), 1, right, student=jane, notes=["a note"]),
        rows.Row(Path("c/01.ipynb"), 1, wrong, "cell 3: <error>", student=rick),
        rows.Row(Path("d/01.ipynb"), None, {}, "not a notebook", student=rows.Student("김연아")),
    ]


def test_canvas(tmp_path):
    """The gradebook's columns, a line of points, and of two notebooks the better one."""
    (file,) = exports.export("canvas", made_rows(), tmp_path / "grades.csv")
    read = pandas.read_csv(file, dtype=str, keep_default_na=False)
    assert ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01_next_token_tables"] == list(read.columns)
    assert "Points Possible" in read["Student"][0] and "4" == read["01_next_token_tables"][0]
    lines = {line["Student"]: line for line in read.to_dict("records")}
    assert ("4711", "jdoe", "A", "4") == tuple(
        lines["Doe, Jane"][key] for key in ("ID", "SIS Login ID", "Section", "01_next_token_tables")
    )
    assert ("0", "") == tuple(lines[name]["01_next_token_tables"] for name in ("<b>Rick</b> & Co", "김연아"))


def test_moodle(tmp_path):
    """The three columns without which Moodle reads nothing; a roster that is its worksheet keeps its own values."""
    made = made_rows()[:2]
    sheet = {"Identifier": "Participant 99", "Grade": "", "Last modified (grade)": "-", "Email address": "r@x.org"}
    made.append(rows.Row(Path("c"), 1, made[0].findings, student=rows.Student("Rick", "99", sheet)))
    (file,) = exports.export("moodle", made, tmp_path / "grades.csv")
    assert "grades-moodle-01.csv" == file.name
    jane, rick = pandas.read_csv(file, dtype=str, keep_default_na=False).to_dict("records")
    assert ("Participant 4711", "4", "4") == (jane["Identifier"], jane["Grade"], jane["Maximum Grade"])
    assert ("Participant 99", "0", "-") == (rick["Identifier"], rick["Grade"], rick["Last modified (grade)"])
    assert "The likeliest token: solved" in jane["Feedback comments"] and "r@x.org" == rick["Email address"]


def test_nbgrader(tmp_path):
    """The columns of `nbgrader export`; who handed in nothing has 0."""
    (file,) = exports.export("nbgrader", made_rows(), tmp_path / "grades.csv")
    with file.open(encoding="utf8", newline="") as stream:
        lines = {line["student_id"]: line for line in csv.DictReader(stream)}
    assert ("4.0", "4.0", "4.0") == tuple(lines["4711"][key] for key in ("raw_score", "score", "max_score"))
    assert "0.0" == lines["김연아"]["score"] and "01_next_token_tables" == lines["김연아"]["assignment"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages(tmp_path, language):
    """A student's page has verdict, smallest case, hint and code, and no word of others; all of it is escaped."""
    speak(language)
    made = made_rows()
    pages = feedback.write_feedback(made, tmp_path)
    pages = {name: page for (name, _), page in pages.items()}
    assert {"Doe, Jane", "<b>Rick</b> & Co", "김연아"} == set(pages) and 3 == len(set(pages.values()))
    rick = pages["<b>Rick</b> & Co"].read_text(encoding="utf8")
    assert f'<html lang="{language}">' in rick and "<b>Rick" not in rick and "<error>" not in rick
    for name, one in made[2].findings.items():
        for told in (one.heading, *one.sentences, one.hint, WRONG[name], *(text for _, text in one.facts)):
            assert told in unescape(rick)
    assert "a note" not in pages["Doe, Jane"].read_text(encoding="utf8")
    assert "http" not in rick  # it needs nothing from anywhere


def test_the_overview(tmp_path):
    """Who solved what, each with a link to their page; the mistakes by name, that of most students first; notes."""
    made = made_rows()
    pages = feedback.write_feedback(made, tmp_path)
    overview.write_overview(made, tmp_path / "overview.html", pages, ["A. Sent"])
    html = (tmp_path / "overview.html").read_text(encoding="utf8")
    assert "Handed in nothing: A. Sent" in html and f"1.1 {LESSON[0].say('title')} · 1.2" in unescape(html)
    assert "a note <span class=muted>(Doe, Jane)</span>" in html
    assert 4 == html.count('<th scope="row">') and "<b>Rick" not in html and "a note" in html
    assert f"2 × {LESSON[0].say_mistake('first-row')}" in unescape(html)
    assert all(page.name in html or page.name == "김연아.html" for page in pages.values())


def test_a_release_is_known_again(tmp_path, capsys):
    """Chosen exercises only, no answers; grading asks for those that were handed out, and the teacher's list counts."""
    arguments = ["release", str(tmp_path / "out"), "--lessons", "1", "2", "--exercises", "likeliest-token", "lost-at"]
    assert 0 == cli.main([*arguments, "--no-answers"])
    copy = tmp_path / "out" / "01_next_token_tables.ipynb"
    notebook = nbformat.read(copy, as_version=4)
    ids = [cell.id for cell in notebook.cells]
    assert "stub-likeliest-token" in ids and "check-next-probabilities" not in ids
    assert 1 == sum("LESSONS_HELP" in cell.source for cell in notebook.cells)
    assert ["likeliest-token"] == [one.name for one in reading.read(copy).exercises]
    listed = release.read_list(tmp_path / "out" / "release.json")
    assert ["likeliest-token"] == listed[notebook.metadata[reading.RELEASE]["id"]]
    notebook.metadata[reading.RELEASE]["exercises"] = []  # a student who would rather not
    nbformat.write(notebook, copy)
    assert () == reading.read(copy).exercises
    assert ["likeliest-token"] == [one.name for one in reading.read(copy, listed).exercises]
    assert 1 == cli.main(arguments) and "empty folder" in capsys.readouterr().err


def test_released_notebooks_differ_from_ours_in_nothing_else(tmp_path):
    """With every exercise and all help, the cells are those of the lesson."""
    release.release(tmp_path, ROOT / "notebooks" / "ko", [5])
    ours = nbformat.read(ROOT / "notebooks" / "ko" / "05_top_k_and_top_p.ipynb", as_version=4)
    copy = nbformat.read(tmp_path / "05_top_k_and_top_p.ipynb", as_version=4)
    assert ours.cells == copy.cells


def test_a_second_release_into_the_same_folder_knows_the_first(tmp_path):
    """One list for all; and where one of several copies is there already, none is written."""
    first = release.release(tmp_path, ROOT / "notebooks" / "en", [1])
    release.release(tmp_path, ROOT / "notebooks" / "en", [2])
    assert ["-01", "-02"] == [id[-3:] for id in release.read_list(first[-1])]
    with pytest.raises(FileExistsError):
        release.release(tmp_path, ROOT / "notebooks" / "en", [4, 1])
    assert not list(tmp_path.glob("04*"))


def test_what_cannot_be_released(tmp_path, capsys):
    """A lesson without exercises, an exercise that there is not, a folder without notebooks: a word and the way out."""
    assert 1 == cli.main(["release", str(tmp_path / "a"), "--lessons", "99"])
    assert 1 == cli.main(["release", str(tmp_path / "b"), "--exercises", "top-kk"])
    assert 1 == cli.main(["release", str(tmp_path / "c"), "--lessons", "1", "--source", str(tmp_path)])
    assert 1 == cli.main(["release", str(tmp_path / "d"), "--lessons", "1", "--exercises", "lost-at"])
    errors = capsys.readouterr().err
    assert "lost-at is an exercise of lesson 2" in errors
    assert "lesson 99 has no exercises" in errors and "top-k" in errors and "--source" in errors
    (tmp_path / "list.json").write_text("[]", encoding="utf8")
    with pytest.raises(ValueError, match=r"release\.json"):
        release.read_list(tmp_path / "list.json")


@pytest.mark.parametrize("given", ["", "hints", "answers", "hints answers"])
def test_help_is_given_as_released(monkeypatch, tmp_path, given):
    """hint(), answer() and what is folded below a verdict keep to what a notebook was handed out with."""
    monkeypatch.setenv(help.PLACE, given)
    monkeypatch.setenv("LESSONS_PROGRESS", str(tmp_path / "progress.json"))
    folded = student.check("likeliest-token", lambda logits: 0).folded
    assert len(find("likeliest-token").hints()) * ("hints" in given) + ("answers" in given) == len(folded)
    assert ("without hints" in repr(student.hint("likeliest-token"))) == ("hints" not in given)
    assert ("without answers" in repr(student.answer("likeliest-token"))) == ("answers" not in given)
