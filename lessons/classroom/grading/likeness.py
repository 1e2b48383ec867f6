"""Whose code is the same.

Two functions are the same if their syntax trees are, once everything is left out that can be changed without
understanding: names that the function itself gives (its own, arguments, variables), comments, docstrings, types, and
how the text is set. Of a few lines there is often one way to write them, so functions of under four statements tell
nothing.
"""

import ast
import textwrap
from collections.abc import Sequence

from lessons.classroom.grading.rows import Row, names_of
from lessons.exercises.catalogue import all_exercises
from lessons.words.language import say

LEAST = 4  # statements


def shape(code: str) -> str:
    """What is left of a function's code without what its author has named; "" for what is short, or no function."""
    try:
        tree = ast.parse(textwrap.dedent(code))
    except SyntaxError:
        return ""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not functions:
        return ""
    function = functions[-1]
    function.body = [node for node in function.body if not is_text(node)]
    statements = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function]
    return ast.dump(Renamed(function).visit(function)) if len(statements) >= LEAST else ""


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a text alone, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class Renamed(ast.NodeTransformer):
    """Names that the function gives become their number in order; types are left out."""

    def __init__(self, function: ast.FunctionDef) -> None:
        stored = [
            node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        given = [node.arg for node in ast.walk(function) if isinstance(node, ast.arg)]
        inner = [node.name for node in ast.walk(function) if isinstance(node, ast.FunctionDef)]
        self.own, self.numbers = {*stored, *given, *inner}, dict[str, int]()

    def number(self, name: str) -> str:
        return f"#{self.numbers.setdefault(name, len(self.numbers))}" if name in self.own else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.number(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self.number(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self.number(node.name), None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.Pass()
        return ast.Assign([self.visit(node.target)], self.visit(node.value))


def with_likeness(rows: Sequence[Row]) -> list[Row]:
    """The rows, each with a note where its code is that of others, or the answer that the package itself shows."""
    alike: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(rows):
        for name, finding in row.findings.items():
            if finding.status not in ("unwritten", "missing", "not reached") and (form := shape(finding.code)):
                alike.setdefault((name, form), []).append(place)
    noted, names = list(rows), names_of(rows)
    for (name, form), places in alike.items():
        title = all_exercises()[name].say("title")
        students = {rows[place].student.key: names[rows[place].student.key] for place in places}
        shown = form == shape(all_exercises()[name].source)
        for place in places:
            if shown:
                noted[place] = noted[place].with_notes(say("grading.same_as_answer", exercise=title))
            elif others := sorted(name for key, name in students.items() if key != rows[place].student.key):
                noted[place] = noted[place].with_notes(
                    say("grading.same_code", exercise=title, students=", ".join(others))
                )
    return noted
