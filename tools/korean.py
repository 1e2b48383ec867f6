"""The Korean notebooks kept in step with the English ones: code, ids, tags, metadata and order are copied, words are
not, be they prose, or strings and comments in code.

    python tools/korean.py                       # every notebook that exists in notebooks/ko
    python tools/korean.py 05_top_k_and_top_p    # this one, which is begun if it does not exist

Korean text is kept by the id of its cell. A markdown cell that is missing arrives in English, to be translated; one
whose id no longer exists in English is moved to the end. A code cell keeps its Korean strings and comments as long as
the English code, strings and comments apart, stays what it was; after that it arrives in English, and is listed if it
had Korean. All these are listed, as is each line of prose without Hangul; then the exit status is 1. Exercises come in
Korean from lessons/assets/words. Running it again changes nothing.
"""

import ast
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
    known = {cell.id: cell for cell in korean.cells} if korean else {}
    notebook = deepcopy(english)
    for cell in notebook.cells:
        theirs = known.get(cell.id)
        if (
            theirs
            and theirs.cell_type == cell.cell_type
            and (cell.cell_type == "markdown" or without_words(theirs.source) == without_words(cell.source))
        ):
            cell.source = theirs.source
    ids = {cell.id for cell in english.cells}
    notebook.cells += [
        cell
        for id, cell in known.items()
        if id not in ids and cell.cell_type == "markdown" and not exercises.OURS.fullmatch(id)
    ]
    return notebook


class _WithoutWords(ast.NodeTransformer):
    """Every string becomes empty; of an f-string what is filled in stays, in whatever order a language has it."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.Tuple:
        filled_in = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        return ast.Tuple(sorted(map(self.visit_FormattedValue, filled_in), key=ast.dump))

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.FormattedValue:
        # subtle: a format such as .2f is no word, but a string like any other in the syntax tree
        return ast.FormattedValue(self.visit(node.value), node.conversion, node.format_spec)


def without_words(code: str) -> str:
    """The syntax tree of code without its strings and comments, as text."""
    return ast.dump(_WithoutWords().visit(ast.parse(code)))


def code_to_translate(english: NotebookNode, korean: NotebookNode | None) -> Iterator[str]:
    """Which code cells have Korean words that no longer fit the English code."""
    known = {cell.id: cell for cell in korean.cells if cell.cell_type == "code"} if korean else {}
    for cell in english.cells:
        theirs = known.get(cell.id)
        if theirs and HANGUL.search(theirs.source) and without_words(theirs.source) != without_words(cell.source):
            yield f"cell {cell.id} has new code: its Korean strings and comments are to be written again"


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
    to_do = [*code_to_translate(english, korean), *complaints(english, nbformat.reads(text, nbformat.NO_CONVERT))]
    return text, to_do


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
