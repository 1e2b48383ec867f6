"""Arguments that nobody should give, and somebody will."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy
import torch
from hypothesis import strategies as st

NUMBERS = [
    None, True, False, 0, 1, -1, 3, 10**12, -(10**12), 2**63, 10**400, -(10**400), 0.0, 0.5, -0.5, 1.5, 1e308, 5e-324,
    float("nan"), float("inf"), -float("inf"), 1j, Decimal("0.5"), Fraction(1, 3), numpy.int64(2), numpy.float32(0.5),
    numpy.float64("nan"), numpy.bool_(True),
]  # fmt: skip
TEXTS = [
    "",
    " ",
    "x",
    "the old king",
    "\x00",
    "\ud800",
    "가나다 🙂",
    "<script>",
    "0.5",
    "nan",
    "../..",
    "a" * 300,
    b"the old king",
]
HOLDERS = [
    [], (), {}, set(), [0], [1, 2], [1.5], [None], ["a"], [-1], [10**30], [[1, 2], [3]], [[1, 2], [3, 4]], [[]], [[[1]]], [True],
    range(3), iter([1, 2]), {"a": 1}, [object()], [torch.tensor(1.5)], [float("nan")],
]  # fmt: skip
ARRAYS = [
    numpy.zeros(3), numpy.zeros((2, 3), dtype=int), numpy.array([]), numpy.array(["a"]), numpy.array(None), torch.tensor(0.5),
    torch.tensor(2), torch.empty(0), torch.empty(3, 0), torch.empty(0, 3), torch.zeros(2, 3), torch.zeros(2, 2, 3), torch.arange(3),
    torch.tensor([-1]), torch.tensor([2**40]), torch.tensor([True, False]), torch.full((6,), torch.nan), torch.full((6,), torch.inf),
    torch.full((6,), -torch.inf), torch.zeros(6, dtype=torch.complex64), torch.zeros(6, dtype=torch.float16), torch.randn(6),
]  # fmt: skip
THINGS = [object(), object, int, len, print, lambda ids: None, lambda ids: "x", lambda ids: torch.zeros(2, 3), lambda *given: 1 / 0,
          Path("nowhere"), Path("\x00"), torch.nn.Linear(2, 2), torch.float32, NotImplemented, ..., Exception("x")]  # fmt: skip
ODD = [*NUMBERS, *TEXTS, *HOLDERS, *ARRAYS, *THINGS]


def anything() -> st.SearchStrategy:
    """Something from the lists above, or numbers, texts and lists of both that hypothesis thinks of."""
    drawn = st.one_of(st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=5), st.lists(st.integers(), max_size=5),
                      st.lists(st.floats(), max_size=5), st.lists(st.text(max_size=3), max_size=3))  # fmt: skip
    return st.one_of(st.sampled_from(ODD), st.sampled_from(ODD), drawn)
