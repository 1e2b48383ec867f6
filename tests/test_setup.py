"""What is promised of the set-up: one home for versions, two commands, one line for each thing that can be missing."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import badges
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
EXTRAS = {extra: [Requirement(line) for line in lines] for extra, lines in PROJECT["optional-dependencies"].items()}
NEEDED = [Requirement(line) for line in PROJECT["dependencies"]]
CONDA_NAMES = {"pytorch": "torch"}
needs_make = pytest.mark.skipif(shutil.which("make") is None or os.name == "nt", reason="make is not on this machine")


def pins(name: str = "constraints.txt") -> dict[str, str]:
    """Package → version, as a file of constraints has them."""
    lines = (ROOT / name).read_text(encoding="utf8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_range_has_a_pin_within_it():
    """constraints.txt pins each package of pyproject.toml, extras too, to a version that the range allows."""
    pinned = {canonicalize_name(name): version for name, version in pins().items()}
    for one in chain(NEEDED, *EXTRAS.values()):
        assert one.specifier.contains(pinned[canonicalize_name(one.name)]), one


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-colab.txt", "constraints-transformers-4.57.txt"])
def test_pins_are_for_every_platform(file):
    """Each line is a plain name==version: no build, no address, no package of one kind of graphics card, none twice."""
    lines = [
        line for line in (ROOT / file).read_text(encoding="utf8").splitlines() if line and not line.startswith("#")
    ]
    assert len(lines) == len(pins(file))
    for name, version in pins(file).items():
        assert Version(version).local is None and not name.startswith(("nvidia", "cuda", "triton")), name
    assert pins()["torch"] == "2.13.0"


def test_every_file_of_constraints_is_tried():
    """`make test-oldest` makes an environment from each constraints-NAME.txt."""
    named = re.search(r"^OLDEST := (.*)", (ROOT / "Makefile").read_text(encoding="utf8"), re.MULTILINE)[1].split()
    assert sorted(f"constraints-{name}.txt" for name in named) == sorted(
        path.name for path in ROOT.glob("constraints-*.txt")
    )


def test_the_oldest_transformers_allowed_is_tried():
    """The oldest series that pyproject.toml allows is what `make test-oldest` runs with last."""
    (allowed,) = next(one for one in NEEDED if one.name == "transformers").specifier
    assert allowed.operator == ">="
    assert (
        Version(allowed.version).release[:2]
        == Version(pins("constraints-transformers-4.57.txt")["transformers"]).release[:2]
    )


def test_the_whole_set_is_pinned():
    """Everything that lessons and its tests bring with them here, directly or not, has a pin."""
    # there in an environment of `make test-oldest`, which has no JupyterLab
    oldest = Path(sys.prefix) / "constraints.txt"
    pinned = {canonicalize_name(name) for name in pins(oldest if oldest.exists() else "constraints.txt")}
    waiting, seen = [*NEEDED, *EXTRAS["test"], *([] if oldest.exists() else EXTRAS["lab"])], set()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in seen or (
            one.marker and not any(one.marker.evaluate({"extra": extra}) for extra in ("", *one.extras))
        ):
            continue
        seen.add(name)
        waiting += [Requirement(line) for line in metadata.requires(name) or () if "extra ==" not in line]
    graphics_card = {name for name in seen if name.startswith(("nvidia", "cuda", "triton"))}
    assert seen - graphics_card - pinned == set()


def test_environment_for_conda_names_the_same_packages():
    """environment.yml: pyproject's names without ranges, a pinned Python, nbmake and lessons itself by pip."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf8"))
    (by_pip,) = [part["pip"] for part in environment["dependencies"] if isinstance(part, dict)]
    names = [part for part in environment["dependencies"] if isinstance(part, str)]
    (python,) = [name for name in names if name.startswith("python=")]
    assert {CONDA_NAMES.get(name, name) for name in names} - {python, "pip"} == {
        one.name for one in [*NEEDED, *EXTRAS["lab"]]
    }
    assert re.fullmatch(r"python=3\.\d+", python), "a series and no build: repo2docker reads it, and takes 3.10 without"
    assert python.removeprefix("python=") in Requirement(f"python{PROJECT['requires-python']}").specifier
    assert not any(map(re.compile("[=<>~]").search, set(names) - {python}))
    assert by_pip == ["nbmake", "-e .[lab,test]"]
    assert "nbmake" in {one.name for one in EXTRAS["test"]}


