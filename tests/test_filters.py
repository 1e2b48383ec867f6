"""The knobs one by one: cases worked by hand, what always holds, and bad input."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from transformers import TopKLogitsWarper, TopPLogitsWarper

import lessons
from lessons.decoding.knobs import Knob, check_some_left

INF = torch.inf
FILTERS = {
    "temperature": (lessons.temperature_scale, st.floats(0.05, 20)),
    "top_k": (lessons.keep_top_k, st.integers(1, 2)),
    "top_p": (lessons.keep_top_p, st.floats(0.001, 1)),
    "min_p": (lessons.keep_min_p, st.floats(0.001, 1)),
    "typical": (lessons.keep_typical, st.floats(0.001, 1)),
}


def logits_like(*shape: int) -> st.SearchStrategy[torch.Tensor]:
    """Drawn logits, some of them equal, some tokens already cut, never all of a row."""
    whole = arrays("int64", shape, elements=st.integers(-8, 8))
    cut = arrays("bool", shape, elements=st.booleans())

    def join(values, holes):
        holes[..., 0] = False
        return torch.tensor(values, dtype=torch.float32).masked_fill(torch.tensor(holes), -INF)

    return st.builds(join, whole, cut)


def kept_ids(scores: torch.Tensor) -> list[int]:
    return (scores > -INF).nonzero().flatten().tolist()


def of(*probabilities: float) -> torch.Tensor:
    return torch.tensor(probabilities).log()


def test_temperature_divides_the_logits():
    """softmax([2, 1, 0] / 2) by hand: e, sqrt(e), 1 over their sum."""
    powers = [math.e, math.e**0.5, 1.0]
    expected = [power / sum(powers) for power in powers]
    actual = lessons.temperature_scale(torch.tensor([2.0, 1.0, 0.0]), 2.0).softmax(-1).tolist()
    assert pytest.approx(expected, abs=1e-6) == actual


def test_exactly_k_stay_even_on_ties():
    """Of four equal logits top-k 2 keeps the two of lower id; transformers keeps all four."""
    level = torch.tensor([1.0, 3.0, 3.0, 3.0, 3.0])
    assert [1, 2] == kept_ids(lessons.keep_top_k(level, 2))
    assert [1, 2, 3, 4] == kept_ids(TopKLogitsWarper(2)(None, level[None])[0])


def test_top_k_keeps_fewer_where_fewer_are_left():
    """A token cut before does not come back, however large k is."""
    assert [0, 3] == kept_ids(lessons.keep_top_k(torch.tensor([1.0, -INF, -INF, 2.0]), 3))


NUCLEI = [(0.3, [2]), (0.5, [2]), (0.51, [2, 4]), (0.9, [2, 4]), (0.91, [2, 3, 4]), (0.99, [0, 1, 2, 3, 4])]


@pytest.mark.parametrize(("p", "kept"), [*NUCLEI, (1.0, [0, 1, 2, 3, 4, 5])])
def test_the_token_that_crosses_p_stays(p, kept):
    """0.5 alone reaches 0.5; 0.5 + 0.4 reaches 0.9, though the machine's sum may be a trifle less; p = 1 keeps all."""
    logits = of(0.01, 0.03, 0.5, 0.05, 0.4, 0.01)
    assert kept == kept_ids(lessons.keep_top_p(logits, p))
    assert kept == kept_ids(lessons.keep_top_p(logits.double(), p))


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_a_half_and_four_tenths_reach_nine_tenths(precision):
    """On paper they are level; so they are in the 32 bits in which probabilities are compared, here and in
    `transformers`, but not in 64, where 0.5 + 0.4 is a trifle less and the third token would stay."""
    probabilities = torch.tensor([0.5, 0.4, 0.1], dtype=precision)
    assert [0, 1] == kept_ids(lessons.keep_top_p(probabilities.log(), 0.9))
    assert [0, 1] == kept_ids(TopPLogitsWarper(0.9)(None, probabilities.float().log()[None])[0])
    tails = torch.tensor([0.1, 0.4, 0.5], dtype=torch.float64).log().softmax(-1).cumsum(-1)
    assert bool(tails[0] > 1 - 0.9)  # planted: compared in 64 bits


def test_the_nucleus_of_many_small_probabilities_is_exact():
    """A million equal tokens: p keeps p of them, although 32-bit sums of so many terms go astray by more."""
    assert 900_000 == int((lessons.keep_top_p(torch.zeros(1_000_000), 0.9) > -INF).sum())


