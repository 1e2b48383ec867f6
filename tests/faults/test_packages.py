"""The packages that are installed here: do they fit each other, and is one of them known to be dangerous?"""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from importlib.util import find_spec

import places
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

pytestmark = pytest.mark.fault

# What a course on language models must not fall for, each with the version in which it was mended. (GitHub Advisory
# Database)
MENDED = {
    "torch": ("2.6.0", "CVE-2025-32434: torch.load(weights_only=True) runs code of a pickle"),
    "transformers": ("4.48.0", "CVE-2024-11392, -11393, -11394: code of a checkpoint's pickle is run"),
}
UNREACHABLE = re.compile(
    r"ConnectionError|Timeout|Max retries|resolve|ServiceError|ServiceUnavailable|ProxyError|HTTPError"
)


def test_the_packages_fit_each_other():
    """`pip check`: nothing is missing, and no package needs another version of one that is here."""
    pytest.importorskip("pip", reason="pip is not in this environment")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, timeout=100, check=False
    )
    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize("package", MENDED)
def test_known_holes_are_closed(package):
    """Without a network: versions with these holes are neither here nor in the range that pyproject.toml allows."""
    mended, hole = MENDED[package]
    assert Version(metadata.version(package)) >= Version(mended), hole
    project = tomllib.loads((places.ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    (needed,) = [one for one in map(Requirement, project["dependencies"]) if one.name == package]
    lowest = [Version(part.version) for part in needed.specifier if part.operator == ">="]
    assert lowest and lowest[0] >= Version(mended), hole


@pytest.mark.skipif(find_spec("pip_audit") is None, reason="pip-audit is not installed (it is in the extra `dev`)")
def test_pip_audit():
    """`pip-audit`: no package with a published hole; skipped where its service is out of reach."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--timeout=5", "--skip-editable"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("pip-audit's service did not answer within 100 seconds")
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip(f"pip-audit's service is out of reach: {done.stderr.strip().splitlines()[-1][:200]}")
    assert 0 == done.returncode, done.stdout + done.stderr
