"""The draw, the chain of knobs, and texts made by them."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import lessons
from lessons.decoding.drawing import draw, draw_many, uniforms
from lessons.decoding.knobs import ORDERS, apply_knobs, knobs

PROMPT = "the king and the fox"
KEEP_ALL = "; to keep every token leave it out (None)"


def of(*probabilities: float) -> torch.Tensor:
    return torch.tensor(probabilities, dtype=torch.float64).log()


WHERE = [(0.0, 2), (0.4999, 2), (0.5001, 0), (0.7999, 0), (0.8001, 1), (1 - 2**-53, 1)]


@pytest.mark.parametrize(("uniform", "token"), WHERE)
def test_a_draw_lays_the_likeliest_first(uniform, token):
    """0.5, 0.3, 0.2 side by side: u below 0.5 takes the first, below 0.8 the second, else the third."""
    assert token == draw(of(0.3, 0.2, 0.5), uniform)


def test_a_cut_token_is_never_drawn():
    """Not even by the largest number there is below 1."""
    scores = torch.tensor([-math.inf, 0.0, -math.inf, 0.0])
    assert {1, 3} == {draw(scores, uniform) for uniform in (0.0, 0.25, 0.5, 0.75, 1 - 2**-53)}


def test_of_equal_tokens_the_lower_id_comes_first():
    """So a draw means the same on every machine."""
    assert [0, 1, 2, 3] == [draw(torch.zeros(4), uniform) for uniform in (0.1, 0.3, 0.6, 0.9)]


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=8), st.floats(0, 1, exclude_max=True))
def test_a_draw_inverts_the_cumulative_distribution(logits, uniform):
    """The mass of all tokens before the one drawn is at most u, with its own more than u."""
    scores = torch.tensor(logits, dtype=torch.float64)
    probabilities = scores.softmax(-1)
    token = draw(scores, uniform)
    order = scores.argsort(descending=True, stable=True).tolist()
    before = sum(probabilities[one].item() for one in order[: order.index(token)])
    assert before <= uniform + 1e-12
    assert uniform < before + probabilities[token].item() + 1e-12


def test_ten_thousand_draws_follow_the_distribution(chain, capsys):
    """Chi-squared of 10,000 draws after "the" (5 degrees of freedom) is below 20.5: chance is above once in 1,000."""
    probabilities = torch.tensor(chain.probabilities[chain.words.index("the")], dtype=torch.float64)
    scores, numbers = probabilities.log(), uniforms(seed=0, number=1, length=10_000)[0].tolist()
    counts = torch.tensor([draw(scores, uniform) for uniform in numbers]).bincount(minlength=6)
    expected = 10_000 * probabilities
    chi_squared = ((counts - expected) ** 2 / expected).sum().item()
    with capsys.disabled():
        print(f"\n10,000 draws: chi-squared {chi_squared:.2f}, 5 degrees of freedom (0.1 % lies above 20.52)")
    assert chi_squared < 20.52
    planted = 10_000 * torch.full((6,), 1 / 6, dtype=torch.float64)
    assert ((counts - planted) ** 2 / planted).sum() > 1000  # a wrong distribution is seen at once


def test_draws_from_what_the_knobs_leave_follow_it_too(chain):
    """10,000 draws under top-k 3 at T = 2 against the theory (2 degrees of freedom); nothing that was cut is drawn."""
    step = lessons.sample(chain, "the", 1, temperature=2.0, top_k=3).steps[0]
    theory = step.scores.softmax(-1)
    counts = draw_many(step.scores, uniforms(1, 1, 10_000)[0]).bincount(minlength=6)
    kept = theory > 0
    assert [3, 4, 5] == kept.nonzero().flatten().tolist()
    assert 0 == counts[~kept].sum()
    assert ((counts - 10_000 * theory)[kept] ** 2 / (10_000 * theory)[kept]).sum() < 13.82


def test_the_same_seed_makes_the_same_text(lm):
    """And another seed another text."""
    first, again, other = (lessons.sample(lm, PROMPT, 12, seed=seed) for seed in (3, 3, 4))
    assert first.ids == again.ids
    assert first.ids != other.ids


def test_more_texts_or_longer_ones_change_none_of_the_others(lm):
    """One seed: five texts begin with the one text, ten tokens with the four.

    But for rounding: a model reads five texts at once with other last bits than one, and two tokens that are level to
    the last bit may change places. No number of this seed falls on such a pair.
    """
    alone = lessons.sample(lm, PROMPT, 4, seed=6)
    many = lessons.sample(lm, PROMPT, 10, seed=6, num_return_sequences=5)
    assert 5 == len(many) == len({trace.new_ids for trace in many})
    assert alone.new_ids == many[0].new_ids[:4]
    assert torch.equal(uniforms(5, 1, 4)[0], uniforms(5, 5, 10)[0, :4])


def test_the_same_random_numbers_under_every_setting(lm):
    """Two settings, one seed: the numbers of the draws are the same, so only the setting differs."""
    cold, hot = (lessons.sample(lm, PROMPT, 8, temperature=temperature, seed=1) for temperature in (0.5, 2.0))
    assert [step.uniform for step in cold.steps] == [step.uniform for step in hot.steps]
    assert cold.ids != hot.ids


def test_the_first_draw_moves_down_the_ranks_as_the_temperature_rises(lm):
    """With one u the token drawn can only become a less likely one when the distribution is made flatter."""
    for seed in range(12):
        traces = [lessons.sample(lm, PROMPT, 1, temperature=T, seed=seed) for T in (0.05, 0.5, 1.0, 2.0, 20.0)]
        ranks = [trace.steps[0].rank for trace in traces]
        assert sorted(ranks) == ranks


def test_limits_are_greedy_search(lm):
    """top_k = 1, a tiny top_p, min_p = 1, and T near 0 all take the likeliest token each time."""
    expected = lessons.greedy_search(lm, PROMPT, 10).ids
    for options in ({"top_k": 1}, {"top_p": 1e-9}, {"min_p": 1.0}, {"temperature": 1e-4}):
        assert expected == lessons.sample(lm, PROMPT, 10, **options).ids


def test_a_step_records_what_each_knob_left(lm):
    """offered → temperature → top_k → top_p → drawn, each with its scores; the last one is what was drawn from."""
    trace = lessons.sample(lm, PROMPT, 5, temperature=0.8, top_k=40, top_p=0.9, seed=2)
    for step in trace.steps:
        assert ["temperature", "top_k", "top_p"] == [name for name, _ in step.filters]
        left = [int((scores > -torch.inf).sum()) for _, scores in step.filters]
        assert left[0] == lm.vocabulary_size and left[1] == 40 and left[2] <= 40
        assert step.scores is step.filters[-1][1]
        assert step.scores[step.chosen] > -torch.inf
        assert step.chosen == draw(step.scores, step.uniform)


def test_without_knobs_the_scores_are_the_logits(lm):
    """Nothing is copied where nothing acts."""
    step = lessons.sample(lm, PROMPT, 1).steps[0]
    assert step.scores is step.logits
    assert () == step.filters


def test_without_scores_the_numbers_are_the_same(lm):
    """output_scores=False: the same texts and the same table, without a tensor in any step."""
    options = {"temperature": 0.8, "top_k": 40, "num_return_sequences": 3, "seed": 2}
    for whole, light in zip(
        lessons.sample(lm, PROMPT, 6, **options),
        lessons.sample(lm, PROMPT, 6, output_scores=False, **options),
        strict=True,
    ):
        assert (whole.ids, whole.stopped, whole.log_prob) == (light.ids, light.stopped, light.log_prob)
        assert [step.uniform for step in whole.steps] == [step.uniform for step in light.steps]
        assert whole.table().equals(light.table())
        assert not any(isinstance(value, torch.Tensor) for step in light.steps for value in vars(step).values())


@pytest.mark.parametrize("name", ["logits", "scores", "filters", "log_probs"])
def test_without_scores_whoever_asks_for_them_is_told(chain, name):
    """Never an empty record in silence: what was not kept, why, and the way to it."""
    (step,) = lessons.sample(chain, ".", 1, output_scores=False, top_k=2).steps
    with pytest.raises(AttributeError, match=r"hold no logits, no scores and no filters.* draw it again"):
        getattr(step, name)


KNOBS = ("temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "no_repeat_ngram_size")


@pytest.mark.parametrize("off", [{}, dict.fromkeys(KNOBS), dict(zip(KNOBS, (1, 0, 1.0, 0, 1.0, 1.0, 0), strict=True))])
def test_none_zero_and_one_mean_off(off):
    """As in generate."""
    assert [] == knobs(**off)


def test_the_two_orders(chain):
    """transformers turns the temperature first, llama.cpp last: after "the" four words are left, or two."""
    logits = chain(chain.encode("the"))
    left = {}
    for order in ORDERS:
        results = apply_knobs(knobs(order, temperature=2.0, top_p=0.75), logits, [1])
        left[order] = ([name for name, _ in results], int((results[-1][1] > -torch.inf).sum()))
    # 0.40 + 0.35 reach 0.75. At T = 2 the square roots 0.632, 0.592, 0.387 … sum to 2.149, of which 0.75 is 1.612:
    # three of them fall short by a thousandth.
    assert {"transformers": (["temperature", "top_p"], 4), "llama.cpp": (["top_p", "temperature"], 2)} == left


def test_texts_that_end_leave_the_others_growing(chain):
    """Six words, 20 texts: each ends with its own full stop, and every draw follows from the chain alone."""
    traces = lessons.sample(chain, ".", 12, num_return_sequences=20, seed=0)
    assert len({len(trace.steps) for trace in traces}) > 2
    for trace in traces:
        assert all(token != 0 for token in trace.new_ids[:-1])
        assert trace.new_ids[-1] == 0 or len(trace.steps) == 12
        for place, step in enumerate(trace.steps):
            assert torch.equal(chain(trace.ids[: place + 1]), step.logits)
            assert step.chosen == draw(step.logits, step.uniform)


def test_texts_side_by_side_read_what_each_alone_would(tiny_models):
    """The logits of five texts in one batch, some of them ended, are those of the model reading each text anew."""
    for lm in tiny_models.values():
        for trace in lessons.sample(lm, "the old king", 8, num_return_sequences=5, seed=1):
            for place, step in enumerate(trace.steps):
                expected = lm.next_logits(trace.ids[: len(trace.prompt_ids) + place])
                torch.testing.assert_close(expected, step.logits, atol=1e-4, rtol=1e-4)


def test_why_it_stopped(lm, tiny_models):
    """max_new_tokens, or a full context: 60 of 64 tokens given leave room for four."""
    assert "max_new_tokens = 3 was reached" == lessons.sample(lm, PROMPT, 3).stopped
    trace = lessons.sample(tiny_models["llama"], [5] * 60, 20)
    assert 64 == len(trace.ids)
    assert "the model's context of 64 tokens is full: 4 of 20 new tokens were made" == trace.stopped


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "temperature must be greater than 0, got 0; for the limit at 0 use greedy_search()"),
        (
            {"temperature": math.nan},
            "temperature must be greater than 0, got nan; for the limit at 0 use greedy_search()",
        ),
        ({"top_k": -1}, "top_k must be at least 1, got -1" + KEEP_ALL),
        ({"top_p": 1.5}, "top_p must be greater than 0 and at most 1, got 1.5" + KEEP_ALL),
        ({"min_p": -0.1}, "min_p must be greater than 0 and at most 1, got -0.1" + KEEP_ALL),
        ({"typical_p": 2}, "typical_p must be greater than 0 and at most 1, got 2" + KEEP_ALL),
        ({"repetition_penalty": -1}, "repetition_penalty must be greater than 0, got -1"),
        ({"no_repeat_ngram_size": -2}, "no_repeat_ngram_size must be at least 1, got -2"),
        ({"max_new_tokens": 0}, "max_new_tokens must be at least 1, got 0"),
        ({"num_return_sequences": 0}, "num_return_sequences must be at least 1, got 0"),
    ],
)
def test_bad_numbers_are_refused_before_the_model_is_asked(options, message):
    """Rule, value, way out; and no model call."""

    def never(ids):
        raise AssertionError("the model was asked")

    with pytest.raises(ValueError) as error:
        lessons.sample(never, [0], **options)
    assert message == str(error.value)


@pytest.mark.parametrize("name", [*KNOBS, "seed"])
def test_a_text_where_a_number_belongs(chain, name):
    """A TypeError that names the knob and quotes the text."""
    with pytest.raises(TypeError, match=f"^{name} must be a (whole )?number .*, got '1'"):
        lessons.sample(chain, ".", **{name: "1"})


def test_k_above_the_vocabulary(chain):
    """Six words: k = 7 is one too many."""
    with pytest.raises(ValueError) as error:
        lessons.sample(chain, ".", top_k=7)
    assert "top_k must be from 1 to 6, got 7; to keep every token leave it out (None)" == str(error.value)


def test_when_every_token_is_cut_the_knob_is_named():
    """Two words that have both been said, and no word may be said twice."""
    with pytest.raises(ValueError) as error:
        lessons.sample(lambda ids: torch.zeros(2), [0, 1], no_repeat_ngram_size=1, top_k=1)
    expected = "after no_repeat_ngram_size = 1 no token is left to choose from; loosen it or leave it out"
    assert expected == str(error.value)


def test_a_temperature_too_small_for_the_machine():
    """Divided by 1e-45 a logit of 8 is beyond 32 bits; the way out is named."""
    with pytest.raises(ValueError, match=r"^after temperature = 1e-45 .* use greedy_search\(\)$"):
        lessons.sample(lambda ids: torch.tensor([8.0, 1.0]), [0], temperature=1e-45)


def test_an_unknown_knob():
    """A slip of the finger is not a knob that is off: its name, and those there are."""
    with pytest.raises(TypeError, match=r"^there is no knob tempature; the knobs are repetition_penalty, "):
        knobs(tempature=0.7)


def test_an_unknown_order():
    """The orders there are, and the one asked for."""
    with pytest.raises(ValueError, match=r"^order must be one of transformers, llama.cpp, got 'vllm'$"):
        knobs("vllm", top_k=3)


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_broken_logits_are_named_with_their_step(broken):
    """The second step's logits hold NaN or infinity: the error says so, with knobs and without."""

    def model(ids):
        return torch.tensor([1.0, broken if len(ids) > 1 else 0.0, 2.0])

    for options in ({}, {"temperature": 0.5, "top_k": 2, "top_p": 0.9}, {"min_p": 0.1}, {"typical_p": 0.5}):
        with pytest.raises(ValueError, match=r"^the model's logits at step 1 hold (NaN|\+inf); "):
            lessons.sample(model, [0], 3, **options)