def test_min_p_is_measured_against_the_likeliest():
    """0.15 is a quarter of 0.6, and stays at min_p = 0.25; just above, it goes."""
    logits = of(0.6, 0.15, 0.2, 0.05)
    assert [0, 1, 2] == kept_ids(lessons.keep_min_p(logits, 0.25))
    assert [0, 2] == kept_ids(lessons.keep_min_p(logits, 0.26))
    assert [0] == kept_ids(lessons.keep_min_p(logits, 1))


def test_typical_may_cut_the_likeliest():
    """H = 1.168; surprisals 0.693, 1.204, 2.303, 2.303 lie 0.475, 0.036, 1.134, 1.134 from it; 0.3 reaches 0.25."""
    logits = of(0.5, 0.3, 0.1, 0.1)
    assert [1] == kept_ids(lessons.keep_typical(logits, 0.25))
    assert [0, 1] == kept_ids(lessons.keep_typical(logits, 0.31))
    assert [0, 1, 2] == kept_ids(lessons.keep_typical(logits, 0.81))


def test_repetition_penalty_depends_on_where_the_zero_of_the_logits_lies():
    """Adding a constant to all logits changes no probability, but what a penalty does; log-probabilities settle it."""
    logits = torch.tensor([2.0, 1.0])
    penalised = lessons.repetition_penalty(logits, [0], 2.0)
    moved = lessons.repetition_penalty(logits - 10, [0], 2.0)
    assert [1.0, 1.0] == penalised.tolist()
    assert [-16.0, -9.0] == moved.tolist()
    log_probs = logits.log_softmax(-1)
    expected = torch.tensor([2 * log_probs[0], log_probs[1]])
    assert torch.allclose(expected, lessons.repetition_penalty(log_probs, [0, 0, 0], 2.0))


def test_penalties_take_one_row_of_ids_for_all_or_one_for_each():
    """Beam search hands over (B, V) scores and (B, T) ids."""
    scores, ids = torch.full((2, 4), 2.0), torch.tensor([[0, 1, 0], [3, 3, 3]])
    assert [[1, 1, 2, 2], [2, 2, 2, 1]] == lessons.repetition_penalty(scores, ids, 2.0).tolist()
    assert [[2, -INF, 2, 2], [2, 2, 2, -INF]] == lessons.no_repeat_ngrams(scores, ids, 2).tolist()
    assert [[2, -INF, 2, 2]] * 2 == lessons.no_repeat_ngrams(scores, [0, 1, 0], 2).tolist()


BANS = [(1, [3]), (2, [1, 3]), (3, [0, 1, 3]), (4, [0, 1, 2, 3]), (9, [0, 1, 2, 3])]


@pytest.mark.parametrize(("size", "kept"), BANS)
def test_no_run_of_tokens_comes_twice(size, kept):
    """After 0 1 2 1 0 1: size 1 bars 0, 1 and 2; size 2 bars "1 0" and "1 2"; size 3 bars "0 1 2"; size 4 nothing."""
    assert kept == kept_ids(lessons.no_repeat_ngrams(torch.zeros(4), [0, 1, 2, 1, 0, 1], size))


@pytest.mark.parametrize("name", FILTERS)
@given(data=st.data())
def test_what_holds_for_every_filter(name, data):
    """One token stays at least, none comes back, what is kept is as it was, rows are apart, the input stays."""
    function, values = FILTERS[name]
    logits, value = data.draw(logits_like(2, 3)), data.draw(values)
    before = logits.clone()
    after = function(logits, value)
    assert torch.equal(before, logits)
    assert after.dtype == logits.dtype and after.shape == logits.shape
    assert (after > -INF).any(-1).all()
    assert not ((after > -INF) & (logits == -INF)).any()
    assert torch.equal(torch.stack([function(row, value) for row in logits]), after)
    if name != "temperature":
        assert torch.equal(logits.where(after > -INF, -INF), after)


@given(logits=logits_like(12), p=st.floats(0.001, 0.999))
def test_the_nucleus_is_the_smallest_set_that_reaches_p(logits, p):
    """Its mass is at least p, and without its least likely token less than p: both to the rounding of 32 bits."""
    probabilities = logits.double().softmax(-1)
    kept = probabilities[lessons.keep_top_p(logits, p) > -INF]
    assert kept.sum() >= p - 2e-7
    assert kept.sum() - kept.min() < p + 2e-7
    cut = probabilities[lessons.keep_top_p(logits, p) == -INF]
    assert (cut <= kept.min()).all()


