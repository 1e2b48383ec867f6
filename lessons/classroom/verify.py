"""verify(): a claim of a lesson, tried on the spot, with what it proved."""

from typing import Any

from lessons.words.arguments import check_flag, check_text


def verify(true: Any, claim: str) -> None:
    """Prints the claim behind a check mark if it is true; raises AssertionError with the claim otherwise.

    true: one truth value, as from `==`, `all()` or `tensor.all()`; TypeError for anything else. claim: what was proved,
        with its figures; ValueError for half a character.

    >>> verify(2 + 2 == 4, "two and two are 4")
    ✓ two and two are 4
    >>> verify(2 + 2 == 5, "two and two are 5")
    Traceback (most recent call last):
    AssertionError: two and two are 5
    """
    if getattr(true, "ndim", None) == 0:  # of torch or numpy
        true = true.item()
    check_text("claim", claim)
    if not check_flag("true", true):
        raise AssertionError(claim)
    print(f"✓ {claim}")
