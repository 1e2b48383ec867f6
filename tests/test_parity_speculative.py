"""What two models write is what `transformers` writes with the same two: token for token where nothing is drawn, and by
the same distribution where it is.

Settings are drawn by hypothesis, as in `test_parity_decoding`; nearly ties are set aside, and what is equal is counted.
"""

import inspect

import pytest
import torch
import transformers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.version import Version
from test_parity_decoding import CLOSE, cases, generate, knobs, relaxed
from transformers import GPT2LMHeadModel
from transformers.generation.utils import _speculative_sampling

import lessons
from lessons.decoding.judging import ByChance, residual
from lessons.models.language_model import LanguageModel

pytestmark = pytest.mark.parity

# What transformers' own prompt lookup does wrong: see `test_greedy_with_prompt_lookup_is_generate_with_it`.
VERSION = Version(transformers.__version__)
NEEDS_AN_END = WRITES_TOO_MUCH = VERSION < Version("5")
TAKES_A_PROMPT_FOR_ENDED = VERSION < Version("5.23")
speculations = st.fixed_dictionaries({"max_new_tokens": st.integers(2, 12), **knobs})


@pytest.fixture(scope="module")
def models(lm, tiny_models) -> dict[str, LanguageModel]:
    return {"bundled": lm, **tiny_models}


@pytest.fixture(scope="module")
def shorter(models, tmp_path_factory) -> dict[str, LanguageModel]:
    """Of each model its first block or blocks, written to a folder and loaded by `transformers` alone."""
    found = {}
    for name, lm in models.items():
        short = lessons.first_blocks(lm, 3 if name == "bundled" else 1)
        folder = tmp_path_factory.mktemp("short") / name
        short.model.save_pretrained(folder)
        short.tokenizer.save_pretrained(folder)
        found[name] = lessons.load(folder, device="cpu")
    assert type(found["bundled"].model) is GPT2LMHeadModel
    return found


def compare_greedy(models, capsys, what, how, least: int, possible=lambda lm, ids, ahead: True) -> None:
    """At least 100 drawn settings, token for token, and at least so many tokens accepted in them; `how` gives our draft
    and transformers' options for one, `possible` says for which settings transformers can do it."""
    equal, accepted = [], 0

    @settings(max_examples=110, **relaxed)
    @given(cases(models), speculations, st.integers(1, 8))
    def compare(case, options, ahead):
        nonlocal accepted
        lm, ids = case
        assume(possible(lm, ids, ahead))
        draft, theirs = how(lm, ahead)
        found = lessons.speculative(lm, draft, ids, num_assistant_tokens=ahead, do_sample=False, **options)
        best = [step.scores.topk(2).values.tolist() for step in found.steps]
        assume(all(first - second > CLOSE for first, second in best))
        assert found.ids == written(lm, ids, **options, **theirs)
        accepted += found.accepted
        equal.append(options)

    compare()
    with capsys.disabled():
        print(f"\n{what}: equal to transformers.generate in {len(equal)} drawn settings, {accepted} tokens accepted")
    assert len(equal) >= 100 and accepted >= least


def written(lm, ids, max_new_tokens, **options) -> tuple[int, ...]:
    """What `transformers` writes, without what an old version writes beyond `max_new_tokens`."""
    found = generate(lm, ids, max_new_tokens=max_new_tokens, **options).sequences[0].tolist()
    return tuple(found[: len(ids) + max_new_tokens] if WRITES_TOO_MUCH else found)


def test_greedy_with_a_draft_is_generate_with_an_assistant_model(models, shorter, capsys):
    """The model's first blocks as its draft, in both."""

    def how(lm, ahead):
        assistant = shorter[lm.name].model
        return shorter[lm.name], {"assistant_model": assistant, "num_assistant_tokens": ahead}

    compare_greedy(models, capsys, "a draft model", how, least=20)


