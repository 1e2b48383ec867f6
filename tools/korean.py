"""The Korean notebooks kept in step with the English ones: code, ids, tags, metadata and order are copied, words are
not.

    python tools/korean.py                       # every notebook that exists in notebooks/ko
    python tools/korean.py 05_top_k_and_top_p    # this one, which is begun if it does not exist

Korean text is kept by the id of its cell. A markdown cell that is missing arrives in English, to be translated; one
whose id no longer exists in English is moved to the end. Both are listed, as is each line without Hangul; then the exit
status is 1. Exercises come in Korean from lessons/assets/words. Running it again changes nothing.
"""

import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import badges
import exercises
import nbformat
from nbformat import NotebookNode

from lessons.words.language import speak

ROOT = Path(__file__).resolve().parents[1]
ENGLISH, KOREAN = ROOT / "notebooks" / "en", ROOT / "notebooks" / "ko"
HANGUL = re.compile("[가-힣]")
# What is the same in every language: code, formulas, addresses, a file's name.
SAME_IN_ALL = re.compile(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|https?://\S+|<[^>]*>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


def in_step(english: NotebookNode, korean: NotebookNode | None) -> NotebookNode:
    """The English notebook with the markdown that the Korean one has for its ids; what is left over stands at the
    end."""
    known = {cell.id: cell for cell in korean.cells if cell.cell_type == "markdown"} if korean else {}
    notebook = deepcopy(english)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.id in known:
            cell.source = known[cell.id].source
    ids = {cell.id for cell in english.cells}
    notebook.cells += [cell for id, cell in known.items() if id not in ids and not exercises.OURS.fullmatch(id)]
    return notebook


def lines_without_hangul(source: str) -> list[str]:
    """The lines that say something (more than code, formulas and links) and say it without a Korean letter."""
    source = source.replace(badges.BADGE, "")
    lines = SAME_IN_ALL.sub(lambda match: "\n" * match[0].count("\n"), source).split("\n")
    return [line for line in lines if WORD.search(line) and not HANGUL.search(line)]


def complaints(english: NotebookNode, korean: NotebookNode) -> Iterator[str]:
    """What a translator still has to do."""
    wanted = {cell.id: cell for cell in english.cells if cell.cell_type == "markdown"}
    found = {cell.id: cell for cell in korean.cells if cell.cell_type == "markdown"}
    yield from (f"cell {id} is missing" for id in wanted if id not in found)
    yield from (f"cell {id} is left over: there is none in English" for id in found if id not in wanted)
    for id, cell in found.items():
        lines = lines_without_hangul(cell.source)
        if lines and id in wanted and cell.source == wanted[id].source:
            yield f"cell {id} is still in English"
        else:
            yield from (f"cell {id} has a line without Hangul: {line.strip()[:60]}" for line in lines)


def written(name: str) -> tuple[str, list[str]]:
    """The text that the Korean notebook of that name should have, as Jupyter stores it, and what is still to be
    done."""
    english = nbformat.read(ENGLISH / name, nbformat.NO_CONVERT)
    path = KOREAN / name
    korean = nbformat.read(path, nbformat.NO_CONVERT) if path.exists() else None
    speak("ko")
    text = exercises.with_exercises(nbformat.writes(in_step(english, korean)) + "\n", path.stem)
    speak("en")
    return text, list(complaints(english, nbformat.reads(text, nbformat.NO_CONVERT)))


def main(names: list[str]) -> int:
    """0; 1 if there is something to translate, or to delete."""
    chosen = [f"{Path(name).stem}.ipynb" for name in names] or sorted(path.name for path in ENGLISH.glob("*.ipynb"))
    KOREAN.mkdir(exist_ok=True)
    left = 0
    for name in chosen:
        path = KOREAN / name
        if not (ENGLISH / name).exists() or not (names or path.exists()):
            print(f"{name}: {'not begun' if (ENGLISH / name).exists() else 'there is no such English notebook'}")
            left += 1
            continue
        text, to_do = written(name)
        if not path.exists() or path.read_text(encoding="utf8") != text:
            path.write_text(text, encoding="utf8", newline="\n")
            print(f"written: {path.relative_to(ROOT)}")
        print(*(f"{name}: {complaint}" for complaint in to_do), sep="\n", end="\n" if to_do else "")
        left += len(to_do)
    return int(left > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
