"""What a Korean student reads beside the prose: headings of one kind, and nothing in English that a cell says."""

import ast
import re
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import korean
import nbformat
import notebook_rules
import pytest

KOREAN = sorted((Path(__file__).parents[1] / "notebooks" / "ko").glob("*.ipynb"))
# A heading that says a whole sentence, or that breaks off after a particle: both are translations.
NO_NOUN = re.compile(r"(다|요|오|죠|며|고|에|에서|에게|으로|`로|부터|까지|마다|씩)[.!]?$")
SAYS = ("print", "verify", "claim", "exit")  # what is given to these is read by the student
# English that is no name of the code: two words side by side, or one that stands alone.
PROSE = re.compile(r"[A-Za-z]{2,}[,:;]? +[A-Za-z]{2,}|(?<![\w.{])[a-z]{3,}(?![\w.(=])")


def wrong_headings(notebook: nbformat.NotebookNode) -> list[str]:
    """Headings that are neither a question in -까요 nor a noun phrase."""
    texts = [text for _, text in notebook_rules.headings(notebook)]
    return [text for text in texts if not text.endswith("까요?") and (text.endswith("?") or NO_NOUN.search(text))]


def literal(node: ast.AST) -> str:
    """The words of a string, with a 0 for each value that is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "0"


def said(code: str) -> Iterator[str]:
    """What a cell says to its reader: f-strings, comments, docstrings, claims, and names of columns."""
    tokens = tokenize.generate_tokens(StringIO(code).readline)
    yield from (token.string for token in tokens if token.type == tokenize.COMMENT)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.JoinedStr):
            yield literal(node)
        elif isinstance(node, ast.FunctionDef):
            yield ast.get_docstring(node) or ""
        elif isinstance(node, ast.keyword) and node.arg == "columns" and isinstance(node.value, ast.List):
            yield from map(literal, node.value.elts)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in SAYS:
            yield from (literal(argument) for argument in node.args if isinstance(argument, ast.Constant))


def english_in(code: str) -> list[str]:
    """What a cell says in English."""
    return [text for text in said(code) if PROSE.search(text) and not korean.HANGUL.search(text)]


@pytest.mark.parametrize("path", KOREAN, ids=lambda path: path.stem)
def test_headings_ask_or_name(path):
    """A heading asks in -까요, or is a noun phrase."""
    assert wrong_headings(nbformat.read(path, nbformat.NO_CONVERT)) == []


@pytest.mark.parametrize("path", KOREAN, ids=lambda path: path.stem)
def test_no_cell_speaks_english(path):
    """Labels, printed sentences, claims and comments of a Korean notebook are Korean."""
    cells = notebook_rules.code_cells(nbformat.read(path, nbformat.NO_CONVERT))
    assert {cell.id: found for cell in cells if (found := english_in(cell.source))} == {}


@pytest.mark.parametrize(
    ("heading", "is_wrong"),
    [
        ("글은 숫자로 바뀌어 들어갑니다", True),
        ("소프트맥스에 로그를 취하지 마세요", True),
        ("준비가 되었나요?", True),
        ("실제 분포에서", True),
        ("같은 글을 `model.generate`로", True),
        ("준비가 되었을까요?", False),
        ("숫자로 바뀌어 들어가는 글", False),
        ("1.2 · 합이 1인 확률", False),
    ],
)
def test_wrong_headings_are_told_by_name(heading, is_wrong):
    """Planted: sentences, another question, and phrases that break off after a particle."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"## {heading}")])
    assert wrong_headings(notebook) == [heading] * is_wrong


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ('print(f"{kept} tokens hold {share:.1%}")', 1),
        ('lessons.verify(True, "less to read, more surprise")  # an explorer', 2),
        ('def right(write):\n    """The share of right answers."""', 1),
        ('pandas.DataFrame(rows, columns=["beams", "글"])', 1),
        ('print(f"토큰 {kept}개가 {share:.1%}를 차지")  # (B, T, V)', 0),
        ('lm.encode("Once upon a time"); f"transformer.h.{block}.attn"; f"T = {T}"', 0),
    ],
)
def test_english_in_a_cell_is_found(code, number):
    """Planted: printed sentences, claims, comments, docstrings and columns; not what the model reads, nor names."""
    assert len(english_in(code)) == number
