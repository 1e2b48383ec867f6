"""What a model's folder must hold, and whether its weights are those that were put there."""

import hashlib
from pathlib import Path

from lessons.language import say

TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "tokenizer.model", "spiece.model", "vocab.txt")
WEIGHTS, CHECKSUM = "model.safetensors", "model.sha256"
LONGEST_NAME = 255  # letters of a folder's name


def is_folder(name: str | Path) -> bool:
    """Whether a name means a folder on this machine: it is written as a path, or it is a folder that holds a model."""
    if isinstance(name, Path) or name.startswith((".", "/", "~")):
        return True
    return 0 < len(name) <= LONGEST_NAME and "\0" not in name and (Path(name) / "config.json").exists()


def check_folder(folder: Path) -> None:
    """Nothing, if a model and a tokenizer lie there; otherwise OSError with what is missing, wrong or refused."""
    try:
        found = (folder / "config.json").exists()
    except (OSError, ValueError):  # a name that no folder can have
        found = False
    if not found:
        raise FileNotFoundError(say("models.no_model", folder=folder))
    if not any(folder.glob("*.safetensors")):
        pickles = ", ".join(sorted(path.name for path in [*folder.glob("*.bin"), *folder.glob("*.pt"), *folder.glob("*.pth")]))
        raise FileNotFoundError(say("models.pickle", folder=folder, files=pickles) if pickles else say("models.no_weights", folder=folder))
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
