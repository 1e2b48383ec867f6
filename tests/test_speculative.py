"""Two models write as one: the draft proposes, the model judges, and the text is distributed as the model's own.

The exact proof needs no luck: everything that the algorithm can do is done once, with the probability that it has.
"""

import math
import sys
from collections import defaultdict
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import lessons
from lessons.decoding.constrain import with_rules
from lessons.decoding.drawing import uniforms
from lessons.decoding.judging import ByChance, ratio, residual
from lessons.decoding.knobs import apply_knobs, knobs
from lessons.models.six_words import MarkovChain

MODULE = sys.modules["lessons.decoding.speculative"]  # the function has the same name
P, Q = (torch.tensor(each, dtype=torch.float64) for each in ([0.5, 0.3, 0.2], [0.2, 0.6, 0.2]))
THREE = MarkovChain(("A", "B", "C"), ((0.2, 0.5, 0.3), (0.7, 0.0, 0.3), (0.1, 0.6, 0.3)), ends=())


class Told(ByChance):
    """Chance that is told what happens: at each choice the outcome of `told`, or else the first that is possible."""

    def __init__(self, numbers: torch.Tensor, told: tuple[int, ...]) -> None:
        super().__init__(numbers)
        self.told, self.choices, self.weight = told, [], 1.0

    def happens(self, shares: list[float]) -> int:
        place = len(self.choices)
        possible = [outcome for outcome, share in enumerate(shares) if share > 0]
        outcome = self.told[place] if place < len(self.told) else possible[0]
        self.choices.append((outcome, possible))
        self.weight *= shares[outcome]
        return outcome

    def drawn(self, scores, uniform):
        return self.happens(scores.double().softmax(-1).tolist())

    def accepted(self, share, uniform):
        return self.happens([1 - share, share]) == 1


def everything(write, monkeypatch) -> Iterator[tuple[object, float]]:
    """(what `write` returns, its probability) for everything that chance can do."""
    told: tuple[int, ...] | None = ()
    while told is not None:
        made = []

        def chance(numbers, told=told, made=made):
            made.append(Told(numbers, told))
            return made[-1]

        monkeypatch.setattr(MODULE, "ByChance", chance)
        result = write()
        yield result, made[0].weight
        told = following(made[0].choices)


def following(choices) -> tuple[int, ...] | None:
    """The outcomes to be told next: the last choice that can go otherwise does; None if all have been seen."""
    for place in range(len(choices) - 1, -1, -1):
        outcome, possible = choices[place]
        later = [other for other in possible if other > outcome]
        if later:
            return (*(taken for taken, _ in choices[:place]), later[0])
    return None


def texts_of(source, begin: list[int], steps: int, active=()) -> dict[tuple[int, ...], float]:
    """{new ids: probability} of everything that the model itself can write."""
    found, growing = {}, {(): 1.0}
    for step in range(steps):
        longer = {}
        for text, weight in growing.items():
            filters = apply_knobs(active, source([*begin, *text]), [*begin, *text])
            logits = filters[-1][1] if filters else source([*begin, *text])
            for token, share in enumerate(logits.double().softmax(-1).tolist()):
                if share > 0:
                    ends = token in source.end_ids or step + 1 == steps
                    (found if ends else longer)[(*text, token)] = weight * share
        growing = longer
    return found


def by_rows(*rows):
    """A draft with a row of probabilities for each last word."""
    table = torch.tensor(rows, dtype=torch.float64)
    return lambda ids: table[ids[-1]].log()


def test_by_hand():
    """p = .5 .3 .2, q = .2 .6 .2. A proposed 1 is accepted half of the time, the others always; what is rejected, .3 in
    all, becomes 0, which q had given .3 too little."""
    assert [ratio(P, Q, token) for token in range(3)] == [1, pytest.approx(0.5), 1]
    assert residual(P, Q).tolist() == pytest.approx([1, 0, 0])
    chance = ByChance(torch.tensor([[0.5, 0.0], [0.49, 0.51], [0.9, 0.9]], dtype=torch.float64))
    first, second = chance.guess(0, Q.log()), chance.guess(1, Q.log())
    assert (first.token, second.token) == (1, 1)
    assert chance.judge(0, P.log(), first) == (1, 0.49, None)  # u = .49 < .5
    assert chance.judge(1, P.log(), second) == (0, 0.51, 0.9)  # u = .51: another token is drawn


