"""Folders that cannot be written to, and a disk that is full while a checkpoint is written."""

import errno
import json
import re
import zipfile
from pathlib import Path

import places
import pytest
from datasets import Dataset

import lessons
from lessons.exercises import progress
from lessons.finetuning import folders
from lessons.texts import blocks

pytestmark = pytest.mark.fault

INSTALLED = """
import json, sys
from pathlib import Path
import lessons
assert Path(lessons.__file__).is_relative_to(sys.argv[1]), lessons.__file__
lessons.start("en")
lm = lessons.load(device="cpu")
text = lessons.greedy_search(lm, "The king", max_new_tokens=3).text
explorer = lessons.TemperatureExplorer(lm)
assert not explorer.error and explorer.sentence
corpus = lessons.load_corpus(sys.argv[2])
blocks = lessons.token_blocks(corpus, lm.tokenizer, 16)
verdict = lessons.check("top-p", lambda *given: 1)
print(json.dumps([text, len(blocks["train"]), str(verdict)]))
"""


def test_a_read_only_installation_and_an_unwritable_home(wheel, tmp_path):
    """The package lies where nothing can be written, and so do the home folder with every cache, and the folder of the
    notebook.

    Models, explorers, a corpus from a file, blocks and checks work all the same; progress says that it is not kept.
    """
    installed, home, here = (tmp_path / name for name in ("installed", "home", "here"))
    home.mkdir(), here.mkdir()
    zipfile.ZipFile(wheel).extractall(installed)
    (tmp_path / "texts.txt").write_text("\n".join(f"line {number} of a text of my own" for number in range(40)))
    before = sorted(installed.rglob("*"))
    done = places.run_python(
        INSTALLED, here, installed, tmp_path / "texts.txt", read_only=[installed, home, here], HOME=str(home), PYTHONPATH=str(installed),
        XDG_CACHE_HOME=str(home / "cache"), HF_HOME=str(home / "huggingface"), TMPDIR=str(tmp_path),
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    assert before == sorted(installed.rglob("*")) and not [*home.iterdir(), *here.iterdir()]
    assert "The king" in done.stdout and "could not be written to lessons-progress.json" in done.stdout


TRAIN = """
import json, sys
from pathlib import Path
import lessons
from lessons.finetuning import folders
from test_finetuning import QUICK, corpus_of
lm, disk = lessons.load(sys.argv[1], device="cpu"), Path(sys.argv[2])
prepare, stone, lines = folders.prepare, disk / "stone", []
folders.prepare = lambda folder, resume, needed: prepare(folder, resume, 0)  # there was room enough when the run began
for free in map(int, sys.argv[3:]):
    stone.write_bytes(bytes(4_000_000 - free))
    run, said = disk / f"run-{free}", ""
    try:
        lessons.fine_tune(lm, corpus_of(), folder=run, epochs=2, **QUICK)
    except OSError as error:
        said = str(error)
    unfinished = [place.name for place in run.glob("checkpoint-*") if not folders.is_whole(place)]
    stone.unlink()
    result = lessons.fine_tune(lm, corpus_of(), folder=run, epochs=2, resume=True, **QUICK)
    lines.append([said, unfinished, result.perplexity_after, result.finished, lessons.load(run).next_logits("the old")[:3].tolist()])
    for place in sorted(run.rglob("*"), reverse=True):
        place.unlink() if place.is_file() else place.rmdir()
    run.rmdir()
print(json.dumps(lines))
"""
# bytes: for no checkpoint, for part of one, for one and a half, … for all
ROOM = [60_000, 200_000, 500_000, 700_000, 900_000, 3_000_000]


def test_a_disk_that_fills_up_while_a_checkpoint_is_written(tiny_folders, tmp_path):
    """A disk of 4 MB with ever more room: the error names the disk and the step to go on from, and no half checkpoint
    stays.

    With room made, `resume=True` ends with the model of a run that nothing happened to.
    """
    (tmp_path / "disk").mkdir()
    done = places.run_python(
        TRAIN, tmp_path, tiny_folders["llama"], tmp_path / "disk", *ROOM, small=(tmp_path / "disk", "4000k")
    )
    assert 0 == done.returncode, done.stderr
    *full, (nothing_said, _, perplexity, _, logits) = json.loads(done.stdout.splitlines()[-1])
    assert "" == nothing_said, "the last disk had room enough"
    steps = [re.search(r"is full \(.*resume=True: it goes on from step (\d+)", said)[1] for said, *_ in full]
    assert steps[0] == "0" and len(set(steps)) > 1, "some before the first checkpoint, some after"
    for _, unfinished, after, finished, found in full:
        assert [] == unfinished and finished
        assert perplexity == pytest.approx(after, rel=1e-5)
        assert logits == pytest.approx(found, abs=1e-4)


@pytest.mark.parametrize(
    "words", ["No space left on device", "PytorchStreamWriter failed writing file data/3: file write failed"]
)
def test_whoever_says_that_the_disk_is_full(tmp_path, words):
    """The libraries' errors for it are of every class; with a quota the disk itself has room. (Stands in where nothing
    can be mounted.)"""
    (tmp_path / "checkpoint-7").mkdir()
    (tmp_path / "checkpoint-7" / "trainer_state.json").write_text("{}")
    (tmp_path / "checkpoint-9").mkdir()
    with pytest.raises(OSError, match=r"is full .* from step 7"), folders.full_disk_told(tmp_path, 10):
        raise RuntimeError(words)
    assert ["checkpoint-7"] == [place.name for place in tmp_path.iterdir()]


def test_other_errors_are_not_taken_for_a_full_disk(tmp_path):
    """With room on the disk an error stays what it is."""
    with pytest.raises(RuntimeError, match="something else"), folders.full_disk_told(tmp_path, 10):
        raise RuntimeError("something else")


def test_progress_on_a_full_disk(tmp_path, monkeypatch):
    """The file of progress is written whole or not at all: what was solved before stays, and no half file beside it."""
    monkeypatch.setenv(progress.PLACE, str(tmp_path / "progress.json"))
    progress.note("first", solved=True)
    before = (tmp_path / "progress.json").read_bytes()

    def full(path, text, **options):
        path.write_bytes(text.encode()[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        assert (False, None) == progress.note("second", solved=True)
    assert before == (tmp_path / "progress.json").read_bytes()
    assert ["progress.json"] == [file.name for file in tmp_path.iterdir()]


def test_blocks_on_a_full_disk(tiny_models, tmp_path, monkeypatch):
    """Blocks that could not be written to their end are not there; once there is room the same call makes them."""
    texts = Dataset.from_dict({"text": ["the old king and the fox"] * 50})
    texts.save_to_disk(tmp_path / "texts")
    texts, tokenizer = Dataset.load_from_disk(tmp_path / "texts"), tiny_models["gpt2"].tokenizer
    expected = lessons.token_blocks(texts, tokenizer, 8)["input_ids"]
    for file in tmp_path.rglob("*-blocks-*"):
        file.unlink()

    def full(rows, block_size, carry, front, sink):
        sink.write(b"half a")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(blocks, "_write", full)
        with pytest.raises(OSError, match="No space left"):
            lessons.token_blocks(texts, tokenizer, 8)
    assert not [*tmp_path.rglob("*-blocks-*")]
    assert expected == lessons.token_blocks(texts, tokenizer, 8)["input_ids"]
