"""The fast path of sampling gives what the definition gives: every score after every knob, and the token drawn."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lessons.arithmetic.probability import likeliest_first
from lessons.decoding.drawing import tokens_at
from lessons.decoding.knobs import apply_knobs, knobs
from lessons.decoding.one_sort import apply_and_draw, quick_likeliest_first

VOCABULARY = 300
VALUES = {
    "temperature": st.floats(0.1, 5.0),
    "top_k": st.integers(1, VOCABULARY),
    "top_p": st.floats(0.01, 0.999),
    "min_p": st.floats(0.001, 1.0),
    "typical_p": st.floats(0.01, 0.999),
    "repetition_penalty": st.floats(0.5, 2.0),
    "no_repeat_ngram_size": st.integers(1, 3),
}


@st.composite
def logits(draw: st.DrawFn) -> Tensor:
    """(3, V) peaked or flat, all different or with many that are equal."""
    noise = torch.randn(3, VOCABULARY, generator=torch.Generator().manual_seed(draw(st.integers(0, 2**32))))
    return (noise * draw(st.sampled_from([0.1, 1.0, 6.0]))).round(decimals=draw(st.sampled_from([0, 1, 7])))


@settings(max_examples=300, deadline=None)
@given(
    logits(),
    st.fixed_dictionaries({}, optional=VALUES),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=3, max_size=3),
)
def test_the_fast_path_is_the_definition(offered, values, numbers):
    """Any knobs with any values, three texts side by side: equal to the last bit."""
    active, ids = knobs(**values), [[5, 7, 5], [1, 1, 1], [0, 2, 4]]
    numbers = torch.tensor(numbers, dtype=torch.float64)
    results, tokens = apply_and_draw(active, offered, ids, numbers)
    expected = apply_knobs(active, offered, ids)
    assert [name for name, _ in expected] == [name for name, _ in results]
    for (_, wanted), (_, found) in zip(expected, results, strict=True):
        assert torch.equal(wanted, found)
    scores = expected[-1][1] if expected else offered
    assert torch.equal(tokens_at(scores, numbers.unsqueeze(-1)).squeeze(-1), tokens)


def test_the_quick_sort_is_the_stable_one():
    """Also with zeros of either sign, infinities and equal scores."""
    values = torch.randn(4, 999, generator=torch.Generator().manual_seed(0)).round(decimals=1)
    values[:, ::7], values[:, 3::50] = -0.0, -torch.inf
    assert torch.equal(likeliest_first(values), quick_likeliest_first(values))