@given(st.integers(0, 10**6), st.integers(2, 8))
def test_what_is_accepted_and_what_is_drawn_instead_make_p(seed, size):
    """For any p and q, some of their entries 0: q min(1, p/q) + (what is rejected) · residual = p, and what is accepted
    is 1 - the total variation distance."""
    logits = torch.randn(2, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 3
    cut = torch.rand(2, size, generator=torch.Generator().manual_seed(seed + 1)) < 0.3
    cut[:, seed % size] = False
    p, q = logits.masked_fill(cut, -torch.inf).softmax(-1)
    accepted = torch.tensor([q[token] * ratio(p, q, token) if q[token] > 0 else 0.0 for token in range(size)])
    assert (accepted + (1 - accepted.sum()) * residual(p, q)).sub(p).abs().max() < 1e-12
    assert accepted.sum().item() == pytest.approx(1 - 0.5 * (p - q).abs().sum().item(), abs=1e-12)
    step_p = lessons.speculative(lambda ids: p.log(), lambda ids: q.log(), [0], 3, 1, seed=seed).steps
    for step in step_p[1:2]:
        assert step.acceptance == pytest.approx(1 - 0.5 * (p - q).abs().sum().item(), abs=1e-12)


EXACT = {
    "three words, a draft of its own": (THREE, by_rows([0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]), 4, 3, {}),
    "a draft that knows one word": (THREE, by_rows([0, 1, 0], [1, 0, 0], [0, 0, 1]), 5, 2, {}),
    "a draft that says what the model never says": (THREE, by_rows([0, 0.5, 0.5], [0, 1, 0], [0.5, 0.5, 0]), 4, 3, {}),
    "the model itself": (THREE, THREE, 4, 2, {}),
    "two draws less than the draft proposes": (THREE, by_rows(*[[0.2, 0.2, 0.6]] * 3), 3, 9, {}),
    "under knobs": (THREE, by_rows(*[[0.5, 0.3, 0.2]] * 3), 4, 2, {"temperature": 0.7, "top_k": 2}),
    "under a penalty": (THREE, by_rows(*[[0.5, 0.3, 0.2]] * 3), 4, 2, {"repetition_penalty": 1.5}),
    "silent half of the time": (THREE, by_rows([0.5, 0.5, 0], [0, 0, 0], [0.2, 0.2, 0.6]), 4, 2, {}),
}


@pytest.mark.parametrize("case", EXACT)
def test_the_distribution_over_texts_is_the_models_own(case, monkeypatch):
    """All that chance can do, with its probability: the texts have those of the model, to the last digits."""
    model, draft, steps, ahead, options = EXACT[case]
    compare_exactly(model, draft, [0], steps, ahead, options, monkeypatch)


@pytest.mark.parametrize(
    "row", [(0, 0.5, 0.5, 0, 0, 0), (0.2, 0, 0, 0, 0.8, 0), (0.1, 0, 0, 0.2, 0, 0.7)], ids=["articles", "cat", "runs"]
)
def test_so_it_is_on_the_six_words(chain, row, monkeypatch):
    """With an end-of-text token that may be proposed, accepted, and drawn instead."""
    compare_exactly(chain, by_rows(*[row] * 6), chain.encode("the"), 3, 2, {}, monkeypatch)


def compare_exactly(model, draft, begin, steps, ahead, options, monkeypatch):
    found = defaultdict(float)

    def write():
        return lessons.speculative(model, draft, begin, steps, ahead, **options)

    for trace, weight in everything(write, monkeypatch):
        found[trace.new_ids] += weight
    expected = texts_of(model, begin, steps, knobs(**options))
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)
    assert set(found) == set(expected)
    assert max(abs(found[text] - expected[text]) for text in expected) < 1e-12


