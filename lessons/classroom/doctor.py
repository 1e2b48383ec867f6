"""Is everything here that the lessons need, and if not, what to do about it?

>>> from lessons.classroom import doctor
>>> [finding.name for finding in doctor.examine() if finding.name.startswith("Python")]
['Python']
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from lessons.models.files import checksums
from lessons.words.language import say

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

PACKAGE = Path(__file__).parents[1]
OLDEST_PYTHON = (3, 11)
MEMORY_NEEDED = 1.0  # GiB free: torch, the bundled model and a notebook take about half of it
# Major version of ipywidgets: that of jupyterlab_widgets, its half in the browser.
BROWSER_HALF = {"7": "1", "8": "3"}
COLUMNS = ("doctor.column_name", "doctor.column_found", "doctor.column_ok", "doctor.column_advice")


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        name: what was looked at.
        found: what is there, in words.
        ok: whether the lessons can work with it.
        advice: what to do about it; empty if it is in order.
    """

    name: str
    found: str
    ok: bool = True
    advice: str = ""


def examine() -> list[Finding]:
    """Everything looked at, in the order in which it has to be right."""
    return [python(), *packages(), *device(), bundled_model(), widgets(), *memory()]


def report(findings: Sequence[Finding]) -> str:
    """The findings as text, a line for each and below it what to do; plain characters that any terminal can show.

    >>> print(report([Finding("tea", "cold", False, "make a new pot"), Finding("cup", "there")]))
    OFF  tea: cold
         -> make a new pot
    ok   cup: there
    <BLANKLINE>
    1 of these is off; the arrow says what to do about it.
    """
    lines = []
    for one in findings:
        lines.append(f"{'ok ' if one.ok else 'OFF'}  {one.name}: {one.found}")
        lines += [f"     -> {one.advice}"] if one.advice else []
    return "\n".join([*lines, "", summary(findings)])


def summary(findings: Sequence[Finding]) -> str:
    """One sentence: all is in order, or how many things are off."""
    off = sum(not one.ok for one in findings)
    return say("doctor.all_well" if off == 0 else "doctor.one_off" if off == 1 else "doctor.some_off", off=off)


def doctor() -> "Styler":
    """Everything looked at, as a table for a notebook: what is there, and what to do about what is off."""
    import pandas

    findings = examine()
    columns = [say(key) for key in COLUMNS]
    marks = {True: say("doctor.mark_ok"), False: say("doctor.mark_off")}
    rows = [(one.name, one.found, marks[one.ok], one.advice) for one in findings]
    off = sum(not one.ok for one in findings)
    caption = say("doctor.table_off", off=off) if off else say("doctor.all_well")
    styler = pandas.DataFrame(rows, columns=columns).style.hide(axis="index").set_caption(caption)
    return styler.format(escape="html").set_table_styles([{"selector": "th, td", "props": "text-align: left"}])


def python() -> Finding:
    """The Python that is running."""
    found = ".".join(map(str, sys.version_info[:3]))
    needed = ".".join(map(str, OLDEST_PYTHON))
    return finding("Python", found, sys.version_info[:2] >= OLDEST_PYTHON, "doctor.python_old", needed=needed)


def packages() -> Iterator[Finding]:
    """Each package that `lessons` requires, against the range in its own metadata (that is, in pyproject.toml)."""
    from packaging.requirements import Requirement

    try:
        requirements = [Requirement(line) for line in metadata.requires("lessons") or ()]
    except metadata.PackageNotFoundError:  # imported from a folder that was never installed
        yield finding("lessons", say("doctor.not_installed"), False, "doctor.install_folder", folder=PACKAGE.parent)
        return
    for needed in requirements:
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            version = version_of(needed.name)
            found = version or say("doctor.missing")
            ok = version is not None and needed.specifier.contains(version, prereleases=True)
            yield finding(needed.name, found, ok, "doctor.package_wrong", needed=needed)


def device() -> Iterator[Finding]:
    """Where the model will be computed; nothing if torch is missing, which `packages` says already."""
    try:
        import torch

        from lessons.models.language_model import best_device
    except (ImportError, OSError):  # OSError: on Windows, a library of torch's that cannot be loaded
        return
    kind = best_device().type
    name = torch.cuda.get_device_name() if kind == "cuda" else say("doctor.threads", threads=torch.get_num_threads())
    yield Finding(say("doctor.device"), f"{kind.upper()} ({name})")


def bundled_model(folder: Path | None = None) -> Finding:
    """The bundled model's weights, against the checksum written when they were made."""
    folder = folder or PACKAGE / "assets" / "model"
    name = say("doctor.model")
    missing = [file for file in ("model.safetensors", "model.sha256") if not (folder / file).exists()]
    if missing:
        return finding(name, say("doctor.model_missing", files=", ".join(missing)), False, "doctor.get_again")
    expected, actual = checksums(folder)
    found = "doctor.model_whole" if actual == expected else "doctor.model_damaged"
    return finding(name, say(found, actual=actual[:8], expected=expected[:8]), actual == expected, "doctor.get_again")


def widgets() -> Finding:
    """Whether sliders can work here: ipywidgets in Python and, for JupyterLab, its half in the browser."""
    name = say("doctor.widgets")
    here, browser = version_of("ipywidgets"), version_of("jupyterlab_widgets")
    if here is None:
        return finding(name, say("doctor.missing"), False, "doctor.install_widgets")
    if "google.colab" in sys.modules:  # brings its own half
        return Finding(name, f"ipywidgets {here}, Colab")
    if browser is None:
        return finding(name, say("doctor.no_browser_half", version=here), False, "doctor.install_widgets")
    ok = BROWSER_HALF.get(here.split(".")[0], browser.split(".")[0]) == browser.split(".")[0]
    return finding(name, f"ipywidgets {here}, jupyterlab_widgets {browser}", ok, "doctor.halves_differ")


def memory() -> Iterator[Finding]:
    """Memory that is free now; nothing where it cannot be asked."""
    try:
        import psutil
    except ImportError:
        return
    state = psutil.virtual_memory()
    free, total = state.available / 2**30, state.total / 2**30
    found = say("doctor.memory_found", free=f"{free:.1f}", total=f"{total:.1f}")
    yield finding(say("doctor.memory"), found, free >= MEMORY_NEEDED, "doctor.memory_low", needed=MEMORY_NEEDED)


def finding(name: str, found: str, ok: bool, advice: str, **values: object) -> Finding:
    """A finding whose advice, a key of words, is said only if it is off; it may name this {python}, so that pip
    installs for it."""
    return Finding(name, found, ok, "" if ok else say(advice, python=sys.executable, **values))


def version_of(package: str) -> str | None:
    """The version of an installed package; None if it is missing."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
