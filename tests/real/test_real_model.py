"""A real model, tens of thousands of tokens and trained weights: every decoder, filter, score and table is what
`transformers` gives, or what one plain pass gives.
"""

import math
import re

import pytest
import torch

import lessons
from lessons.tables.decoders import NINE

PROMPTS = [
    "The capital of France is",
    "Once upon a time there was a king who",
    "def first(words):\n",
    "가나다라, 1 2 3",
]
NEW = 12
BEAMS = [
    {"num_beams": 2},
    {"num_beams": 5, "length_penalty": 0.0},
    {"num_beams": 3, "length_penalty": 2.0, "early_stopping": True},
    {"num_beams": 4, "no_repeat_ngram_size": 2, "early_stopping": "never"},
    {"num_beams": 3, "repetition_penalty": 1.2},
]
KNOBS = [
    {},
    {"temperature": 0.7},
    {"top_k": 50},
    {"top_p": 0.9},
    {"min_p": 0.05},
    {"typical_p": 0.9},
    {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2},
    {"temperature": 1.5, "top_k": 200, "top_p": 0.95, "min_p": 0.01},
]


def generated(lm, ids: list[int], **options: object):
    """What `model.generate` makes of a prompt's ids; all that is not named here is switched off."""
    prompt = torch.tensor([ids])
    return lm.model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        pad_token_id=lm.end_ids[0],
        return_dict_in_generate=True,
        output_scores=True,
        **({"top_k": 0} | options if options.get("do_sample") else options),
    )


def plain_pass(lm, ids: list[int]) -> torch.Tensor:
    """(T, V) log-probabilities after each place, in 64 bits."""
    with torch.inference_mode():
        return lm.model(torch.tensor([ids])).logits[0].double().log_softmax(-1)


def test_nothing_of_its_own_is_left(lm, record_property):
    """It is read with its cache, and `generate` does only what it is told."""
    record_property("model", f"{lm.name}, {lm.vocabulary_size:,} tokens, its own defaults {lm.own_defaults or 'none'}")
    assert not lm.reads_anew
    assert set(lm.model.generation_config.to_diff_dict()) <= {
        "bos_token_id",
        "eos_token_id",
        "pad_token_id",
        "transformers_version",
    }


@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_search(lm, prompt):
    """To the last token; the table of the first lessons says the same."""
    ids = lm.encode(prompt)
    found = lessons.greedy_search(lm, prompt, max_new_tokens=NEW)
    assert list(found.ids) == generated(lm, ids, do_sample=False, max_new_tokens=NEW).sequences[0].tolist()
    table = lessons.next_token_table(lm, prompt, steps=4, choices=3)
    assert table.shape[0] == 4


@pytest.mark.parametrize("options", BEAMS, ids=str)
def test_beam_search(lm, options):
    """Texts and scores."""
    ids = lm.encode(PROMPTS[1])
    found = lessons.beam_search(lm, ids, max_new_tokens=NEW, **options)
    expected = generated(lm, ids, do_sample=False, max_new_tokens=NEW, **options)
    assert list(found.ids) == expected.sequences[0].tolist()
    assert found.score == pytest.approx(expected.sequences_scores[0].item(), abs=1e-4)


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_sampling(lm, knobs):
    """At each of four steps, what may be drawn and with which scores."""
    for trace in lessons.sample(lm, PROMPTS[0], max_new_tokens=4, num_return_sequences=2, seed=1, **knobs):
        for place, step in enumerate(trace.steps, start=len(trace.prompt_ids)):
            expected = generated(lm, list(trace.ids[:place]), do_sample=True, max_new_tokens=1, **knobs).scores[0][0]
            assert int(((step.scores > -torch.inf) != (expected > -torch.inf)).sum()) == 0
            kept = expected > -torch.inf
            torch.testing.assert_close(step.scores[kept].float(), expected[kept], atol=1e-3, rtol=1e-4)


def test_scores_are_those_of_a_plain_pass(lm):
    """The log-probability of a text, of what a decoder wrote, and perplexity."""
    ids = lm.encode("The king had three daughters, and the youngest of them went over the hill to the sea.")
    log_probs = plain_pass(lm, ids)
    expected = [log_probs[place, token].item() for place, token in enumerate(ids[1:])]
    assert lessons.token_log_probs(lm, ids).tolist() == pytest.approx(expected, abs=1e-3)
    assert lessons.sequence_logprob(lm, ids) == pytest.approx(sum(expected), abs=1e-3)
    assert lessons.perplexity(lm, ids) == pytest.approx(math.exp(-sum(expected) / len(expected)), rel=1e-4)
    trace = lessons.greedy_search(lm, ids, max_new_tokens=NEW)
    assert trace.log_prob == pytest.approx(lessons.sequence_logprob(lm, trace.ids, len(ids)), abs=1e-3)