@pytest.mark.parametrize("rule", [" (the|a)( dog| cat)+", [" a dog", " a", " the cat runs"]], ids=str)
def test_so_it_is_where_the_model_must_obey(chain, rule, monkeypatch):
    """With a draft that obeys nothing of its own, and one that must obey another rule: the texts are those of the model
    under its rule, with their probabilities."""
    row = (0.1, 0.2, 0.3, 0.2, 0.1, 0.1)
    constrained, begin = lessons.constrain(chain, rule), chain.encode(".")
    for draft in (by_rows(*[row] * 6), lessons.constrain(by_rows(*[row] * 6), lambda ids: [0, 1, 3])):
        found = defaultdict(float)
        for trace, weight in everything(
            lambda draft=draft: lessons.speculative(constrained, draft, begin, 3, 2), monkeypatch
        ):
            found[trace.new_ids] += weight
        expected = texts_of(chain, begin, 3, with_rules([], constrained, begin))
        assert set(found) == set(expected) and len(found) > 2
        assert max(abs(found[text] - expected[text]) for text in expected) < 1e-12


def test_a_wrong_rule_would_be_noticed(monkeypatch):
    """Planted: the correction is drawn from p, not from the residual. Then the texts are others."""
    monkeypatch.setattr("lessons.decoding.judging.residual", lambda p, q: p)
    model, draft, steps, ahead, options = EXACT["three words, a draft of its own"]
    with pytest.raises(AssertionError):
        compare_exactly(model, draft, [0], steps, ahead, options, monkeypatch)


def test_ten_thousand_judgements_follow_p(capsys):
    """Chi-squared of 10,000 tokens that were proposed from q and judged (2 degrees of freedom: 0.1 % lies above
    13.82)."""
    chance = ByChance(uniforms(0, 3, 10_000))
    chosen = []
    for place in range(10_000):
        chosen.append(chance.judge(place, P.log(), chance.guess(place, Q.log())).chosen)
    counts = torch.tensor(chosen).bincount(minlength=3)
    chi_squared = ((counts - 10_000 * P) ** 2 / (10_000 * P)).sum().item()
    with capsys.disabled():
        print(f"\n10,000 tokens of two models: chi-squared {chi_squared:.2f}, 2 degrees of freedom (0.1 % above 13.82)")
    assert chi_squared < 13.82
    assert ((counts - 10_000 * Q) ** 2 / (10_000 * Q)).sum() > 1000  # and q's they are not


def test_ten_thousand_texts_follow_the_chain(chain, capsys):
    """What stands at the third place of 10,000 texts of six words, two tokens proposed at a time (5 degrees of freedom:
    0.1 % lies above 20.52)."""
    loop = MarkovChain(chain.words, chain.probabilities, ends=())
    draft = lessons.ngram_model(chain, ["the dog runs . the cat runs . a cat ."], n=2)
    third = [lessons.speculative(loop, draft, ".", 3, 2, seed=seed).new_ids[2] for seed in range(10_000)]
    rows = torch.tensor(chain.probabilities, dtype=torch.float64)
    expected = 10_000 * (rows @ rows @ rows)[0]
    chi_squared = ((torch.tensor(third).bincount(minlength=6) - expected) ** 2 / expected).sum().item()
    with capsys.disabled():
        print(f"\n10,000 texts of two models: chi-squared {chi_squared:.2f}, 5 degrees of freedom (0.1 % above 20.52)")
    assert chi_squared < 20.52


def test_the_record_by_hand():
    """The model goes A B A B …, the draft says B always: of its two proposals after A the first is accepted, the second
    not; after B the first is not."""
    model, draft = by_rows([0, 1.0], [1.0, 0]), by_rows([0, 1.0], [0, 1.0])
    trace = lessons.speculative(model, draft, [0], 6, 2)
    assert trace.new_ids == (1, 0, 1, 0, 1, 0)
    assert [one.accepted for one in trace.passes] == [0, 0, 1, 1]
    assert [one.judged for one in trace.passes] == [0, 1, 2, 1]
    assert [len(one.guesses) for one in trace.passes] == [0, 2, 2, 1]
    fates = [step.fate for step in trace.steps]
    assert fates == ["extra", "corrected", "accepted", "corrected", "accepted", "extra"]
    assert (trace.accepted, trace.judged, trace.tokens_a_pass) == (2, 4, 1.5)
    table = trace.table()
    assert table["pass"].tolist() == [1, 2, 3, 3, 4, 4]
    assert table["proposed"].tolist() == ["", "1", "1", "1", "1", ""]
    assert table["p"].tolist()[1:5] == [0, 1, 0, 1] and math.isnan(table["p"][0]) and math.isnan(table["q"][5])
    assert repr(trace).startswith("SpeculativeTrace('0 1 0 1 0 1 0', 6 new tokens in 4 passes")


