"""The folder of a run: what lies in it, whether there is space for more, and the checkpoint from which a run can go on.

FOLDER/run.json               recipe, precision, perplexities, history
FOLDER/model.safetensors …    the best model so far, as `lessons.load(FOLDER)` reads it
FOLDER/checkpoint-120/        everything needed to go on after step 120; removed when the run is finished
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import filterfalse
from pathlib import Path

from lessons.finetuning.record import RUN_FILE
from lessons.records.saving import alone_in, whole_or_nothing
from lessons.words.language import say

# What errors say that come of a full disk: the system (also through safetensors), a quota, and torch.save twice.
CANNOT_WRITE = ("No space left", "quota exceeded", "File too large", "PytorchStreamWriter", "inline_container")


def prepare(folder: Path, resume: bool, bytes_needed: int) -> None:
    """Make the folder, and make sure that it can be written to, has space, and holds no other run.

    A run that lies there already and is not resumed is put aside, into FOLDER.before (in place of the one put aside
    earlier). Raises OSError, before anything is trained, where the folder cannot be used.
    """
    if folder.is_dir():
        with claimed(folder):  # or a run in another notebook would lose its folder under its feet
            pass
    if not resume and (folder / RUN_FILE).exists():
        aside = folder.with_name(folder.name + ".before")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"can this be written?")
    except OSError as error:
        raise OSError(say("finetuning.unwritable", folder=folder, error=error.strerror or error)) from error
    free = shutil.disk_usage(folder).free
    if free < bytes_needed:
        raise OSError(say("finetuning.disk_full", folder=folder, free=_size(free), needed=_size(bytes_needed)))


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Within: no other run writes into the folder; raises OSError if one does so now."""
    with alone_in(folder) as alone:
        if not alone:
            raise OSError(say("finetuning.in_use", folder=folder))
        yield


@contextmanager
def full_disk_told(folder: Path, bytes_needed: int) -> Iterator[None]:
    """Within: an error that comes of a full disk is told as one; whatever was half-written is removed, what was whole
    is kept."""
    try:
        yield
    except Exception as error:  # each library has its own for it
        free = shutil.disk_usage(folder).free
        if not (free < bytes_needed / 1000 or any(words in str(error) for words in CANNOT_WRITE)):
            raise
        remove_unfinished(folder)
        checkpoint = last_checkpoint(folder)
        step = step_of(checkpoint) if checkpoint else 0
        raise OSError(say("finetuning.disk_filled", folder=folder, free=_size(free), step=step)) from error


def remove_unfinished(folder: Path) -> None:
    """Remove the checkpoints that were not written to their end."""
    for checkpoint in filterfalse(is_whole, folder.glob("checkpoint-*")):
        shutil.rmtree(checkpoint, ignore_errors=True)


def is_whole(checkpoint: Path) -> bool:
    """Whether a checkpoint has its last file, trainer_state.json, and that one its end."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf8"))
    except (OSError, ValueError):
        return False
    return True


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; None if there is none.

    A process that is killed while it writes leaves a checkpoint without its last file, trainer_state.json.
    """
    newest = max(filter(is_whole, folder.glob("checkpoint-*")), key=step_of, default=None)
    if newest is not None:
        _name_best_anew(newest)
    return newest


def step_of(checkpoint: Path) -> int:
    """After which step a checkpoint was written."""
    return int(checkpoint.name.removeprefix("checkpoint-"))


def _name_best_anew(checkpoint: Path) -> None:
    """Have a checkpoint say where the best one lies now: the folder may have been moved or renamed since."""
    file = checkpoint / "trainer_state.json"
    state = json.loads(file.read_text(encoding="utf8"))
    best = state.get("best_model_checkpoint")
    if best and Path(best).parent != checkpoint.parent:
        state["best_model_checkpoint"] = str(checkpoint.with_name(Path(best).name))
        with whole_or_nothing(file) as unfinished:
            unfinished.write_text(json.dumps(state), encoding="utf8")


def remove_checkpoints(folder: Path) -> None:
    """Remove what is needed only to go on."""
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint, ignore_errors=True)


def _size(number: float) -> str:
    """So many bytes in GB or MB."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