def test_binder_reads_this_environment():
    """repo2docker takes a Dockerfile before environment.yml, and a folder `binder` in place of all that lies here:
    there is neither."""
    before_it = ("binder", ".binder", "Dockerfile", "Project.toml", "default.nix", "DESCRIPTION", "runtime.txt")
    assert [name for name in before_it if (ROOT / name).exists()] == []


def test_colab_stays_as_it_is():
    """Each package that lessons requires is in Colab, within the range: `pip install` there adds lessons only."""
    # as its list of August 2026 has them
    colab = pins("constraints-colab.txt") | {"torch": "2.11.0+cu128", "packaging": "25.0"}
    assert [one.name for one in NEEDED if not one.specifier.contains(colab[one.name])] == []


def test_version_has_one_value():
    """The package and its metadata agree on the version."""
    import lessons

    assert PROJECT["version"] == lessons.__version__


def test_command_is_installed():
    """`lessons` is a command, and the same as `python -m lessons`."""
    (command,) = metadata.entry_points(group="console_scripts", name="lessons")
    assert command.value == "lessons.cli:main"
    done = subprocess.run(
        [sys.executable, "-m", "lessons", "--version"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == f"lessons {PROJECT['version']}"


def test_what_is_written_from_one_place_is_up_to_date():
    """First cells, README's table of lessons and CONTRIBUTING's map are what `make badges` would write now."""
    assert [path.name for path, text in badges.changes(None) if path.read_text(encoding="utf8") != text] == []


@pytest.mark.parametrize(
    "path", [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_links_lead_somewhere(path):
    """Each file that a page links to, or shows as a picture, is there, and each section by its heading."""
    for target, section in re.findall(r"\]\((?!https?:)([^)#]+)(?:#([^)]*))?\)", path.read_text(encoding="utf8")):
        assert (path.parent / target).exists(), target
        if section:
            headings = re.findall(r"^#+ (.*)", (path.parent / target).read_text(encoding="utf8"), re.MULTILINE)
            assert section in [heading.lower().replace(" ", "-") for heading in headings], (target, section)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not on this machine")
@pytest.mark.parametrize("apt", ["exit 0", "exit 100", None], ids=["installs Chromium", "cannot", "no apt-get"])
def test_ci_runs_what_a_user_runs(tmp_path, apt):
    """.ci/run ends with `make test`, and passes its verdict on; that Chromium cannot be installed does not stop it."""
    for name, script in {"make": 'echo "make $*"; exit 3', "apt-get": apt, "sudo": '"${@:2}"', "id": "echo 0"}.items():
        if script:
            (tmp_path / name).write_text(
                f"#!{shutil.which('bash')}\necho {name} >> {tmp_path}/calls\n{script}\n", encoding="utf8"
            )
            (tmp_path / name).chmod(0o755)
    (tmp_path / "dirname").symlink_to(shutil.which("dirname"))
    script = ROOT / ".ci" / "run"
    done = subprocess.run(
        [shutil.which("bash"), script], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (3, "make test"), done.stderr
    assert ("Chromium could not be installed." in done.stdout) == (apt == "exit 100")
    assert ("apt-get" in (tmp_path / "calls").read_text(encoding="utf8")) == bool(apt)
    assert os.access(script, os.X_OK) or os.name == "nt"


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not on this machine")
@pytest.mark.parametrize(("failing", "verdict"), [("none", 0), ("lint", 1)])
def test_ci_fails_where_lint_does(tmp_path, failing, verdict):
    """A line that is not formatted, or a type that does not fit, fails the run, after the tests."""
    (tmp_path / "make").write_text(f'#!{shutil.which("bash")}\necho "make $*"; [ $1 != {failing} ]\n', encoding="utf8")
    (tmp_path / "make").chmod(0o755)
    (tmp_path / "dirname").symlink_to(shutil.which("dirname"))
    command = [shutil.which("bash"), ROOT / ".ci" / "run"]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (verdict, ["make lint", "make test"])


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder with what make needs to install, and nothing installed."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PIP_"))}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, env=clean | environment, capture_output=True, text=True, check=False)


def stub(folder: Path, script: str) -> str:
    """An executable that stands for a Python."""
    path = folder / "stub-python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf8")
    path.chmod(0o755)
    return f"PYTHON={path}"


