"""Each filter, and the whole chain, beside `transformers`: the same tokens stay, with the same scores."""

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from transformers import (
    MinPLogitsWarper,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

import lessons
from lessons.decoding.knobs import apply_knobs, knobs

CASES = 120  # for each filter
BORDER = 1e-5  # nearer than this to being cut or kept, 32 bits cannot tell, and neither answer is wrong

temperatures, shares, counts = st.floats(0.05, 20), st.floats(0.01, 0.99), st.integers(1, 40)
PAIRS = {  # filter: (ours, theirs, values of the knob)
    "temperature": (lambda scores, ids, T: lessons.temperature_scale(scores, T), TemperatureLogitsWarper, temperatures),
    "top_k": (lambda scores, ids, k: lessons.keep_top_k(scores, min(k, scores.shape[-1])), TopKLogitsWarper, counts),
    "top_p": (lambda scores, ids, p: lessons.keep_top_p(scores, p), TopPLogitsWarper, shares),
    "min_p": (lambda scores, ids, p: lessons.keep_min_p(scores, p), MinPLogitsWarper, shares),
    "typical_p": (lambda scores, ids, p: lessons.keep_typical(scores, p), TypicalLogitsWarper, shares),
    "repetition_penalty": (lessons.repetition_penalty, RepetitionPenaltyLogitsProcessor, st.floats(0.3, 3)),
    "no_repeat_ngram_size": (lessons.no_repeat_ngrams, NoRepeatNGramLogitsProcessor, st.integers(1, 4)),
}


@st.composite
def offers(draw):
    """Logits (rows, V), no two alike, some already cut, in 32 or 64 bits; and ids (rows, T) that were said before."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(2, 40)))
    kind = draw(st.sampled_from(["float32", "float64"]))
    logits = torch.tensor(draw(arrays(kind, shape, elements=st.floats(-20, 20, width=32), unique=True)))
    cut = torch.tensor(draw(arrays("bool", shape, elements=st.integers(0, 4).map(lambda number: number == 0))))
    cut[:, 0] = False
    length = draw(st.integers(1, 10))
    ids = torch.tensor(draw(arrays("int64", (shape[0], length), elements=st.integers(0, shape[1] - 1))))
    return logits.masked_fill(cut, -torch.inf), ids


def clear(name: str, logits: torch.Tensor, value: float) -> bool:
    """Whether no token lies on the border of being cut: no ties, no sum that is p but for rounding."""
    log_probs = logits.double().log_softmax(-1)
    probs = log_probs.exp()
    if name == "min_p":
        return bool(((probs - value * probs.amax(-1, keepdim=True)).abs() > BORDER * probs.amax()).all())
    if name == "top_p":
        descending = probs.sort(descending=True).values
        return bool(((descending.cumsum(-1) - value).abs() > BORDER).all())
    if name == "typical_p":
        entropy = -(probs * log_probs.where(probs > 0, 0)).sum(-1, keepdim=True)
        distance, order = (-log_probs - entropy).abs().sort()
        gaps = distance.diff()
        apart = bool((gaps[gaps == gaps] > BORDER).all())  # infinity minus infinity: two tokens cut before
        return apart and bool(((probs.gather(-1, order).cumsum(-1) - value).abs() > BORDER).all())
    return True


def compared(name: str) -> int:
    """How many drawn cases of this filter were compared with its counterpart, all of them equal."""
    ours, theirs, values = PAIRS[name]
    cases = []

    @settings(max_examples=CASES, deadline=None, suppress_health_check=[*HealthCheck])
    @given(offer=offers(), value=values)
    def equal(offer, value):
        logits, ids = offer
        assume(clear(name, logits, value))
        expected, actual = theirs(value)(ids, logits.clone()), ours(logits, ids, value)
        assert torch.equal(expected > -torch.inf, actual > -torch.inf)
        torch.testing.assert_close(expected, actual)
        cases.append(value)

    equal()
    return len(cases)


def test_every_filter_equals_its_counterpart(capsys):
    """On drawn logits, ties excluded, each filter cuts what transformers' processor cuts; 500 cases or more."""
    cases = {name: compared(name) for name in PAIRS}
    with capsys.disabled():
        each = ", ".join(f"{name} {number}" for name, number in cases.items())
        print(f"\nfilters beside transformers: {sum(cases.values())} cases ({each})")
    assert sum(cases.values()) >= 500
    assert min(cases.values()) >= 60


def test_a_planted_mistake_is_seen():
    """The comparison has teeth: a nucleus that drops the token which crosses p differs from transformers' at once."""
    logits = torch.tensor([[2.0, 1.0, 0.0]])
    kept = TopPLogitsWarper(0.8)(None, logits)[0] > -torch.inf
    probs = logits[0].softmax(-1)
    assert [True, True, False] == kept.tolist()
    assert [True, False, False] == (probs.cumsum(-1) <= 0.8).tolist()


SHARES = (0.9, 0.95, 0.99, 0.999)


@pytest.mark.parametrize("size", [4096, 50257])
def test_the_nucleus_of_a_real_vocabulary(size, capsys):
    """The very tokens that transformers keeps, at four shares of 40 distributions, sharp ones and flat ones; never less
    mass than p, but for the rounding of 32 bits."""
    cases = missing = 0
    for seed in range(40):
        logits = torch.randn(size, generator=torch.Generator().manual_seed(seed)) * (1 + seed % 4)
        probs = logits.double().softmax(-1)
        for p in SHARES:
            kept = lessons.keep_top_p(logits, p) > -torch.inf
            assert torch.equal(TopPLogitsWarper(p)(None, logits[None])[0] > -torch.inf, kept)
            assert probs[kept].sum() >= p - 1e-6
            descending = probs.sort(descending=True).values
            planted = int((descending.cumsum(-1) - descending < p * (1 - 1e-6)).sum())  # a tolerance in 64 bits
            cases, missing = cases + 1, missing + (planted < int(kept.sum()))
    with capsys.disabled():
        print(f"\nnuclei of {size:,} tokens: {cases} equal to transformers'; a tolerance of 1e-6 misses {missing}")
    assert missing >= cases // 20


@pytest.mark.parametrize(("name", "undecided"), [("min_p", 0.0), ("typical_p", 1e-6)])
def test_the_other_shares_of_a_real_vocabulary(name, undecided):
    """The very tokens that transformers keeps, of 50,257; by typicality but for one in a while: many are equally
    typical there, and it adds them up in no fixed order."""
    ours, theirs, _ = PAIRS[name]
    for seed in range(20):
        logits = torch.randn(1, 50257, generator=torch.Generator().manual_seed(seed)) * (1 + seed % 4)
        for value in (0.02, 0.2, *SHARES):
            expected, actual = (
                scores > -torch.inf for scores in (theirs(value)(None, logits), ours(logits, None, value))
            )
            assert logits.softmax(-1)[expected != actual].sum() <= undecided


SETTINGS = [
    {"top_k": 0},
    {"temperature": 0.7, "top_k": 0},
    {"temperature": 2.0, "top_k": 50},
    {"top_k": 0, "top_p": 0.92},
    {"top_k": 50, "top_p": 0.95},
    {"temperature": 1.3, "top_k": 0, "min_p": 0.05},
    {"top_k": 0, "typical_p": 0.9},
    {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.02, "typical_p": 0.95}
    | {"repetition_penalty": 1.2, "no_repeat_ngram_size": 2},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: ", ".join(f"{n} {v}" for n, v in settings.items()))
@pytest.mark.parametrize("name", ["bundled", "gpt2", "llama"])
def test_the_whole_chain_equals_generate(name, settings, lm, tiny_models):
    """At every step of a text that `generate(do_sample=True)` drew, our chain makes its scores of its logits.

    A share of the mass is tried a trifle smaller and larger: what lies between, 32 bits cannot decide.
    """
    lm = {"bundled": lm, **tiny_models}[name]
    torch.manual_seed(0)
    prompt = torch.tensor([lm.encode("the king and the fox")], device=lm.device)
    record = {"return_dict_in_generate": True, "output_scores": True, "output_logits": True}
    given = {"attention_mask": torch.ones_like(prompt), "pad_token_id": 0, "max_new_tokens": 12}
    output = lm.model.generate(prompt, do_sample=True, **given, **record, **settings)
    for step, (logits, expected) in enumerate(zip(output.logits, output.scores, strict=True)):
        ids = output.sequences[0, : prompt.shape[1] + step].tolist()
        fewest, most = (scores_after(settings, trifle, logits[0], ids) for trifle in (-BORDER, BORDER))
        assert (expected[0][fewest > -torch.inf] > -torch.inf).all()
        assert (expected[0][most == -torch.inf] == -torch.inf).all()
        both = (expected[0] > -torch.inf) & (most > -torch.inf)
        torch.testing.assert_close(expected[0][both], most[both])


def scores_after(settings: dict[str, float], trifle: float, logits: torch.Tensor, ids: list[int]) -> torch.Tensor:
    """The scores (V,) after our chain, its shares of the mass changed by a trifle."""
    shares = {name: settings[name] * (1 + trifle) for name in ("top_p", "typical_p") if name in settings}
    results = apply_knobs(knobs(**settings | shares), logits, ids)
    return results[-1][1] if results else logits
