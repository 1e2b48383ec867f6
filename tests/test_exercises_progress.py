"""What a student has solved: a small file that nothing needs, that survives mistakes, and that is never lost."""

import json
import os
from pathlib import Path

import pytest

import lessons
from lessons.exercises import progress
from lessons.exercises.catalogue import all_exercises
from lessons.exercises.progress import NAME


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    """A student's folder, in which the test runs."""
    monkeypatch.delenv(progress.PLACE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solve(name: str) -> object:
    return lessons.check(name, all_exercises()[name].answer)


def wrong(name: str) -> object:
    return lessons.check(name, lambda logits, T: logits * 0)


def test_looking_writes_nothing(in_folder):
    """A stub that is not written yet, and looking at progress, leave no file: an unsolved notebook changes nothing
    on disk.
    """
    lessons.check("tempered", lambda logits, T: ...)
    lessons.show_progress()
    assert [] == list(in_folder.iterdir())


def test_solved_stays_solved(in_folder):
    """Attempts are counted, and an exercise that was solved once stays so, also if a later try is wrong."""
    wrong("tempered")
    solve("tempered")
    wrong("tempered")
    record = json.loads((in_folder / NAME).read_text(encoding="utf8"))["exercises"]["tempered"]
    assert (True, 3, "wrong") == (record["solved"], record["attempts"], record["status"])
    assert ("tempered",) == lessons.show_progress().solved


def test_progress_says_what_is_next():
    """The first exercise that is not solved is the next; all are listed with their marks; text and HTML say the
    same.
    """
    solve("likeliest-token")
    wrong("tempered")
    shown = lessons.show_progress()
    assert f"1 of {len(all_exercises())}" in shown.heading
    assert "Probabilities that add up to 1" in shown.sentences[0] and "01_next_token_tables" in shown.sentences[0]
    lines = dict(shown.facts)
    assert "✓ The likeliest token" in lines["01"] and "✗ Softmax with a temperature" in lines["04"]
    assert "· Min-p" in lines["05"] and "Softmax with a temperature" in shown._repr_html_()


def test_all_solved():
    """When all is solved, nothing is next."""
    progress.write({name: {"solved": True} for name in all_exercises()})
    number = len(all_exercises())
    assert f"{number} of {number}" in repr(lessons.show_progress()) and "All solved" in repr(lessons.show_progress())


def test_both_languages_share_a_file(tmp_path, monkeypatch):
    """In notebooks/en and notebooks/ko it is the same file, beside both; anywhere else it is in the folder."""
    for language in ("en", "ko"):
        folder = tmp_path / "notebooks" / language
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        assert tmp_path / "notebooks" / NAME == progress.place()
    monkeypatch.chdir(tmp_path)
    assert tmp_path / NAME == progress.place()


BROKEN = [
    "",
    "{",
    "[]",
    "null",
    '{"version": 1}',
    '{"version": 2, "exercises": {}}',
    '{"version": 1, "exercises": []}',
    '{"version": 1, "exercises": {"tempered": 3}}',
    "\x00\xff",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_set_aside(in_folder, text):
    """A file that cannot be read is kept under another name, said so, and a new one begun; the verdict is the same."""
    (in_folder / NAME).write_text(text, encoding="latin1")
    verdict = solve("tempered")
    aside = in_folder / "lessons-progress.broken-1.json"
    assert verdict and aside.name in repr(verdict)
    assert text == aside.read_text(encoding="latin1")
    assert ("tempered",) == lessons.show_progress().solved


def test_broken_files_do_not_overwrite_each_other(in_folder):
    """The second broken file gets a name of its own."""
    for text in ("one", "two"):
        (in_folder / NAME).write_text(text, encoding="utf8")
        lessons.show_progress()
    kept = sorted(path.read_text(encoding="utf8") for path in in_folder.glob("*.broken-*.json"))
    assert ["one", "two"] == kept


def test_reset_keeps_the_old_file(in_folder):
    """After a reset nothing is solved, and what was there is under another name; without a file there is nothing
    to do.
    """
    solve("tempered")
    before = (in_folder / NAME).read_text(encoding="utf8")
    shown = lessons.reset_progress()
    assert () == lessons.show_progress().solved
    assert "lessons-progress.old-1.json" in repr(shown)
    assert before == (in_folder / "lessons-progress.old-1.json").read_text(encoding="utf8")
    assert "no progress" in repr(lessons.reset_progress())


def test_a_folder_that_cannot_be_written_to_breaks_nothing(in_folder, monkeypatch):
    """The verdict comes all the same, with a word that progress is not kept; hints and answers come, too."""

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", refuse)
    verdict = solve("tempered")
    assert verdict and NAME in verdict.sentences[-1]
    assert lessons.hint("tempered") and lessons.answer("tempered")
    assert not (in_folder / NAME).exists()


def test_a_folder_in_the_files_place_breaks_nothing(in_folder):
    """Even a folder of that name: it is set aside like a broken file."""
    (in_folder / NAME).mkdir()
    assert solve("tempered")
    assert lessons.show_progress()


def test_half_written_files_are_not_left(in_folder):
    """The file appears whole: nothing else remains beside it."""
    solve("tempered")
    assert [NAME] == os.listdir(in_folder)