@needs_make
@pytest.mark.parametrize("target", ["lab", "test"])
def test_an_old_python_is_named_in_one_line(project, target):
    """Python 3.9: one line says what is needed, what is there, and how to name another; no .venv is left behind."""
    done = make(project, target, stub(project, 'case "$1" in --version) echo Python 3.9.6;; *) exit 1;; esac'))
    assert done.returncode != 0
    (line,) = done.stdout.splitlines()
    assert (
        line.startswith("Python 3.11 or newer is needed")
        and "is Python 3.9.6;" in line
        and f"make {target} PYTHON=" in line
    )
    assert not (project / ".venv").exists()


@needs_make
def test_no_python_at_all_is_said_in_one_line(project):
    """A Python that does not exist: the same one line."""
    (line,) = make(project, "lab", "PYTHON=no-such-python").stdout.splitlines()
    assert line.startswith("Python 3.11 or newer is needed")


@needs_make
def test_a_missing_venv_module_is_named_in_one_line(project):
    """Debian without python3-venv: one line names the package."""
    script = f'case "$2" in *venv*) exit 1;; esac\nexec {sys.executable} "$@"'
    (line,) = make(project, "lab", stub(project, script)).stdout.splitlines()
    assert "has no venv module" in line and "sudo apt install python3-venv" in line


@needs_make
def test_no_network_is_said_in_one_line(project):
    """pip cannot reach its index: one line says so, with pip's own last error; nothing counts as installed."""
    closed = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    done = make(project, "lab", f"PYTHON={sys.executable}", **closed)
    assert done.returncode != 0
    (line,) = [line for line in done.stdout.splitlines() if "No network" in line]
    assert line.startswith("No network: pip cannot reach its package index. pip says: ERROR: ")
    assert not (project / ".venv" / ".ready").exists()


@needs_make
def test_second_time_installs_nothing(project):
    """Once installed, make goes straight to the command; a changed range or pin installs anew."""
    ready = project / ".venv" / ".ready"
    ready.parent.mkdir()
    ready.touch()
    for target, command in {"lab": "/lab/tree/notebooks/en/00_start_here.ipynb", "test": "pytest"}.items():
        plan = make(project, "--dry-run", target).stdout
        assert command in plan and "pip install" not in plan
    later = time.time() + 10
    os.utime(project / "constraints.txt", (later, later))
    assert "pip install" in make(project, "--dry-run", "test").stdout


@needs_make
def test_arguments_are_passed_on(project):
    """make lab ARGS=… reaches JupyterLab."""
    plan = make(project, "--dry-run", "lab", "ARGS=--no-browser --port 8899").stdout
    assert plan.splitlines()[-1].endswith(" --no-browser --port 8899")


@needs_make
def test_help_names_every_target(project):
    """`make` alone lists the targets, the two commands first."""
    listed = re.findall(r"^  make ([\w-]+) +\S", make(project).stdout, re.MULTILINE)
    assert listed[1:3] == ["lab", "test"]
    phony = re.search(r"^\.PHONY: (.*)", (project / "Makefile").read_text(encoding="utf8"), re.MULTILINE)[1].split()
    assert set(listed) == set(phony)