@given(st.integers(0, 1000), st.integers(1, 7), st.integers(1, 12))
def test_every_pass_keeps_the_rules(seed, ahead, steps):
    """Accepted tokens, then one of the model's own unless the text ended; a proposal stands where it was accepted."""
    model, draft = THREE, by_rows([0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4])
    trace = lessons.speculative(model, draft, [0], steps, ahead, seed=seed)
    assert len(trace.steps) == steps == sum(len(one.steps) for one in trace.passes)
    assert [step for one in trace.passes for step in one.steps] == list(trace.steps)
    for one in trace.passes:
        assert [step.fate == "accepted" for step in one.steps] == [True] * one.accepted + [False]
        assert len(one.guesses) <= ahead
        for step, guess in zip(one.steps, one.guesses, strict=False):
            assert step.guess is guess
            assert (step.fate == "accepted") == (step.chosen == guess.token)
            assert (step.uniform is None) == (step.fate == "accepted")
    for place, step in enumerate(trace.steps):
        assert torch.equal(step.logits, model(trace.ids[: place + 1]))


def test_a_number_decides_each_thing(chain):
    """The record holds the random numbers: with them each choice can be made again."""
    draft = lessons.ngram_model(chain, ["the dog runs .", "a cat ."], n=2)
    for seed in range(20):
        trace = lessons.speculative(chain, draft, "the", 8, 3, seed=seed)
        for step in trace.steps:
            if step.guess is None:
                assert step.chosen == lessons.draw_many(step.scores, torch.tensor([step.uniform]).double()).item()
                continue
            thrown = torch.tensor([step.guess.uniform]).double()
            assert step.guess.token == lessons.draw_many(step.guess.scores, thrown).item()
            kept = step.judged_by < step.p[step.guess.token] / step.q[step.guess.token]
            assert kept == (step.fate == "accepted")


@pytest.mark.parametrize("draft", ["first", "ngrams", "lookup", "itself"])
@pytest.mark.parametrize("options", [{}, {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2}])
def test_greedy_is_token_for_token_the_same_text(lm, draft, options):
    """Whatever proposes, and however many at a time."""
    drafts = {
        "first": lambda: lessons.first_blocks(lm, 2),
        "ngrams": lambda: lessons.ngram_model(lm, [lessons.tale()], 3),
        "lookup": lambda: lessons.prompt_lookup(lm),
        "itself": lambda: lm,
    }
    proposing = drafts[draft]()
    for prompt in ("Once upon a time", "The king said, “", "the the the the"):
        expected = lessons.greedy_search(lm, prompt, 24, **options)
        for ahead in (1, 5):
            found = lessons.speculative(lm, proposing, prompt, 24, ahead, do_sample=False, **options)
            assert (found.ids, found.stopped) == (expected.ids, expected.stopped)
            assert found.log_prob == pytest.approx(expected.log_prob, abs=1e-3)
            if draft == "itself" and not options:
                assert found.accepted == found.judged == len(found.steps) - len(found.passes)


@pytest.mark.parametrize("rule", [r" [A-Z][a-z]+( [a-z]+)*\.", [" king of the sea", " kings", " a"], r"[^e]*"], ids=str)
def test_greedy_under_a_rule_is_greedy_under_the_rule(lm, rule):
    """Token for token, with penalties besides; a draft may obey as well, and may come into a corner of its own."""
    constrained, options = lessons.constrain(lm, rule), {"repetition_penalty": 1.2, "no_repeat_ngram_size": 3}
    expected = lessons.greedy_search(constrained, "There was once a", 16, **options)
    cornered = lessons.constrain(lm, lambda ids: [5] if len(ids) % 3 else [])
    for draft in (lessons.first_blocks(lm, 3), lessons.prompt_lookup(lm), constrained, cornered):
        found = lessons.speculative(constrained, draft, "There was once a", 16, 4, do_sample=False, **options)
        assert (found.ids, found.stopped) == (expected.ids, expected.stopped)
        assert [name for name, _ in found.steps[0].filters] == ["repetition_penalty", "no_repeat_ngram_size", "rule"]


