"""The first code cell of every notebook finds `lessons`, or installs it, or says what is missing."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import badges
import nbformat
import pytest

ROOT = Path(__file__).parents[1]
CELL = badges.first_cell(None)
WHERE = "\nprint(lessons.__file__, lessons.words.language.spoken())"
FAKE_PIP = (
    "import json, os, sys; json.dump(sys.argv[1:], open(os.environ['PIP_CALLS'], 'w')); sys.exit('the network is down')"
)


@pytest.fixture
def fake_pip(tmp_path) -> dict[str, str]:
    """Environment in which pip notes what it is asked for, and fails."""
    folder = tmp_path / "fake"
    folder.mkdir()
    (folder / "pip.py").write_text(FAKE_PIP, encoding="utf8")
    return {"PYTHONPATH": str(folder), "PIP_CALLS": str(tmp_path / "calls.json")}


def calls(environment: dict[str, str]) -> list[str]:
    return json.loads(Path(environment["PIP_CALLS"]).read_text(encoding="utf8"))


def folder(place: Path) -> Path:
    place.mkdir(parents=True)
    return place


def test_cell_is_short():
    """A remark and five lines, with an address and without, in both languages, and none too long to be read."""
    for cell in (CELL, badges.first_cell("owner/name"), badges.first_cell(None, "ko")):
        remark, *lines = cell.splitlines()
        assert remark.startswith("# ") and len(lines) == 5
    assert max(map(len, CELL.splitlines())) <= 120


def test_installed_package_is_used_as_it_is(fake_pip):
    """Where `lessons` can be imported, pip is not called, and the language is that of the folder."""
    environment = {"PATH": "", **fake_pip}
    done = subprocess.run(
        [sys.executable, "-c", CELL + WHERE],
        cwd=ROOT / "notebooks" / "en",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split()[1:] == ["en"], done.stderr
    assert not Path(fake_pip["PIP_CALLS"]).exists()


def test_in_a_checkout_the_folder_above_is_installed_by_reference(bare_python, tmp_path):
    """In notebooks/en of a clone: pip installs the clone itself, so that a later pull is seen, and it works at once."""
    clone = tmp_path / "clone"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "lessons", clone / "lessons", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    here = folder(clone / "notebooks" / "ko")
    # pip reads 0 as "no isolation"
    done = bare_python(CELL + WHERE, here, PIP_NO_BUILD_ISOLATION="0", PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stderr
    place, language = done.stdout.split()
    assert (Path(place).resolve(), language) == ((clone / "lessons" / "__init__.py").resolve(), "ko"), done.stderr
    again = bare_python("import lessons; print(lessons.__file__)", tmp_path)
    assert Path(again.stdout.strip()) == clone / "lessons" / "__init__.py", again.stderr


def test_in_a_checkout_without_a_network(bare_python, fake_pip, tmp_path):
    """pip fails: its own words are shown, and the folder above is used all the same: what it needs is there."""
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "lessons", clone / "lessons", ignore=shutil.ignore_patterns("__pycache__", "model"))
    done = bare_python(CELL + WHERE, folder(clone / "notebooks" / "en"), **fake_pip)
    assert "the network is down" in done.stdout
    assert calls(fake_pip) == ["install", "-q", "-e../.."]
    assert Path(done.stdout.split()[-2]).resolve() == (clone / "lessons" / "__init__.py").resolve()


def test_with_a_wheel_beside_it(bare_python, wheel, tmp_path):
    """As in Colab: no clone, a wheel uploaded beside the notebook is installed, and works without a restart."""
    here = folder(tmp_path / "content")
    shutil.copy(wheel, here)
    done = bare_python(CELL + WHERE, here, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.split()[0]).is_relative_to(tmp_path / "bare")


def test_with_a_broken_wheel(bare_python, tmp_path):
    """A wheel that was uploaded by half: pip says so in its own words, then the import fails."""
    here = folder(tmp_path / "content")
    (here / "lessons-0.1.0-py3-none-any.whl").write_bytes(b"half of it")
    done = bare_python(CELL, here, PIP_NO_INDEX="1")
    assert done.returncode == 1
    assert "ERROR" in done.stdout and "lessons-0.1.0-py3-none-any.whl" in done.stdout
    assert "No module named 'lessons'" in done.stderr


@pytest.mark.parametrize("again", ["{} (1).whl", "{}(1).whl", "{} copy.whl", "{}-2.whl"])
def test_with_a_wheel_that_was_downloaded_twice(bare_python, wheel, tmp_path, again):
    """Its name has something added, as browsers do, and pip would refuse it: it gets its own name again."""
    here = folder(tmp_path / "content")
    shutil.copy(wheel, here / again.format(wheel.stem))
    done = bare_python(CELL + WHERE, here, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path(done.stdout.split()[0]).is_relative_to(tmp_path / "bare")
    shutil.copy(wheel, here / again.format(wheel.stem))
    refused = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", again.format(wheel.stem)]
    asked = subprocess.run(refused, cwd=here, capture_output=True, text=True, check=False)
    assert again.endswith("-2.whl") or re.search("not a (valid|supported) wheel", asked.stderr)


def test_with_a_wheel_that_was_uploaded_thrice(bare_python, fake_pip, wheel, tmp_path):
    """The last one takes the place of those before it; pip is asked for one."""
    here = folder(tmp_path / "content")
    for number, name in enumerate((f"{wheel.stem}.whl", f"{wheel.stem} (1).whl", f"{wheel.stem} (2).whl")):
        (here / name).write_text(str(number))
    bare_python(CELL, here, **fake_pip)
    assert calls(fake_pip) == ["install", "-q", wheel.name]
    assert ["2"] == [file.read_text() for file in here.iterdir()]


def test_with_nothing_there(bare_python, fake_pip, tmp_path):
    """Neither clone nor wheel, and no address yet: one line says what to upload; pip is not asked for that name."""
    done = bare_python(CELL, folder(tmp_path / "content"), **fake_pip)
    assert (done.returncode, done.stderr.strip()) == (1, "Upload lessons-*.whl beside this notebook")
    assert not Path(fake_pip["PIP_CALLS"]).exists()


def test_with_an_address(bare_python, fake_pip, tmp_path):
    """Once the repository has an address, it is installed from there when neither clone nor wheel is at hand."""
    bare_python(badges.first_cell("owner/name"), folder(tmp_path / "content"), **fake_pip)
    assert calls(fake_pip) == ["install", "-q", "https://github.com/owner/name/archive/HEAD.zip"]


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A small course of two notebooks in both languages, which tools/badges.py takes for the real one."""
    for language, minutes in (("en", "5 minutes"), ("ko", "5분")):
        here = folder(tmp_path / "notebooks" / language)
        for name in ("00_start", "01_next"):
            cells = [
                nbformat.v4.new_markdown_cell(f"# What is {name}?\n\n*{minutes}.*", id="title"),
                nbformat.v4.new_code_cell("old", id="setup"),
            ]
            nbformat.write(nbformat.v4.new_notebook(cells=cells), here / f"{name}.ipynb")
    for readme in ("README.md", "README.ko.md"):
        (tmp_path / readme).write_text("before\n<!-- lessons -->\nold\n<!-- /lessons -->\nafter\n", encoding="utf8")
    (tmp_path / "CONTRIBUTING.md").write_text("before\n<!-- rooms -->\n<!-- /rooms -->\nafter\n", encoding="utf8")
    rooms = '"""The map.\n\n    one    first\n    two    then\n"""'
    (folder(tmp_path / "lessons") / "__init__.py").write_text(rooms, encoding="utf8")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    no_address = re.sub(r"\[project\.urls\]\n(.+\n)+\n", "", pyproject)
    (tmp_path / "pyproject.toml").write_text(no_address, encoding="utf8")
    monkeypatch.setattr(badges, "ROOT", tmp_path)
    return tmp_path


