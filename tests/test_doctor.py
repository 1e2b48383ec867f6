"""The doctor finds what is off, says what to do about it, and finds nothing where nothing is."""

import hashlib
import sys
from importlib import metadata
from types import SimpleNamespace

import psutil
import pytest

from lessons import cli
from lessons.classroom import doctor
from lessons.words.language import speak


@pytest.fixture
def model_folder(tmp_path):
    """A folder with weights and their right checksum."""
    weights = b"0123"
    (tmp_path / "model.safetensors").write_bytes(weights)
    checksum = hashlib.sha256(weights).hexdigest()
    (tmp_path / "model.sha256").write_text(f"{checksum}  model.safetensors\n", encoding="utf8")
    return tmp_path


@pytest.fixture
def pretend(monkeypatch):
    """Pretend that packages are of other versions: pretend(torch="1.0", pandas=None), None for missing."""

    def pretend(**versions):
        really = metadata.version

        def version(name):
            if name not in versions:
                return really(name)
            if versions[name] is None:
                raise metadata.PackageNotFoundError(name)
            return versions[name]

        monkeypatch.setattr(metadata, "version", version)

    return pretend


def named(name):
    """The finding of a package, out of all of them."""
    return next(finding for finding in doctor.packages() if finding.name == name)


def test_here_nothing_is_off_but_perhaps_memory():
    """Where the tests run, everything that the lessons need is there; no advice is given for what is in order."""
    findings = [finding for finding in doctor.examine() if finding.name != "memory"]
    assert [finding.name for finding in findings if not finding.ok] == []
    assert {finding.advice for finding in findings} == {""}
    assert {"Python", "torch", "transformers", "bundled model", "sliders"} <= {finding.name for finding in findings}


def test_only_what_everyone_needs_is_looked_at():
    """Packages of the extras (tests, JupyterLab) are not asked for: Colab has none of them."""
    assert not {"pytest", "jupyterlab", "peft", "ruff"} & {finding.name for finding in doctor.packages()}


def test_a_package_too_old_is_off(pretend):
    """A version below the range is shown with a command that installs one in the range, with this Python's pip."""
    pretend(pandas="1.5.3")
    finding = named("pandas")
    assert (finding.ok, finding.found) == (False, "1.5.3")
    assert sys.executable in finding.advice and "pandas>=2.2" in finding.advice


def test_a_missing_package_is_off(pretend):
    """A package that is not installed is said to be missing."""
    pretend(datasets=None)
    assert (named("datasets").ok, named("datasets").found) == (False, "missing")


def test_builds_of_torch_and_previews_count(pretend):
    """2.13.0+cpu and a nightly build are in the range: how torch was built is nobody's fault."""
    pretend(torch="2.13.0+cpu")
    assert named("torch").ok
    pretend(torch="2.16.0.dev20261101+cu130")
    assert named("torch").ok


def test_not_installed_is_off_but_no_failure(pretend, monkeypatch):
    """Used from a folder that was never installed: it says so, and how to install it."""

    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    (finding,) = doctor.packages()
    assert not finding.ok and "pip install -e" in finding.advice


def test_old_python_is_off(monkeypatch):
    """Python before 3.11 is too old."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    assert not doctor.python().ok and "3.11" in doctor.python().advice


def test_whole_weights_are_in_order(model_folder):
    """Weights with the checksum that was written for them are whole."""
    assert doctor.bundled_model(model_folder).ok


def test_damaged_weights_are_off(model_folder):
    """One changed byte is found, and the advice is to get the file again."""
    (model_folder / "model.safetensors").write_bytes(b"0124")
    finding = doctor.bundled_model(model_folder)
    assert not finding.ok and "damaged" in finding.found and "again" in finding.advice


@pytest.mark.parametrize("name", ["model.safetensors", "model.sha256"])
def test_a_missing_file_of_the_model_is_off(model_folder, name):
    """Weights or checksum gone: named."""
    (model_folder / name).unlink()
    finding = doctor.bundled_model(model_folder)
    assert not finding.ok and name in finding.found


@pytest.mark.parametrize(
    ("versions", "ok"),
    [
        ({"ipywidgets": "8.1.8", "jupyterlab_widgets": "3.0.16"}, True),
        ({"ipywidgets": "7.7.1", "jupyterlab_widgets": "1.1.11"}, True),
        ({"ipywidgets": "8.1.8", "jupyterlab_widgets": "1.1.11"}, False),
        ({"ipywidgets": "7.7.1", "jupyterlab_widgets": "3.0.16"}, False),
        ({"ipywidgets": "8.1.8", "jupyterlab_widgets": None}, False),
        ({"ipywidgets": None}, False),
    ],
)
def test_sliders_need_both_halves(pretend, versions, ok):
    """ipywidgets and its half in the browser must be there and fit each other."""
    pretend(**versions)
    finding = doctor.widgets()
    assert (finding.ok, bool(finding.advice)) == (ok, not ok)


def test_colab_brings_its_own_half(pretend, monkeypatch):
    """In Colab jupyterlab_widgets is not needed."""
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    pretend(ipywidgets="7.7.1", jupyterlab_widgets=None)
    assert doctor.widgets().ok


def test_little_memory_is_off(monkeypatch):
    """Less free memory than the lessons need is off; how much is said in GiB."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=0.5 * 2**30, total=2 * 2**30))
    (finding,) = doctor.memory()
    assert (finding.ok, finding.found) == (False, "0.5 GiB free of 2.0 GiB")


def test_command_exits_with_one_if_something_is_off(pretend, capsys):
    """`lessons doctor` prints the report; its exit status is 1 if anything is off, so that a script can ask."""
    pretend(tqdm="1.0")
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "OFF  tqdm: 1.0\n     -> install it" in printed


def test_command_exits_with_zero_if_all_is_in_order(monkeypatch, capsys):
    """`lessons doctor` says in one sentence that all is well."""
    monkeypatch.setattr(doctor, "examine", lambda: [doctor.Finding("tea", "hot")])
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out == "ok   tea: hot\n\nEverything is in order.\n"


def test_report_in_korean(capsys):
    """The command speaks Korean if asked to, with every sentence of it."""
    cli.main(["--language", "ko", "doctor"])
    assert "내장 모델: 온전함" in capsys.readouterr().out


def test_table_for_notebooks(monkeypatch):
    """The notebook's table has the same rows; what is off is marked and counted in the caption; text is escaped."""
    monkeypatch.setattr(
        doctor, "examine", lambda: [doctor.Finding("<b>", "hot"), doctor.Finding("cup", "gone", False, "buy one")]
    )
    html = doctor.doctor().to_html()
    assert (html.count("✓ yes"), html.count("✗ no"), html.count("buy one")) == (1, 1, 1)
    assert "&lt;b&gt;" in html and "<b>" not in html and "1 of these need attention" in html


def test_table_in_korean():
    """Column names and marks follow the language in use."""
    speak("ko")
    assert "✓ 예" in doctor.doctor().to_html() and "해결 방법" in doctor.doctor().to_html()
