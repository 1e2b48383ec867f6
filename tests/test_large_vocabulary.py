"""Top-k, top-p and the draw over thousands of tokens, many of them equal or cut, beside numpy's sort by score and id."""

import numpy
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

import lessons
from lessons.arithmetic.probability import likeliest_first

VOCABULARY = 2560


@st.composite
def scores(draw: st.DrawFn) -> Tensor:
    """(3, V) peaked or flat, all different or with many that are equal, whole or with most tokens cut."""
    noise = torch.randn(3, VOCABULARY, generator=torch.Generator().manual_seed(draw(st.integers(0, 2**32))))
    values = noise * draw(st.sampled_from([0.1, 1.0, 4.0]))
    values = values.round(decimals=draw(st.sampled_from([0, 1, 7])))
    return values.where(noise > draw(st.sampled_from([-torch.inf, 0.0, 2.5])), -torch.inf)


def sorted_probs(values: Tensor) -> tuple[Tensor, Tensor]:
    """All ids, by falling score and then by rising id as numpy sorts them, and their probabilities."""
    ids = numpy.broadcast_to(numpy.arange(values.shape[-1]), values.shape)
    order = torch.from_numpy(numpy.lexsort((ids, -values.numpy()), axis=-1))
    return order, values.gather(-1, order).softmax(-1, dtype=torch.float64)


@settings(max_examples=60, deadline=None)
@given(scores(), st.integers(1, VOCABULARY - 1))
def test_the_first_n(values, n):
    """Top-k keeps the first in order of score, of equal ones those of lower id."""
    order = sorted_probs(values)[0][:, :n]
    expected = torch.full_like(values, -torch.inf).scatter(-1, order, values.gather(-1, order))
    assert torch.equal(expected, lessons.keep_top_k(values, n))


@settings(max_examples=60, deadline=None)
@given(scores(), st.floats(0.01, 0.999))
def test_the_nucleus(values, p):
    """Top-p keeps what a sum over all tokens in order would keep; after top-k, what it keeps of the k."""
    for offered in (values, lessons.keep_top_k(values, 40)):
        order, probs = sorted_probs(offered)
        kept = probs.flip(-1).cumsum(-1).float().flip(-1) > 1 - p
        near = (probs.flip(-1).cumsum(-1).flip(-1) - (1 - p)).abs() < 1e-7  # on the border 32 bits decide
        assume(not near.any())
        kept[:, 0] = True
        expected = torch.full_like(offered, -torch.inf).scatter(
            -1, order, offered.gather(-1, order).where(kept, -torch.inf)
        )
        assert torch.equal(expected, lessons.keep_top_p(offered, p))


@settings(max_examples=60, deadline=None)
@given(scores(), st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=5))
def test_the_draw(values, numbers):
    """A number falls on the token on which it falls with all of them side by side."""
    order, probs = sorted_probs(values)
    ends, numbers = probs.cumsum(-1), torch.tensor(numbers, dtype=torch.float64).expand(3, -1).contiguous()
    place = torch.searchsorted(ends, numbers * ends[:, -1:], right=True)
    near = (ends.gather(-1, place) - numbers).abs() < 1e-9  # on the border of two tokens rounding decides
    near |= ((ends - probs).gather(-1, place) - numbers).abs() < 1e-9
    assert torch.equal(order.gather(-1, place)[~near], lessons.draw_many(values, numbers)[~near])


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_broken_scores_are_an_error(broken):
    """No number falls anywhere on them, and the error says so, wherever the broken one stands."""
    values = torch.zeros(2, VOCABULARY).index_fill(1, torch.tensor([VOCABULARY - 1]), broken)
    with pytest.raises(ValueError, match=r"NaN|\+inf"):
        lessons.draw_many(values, torch.tensor([[0.5], [0.5]], dtype=torch.float64))


def test_a_stable_sort():
    """Zeros of either sign count as equal, and so do infinities: the lower id comes first."""
    values = torch.randn(4, 999, generator=torch.Generator().manual_seed(0)).round(decimals=1)
    values[:, ::7], values[:, 3::50] = -0.0, -torch.inf
    assert torch.equal(sorted_probs(values)[0], likeliest_first(values))
