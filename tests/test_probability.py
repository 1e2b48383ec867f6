"""The arithmetic on logits: log-probabilities of labels, entropy, and the checks of numbers."""

import math

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lessons.arithmetic.probability import entropy, log_probs_from_logits, wide
from lessons.words.arguments import check_number, check_whole

numbers = st.floats(-60, 60, width=32)


def by_definition(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The same in 64 bits by numpy: the label's logit, less log Σ exp(logit)."""
    whole = numpy.logaddexp.reduce(logits.double().numpy(), axis=-1)
    return logits.double().gather(-1, labels.unsqueeze(-1)).squeeze(-1) - torch.from_numpy(numpy.asarray(whole))


def test_log_probs_by_hand():
    """Three tokens with odds 1 : 2 : 5 have probabilities 1/8, 1/4 and 5/8, and the label picks one of them at each
    place.
    """
    logits = torch.tensor([1.0, 2.0, 5.0]).log().expand(1, 3, 3)  # (B, T, V)
    expected = torch.tensor([[1 / 8, 2 / 8, 5 / 8]]).log()
    torch.testing.assert_close(log_probs_from_logits(logits, torch.tensor([[0, 1, 2]])), expected)


@given(st.integers(1, 3), st.integers(0, 65), st.integers(1, 9), st.integers(0, 2**31))
def test_log_probs_are_those_of_the_definition(texts, tokens, vocabulary, seed):
    """Any batch, any length (also none), any vocabulary."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(texts, tokens, vocabulary, generator=generator) * 20
    labels = torch.randint(vocabulary, (texts, tokens), generator=generator)
    torch.testing.assert_close(log_probs_from_logits(logits, labels), by_definition(logits, labels).float())


@given(st.lists(numbers, min_size=2, max_size=9), st.floats(-1e4, 1e4))
def test_log_probs_do_not_depend_on_where_zero_lies(logits, shift):
    """Adding a number to all logits changes nothing: they may be near -1000 as well as near 0."""
    logits = torch.tensor(logits, dtype=torch.float64)
    for label in range(len(logits)):
        expected = log_probs_from_logits(logits, torch.tensor(label))
        torch.testing.assert_close(log_probs_from_logits(logits + shift, torch.tensor(label)), expected)


def test_log_probs_where_the_usual_ways_fail():
    """A label 1,000 nats less likely than the best has -1000, not -inf; a label that was cut has -inf; none is NaN."""
    logits = torch.tensor([[0.0, 1000.0], [0.0, -torch.inf], [-2000.0, -2000.0]])
    assert torch.log(torch.softmax(logits[0], -1))[0] == -torch.inf  # log(softmax) loses it
    assert log_probs_from_logits(logits, torch.tensor([0, 1, 0])).tolist() == [
        -1000.0,
        -torch.inf,
        pytest.approx(-math.log(2)),
    ]


def test_log_probs_let_gradients_through():
    """Logits of a model that is in training: the gradient is softmax - one-hot, as for the cross-entropy loss."""
    logits = torch.randn(4, 7, generator=torch.Generator().manual_seed(0), requires_grad=True)
    labels = torch.tensor([0, 3, 6, 6])
    (-log_probs_from_logits(logits, labels).sum()).backward()
    expected = logits.detach().softmax(-1) - torch.nn.functional.one_hot(labels, 7)
    torch.testing.assert_close(logits.grad, expected)


def test_log_probs_of_16_bits_are_computed_in_32():
    """16-bit logits are exact numbers too: the result has the 32 bits in which it was computed."""
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(1)).half()
    found = log_probs_from_logits(logits, torch.tensor([1, 2, 3]))
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, by_definition(logits, torch.tensor([1, 2, 3])).float())


def test_log_probs_leave_their_arguments_alone():
    """Nothing is written into the logits."""
    logits = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(2))
    before = logits.clone()
    log_probs_from_logits(logits, torch.zeros(2, 5, dtype=torch.int64))
    assert torch.equal(logits, before)


def test_labels_of_another_shape_are_refused():
    """The error names the shape that the labels should have, and the one that they have."""
    with pytest.raises(ValueError, match=r"need labels of \(1, 4\), got \(1, 5\)"):
        log_probs_from_logits(torch.zeros(1, 4, 3), torch.zeros(1, 5, dtype=torch.int64))


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([0.5, 0.5], math.log(2)),  # a coin
        ([1.0, 0.0], 0.0),  # certainty: 0 log 0 counts as 0
        ([0.25] * 4, math.log(4)),
        ([0.5, 0.25, 0.25], 1.5 * math.log(2)),  # 1.5 bits
    ],
)
def test_entropy_by_hand(probabilities, expected):
    """Cases that can be worked on paper."""
    assert entropy(torch.tensor(probabilities, dtype=torch.float64).log()).item() == pytest.approx(expected)


@pytest.mark.parametrize("size", [50_257, 262_144])
def test_entropy_of_a_real_vocabulary(size):
    """Level tokens have log V and no more, and probabilities add up to 1; planted: in 32 bits neither is so."""
    logits = torch.zeros(size)
    assert entropy(logits).item() == pytest.approx(math.log(size), abs=1e-12)
    log_probs = logits.log_softmax(-1)
    assert abs(-(log_probs.exp() * log_probs).sum().item() - math.log(size)) > 1e-6
    drawn = 10 + 4 * torch.randn(size, generator=torch.Generator().manual_seed(0))
    assert abs(wide(drawn).softmax(-1).sum().item() - 1) < 1e-12
    assert abs(drawn.log_softmax(-1).double().exp().sum().item() - 1) > 1e-6


@given(st.lists(numbers, min_size=1, max_size=20))
def test_entropy_lies_between_certainty_and_chance(logits):
    """From 0 to log V."""
    found = entropy(torch.tensor(logits, dtype=torch.float64)).item()
    assert -1e-9 <= found <= math.log(len(logits)) + 1e-9


@pytest.mark.parametrize(
    ("value", "bounds", "message"),
    [
        (0.0, {"above": 0}, "greater than 0, got 0.0"),
        (math.nan, {"above": 0}, "greater than 0, got nan"),
        (math.inf, {"above": 0}, "greater than 0, got inf"),
        (1.5, {"above": 0, "most": 1}, "greater than 0 and at most 1, got 1.5"),
        (-1, {"least": 0, "most": 8}, "from 0 to 8, got -1"),
        (math.inf, {}, "finite, got inf"),
        (math.nan, {}, "finite, got nan"),
    ],
)
def test_a_number_out_of_bounds_is_named(value, bounds, message):
    """Rule and value; a NaN is within no bounds."""
    with pytest.raises(ValueError, match=message):
        check_number("it", value, **bounds)


@pytest.mark.parametrize("value", ["1", None, True, 1j, [1]])
def test_what_is_no_number_is_refused(value):
    """A truth value is not taken for 1, nor a text for what it spells."""
    with pytest.raises(TypeError, match="it must be a number"):
        check_number("it", value)
    with pytest.raises(TypeError, match="it must be a whole number"):
        check_whole("it", value, 0)


def test_whole_numbers_are_whole():
    """5.0 is not a count; a number of numpy or torch is as good as one of Python."""
    with pytest.raises(TypeError, match=r"whole number at least 1, got 5\.0"):
        check_whole("it", 5.0, 1)
    assert check_whole("it", 5, 1, 5) == 5
