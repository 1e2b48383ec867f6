"""The shape of the code: which module may import which, how long modules and functions are, what an import loads."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lessons

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lessons"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 250, 30
ABOVE_ALL = {"cli", "__main__"}  # the command line comes after every room
# Rooms that come before another one on the map and are yet nothing to it.
STRANGERS = {"plots": {"models", "decoding", "texts", "tables"}, "decoding": {"texts"}, "records": {"models"}}
MOST_FOLDERS, MOST_FILES = 13, 4  # of what a listing of lessons/ shows
HEAVY = ("torch", "transformers", "pandas", "matplotlib", "ipywidgets", "datasets", "numpy")


def map_of(folder: Path) -> list[str]:
    """The names in the map of a package's docstring, in order: its indented lines."""
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf8")), clean=False)
    return re.findall(r"^ *(\w+)  +\S", docstring, re.MULTILINE)


def imports_of(path: Path) -> Iterator[str]:
    """Each module of `lessons` that a file imports, anywhere but for type checkers: "decoding.greedy", "trace" …"""
    for node in ast.walk(without_type_checking(ast.parse(path.read_text(encoding="utf8")))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lessons":
            inside = node.module.removeprefix("lessons").removeprefix(".")
            yield from (f"{inside}.{alias.name}".strip(".") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.removeprefix("lessons.") for alias in node.names if alias.name.startswith("lessons.")
            )


def without_type_checking(tree: ast.Module) -> ast.Module:
    """The module without its `if TYPE_CHECKING:` blocks."""
    tree.body = [
        node for node in tree.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return tree


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def against_direction(path: Path, rooms: list[str]) -> list[str]:
    """The rooms that a file imports although they come after its own, or are strangers to it."""
    names = {name.split(".")[0] for name in imports_of(path)} & set(rooms)
    above = set(rooms[: rooms.index(room(path)) + 1]) - STRANGERS.get(room(path), set())
    return sorted(names - above)


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function below its signature and docstring."""
    first = node.body[0]
    is_docstring = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return node.end_lineno - (first.end_lineno if is_docstring else first.lineno - 1)


def test_every_module_is_on_the_map():
    """The map in lessons/__init__.py names every room, and nothing that is not there."""
    there = {room(path) for path in MODULES} - ABOVE_ALL - {"__init__"}
    assert set(map_of(PACKAGE)) == there


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if room(path) not in ABOVE_ALL | {"__init__"}],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_module_imports_only_modules_above_it(path):
    """Computing knows no record, records know no table, tables know no widget: imports go up the map."""
    assert against_direction(path, map_of(PACKAGE)) == []


@pytest.mark.parametrize(
    "folder",
    sorted({path.parent for path in MODULES} - {PACKAGE}),
    ids=lambda folder: folder.relative_to(PACKAGE).as_posix(),
)
def test_files_of_a_folder_import_in_the_order_of_its_map(folder):
    """The map in a folder's docstring names what is in it; each imports only what stands above it."""
    here, order = ".".join(folder.relative_to(PACKAGE).parts) + ".", map_of(folder)
    assert set(order) == {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"} | inner_folders(folder)
    for place, name in enumerate(order):
        files = folder.glob(f"{name}/*.py") if (folder / name).is_dir() else [folder / f"{name}.py"]
        imported = {
            found.removeprefix(here).split(".")[0]
            for file in files
            for found in imports_of(file)
            if found.startswith(here)
        }
        assert imported & set(order[place + 1 :]) == set(), name


def inner_folders(folder: Path) -> set[str]:
    """The names of a folder's own packages."""
    return {inner.parent.name for inner in folder.glob("*/__init__.py")}


def test_a_listing_is_short():
    """Who lists lessons/ sees at most 13 folders and four files."""
    there = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert sum(path.is_dir() for path in there) <= MOST_FOLDERS
    assert sum(path.is_file() for path in there) <= MOST_FILES


def test_an_import_against_the_direction_is_found(tmp_path, monkeypatch):
    """A planted import is noticed, also inside a function; one for type checkers only is not."""
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    planted = tmp_path / "trace.py"
    lines = ["if TYPE_CHECKING:", "    import lessons.plots", "def late():", "    from lessons.explorers import base"]
    planted.write_text("\n".join(lines), encoding="utf8")
    assert against_direction(planted, ["language", "trace", "plots", "explorers"]) == ["explorers"]


def test_a_stranger_is_found(tmp_path, monkeypatch):
    """A picture that imports a decoder is noticed, although decoders come before pictures."""
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    planted = tmp_path / "plots.py"
    planted.write_text("from lessons.decoding.greedy import greedy_search", encoding="utf8")
    assert against_direction(planted, ["words", "decoding", "plots"]) == ["decoding"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_are_short(path):
    """A module holds one idea: at most 250 lines; a function at most 30 below its docstring."""
    source = path.read_text(encoding="utf8")
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(source.splitlines()) <= LONGEST_MODULE
    assert {node.name: function_lines(node) for node in functions if function_lines(node) > LONGEST_FUNCTION} == {}


def test_import_loads_nothing_heavy():
    """`import lessons` is quick because it loads no torch, nor any other large library."""
    code = f"import sys, lessons; print(*sorted(set({HEAVY}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert loaded.split() == []


def test_public_names_are_there():
    """Every public name leads to something; a name that is not public is an AttributeError, as it is everywhere."""
    for name in lessons.__all__:
        assert getattr(lessons, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        lessons.no_such_name  # noqa: B018
