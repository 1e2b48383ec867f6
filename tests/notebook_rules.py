"""How a notebook of this course is written, rule by rule: each yields what is wrong with a notebook, in words."""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from nbformat import NotebookNode

MINUTES = re.compile(r"\d+\s*(minutes|분)")
SECTIONS = {"en": ("What we found", "Glossary", "Next lesson"), "ko": ("알게 된 것", "용어 정리", "다음 수업")}
PREDICT, TO_READ = re.compile(r"\*\*(?:Predict|예측)"), re.compile(r"\*\*(?:To read|더 읽을거리)\*\*")
MOST_PREDICTIONS = 5
NEEDS = ("You need: ", "필요한 것: ")
MOST_LINES, MEDIAN_LINES = 12, 3
WORDS_PER_LINE = (12, 25)  # of prose for a line of code, over a whole lesson
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)[^)]*\)")

Rule = Callable[[NotebookNode, Path], Iterator[str]]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    RULES[function.__name__] = function
    return function


def complaints(notebook: NotebookNode, path: Path) -> list[str]:
    """Everything that is wrong with a notebook, each with the name of the rule."""
    return [f"{name}: {complaint}" for name, check in RULES.items() for complaint in check(notebook, path)]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def code_lines(cell: NotebookNode) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def headings(notebook: NotebookNode) -> list[tuple[int, str]]:
    """(level, text) of every heading, in order."""
    found = [re.match(r"(#+) +(.*)", line) for cell in prose_cells(notebook) for line in cell.source.splitlines()]
    return [(len(match[1]), match[2].strip()) for match in found if match]


def is_start(path: Path) -> bool:
    return path.name.startswith("00_")


