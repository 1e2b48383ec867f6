"""What the course printed for GPT-2, to lay a run of one's own beside.

The figures are GPT-2 small's (124M parameters), made in 2022 with transformers 4.25; a run today should agree to the
last digit shown or differ by one in it.
"""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

    from lessons.models.language_model import LanguageModel

FIGURES = Path(__file__).parents[1] / "assets" / "reference" / "gpt2_course_figures.json"


@cache
def course_figures() -> dict[str, Any]:
    """All figures of the course, as they lie in the file."""
    return json.loads(FIGURES.read_text(encoding="utf8"))


def next_token_comparison(lm: "LanguageModel") -> "pandas.DataFrame":
    """The course's next-token table beside yours: one row for each of its cells, percent of probability.

    Columns: step, token, course, yours, difference (percentage points). Each step reads the course's text so far, so
    that one different choice does not spoil all later rows. Raises TypeError for what is no model.
    """
    from lessons.tables.next_token import next_token_probabilities
    from lessons.words.frames import Frame

    table = course_figures()["next_token_table"]
    text, rows = table["prompt"], []
    for step, choices in enumerate(table["percent"]):
        probabilities = next_token_probabilities(lm, text).drop_duplicates("token").set_index("token")["probability"]
        for token, percent in choices:
            yours = 100 * float(probabilities.get(token, 0.0))
            rows.append((step, token, percent, round(yours, 2), round(yours - percent, 2)))
        likeliest_token, _ = choices[0]
        text += likeliest_token
    return Frame(rows, columns=["step", "token", "course", "yours", "difference"])