@given(logits=logits_like(9), temperature=st.floats(0.05, 20))
def test_temperature_never_changes_the_order(logits, temperature):
    """Whatever T, the tokens stand in the same order."""
    scaled = lessons.temperature_scale(logits, temperature)
    assert torch.equal(logits.argsort(stable=True), scaled.argsort(stable=True))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_order_of_two_filters_matters(order):
    """At T = 2 before top-p 0.6 two tokens stay, after it one: what is cut depends on when the temperature acts."""
    steps = [lambda scores: lessons.temperature_scale(scores, 2.0), lambda scores: lessons.keep_top_p(scores, 0.6)]
    scores = of(0.7, 0.2, 0.1)
    for place in order:
        scores = steps[place](scores)
    assert {(0, 1): [0, 1], (1, 0): [0]}[order] == kept_ids(scores)


@pytest.mark.parametrize("value", [0, 0.0, -1, math.nan])
def test_a_temperature_that_is_not_positive_names_the_way_out(value):
    """The rule, the value, and where the limit at 0 is to be had."""
    with pytest.raises(ValueError) as error:
        lessons.temperature_scale(torch.zeros(2), value)
    expected = f"temperature must be greater than 0, got {value}; for the limit at 0 use greedy_search()"
    assert expected == str(error.value)


def test_an_infinite_temperature_names_the_way_out():
    """The limit at infinity is the uniform distribution."""
    with pytest.raises(ValueError, match=r"^temperature must be finite, got inf; .* torch.zeros_like\(logits\)$"):
        lessons.temperature_scale(torch.zeros(2), math.inf)


@pytest.mark.parametrize("k", [0, -3, 5])
def test_k_outside_the_vocabulary_is_an_error(k):
    """k from 1 to V."""
    with pytest.raises(ValueError) as error:
        lessons.keep_top_k(torch.zeros(4), k)
    assert f"top_k must be from 1 to 4, got {k}; to keep every token leave it out (None)" == str(error.value)


SHARES = [(lessons.keep_top_p, "top_p"), (lessons.keep_min_p, "min_p"), (lessons.keep_typical, "typical_p")]


@pytest.mark.parametrize(("function", "name"), SHARES)
@pytest.mark.parametrize("p", [0, -0.1, 1.0001, math.nan, math.inf])
def test_a_share_outside_0_to_1_is_an_error(function, name, p):
    """p in (0, 1]."""
    with pytest.raises(ValueError) as error:
        function(torch.zeros(4), p)
    expected = f"{name} must be greater than 0 and at most 1, got {p}; to keep every token leave it out (None)"
    assert expected == str(error.value)


@pytest.mark.parametrize("value", ["0.9", None, True, [0.9], torch.tensor(0.9)])
@pytest.mark.parametrize("function", [function for function, _ in FILTERS.values()])
def test_what_is_no_number_is_a_type_error(function, value):
    """A text where a number belongs: the rule and the value, quoted."""
    with pytest.raises(TypeError, match=r"must be a (whole )?number") as error:
        function(torch.zeros(4), value)
    assert repr(value) in str(error.value)


def test_penalties_refuse_bad_numbers():
    """penalty > 0, size ≥ 1."""
    with pytest.raises(ValueError, match="repetition_penalty must be greater than 0, got 0"):
        lessons.repetition_penalty(torch.zeros(4), [0], 0)
    with pytest.raises(ValueError, match="no_repeat_ngram_size must be at least 1, got 0"):
        lessons.no_repeat_ngrams(torch.zeros(4), [0], 0)


def test_when_nothing_is_left_the_knob_is_named():
    """Every token cut, or scores beyond the machine's numbers: which knob, which value, what to do."""
    with pytest.raises(ValueError, match=r"^after no_repeat_ngram_size = 1 no token is left to choose from; loosen it"):
        check_some_left(Knob("no_repeat_ngram_size", 1), torch.full((3,), -INF), [])
    with pytest.raises(ValueError, match=r"^after temperature = 1e-40 the scores are too large .* greedy_search\(\)$"):
        check_some_left(Knob("temperature", 1e-40), torch.tensor([INF, 0.0]), [])
