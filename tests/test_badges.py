"""`make badges REPO=owner/name` on a copy of this very repository: every notebook gets a badge that opens itself."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import badges
import nbformat
import pytest

ROOT = Path(__file__).parents[1]
OPENS = re.compile(r"\[!\[Open in Colab\]\([^)]+\)\]\(https://colab\.research\.google\.com/github/([^)]*)\)")
needs_make = pytest.mark.skipif(shutil.which("make") is None or os.name == "nt", reason="make is not on this machine")


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """What a clone has of the files that `make badges` reads or writes, and an environment that counts as installed."""
    place = tmp_path_factory.mktemp("copy")
    for name in ("notebooks", "tools", "lessons", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "fine-tuned*", "lessons-progress*", "*.safetensors")
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("*.txt"), ROOT / "Makefile"]:
        shutil.copy(path, place)
    python = place / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf8")
    python.chmod(0o755)
    (place / ".venv" / ".ready").touch()
    later = time.time() + 60
    os.utime(place / ".venv" / ".ready", (later, later))
    return place


def make_badges(copy: Path, *arguments: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", "badges", *arguments]
    return subprocess.run(command, cwd=copy, env=clean, capture_output=True, text=True, check=True).stdout


def written(copy: Path) -> dict[str, str]:
    """All that `make badges` may write."""
    paths = [*copy.glob("*.md"), copy / "pyproject.toml", *copy.glob("notebooks/*/*.ipynb")]
    return {path.relative_to(copy).as_posix(): path.read_text(encoding="utf8") for path in paths}


@pytest.fixture(scope="module")
def before(copy) -> dict[str, str]:
    """The files before there was an address."""
    return written(copy)


@pytest.fixture(scope="module")
def after(copy, before) -> dict[str, str]:
    """The files after `make badges REPO=owner/name`."""
    make_badges(copy, "REPO=owner/name")
    return written(copy)


@needs_make
def test_every_badge_opens_the_notebook_that_it_stands_in(after):
    """Both editions: one badge, under the title, and its link ends in the notebook's own path; so in both tables of
    lessons."""
    paths = sorted(name for name in after if name.endswith(".ipynb"))
    assert len(paths) == len(list(ROOT.glob("notebooks/*/*.ipynb"))) >= 16
    for path in paths:
        notebook = nbformat.reads(after[path], nbformat.NO_CONVERT)
        everything = "\n".join(cell.source for cell in notebook.cells)
        assert [f"owner/name/blob/main/{path}"] == OPENS.findall(everything), path
        title, empty, badge, *_ = notebook.cells[0].source.splitlines()
        assert title.startswith("# ") and not empty and OPENS.fullmatch(badge), path
    for readme, language in {"README.md": "en", "README.ko.md": "ko"}.items():
        in_table = OPENS.findall(after[readme])
        assert [f"owner/name/blob/main/{path}" for path in paths if f"/{language}/" in path] == in_table


@needs_make
def test_only_header_and_first_cell_change(before, after):
    """All else in every notebook stays, ids and tags too; nothing but notebooks, READMEs and pyproject.toml is
    written."""
    assert before.keys() == after.keys()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {name for name in after if name.endswith(".ipynb")} | {
        "README.md",
        "README.ko.md",
        "pyproject.toml",
    }
    for name in changed:
        if name.endswith(".ipynb"):
            old, new = (nbformat.reads(text[name], nbformat.NO_CONVERT) for text in (before, after))
            code = next(index for index, cell in enumerate(old.cells) if cell.cell_type == "code")
            touched = [index for index, pair in enumerate(zip(old.cells, new.cells, strict=True)) if pair[0] != pair[1]]
            assert [0, code] == touched, name
            before_and_after = [OPENS.sub("", one.cells[0].source).split() for one in (old, new)]
            assert before_and_after[0] == before_and_after[1], name


@needs_make
@pytest.mark.parametrize("arguments", [["REPO=owner/name"], []])
def test_again_changes_nothing_and_takes_nothing_away(copy, after, arguments):
    """With the same address, or with none, which leaves the known one where it is: no file is written."""
    assert "written" not in make_badges(copy, *arguments)
    assert after == written(copy)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_table_of_lesson_00_has_each_lessons_own_title_and_minutes(language):
    """The list that a student reads first promises what each lesson's first cell says."""
    start = nbformat.read(ROOT / "notebooks" / language / "00_start_here.ipynb", nbformat.NO_CONVERT)
    (table,) = [cell.source for cell in start.cells if cell.id == "lessons"]
    rows = re.findall(r"^\| \[\d\d\]\(([^)]*)\) \| (.*) \| (\d+) \|$", table, re.MULTILINE)
    lessons = [badges.read_lesson(path) for path in sorted((ROOT / "notebooks" / language).glob("*.ipynb"))[1:]]
    assert rows == [(lesson.path.name, lesson.title, lesson.minutes) for lesson in lessons]