def test_the_knobs_of_draws_do_nothing_where_nothing_is_drawn(lm):
    """As in generate, which then ignores them: not even min-p or typical_p, which may cut the likeliest token."""
    knobs_of_draws = {"temperature": 0.3, "top_k": 2, "top_p": 0.1, "min_p": 0.9, "typical_p": 0.1}
    found = lessons.speculative(lm, lessons.prompt_lookup(lm), "Once", 12, do_sample=False, **knobs_of_draws)
    assert found.ids == lessons.greedy_search(lm, "Once", 12).ids


def test_where_the_context_ends(tiny_models):
    """60 of 64 tokens given: four more, of which the last cannot be read; nothing is proposed for which there is no
    place."""
    for lm in tiny_models.values():
        prompt = [7, 8, 9] * 20
        for draft in (lm, lessons.prompt_lookup(lm), lessons.ngram_model(lm, ["the old king"] * 3)):
            found = lessons.speculative(lm, draft, prompt, 20, 9, do_sample=False)
            expected = lessons.greedy_search(lm, prompt, 20)
            assert (found.ids, found.stopped) == (expected.ids, expected.stopped)
            assert len(found.ids) == 64


def test_a_draft_whose_context_is_full_is_silent(lm):
    """A draft that reads eight tokens proposes while it can; then the model writes alone."""

    def short(ids):
        assert len(ids) <= 8
        return torch.zeros(lm.vocabulary_size)

    short.context = 8
    found = lessons.speculative(lm, short, lm.encode("Once upon a time")[:4], 12, 3, seed=1)
    assert len(found.steps) == 12
    assert [len(one.guesses) > 0 for one in found.passes].count(True) >= 1
    places = [len(found.prompt_ids) + sum(len(one.steps) for one in found.passes[:n]) for n in range(len(found.passes))]
    for place, one in zip(places[1:], found.passes[1:], strict=True):
        assert len(one.guesses) == max(0, min(3, 9 - place, 4 + 12 - place - 1))


def test_an_end_of_text_inside_a_proposal(chain):
    """What was proposed behind an accepted end is no part of the text, and nothing is proposed behind an end."""
    draft = by_rows(*[[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]] * 6)
    ended = 0
    for seed in range(60):
        trace = lessons.speculative(chain, draft, "the", 8, 4, seed=seed)
        assert 0 not in trace.new_ids[:-1]
        ended += trace.steps[-1].fate == "accepted" and trace.new_ids[-1] == 0
        for one in trace.passes:
            assert 0 not in [guess.token for guess in one.guesses[:-1]]
    assert ended > 5


@pytest.mark.parametrize(
    ("draft", "message"),
    [
        (lambda ids: torch.zeros(3), "the draft must give as many logits as the model, 6; it gives 3: "),
        (lambda ids: torch.full((6,), math.nan), "the draft failed: .* logits at step 1 hold NaN"),
        (lambda ids: torch.full((6,), math.inf), r"the draft failed: .* logits at step 1 hold \+inf"),
    ],
)
def test_a_draft_that_cannot_be(chain, draft, message):
    """Other tokens, no numbers: what, and the way out."""
    with pytest.raises(ValueError, match=message):
        lessons.speculative(chain, draft, "the", 8)


def test_a_model_with_other_tokens_is_no_draft(lm, tiny_models):
    """Their ids mean other words."""
    other = tiny_models["gpt2"]
    for model in (lm, lessons.constrain(lm, ".*")):
        for draft in (other, lessons.constrain(other, ".*"), lessons.ngram_model(other, ["the king"])):
            with pytest.raises(ValueError, match="the draft must have the model's tokens"):
                lessons.speculative(model, draft, "Once")
