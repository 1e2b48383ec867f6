"""A wheel holds everything: installed alone into an empty folder, `lessons` works there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

USE_IT = """
import lessons
from importlib.resources import files
lm = lessons.load()
table = lessons.next_token_table(lm, "Once upon a time", steps=3, choices=2)
print(lessons.__file__, len(table), sep="\\n")
print(all(lessons.words.language.words(path.stem) for path in (files("lessons") / "assets" / "words").iterdir()))
"""


@pytest.fixture
def installed(wheel, tmp_path) -> Path:
    """A folder into which the wheel, and nothing else, was installed."""
    folder = tmp_path / "installed"
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--target", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    return folder


def test_wheel_holds_every_file_of_the_package(wheel):
    """Modules, words, style, model: what lies in lessons/ lies in the wheel, and nothing of tests or notebooks."""
    files = [path for path in (ROOT / "lessons").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    there = {path.relative_to(ROOT).as_posix() for path in files}
    names = zipfile.ZipFile(wheel).namelist()
    assert {name for name in names if ".dist-info/" not in name} == there
    assert {"lessons/assets/model/model.safetensors", "lessons/lessons.mplstyle"} <= there


def test_wheel_works_from_an_empty_folder(installed, bare_python, tmp_path):
    """The bundled model of the installed wheel answers, with no repository around."""
    empty = tmp_path / "empty"
    empty.mkdir()
    done = bare_python(USE_IT, empty, PYTHONPATH=str(installed))
    assert done.returncode == 0, done.stderr
    place, rows, words = done.stdout.split()
    assert Path(place).parent == installed / "lessons" and (rows, words) == ("3", "True")


def test_doctor_of_the_wheel(installed, bare_python, tmp_path):
    """`python -m lessons doctor` checks the installed model and knows the ranges, which came with the wheel."""
    code = "from lessons.classroom import doctor; print(doctor.bundled_model().ok, *(one.name for one in doctor.packages()))"
    whole, *packages = bare_python(code, tmp_path, PYTHONPATH=str(installed)).stdout.split()
    assert whole == "True" and "torch" in packages
