"""The lessons as a student has them who changes one word: MODEL in the cell of parameters."""

from pathlib import Path

import pytest
from watched_notebooks import run_with

LESSONS = sorted((Path(__file__).parents[2] / "notebooks" / "en").glob("*.ipynb"))
# Of lessons 06 and 07: as their cells of parameters suggest for a large model, and shorter blocks.
BOUNDED = "MINUTES, BLOCK, PAGES, SAMPLES, QUESTIONS, STORIES = 2, 64, 4, 10, 10, 8"


@pytest.fixture(scope="module")
def edition(tmp_path_factory) -> Path:
    """One folder for all copies, as in a student's: lesson 07 finds there the model that 06 has trained."""
    return tmp_path_factory.mktemp("real")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_notebook_runs(path, edition, real_model):
    """Every cell, and so every claim that is not about the bundled model alone."""
    result = run_with(f"MODEL = {real_model!r}\n{BOUNDED}", path, edition, seconds=3600)
    assert result.error is None, result.error and result.error.trace