def contents(course: Path) -> dict[str, str]:
    return {
        path.relative_to(course).as_posix(): path.read_text(encoding="utf8")
        for path in sorted(course.rglob("*.*"))
        if path.is_file()
    }


def test_badges_without_an_address_leave_no_dead_link(course):
    """Before the repository has an address: first cells and table are written, and nothing leads anywhere else."""
    assert badges.main([]) == 0
    for name, text in contents(course).items():
        assert "github" not in text and "colab.research" not in text, name
    lesson = "[What is 01_next?](notebooks/{}/01_next.ipynb)"
    assert f"| 01 | {lesson.format('en')} | 5 | {lesson.format('ko')} |" in contents(course)["README.md"]
    assert f"| 01 | {lesson.format('ko')} | 5 | {lesson.format('en')} |" in contents(course)["README.ko.md"]
    assert contents(course)["CONTRIBUTING.md"].splitlines()[2:6] == ["```", "one    first", "two    then", "```"]


def test_badges_write_the_address_everywhere(course):
    """owner/name goes into every notebook of both languages: a badge to that very notebook, the address in its cell."""
    assert badges.main(["owner/name"]) == 0
    for path in course.glob("notebooks/*/*.ipynb"):
        title, setup = nbformat.read(path, nbformat.NO_CONVERT).cells
        inside = path.relative_to(course).as_posix()
        assert title.source.count(f"https://colab.research.google.com/github/owner/name/blob/main/{inside}") == 1
        assert title.source.splitlines()[0] == f"# What is {path.stem}?"
        assert setup.source == badges.first_cell("owner/name", path.parent.name)
    assert badges.repository_of(contents(course)["pyproject.toml"]) == "owner/name"
    assert contents(course)["README.md"].count("colab-badge.svg") == 2


def test_badges_twice_change_nothing(course):
    """Written again, with the address or without, nothing changes: it is remembered."""
    badges.main(["owner/name"])
    first = contents(course)
    for arguments in (["owner/name"], []):
        badges.main(arguments)
        assert contents(course) == first


def test_badges_can_move(course):
    """A new address replaces the old one wherever it stood."""
    badges.main(["owner/name"])
    badges.main(["school/course"])
    assert not [name for name, text in contents(course).items() if "owner/name" in text]


@pytest.mark.parametrize("wrong", [["name"], ["https://github.com/owner/name"], ["owner/name", "more"]])
def test_badges_want_owner_and_name(course, wrong, capsys):
    """Anything but owner/name is refused with the right form, and nothing is written."""
    before = contents(course)
    assert badges.main(wrong) == 1
    assert "owner/name" in capsys.readouterr().err
    assert contents(course) == before