def test_decoders_side_by_side(lm):
    """All nine decoders write and are measured, and the greedy text is the likeliest of the single ones."""
    written = lessons.write_all(lm, PROMPTS[1], decoders=NINE, max_new_tokens=8, number=2)
    measured = lessons.measure(written)
    assert len(measured) >= len(NINE) and measured.surprisal.notna().all()


DATE = r" ([1-9]|[12]\d|30) (April|June|September|November), 18\d\d"
RULES = {"date": DATE, "syllables": " (바다|바람)", "texts": [" Paris", " Paris, of course", " not London"]}


@pytest.mark.parametrize("num_beams", [1, 3])
@pytest.mark.parametrize("rule", RULES)
def test_under_a_rule(lm, rule, num_beams):
    """`generate` obeys the same rule by its own means, and writes the same. (It goes on asking after an ended beam.)"""
    ids, obeying = lm.encode(PROMPTS[0]), lessons.constrain(lm, RULES[rule])
    found = lessons.beam_search(obeying, ids, num_beams=num_beams, max_new_tokens=NEW)
    expected = generated(
        lm,
        ids,
        do_sample=False,
        num_beams=num_beams,
        max_new_tokens=NEW,
        prefix_allowed_tokens_fn=lambda _, text: obeying.allowed(ids, text[len(ids) :]) or lm.end_ids,
    )
    assert list(found.ids) == expected.sequences[0].tolist()


def test_draws_under_a_rule_obey(lm):
    """Each date is one, however it is cut into tokens."""
    for trace in lessons.sample(lessons.constrain(lm, DATE), PROMPTS[1], 20, num_return_sequences=3, seed=1):
        assert trace.new_ids[-1] in lm.end_ids
        assert re.fullmatch(DATE, lm.decode(trace.new_ids[:-1]))


DRAFTS = {"blocks": lambda lm: lessons.first_blocks(lm, 20), "lookup": lessons.prompt_lookup}


@pytest.mark.parametrize("name", DRAFTS)
def test_two_models_write_what_one_writes(lm, name):
    """Greedily, to the last token; drawn, as much is accepted as both have in common."""
    draft = DRAFTS[name](lm)
    alone = lessons.greedy_search(lm, PROMPTS[1], max_new_tokens=NEW)
    assert lessons.speculative(lm, draft, PROMPTS[1], NEW, 3, do_sample=False).ids == alone.ids
    drawn = lessons.speculative(lm, draft, PROMPTS[1], NEW, 3, temperature=0.8, seed=1)
    judged = [step for step in drawn.steps if step.guess]
    assert judged and all(
        step.acceptance == pytest.approx(1 - 0.5 * (step.p - step.q).abs().sum().item(), abs=1e-6) for step in judged
    )


EXPLORERS = {
    "NextTokenExplorer": lambda lm: lessons.NextTokenExplorer(lm, PROMPTS[0]),
    "BeamExplorer": lambda lm: lessons.BeamExplorer(lm, PROMPTS[1]),
    "TemperatureExplorer": lambda lm: lessons.TemperatureExplorer(lm, PROMPTS[0]),
    "TruncationExplorer": lambda lm: lessons.TruncationExplorer(lm, PROMPTS[0]),
    "DecoderExplorer": lambda lm: lessons.DecoderExplorer(lm, PROMPTS[1], samples=3, max_new_tokens=8),
    "UnderflowExplorer": lambda lm: lessons.UnderflowExplorer(lm),
    "LensExplorer": lambda lm: lessons.LensExplorer(lm, PROMPTS[0]),
    "RuleExplorer": lambda lm: lessons.RuleExplorer(lm, PROMPTS[0]),
    "SpeculativeExplorer": lambda lm: lessons.SpeculativeExplorer(lm, PROMPTS[0], lessons.first_blocks(lm, 20)),
}


@pytest.mark.parametrize("name", EXPLORERS)
def test_explorers(lm, name):
    """Each says what it shows, without an error."""
    explorer = EXPLORERS[name](lm)
    assert explorer.error == "" and explorer.sentence
