"""A real text for weighing: the beginning of a fairy tale that the bundled model has not read."""

from pathlib import Path

TEXTS = Path(__file__).parents[1] / "assets" / "texts"


def tale() -> str:
    """The beginning of "The Boy who found Fear at last" (Andrew Lang, *The Olive Fairy Book*, 1907): about 350 words.

    >>> tale()[:39]
    'Once upon a time there lived a woman wh'
    """
    return (TEXTS / "fear.txt").read_text(encoding="utf8").strip()
