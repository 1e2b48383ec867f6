"""What stands in all notebooks alike, the READMEs' tables, CONTRIBUTING's map: written from here, and nowhere else.

    python tools/badges.py               # write first cells and tables anew
    python tools/badges.py owner/name    # the same, from now on with the repository's address: Colab badges, installing

The address is kept in pyproject.toml. Running it again changes nothing.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
GITHUB = "https://github.com/"
BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
MINUTES = re.compile(r"(\d+)\s*(?:minutes|분)")

# In order: the folder above (a clone), a wheel uploaded beside the notebook, the repository. pip's own words are shown.
# A file that was uploaded or downloaded twice is called "… (1).whl", which pip refuses: it takes its first one's place.
# In a clone it is installed by reference, so that a later `git pull` is seen; Python finds it so from its next start,
# until then by the path that the last line adds. Where pip failed, the traceback shows that line with its remark.
FIRST_CELL = """\
RUN_FIRST
import importlib.util, shutil, subprocess, sys; from glob import glob; here = glob("../../lessons/*.py") and ["-e../.."]
wheel = {shutil.move(name, name.split("-any")[0] + "-any.whl") for name in sorted(glob("lessons-*-any*.whl"))}
if not importlib.util.find_spec("lessons"): print(subprocess.run([sys.executable, "-m", "pip", "install", "-q", *(
    here or wheel or WITHOUT_WHEEL)], capture_output=True, text=True).stderr)
sys.path.append("../.."); import lessons; lessons.start()  # NO_MODULE"""

# How JupyterLab and Colab hide a cell's code: five lines of installing are not what a beginner should read first.
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}
# What it says: in the line that JupyterLab leaves in sight, where there is no wheel, and where pip failed.
SAYS = {
    "en": {
        "RUN_FIRST": "# Run this first (Shift + Enter): it gets the lessons ready",
        "UPLOAD": "Upload lessons-*.whl beside this notebook",
        "NO_MODULE": "no module? Mend what pip says above, run again",
    },
    "ko": {
        "RUN_FIRST": "# 먼저 이 셀을 실행하세요(Shift + Enter): 수업을 준비합니다",
        "UPLOAD": "lessons-*.whl 파일을 이 노트북 옆에 올리세요",
        "NO_MODULE": "모듈이 없다고 하면 위에 나온 pip의 오류를 해결하고 다시 실행하세요",
    },
}


def first_cell(repository: str | None, language: str = "en") -> str:
    """The first code cell of every notebook; without a repository it asks for the wheel."""
    without_wheel = f'["{GITHUB}{repository}/archive/HEAD.zip"]' if repository else 'sys.exit("UPLOAD")'
    cell = FIRST_CELL.replace("WITHOUT_WHEEL", without_wheel)
    for mark, words in SAYS[language].items():
        cell = cell.replace(mark, words)
    return cell


def badge(repository: str, notebook: Path) -> str:
    """A picture that opens the notebook in Colab."""
    return f"{BADGE}(https://colab.research.google.com/github/{repository}/blob/main/{notebook.relative_to(ROOT).as_posix()})"


@dataclass(frozen=True)
class Lesson:
    """One notebook: its place, its title and how many minutes it takes."""

    path: Path
    title: str
    minutes: str


def read_lesson(path: Path) -> Lesson:
    """Title and minutes as the notebook's first cell has them. Raises `ValueError` if it has none."""
    header = nbformat.read(path, nbformat.NO_CONVERT).cells[0].source
    minutes = MINUTES.search(header)
    if not header.startswith("# ") or not minutes:
        raise ValueError(f"{path}: the first cell must begin with '# ' and a title, and say how many minutes it takes")
    return Lesson(path, header.splitlines()[0].removeprefix("# ").strip(), minutes[1])


def notebooks(language: str) -> list[Path]:
    """The notebooks of a language, in the order of the lessons."""
    return sorted((ROOT / "notebooks" / language).glob("*.ipynb"))


# README by language: the head of its table of lessons, and the other language.
READMES = {
    "en": ("README.md", ["", "The question", "Minutes", "한국어"], "ko"),
    "ko": ("README.ko.md", ["", "질문", "시간(분)", "English"], "en"),
}


