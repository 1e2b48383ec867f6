"""Where a model's files come from, a folder, a GGUF file or the hub, and whether they are all there and whole."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lessons.models.refusals import Refused, check_architecture, check_nothing_missing
from lessons.words.arguments import LONGEST_NAME
from lessons.words.hangul import as_on_disk
from lessons.words.language import say

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "tokenizer.model", "spiece.model", "vocab.txt")
WEIGHTS, CHECKSUM = "model.safetensors", "model.sha256"
UNKNOWN_GGUF = "is not supported yet"  # how `transformers` says that it cannot read an architecture from GGUF
SECONDS_FOR_THE_HUB = 10


def is_folder(name: str | Path) -> bool:
    """Whether a name means a folder on this machine: it is written as a path, or it is a folder that holds a model."""
    if isinstance(name, Path) or name.startswith((".", "/", "~")):
        return True
    return 0 < len(name) <= LONGEST_NAME and "\0" not in name and as_on_disk(Path(name) / "config.json").exists()


def check_folder(folder: Path) -> None:
    """Raises OSError, with what is missing, wrong or refused, unless a model and a tokenizer lie there."""
    try:
        found = (folder / "config.json").exists()
    except (OSError, ValueError):  # a name that no folder can have
        found = False
    if not found:
        raise FileNotFoundError(say("models.no_model", folder=folder))
    if not any(folder.glob("*.safetensors")):
        pickles = ", ".join(
            sorted(path.name for path in [*folder.glob("*.bin"), *folder.glob("*.pt"), *folder.glob("*.pth")])
        )
        raise FileNotFoundError(
            say("models.pickle", folder=folder, files=pickles) if pickles else say("models.no_weights", folder=folder)
        )
    if not any((folder / name).exists() for name in TOKENIZER_FILES):
        raise FileNotFoundError(say("models.no_tokenizer", folder=folder, files=", ".join(TOKENIZER_FILES)))
    if (folder / CHECKSUM).exists() and (folder / WEIGHTS).exists():
        expected, actual = checksums(folder)
        if actual != expected:
            raise OSError(say("models.checksum", file=folder / WEIGHTS, actual=actual[:8], expected=expected[:8]))


def checksums(folder: Path) -> tuple[str, str]:
    """(expected, actual): what was written down when the weights were made, and what the file has now (SHA-256)."""
    words = (folder / CHECKSUM).read_text(encoding="utf8").split()
    with (folder / WEIGHTS).open("rb") as file:
        return words[0] if words else "", hashlib.file_digest(file, "sha256").hexdigest()


def from_folder(folder: Path, dtype: "torch.dtype") -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Model and tokenizer from a folder; raises OSError with what is wrong there."""
    folder = as_on_disk(folder)
    check_folder(folder)
    return from_files(folder, folder, dtype)


def from_files(
    named: Path, folder: Path, dtype: "torch.dtype", **options: str
) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Model and tokenizer from files in a folder; raises OSError with what is wrong with what was `named`."""
    try:
        with _progress_bars(False):
            return _read(folder, dtype, local_files_only=True, **options)
    except Refused:
        raise
    except Exception as error:  # whatever a damaged file makes the libraries raise
        reason = f"{type(error).__name__}: {_first_line(error)}"
        if UNKNOWN_GGUF in reason:
            raise Refused(say("models.gguf_architecture", file=named, error=reason)) from error
        if is_about_installation(error):
            raise OSError(say("models.installation", folder=named, error=reason)) from error
        raise OSError(say("models.damaged", folder=named, error=reason)) from error


def is_about_installation(error: Exception) -> bool:
    """Whether an error comes from the libraries as they are installed here, or from a lack of memory, and so not from a
    model's files: something cannot be imported, an operator is not there."""
    # the one RuntimeError that files cause: tensors of other sizes than the configuration says
    of_sizes = isinstance(error, RuntimeError) and "size" in str(error)
    return isinstance(error, ImportError | MemoryError | RuntimeError) and not of_sizes


def from_hub(name: str, dtype: "torch.dtype") -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Model and tokenizer by their name on the hub, as they are kept on this machine if they are; raises OSError with
    the ways out."""
    try:
        # a download takes minutes: show how far it is, also where start() has silenced the bars
        with _progress_bars(True):
            try:
                return _read(name, dtype, local_files_only=True)
            except Refused:
                raise
            except (OSError, ValueError):  # not kept here, or not all of it
                ask_hub()
                return _read(name, dtype)
    except Refused:
        raise
    except (OSError, ValueError) as error:  # not there, not reachable, not cached, no safetensors, code of its own
        raise OSError(say("models.hub", name=name, error=_first_line(error))) from error


def ask_hub() -> None:
    """Raises OSError unless the hub answers. One question: the hub's own client would ask for most of a minute."""
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=SECONDS_FOR_THE_HUB)
    except Exception as error:  # each version of the client has its own
        raise OSError(say("models.no_answer", place=constants.ENDPOINT, error=_first_line(error))) from error


def _read(
    place: str | Path, dtype: "torch.dtype", **options: bool | str
) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    options = {"trust_remote_code": False, **options}
    config = AutoConfig.from_pretrained(place, **options)
    check_architecture(place, config)
    tokenizer = AutoTokenizer.from_pretrained(place, **options)
    model, loading = AutoModelForCausalLM.from_pretrained(
        place, config=config, dtype=dtype, use_safetensors=True, output_loading_info=True, **options
    )
    check_nothing_missing(place, model, loading)
    return model, tokenizer


@contextmanager
def _progress_bars(shown: bool) -> Iterator[None]:
    """Progress bars of `transformers` and the hub on or off within, and as they were afterwards."""
    from transformers.utils import logging

    switch = {True: logging.enable_progress_bar, False: logging.disable_progress_bar}
    before = logging.is_progress_bar_enabled()
    switch[shown]()
    try:
        yield
    finally:
        switch[before]()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