def test_greedy_with_prompt_lookup_is_generate_with_it(models, capsys):
    """Both look for the last two tokens in the text.

    transformers' lookup proposes beyond the end of the context, where there is no place to be read: so near to it
    nothing is compared. Three things are wrong in old versions, and are set aside there. In 4.57.6 and in 5.15, after a
    prompt that ends with an end-of-text token, if nothing is found, the text counts as ended and nothing is written; 5.23
    goes on, as greedy search does in all of them. In 4.57.6, not in 5.15: where there is no such token, what was found is
    compared with None (a TypeError of `isin`); and a proposal that reaches beyond `max_new_tokens`, of which only the
    last part is rejected, is written beyond it.
    """

    def how(lm, ahead):
        return lessons.prompt_lookup(lm), {"prompt_lookup_num_tokens": ahead}

    def possible(lm, ids, ahead):
        ended = TAKES_A_PROMPT_FOR_ENDED and ids[-1] in lm.end_ids
        fails = NEEDS_AN_END and not lm.end_ids
        return not (ended or fails) and len(ids) + 12 + ahead <= lm.context

    # drawn ids hardly ever repeat themselves, so none need be accepted
    compare_greedy(models, capsys, "prompt lookup", how, least=0, possible=possible)
    lm = models["bundled"]
    ids = lm.encode("So the prince went")
    found = lessons.speculative(lm, lessons.prompt_lookup(lm), ids, 60, 8, do_sample=False)
    assert found.ids == written(lm, ids, max_new_tokens=60, prompt_lookup_num_tokens=8)
    assert found.accepted >= 20


def test_first_blocks_saved_and_loaded_are_the_same(models, shorter):
    """What shares the model's weights says what a model of its own with these weights says."""
    for name, lm in models.items():
        ours = lessons.first_blocks(lm, 3 if name == "bundled" else 1)
        for ids in ([5, 6, 7], [9] * 20):
            torch.testing.assert_close(ours.next_logits(ids), shorter[name].next_logits(ids))


def theirs(p: torch.Tensor, q: torch.Tensor, times: int) -> tuple[torch.Tensor, int]:
    """(how often transformers' own step takes each token first, how often it accepts) for one proposal from q."""
    extra = (
        {"is_done_candidate": False}
        if "is_done_candidate" in inspect.signature(_speculative_sampling).parameters
        else {}
    )
    counts, accepted = torch.zeros(len(p)), 0
    for _ in range(times):
        proposed = torch.multinomial(q, 1)[None]
        logits = torch.stack([p.log(), p.log()])[None].float()
        tokens, matches = _speculative_sampling(proposed, q.log()[None, None].float(), 1, logits, **extra)
        counts[tokens[0, 0]] += 1
        accepted += int(matches)
    return counts, accepted


@pytest.mark.parametrize("seed", range(3))
def test_one_step_is_transformers_own(seed, capsys):
    """4,000 runs of `_speculative_sampling`, which transformers calls in each step: its counts fit our distribution
    (chi-squared, 4 degrees of freedom: 0.1 % lies above 18.47), and so does how often it accepts (three deviations)."""
    draw, number = torch.Generator().manual_seed(seed), 4000
    p, q = (torch.randn(2, 5, generator=draw, dtype=torch.float64) * 1.5).softmax(-1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        counts, accepted = theirs(p, q, number)
    assert ((counts - number * p) ** 2 / (number * p)).sum() < 18.47
    rate = torch.minimum(p, q).sum().item()
    assert abs(accepted / number - rate) < 3 * (rate * (1 - rate) / number) ** 0.5
    chance = ByChance(lessons.uniforms(seed, 3, number))
    ours = [chance.judge(place, p.log(), chance.guess(place, q.log())).chosen for place in range(number)]
    assert ((torch.tensor(ours).bincount(minlength=5) - number * p) ** 2 / (number * p)).sum() < 18.47
    assert residual(p, q).sum().item() == pytest.approx(1)