def table(language: str, repository: str | None) -> str:
    """A README's table: a row for each lesson, with a link to it in each language."""
    _, head, other = READMES[language]
    rows = [[*head, *(["Colab"] if repository else [])]]
    rows.append(["---"] * len(rows[0]))
    for path in notebooks(language):
        lesson, translated = read_lesson(path), ROOT / "notebooks" / other / path.name
        in_colab = [badge(repository, path)] if repository else []
        rows.append([path.name[:2], link(lesson), lesson.minutes, link(read_lesson(translated)), *in_colab])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def link(lesson: Lesson) -> str:
    """A link of README's to a notebook."""
    return f"[{lesson.title}]({lesson.path.relative_to(ROOT).as_posix()})"


def rooms() -> str:
    """The map in the package's docstring: its rooms in reading order."""
    docstring = ast.get_docstring(ast.parse((ROOT / "lessons" / "__init__.py").read_text(encoding="utf8")), clean=False)
    return "\n".join(["```", *re.findall(r"^ *(\w+  +\S.*)", docstring, re.MULTILINE), "```"])


def with_marks(name: str, mark: str, written: str) -> tuple[Path, str]:
    """A file, and its text with what lies between its marks written anew."""
    path = ROOT / name
    return path, between_marks(path.read_text(encoding="utf8"), mark, written)


def between_marks(text: str, mark: str, written: str) -> str:
    """The text with what lies between `<!-- mark -->` and `<!-- /mark -->` written anew."""
    between = re.compile(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- /{mark} -->)", re.DOTALL)
    return between.sub(lambda _: f"{written}\n", text)


def with_first_cell(text: str, path: Path, repository: str | None) -> str:
    """A notebook's text, as Jupyter stores it, with first code cell and badge (under the title) written anew."""
    notebook = nbformat.reads(text, nbformat.NO_CONVERT)
    header, *others = notebook.cells
    first = next(cell for cell in others if cell.cell_type == "code")
    first.source, first.metadata = first_cell(repository, path.parent.name), first.metadata | FOLDED
    title, _, rest = header.source.partition("\n")
    rest = re.sub(rf"^\s*{re.escape(BADGE)}\(.*?\)\n*", "", rest) if BADGE in rest else rest.lstrip("\n")
    header.source = "\n\n".join([title, *([badge(repository, path)] if repository else []), rest])
    return nbformat.writes(notebook) + "\n"


def repository_of(pyproject: str) -> str | None:
    """owner/name as pyproject.toml has it; None before there is an address."""
    address = tomllib.loads(pyproject)["project"].get("urls", {}).get("Repository")
    return address.removeprefix(GITHUB) if address else None


def with_repository(pyproject: str, repository: str) -> str:
    """pyproject.toml with the address in it."""
    known = repository_of(pyproject)
    if known:
        return pyproject.replace(f'Repository = "{GITHUB}{known}"', f'Repository = "{GITHUB}{repository}"')
    section = f'[project.urls]\nRepository = "{GITHUB}{repository}"\n\n'
    return pyproject.replace("[project.scripts]", section + "[project.scripts]", 1)


def changes(repository: str | None) -> Iterator[tuple[Path, str]]:
    """Each file that is written from here, with the text that it should have."""
    pyproject = ROOT / "pyproject.toml"
    text = pyproject.read_text(encoding="utf8")
    if repository:
        yield pyproject, with_repository(text, repository)
    repository = repository or repository_of(text)
    for language, (readme, _, _) in READMES.items():
        for path in notebooks(language):
            yield path, with_first_cell(path.read_text(encoding="utf8"), path, repository)
        yield with_marks(readme, "lessons", table(language, repository))
    yield with_marks("CONTRIBUTING.md", "rooms", rooms())


def write(changes: Iterator[tuple[Path, str]]) -> None:
    """The files whose text is not yet what it should be, written anew and named."""
    for path, text in changes:
        if path.read_text(encoding="utf8") != text:
            path.write_text(text, encoding="utf8", newline="\n")
            print(f"written: {path.relative_to(ROOT)}")


def main(arguments: list[str]) -> int:
    """0; 1 if the argument is no owner/name."""
    if len(arguments) > 1 or (arguments and not re.fullmatch(r"[\w.-]+/[\w.-]+", arguments[0])):
        print(f"expected owner/name as in make badges REPO=owner/name, got {' '.join(arguments)}", file=sys.stderr)
        return 1
    write(changes(arguments[0] if arguments else None))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