@rule
def nothing_that_running_leaves(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if "widgets" in notebook.metadata:
        yield "widget state is stored"
    for cell in code_cells(notebook):
        if cell.outputs or cell.execution_count is not None:
            yield f"cell {cell.id} has outputs or an execution count"


@rule
def plain_python_kernel(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel must be python3"
    if notebook.metadata.get("language_info", {}).get("name") != "python":
        yield "language_info must name python"


@rule
def readable_ids(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        yield "nbformat must be 4.5"
    ids = [cell.get("id", "") for cell in notebook.cells]
    if len(set(ids)) < len(ids):
        yield "two cells have the same id"
    for id in ids:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", id) or re.fullmatch(r"[0-9a-f]{8}", id):
            yield f"id {id!r} must be words with hyphens, as in greedy-by-hand"


@rule
def title_is_a_question(notebook: NotebookNode, path: Path) -> Iterator[str]:
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell must be the title"
    elif not first.source.splitlines()[0].endswith("?"):
        yield "the title must be a question"
    if not MINUTES.search(first.source):
        yield "the first cell must say how many minutes it takes"


@rule
def says_what_it_needs(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """From the second lesson on, one sentence of the first cell links to what is needed from before."""
    needs = next((line for line in notebook.cells[0].source.splitlines() if line.startswith(NEEDS)), "")
    if path.name[:2] > "00" and not needs:
        yield f"the first cell must say what is needed from before: {' or '.join(NEEDS)}"
    elif path.name[:2] > "01" and not LINK.search(needs):
        yield "what is needed from before must be linked"


@rule
def headings_in_order(notebook: NotebookNode, path: Path) -> Iterator[str]:
    levels = [level for level, _ in headings(notebook)]
    if levels.count(1) != 1:
        yield f"there must be one heading of level 1, there are {levels.count(1)}"
    yield from (
        f"heading level {after} follows level {before}" for before, after in pairwise(levels) if after > before + 1
    )


@rule
def sections_at_the_end(notebook: NotebookNode, path: Path) -> Iterator[str]:
    texts = [text for level, text in headings(notebook) if level == 2]
    wanted = SECTIONS["ko" if path.parent.name == "ko" else "en"]
    if [text for text in texts if text in wanted] != list(wanted) or texts[-1:] != [wanted[-1]]:
        yield f"it must end with the sections {', '.join(wanted)}, found {', '.join(texts[-3:])}"


@rule
def parameters_come_second(notebook: NotebookNode, path: Path) -> Iterator[str]:
    tagged = [place for place, cell in enumerate(code_cells(notebook)) if "parameters" in cell.metadata.get("tags", [])]
    if tagged != [1] and not (is_start(path) and not tagged):
        yield "the second code cell, and no other, must be tagged parameters"


@rule
def short_cells(notebook: NotebookNode, path: Path) -> Iterator[str]:
    lengths = [code_lines(cell) for cell in code_cells(notebook)]
    yield from (
        f"cell {cell.id} has more than {MOST_LINES} lines"
        for cell in code_cells(notebook)
        if code_lines(cell) > MOST_LINES
    )
    if median(lengths) > MEDIAN_LINES:
        yield f"the median cell must have at most {MEDIAN_LINES} lines of code, it has {median(lengths)}"


@rule
def prose_before_code(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for before, cell in pairwise(notebook.cells):
        # a check follows its exercise's stub at once, and what answers a prediction follows its choices
        goes_on = "exercise" in before.metadata.get("tags", []) or "lessons.predict(" in before.source
        if cell.cell_type == "code" and before.cell_type != "markdown" and not goes_on:
            yield f"cell {cell.id} follows a code cell without a word between them"


@rule
def enough_prose(notebook: NotebookNode, path: Path) -> Iterator[str]:
    words = sum(len(cell.source.split()) for cell in prose_cells(notebook))
    per_line = words / sum(map(code_lines, code_cells(notebook)[1:]))  # the first cell is not the lesson's
    least, most = WORDS_PER_LINE
    if not is_start(path) and not least <= per_line <= most:
        yield f"{per_line:.0f} words of prose for a line of code, should be {least} to {most}"


@rule
def plain_python(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in code_cells(notebook):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            yield f"cell {cell.id} is not plain Python (a magic?)"
            continue
        if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)):
            yield f"cell {cell.id} imports *"
        if "manual_seed" in cell.source:
            yield f"cell {cell.id} sets a global seed; seeds are arguments"


@rule
def claims_say_what_they_proved(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """`lessons.verify` prints its claim; an assert proves it in silence."""
    for cell in code_cells(notebook):
        if is_python(cell.source) and any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source))):
            yield f"cell {cell.id} asserts in silence: lessons.verify(claim, words) says what it proved"


@rule
def play_first(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """Start, parameters, the model; then something to be moved, with one control, before anything is explained."""
    first = [cell.source for cell in code_cells(notebook)[:5]]
    if not any("simple=True" in source for source in first):
        yield "one of the first five code cells must show the lesson's explorer with one control (simple=True)"


@rule
def few_predictions(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """More would not be made; those of exercises come on top."""
    asked = [cell.id for cell in prose_cells(notebook) if PREDICT.search(cell.source) and "exercise-" not in cell.id]
    if len(asked) > MOST_PREDICTIONS:
        yield f"{len(asked)} predictions, at most {MOST_PREDICTIONS} are really made: {', '.join(asked)}"


@rule
def questions_have_their_answers(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """Under each question of "Your turn" its answer is folded."""
    for cell in prose_cells(notebook):
        if cell.id == "your-turn":
            questions = len(re.findall(r"^\d+\. ", cell.source, re.MULTILINE))
            answers = cell.source.count("<details>")
            if questions != answers:
                yield f"cell {cell.id} has {questions} questions and {answers} folded answers"


@rule
def something_to_read(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A lesson names two or three works, with their years."""
    (found,) = [cell.source for cell in prose_cells(notebook) if cell.id in ("found", "what-we-found")]
    works = "".join(TO_READ.split(found)[1:])
    years = re.findall(r"^- .*\b(?:19|20)\d\d\b", works, re.MULTILINE)
    if not 2 <= len(years) <= 3:
        yield f"the section on what was found must name two or three works to read, with their years; {len(years)} found"


@rule
def public_names_only(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """What a student types is `lessons.X` or `lessons.plots.X`: the insides of the package may move."""
    for cell in code_cells(notebook):
        for name in inside_names(cell.source) if is_python(cell.source) else ():
            yield f"cell {cell.id} uses {name}, which is inside the package: make it public, or do without"


def is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:  # of which `plain_python` tells
        return False
    return True


def inside_names(source: str) -> Iterator[str]:
    """The names of `lessons` in a source that are not public: lessons.decoding.beam, from lessons.models import load …"""
    import lessons

    rooms = {"lessons": set(lessons.__all__) | {"plots"}, "lessons.plots": set(lessons.plots.__all__)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "lessons":
            names = [(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names if alias.name.startswith("lessons.")]
            names = [tuple(module.rsplit(".", 1)) for module in modules if module != "lessons.plots"]
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in rooms:
            names = [(ast.unparse(node.value), node.attr)]
        else:
            continue
        yield from (f"{room}.{name}" for room, name in names if name not in rooms.get(room, ()))


@rule
def links_lead_somewhere(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in prose_cells(notebook):
        for target in LINK.findall(cell.source):
            if not re.match(r"https?:|attachment:", target) and not (path.parent / target).exists():
                yield f"cell {cell.id} links to {target}, which is not there"
