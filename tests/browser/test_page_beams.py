"""The page's beam search and its look inside the model, beside the package's; and how long all of it takes."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from arithmetic_page import drawn_prompts, unpacked

import lessons
from lessons.models.language_model import LanguageModel
from lessons.records.beam_tree import BeamTrace

LOGITS = 2e-3
SUMS = 2e-5  # of log-probabilities: where two lie nearer, either may come first
SETTINGS = 50
SEARCH = """return given.map(([text, options, rules, endIds]) => {
  const page = { ...model, endIds }, found = js.beamSearch(page, text, options);
  const candidates = found.tree.steps.map((step) => step.map((one) => [one.parent, one.token, one.fate]));
  const sums = found.tree.steps.flat().map((one) => one.sum);
  const texts = found.hypotheses.map((one) => one.text), again = js.rescored(page, found, rules);
  return { candidates, sums, texts, score: found.score, text: found.text, logProb: found.logProb, again: again.text };
})"""


def drawn_settings(chance: random.Random) -> dict[str, object]:
    return {
        "num_beams": chance.randrange(1, 7),
        "max_new_tokens": chance.randrange(1, 9),
        "length_penalty": chance.choice([-1.0, 0.0, 0.5, 1.0, 2.0]),
        "early_stopping": chance.choice([True, False, "never"]),
        "no_repeat_ngram_size": chance.choice([0, 0, 1, 2, 3]),
        "repetition_penalty": chance.choice([1.0, 1.0, 1.5]),
    }


def ending_at(lm: LanguageModel, end_ids: list[int]) -> LanguageModel:
    """The model, whose texts end at these tokens."""
    other = replace(lm)
    vars(other)["end_ids"] = tuple(end_ids)
    return other


def nearest(found: BeamTrace) -> float:
    """How near the sums of two candidates of one step lie, and the scores of two finished texts, at their nearest."""
    rows = [[candidate.sum for candidate in step] for step in found.tree] + [[text.score for text in found.hypotheses]]
    return min((abs(one - other) for row in rows for one, other in pairwise(row)), default=1.0)


def test_beam_trees(arithmetic, lm, record_property):
    """50 settings, in half of which texts end at common tokens: every candidate, its parent and fate; the finished
    texts; and what another rule makes of the same search."""
    chance, ends = random.Random(5), [[0], [0], lm.encode(",")[:1], [*lm.encode(","), *lm.encode(" the")]]
    prompts = [prompt for prompt in drawn_prompts(lm, 2 * SETTINGS) if len(lm.encode(prompt)) < 40][:SETTINGS]
    rules = [
        {"length_penalty": chance.choice([-1.0, 0.0, 2.0]), "early_stopping": chance.choice([True, False])}
        for _ in prompts
    ]
    cases = [
        (text, drawn_settings(chance), rule, chance.choice(ends)) for text, rule in zip(prompts, rules, strict=True)
    ]
    fates, near = set(), 0
    for (prompt, options, rule, end_ids), tree in zip(cases, arithmetic.run(SEARCH, cases), strict=True):
        found = lessons.beam_search(ending_at(lm, end_ids), prompt, **options)
        if nearest(found) < SUMS:
            near += 1
            continue
        fates |= {candidate.fate for step in found.tree for candidate in step}
        assert tree["candidates"] == [[[one.parent, one.token, one.fate] for one in step] for step in found.tree], (
            prompt,
            options,
        )
        assert tree["sums"] == pytest.approx([one.sum for step in found.tree for one in step], abs=LOGITS)
        assert (tree["text"], tree["texts"]) == (found.text, [text.text for text in found.hypotheses])
        assert (tree["score"], tree["logProb"]) == pytest.approx((found.score, found.log_prob), abs=LOGITS)
        assert tree["again"] == found.rescored(**rule).text
    record_property("beam searches in which two sums are nearly alike", f"{near} of {len(cases)}")
    assert len(cases) == SETTINGS and near < SETTINGS / 5
    assert fates == {"kept", "pruned", "finished", "dropped", "evicted"}


def test_the_tree_while_it_grows(arithmetic):
    """After each step one level more, and in the end the tree of the whole search."""
    options = {"num_beams": 3, "max_new_tokens": 5}
    trees, whole = arithmetic.run(
        "return [[...js.beamSteps(model, 'The fox', given)], js.beamSearch(model, 'The fox', given).tree]", options
    )
    assert [len(tree["steps"]) for tree in trees] == [1, 2, 3, 4, 5]
    assert trees[-1] == whole


def test_the_guess_layer_by_layer(arithmetic, lm):
    """What the output head says to each hidden state of each token."""
    for prompt in ("Once upon a time", " 안녕 🙂", "The king said: 'I"):
        lens = lessons.logit_lens(lm, prompt)
        found = arithmetic.run("return js.logitLens(model, given).map((layer) => layer.map(packed))", prompt)
        answer = torch.stack([torch.stack([*map(unpacked, layer)]) for layer in found])
        assert answer.shape == lens.shape
        assert (answer - lens).abs().max() < LOGITS
        last = arithmetic.run("return js.logitLens(model, given, 1).map((layer) => layer.map(packed))", prompt)
        assert last == [layer[-1:] for layer in found]


def test_a_worker_can_compute_it(arithmetic):
    """In a worker, which has no page, all modules load, and what comes back can be posted."""
    work = """const js = await import("/site/model/index.js");
    const model = await js.loadModel("/lessons/assets/model/");
    self.postMessage([js.greedySearch(model, "The king"), js.sample(model, "The king"), js.beamSearch(model, "The king")]);"""
    texts = arithmetic.run(
        """const code = given.replaceAll('"/', `"${location.origin}/`);
        const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), { type: "module" });
        return new Promise((answer, fail) => {
          worker.onmessage = ({ data }) => answer(data.map((trace) => trace.text));
          worker.onerror = (error) => fail(new Error(error.message));
        })""",
        work,
    )
    here = "return [js.greedySearch(model, 'The king'), js.sample(model, 'The king'), js.beamSearch(model, 'The king')]"
    assert texts == arithmetic.run(f"{here}.map((trace) => trace.text)")


def test_what_cannot_be_is_refused_by_name(arithmetic):
    """No token, more tokens than can be read, knobs that leave nothing: the name of the words for it, and the numbers."""
    refused = arithmetic.run(
        """const tries = [() => js.greedySearch(model, ""), () => js.sample(model, Array(600).fill(5)),
          () => js.applyKnobs(js.knobs({ temperature: 1e-44 }), new Float32Array([2, 1]), []),
          () => js.applyKnobs(js.knobs({ no_repeat_ngram_size: 1 }), new Float32Array([2, 1]), [0, 1])];
        return tries.map((one) => { try { one(); } catch (error) { return [error.message, error.cause ?? null]; } });"""
    )
    assert refused == [
        ["models.prompt_empty", None],
        ["models.prompt_too_long", {"tokens": 600, "context": 512, "excess": 89}],
        ["decoding.overflow", {"name": "temperature", "value": 1e-44}],
        ["decoding.all_cut", {"name": "no_repeat_ngram_size", "value": 1}],
    ]


def test_times(arithmetic, record_property):
    """Measured, not asserted: milliseconds in Chromium on this machine; bytes that are loaded."""
    loaded, ready, token, search, layers = arithmetic.run(
        """const time = async (work) => { const start = performance.now(); await work(); return performance.now() - start; };
        let bytes = 0;
        const ready = await time(() => js.loadModel("/lessons/assets/model/", ({ loaded }) => (bytes = loaded)));
        const session = new js.Session(model, model.tokenizer.encode("Once upon a time there was"));
        const tokens = [];
        for (let i = 0; i < 40; i++) tokens.push(await time(() => session.extend([257 + i])));
        const search = await time(() => js.beamSearch(model, "Once upon a time", { num_beams: 5, max_new_tokens: 8 }));
        const layers = await time(() => js.logitLens(model, "Once upon a time there was a king", 1));
        return [bytes, ready, tokens.sort((one, other) => one - other)[20], search, layers];"""
    )
    record_property("bytes of weights that the page loads", f"{loaded:,}")
    record_property(
        "page: model ready / one token / 5 beams × 8 steps / lens",
        f"{ready:.0f} / {token:.1f} / {search:.0f} / {layers:.0f} ms",
    )
    assert loaded == 11_844_840
