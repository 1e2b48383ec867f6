"""Lesson 06 on texts as WikiText-2 has them: empty rows, the first of each split too, headings, `@-@` for a hyphen."""

from pathlib import Path

import pytest
from watched_notebooks import run_with

LESSON = Path(__file__).parents[1] / "notebooks" / "en" / "06_fine_tuning.ipynb"
ROWS = """
from datasets import Dataset, DatasetDict
import lessons.texts.corpora as corpora
article = ["", " = The Marigold = \\n", "", " The brig was a two @-@ masted ship of 1 @,@ 200 tons , built in Cork . \\n",
           " She made port at Lisbon twice ( in 1871 and 1872 ) . \\n", "", " = = Reception = = \\n", "", ""]
splits = {"train": 60, "validation": 12, "test": 12}
made = {split: Dataset.from_dict({"text": article * number}) for split, number in splits.items()}
corpora.load_dataset = lambda *names: DatasetDict(made)
"""


@pytest.mark.long
def test_lesson_06_runs_on_rows_of_wikitext(tmp_path):
    """Every cell, and so every claim that is not about the logbook alone."""
    result = run_with(f"CORPUS, RECIPE, BLOCK = 'wikitext-2', 'course', 64\n{ROWS}", LESSON, tmp_path, seconds=600)
    assert result.error is None, result.error and result.error.trace
