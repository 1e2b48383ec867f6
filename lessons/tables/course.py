"""What the course printed for GPT-2, to lay a run of one's own beside.

The figures are GPT-2 small's (124M parameters), made in 2022 with transformers 4.25; a run today should agree to the
last digit shown or differ by one in it.
"""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from lessons.models.language_model import LanguageModel

FIGURES = Path(__file__).parents[1] / "assets" / "reference" / "gpt2_course_figures.json"


@cache
def course_figures() -> dict[str, object]:
    """All figures of the course, as they lie in the file."""
    return json.loads(FIGURES.read_text(encoding="utf8"))


def next_token_comparison(lm: "LanguageModel") -> "pandas.DataFrame":
    """The course's next-token table beside yours: one row for each of its cells, percent of probability.

    Columns: step, token, course, yours, difference (percentage points). Each step reads the course's text so far, so
    that one different choice does not spoil all later rows.
    """
    import pandas

    from lessons.tables.next_token import next_token_probabilities

    table = course_figures()["next_token_table"]
    rows, text = [], table["prompt"]
    for step, choices in enumerate(table["percent"]):
        mine = next_token_probabilities(lm, text).set_index("token")["probability"]
        mine = mine[~mine.index.duplicated()]
        for token, course in choices:
            yours = 100 * float(mine.get(token, 0.0))
            rows.append(
                {
                    "step": step,
                    "token": token,
                    "course": course,
                    "yours": round(yours, 2),
                    "difference": round(yours - course, 2),
                }
            )
        text += choices[0][0]
    return pandas.DataFrame(rows)
