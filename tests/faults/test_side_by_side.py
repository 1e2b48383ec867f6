"""Two notebooks at once, in the same folder."""

import json
import os
import subprocess
import sys

import places
import pytest
from test_finetuning import QUICK, corpus_of

import lessons
from lessons.exercises import progress
from lessons.finetuning import folders
from lessons.finetuning.record import RunRecord, write_record

pytestmark = pytest.mark.fault

NOTE = """
import sys, time
from pathlib import Path
from lessons.exercises import progress
Path(f"ready-{sys.argv[1]}").touch()
while len(list(Path().glob("ready-*"))) < 2:  # both begin at once
    time.sleep(0.001)
for number in range(60):
    kept, aside = progress.note(f"{sys.argv[1]}-{number}", solved=True)
    assert kept and aside is None
"""

BLOCKS = """
import sys
import lessons
corpus = lessons.load_corpus(sys.argv[1])
blocks = lessons.token_blocks(corpus, lessons.load(sys.argv[2], device="cpu").tokenizer, 16)
print({split: hash(str(part["input_ids"][:])) for split, part in blocks.items()})
"""


def side_by_side(code: str, folder: object, arguments: list[list[object]], **environment: str) -> list[str]:
    """What two programs print that run at the same time."""
    everything = {
        **os.environ,
        "PYTHONPATH": str(places.ROOT),
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        **environment,
    }
    running = [
        subprocess.Popen([sys.executable, "-c", code, *map(str, given)], cwd=folder, env=everything, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for given in arguments
    ]  # fmt: skip
    ended = [one.communicate(timeout=200) for one in running]
    assert [0, 0] == [one.returncode for one in running], ended
    return [printed for printed, _ in ended]


def test_verdicts_of_two_notebooks_are_both_kept(tmp_path):
    """Two notebooks write sixty verdicts each into one file of progress at the same time: all of them are there."""
    shared = tmp_path / "shared"
    shared.mkdir()
    side_by_side(NOTE, tmp_path, [["one"], ["two"]], **{progress.PLACE: str(shared / "progress.json")})
    kept = json.loads((shared / "progress.json").read_text())["exercises"]
    assert {f"{name}-{number}" for name in ("one", "two") for number in range(60)} == set(kept)
    assert ["progress.json"] == [file.name for file in shared.iterdir()]


def test_the_same_corpus_read_by_two_at_once(tiny_folders, tmp_path):
    """Two notebooks read one file and cut it into blocks at the same time, with one cache: the same blocks in both."""
    (tmp_path / "mine.txt").write_text("\n".join(f"the old king and the {number} fox" for number in range(2000)))
    given = [tmp_path / "mine.txt", tiny_folders["gpt2"]]
    one, two = side_by_side(BLOCKS, tmp_path, [given, given], HF_HOME=str(tmp_path / "cache"))
    assert one == two and "train" in one


def test_a_folder_in_use_is_not_taken_away(tiny_models, tmp_path):
    """A second run into a folder in which one is writing is refused before anything is moved; a moment later it may
    begin."""
    folder, lm = tmp_path / "run", tiny_models["gpt2"]
    folder.mkdir()
    write_record(folder, RunRecord({"seed": 0}))
    (folder / "checkpoint-3").mkdir()
    before = sorted(folder.rglob("*"))
    with folders.claimed(folder), pytest.raises(OSError, match=r"another run is writing into .*run at this moment"):
        lessons.fine_tune(lm, corpus_of(), folder=folder, epochs=0.2, **QUICK)
    assert before == sorted(folder.rglob("*"))
    assert [folder] == [*tmp_path.iterdir()]
    assert lessons.fine_tune(lm, corpus_of(), folder=folder, epochs=0.2, **QUICK).finished
    assert (tmp_path / "run.before" / "checkpoint-3").exists()


def test_a_run_holds_its_folder_to_its_end(tiny_models, tmp_path, monkeypatch):
    """While a run trains its folder is held; when it has ended, or failed, it is not."""
    found = []

    def try_to_claim(reports, args, state, control, **others):
        with pytest.raises(OSError, match="another run is writing"), folders.claimed(tmp_path / "run"):
            found.append("claimed")
        found.append("held")
        raise RuntimeError("planted")

    monkeypatch.setattr("lessons.finetuning.reports.Reports.on_step_end", try_to_claim)
    with pytest.raises(RuntimeError, match="planted"):
        lessons.fine_tune(tiny_models["gpt2"], corpus_of(), folder=tmp_path / "run", epochs=0.2, **QUICK)
    assert ["held"] == found
    with folders.claimed(tmp_path / "run"):
        pass
