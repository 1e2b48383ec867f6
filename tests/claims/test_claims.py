"""What lessons 05, 06, 07, 09 and 10 say of their numbers holds on another seed, and in another precision.

A lesson that says what its own run has shown says it of one model, and every machine trains another one: with 16-bit
products or without, with other random numbers. Each claim is a `verify(...)` in a cell; here all cells run.
"""

from pathlib import Path

import pytest
from watched_notebooks import run_with

LESSONS = Path(__file__).parents[2] / "notebooks" / "en"
SEEDS, PRECISIONS = (0, 1, 2), ("bf16", "fp32")
LONGEST = 1800  # seconds for a cell: bf16 is slow where the processor only imitates it


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[tuple[int, str], Path]:
    """A folder for each seed and precision: lesson 07 finds there the model that 06 has trained, and no other one."""
    return {(seed, name): tmp_path_factory.mktemp(f"{seed}-{name}-") for seed in SEEDS for name in PRECISIONS}


def run(lesson: str, folder: Path, parameters: str) -> None:
    """Run a copy of the lesson, in this folder, with these lines at the end of its cell of parameters."""
    (path,) = LESSONS.glob(f"{lesson}_*.ipynb")
    result = run_with(parameters, path, folder, LONGEST)
    assert result.error is None, result.error and result.error.trace


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lesson", ["05", "09", "10"])
def test_what_is_drawn(lesson, seed, tmp_path):
    """Lessons that train nothing: their random numbers are others."""
    run(lesson, tmp_path, f"SEED = {seed}")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_model_of_16_bits_obeys_too(seed, tmp_path):
    """Lesson 09, whose model then lies in bfloat16. (Lesson 10 says itself what becomes of its claims there.)"""
    in_16_bits = "lessons.load = functools.partial(lessons.load, dtype=torch.bfloat16)"
    run("09", tmp_path, f"SEED = {seed}\nimport functools, torch\n{in_16_bits}")


# -k 1-fp32 chooses both lessons with one model
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("seed", SEEDS)
class TestTrained:
    """Lessons 06 and 07: another order of the texts, other products of matrices, other random numbers."""

    def test_training(self, seed, precision, folders):
        """Lesson 06 trains the model."""
        run("06", folders[seed, precision], f"SEED, PRECISION = {seed}, {precision!r}")

    def test_choosing_a_decoder(self, seed, precision, folders):
        """Lesson 07 takes the model that is there, or trains it if this test runs alone."""
        run("07", folders[seed, precision], f"SEED, PRECISION = {seed}, {precision!r}")
