"""Which help a student is given: hints and answers, unless a teacher has released a notebook without.

It is a courtesy, no lock: the package lies open on the student's machine.
"""

import os

PLACE = "LESSONS_HELP"  # an environment variable: the kinds that are given, with spaces between
KINDS = ("hints", "answers")


def is_given(kind: str) -> bool:
    """Whether a kind of help is given."""
    return kind in os.environ.get(PLACE, " ".join(KINDS)).split()
