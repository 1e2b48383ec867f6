"""The page's arithmetic, JavaScript in Chromium, beside the package's: the same ids, logits, choices and texts.

Python's sums are made in 32 bits, the page's in 64; logits may differ by LOGITS. Where two tokens lie nearer than twice
that either may come first, and from there on the texts differ: such places are counted.
"""

import random

import pytest
import torch
from arithmetic_page import drawn_knobs, drawn_prompts, packed, unpacked

import lessons
from lessons.arithmetic.probability import likeliest_first
from lessons.decoding.drawing import draw
from lessons.decoding.knobs import in_turn
from lessons.records.trace import Step
from lessons.words.tokens import visible

LOGITS = 2e-3
# How many prompts are gone on from; of all of them it takes two minutes.
PROMPTS = pytest.mark.parametrize("number", [20, pytest.param(200, marks=pytest.mark.long)])


@pytest.fixture(scope="module")
def prompts(lm) -> list[str]:
    return drawn_prompts(lm, 200)


def test_ids_texts_and_names(arithmetic, lm, prompts):
    """Text → ids → text, halves of characters among them; and what all tokens are called."""
    assert arithmetic.run("return given.map((text) => model.tokenizer.encode(text))", prompts) == [
        *map(lm.encode, prompts)
    ]
    chance = random.Random(1)
    rows = [chance.choices(range(lm.vocabulary_size), k=chance.randrange(1, 9)) for _ in range(200)]
    rows += [chance.choices(range(1, 260), k=9) for _ in range(200)]  # bytes
    assert arithmetic.run("return given.map((ids) => model.tokenizer.decode(ids))", rows) == [*map(lm.decode, rows)]
    every = range(lm.vocabulary_size + 1)
    names = arithmetic.run(
        "return given.map((id) => [model.tokenizer.tokenText(id), model.tokenizer.token(id)])", [*every]
    )
    assert names == [[lm.token(token), visible(lm.token(token))] for token in every]


def test_logits(arithmetic, lm, prompts, record_property):
    """For the token after each prompt, with the ten likeliest in the same order where they differ by more."""
    found = arithmetic.run(
        "return given.map((text) => packed(new js.Session(model, js.readPrompt(model, text)).logits[0]))", prompts
    )
    farthest = 0.0
    for prompt, answer in zip(prompts, map(unpacked, found), strict=True):
        logits = lm.next_logits(prompt)
        farthest = max(farthest, (logits - answer).abs().max().item())
        ours, theirs = (row.argsort(descending=True, stable=True)[:10] for row in (logits, answer))
        assert ((ours == theirs) | ((logits[ours] - logits[theirs]).abs() <= LOGITS)).all(), prompt
    record_property("largest difference of logits, of 200 prompts", f"{farthest:.1e}")
    assert farthest < LOGITS


def test_any_vocabulary(arithmetic):
    """The output head's rows are multiplied four at a time, and those left over as well: any number of rows, and of
    tokens."""
    names = ("lm_head.weight", "transformer.ln_f.weight", "transformer.ln_f.bias")
    chance = torch.Generator().manual_seed(0)
    for V, T in [(size, 1 + size % 3) for size in range(1, 14)]:
        head, weight, bias, hidden = (torch.randn(shape, generator=chance) for shape in ((V, 5), (5,), (5,), (T, 5)))
        found = arithmetic.run(
            """const weights = Object.fromEntries(given[0].map(([name, row]) => [name, unpacked(row)]));
            return js.logits(weights, unpacked(given[1])).map(packed)""",
            [[(name, packed(one)) for name, one in zip(names, (head, weight, bias), strict=True)], packed(hidden)],
        )
        wanted = torch.nn.functional.layer_norm(hidden, (5,), weight, bias) @ head.T
        torch.testing.assert_close(torch.stack([*map(unpacked, found)]), wanted)


@PROMPTS
def test_greedy_texts(arithmetic, lm, prompts, number, record_property):
    """40 tokens, up to the first step whose two best logits lie so near that either may be the first."""
    some, near = prompts[:: len(prompts) // number], 0
    found = arithmetic.run(
        "return given.map((text) => js.greedySearch(model, text, { max_new_tokens: 40 }).newIds)", some
    )
    for prompt, new_ids in zip(some, found, strict=True):
        trace = lessons.greedy_search(lm, prompt, max_new_tokens=40)
        gaps = [step.logits.topk(2).values.diff().abs().item() for step in trace.steps]
        same = next((step for step, gap in enumerate(gaps) if gap <= 2 * LOGITS), len(gaps))
        near += same < len(gaps)
        assert tuple(new_ids[:same]) == trace.new_ids[:same], prompt
        assert same < len(gaps) or len(new_ids) == len(trace.new_ids), prompt
    record_property("greedy texts that come upon two tokens that are nearly alike", f"{near} of {number}")
    assert near < len(some) / 2


def test_filters(arithmetic, lm, prompts):
    """Each knob keeps the same tokens, in both orders; of equal tokens at the border the same; 0.5 + 0.4 has reached
    0.9."""
    chance, cases = random.Random(2), []
    offered = [(lm.next_logits(prompt), lm.encode(prompt)) for prompt in prompts[:20]]
    offered += [(torch.tensor([0.1, 0.5, 0.4]).log(), [1]), (torch.tensor([1.0, 0.0, 1.0, 0.0, 1.0]), [0, 1, 0])]
    for place in range(400):
        logits, ids = offered[place % len(offered)]
        values = drawn_knobs(chance) if len(logits) > 9 else {"top_k": 2} if place % 4 else {"top_p": 0.9}
        cases.append((logits, ids, values, chance.choice(["transformers", "llama.cpp"])))
    found = arithmetic.run(
        """return given.map(([logits, ids, values, order]) =>
            js.inTurn(js.knobs(values, order), unpacked(logits), ids).map(({ name, scores }) => [name, packed(scores)]))""",
        [(packed(logits), ids, values, order) for logits, ids, values, order in cases],
    )
    for (logits, ids, values, order), results in zip(cases, found, strict=True):
        wanted = in_turn(lessons.knobs(order, **values), logits, ids)
        assert [name for name, _ in results] == [name for name, _ in wanted]
        for (_, answer), (_, scores) in zip(results, wanted, strict=True):
            torch.testing.assert_close(unpacked(answer), scores, rtol=1e-6, atol=0)


def test_the_likeliest_first(arithmetic):
    """By the quick way of 32 bits and by comparing 64: Python's order, of equal scores the lower id first; a minus zero
    is a zero."""
    chance = torch.Generator().manual_seed(0)
    rows = [torch.randn(size, generator=chance) for size in (1, 2, 1000, 4096)]
    rows += [row.mul(3).round() for row in rows] + [row.where(row > 0, -torch.inf) for row in rows]
    rows += [torch.tensor([0.0, -0.0, 1e-45, -1e-45, torch.inf, -torch.inf, 3e38, -3e38, -0.0, 0.0])]
    for way in ("given.map((row) => js.likeliestFirst(unpacked(row)))", "given.map((row) => js.likeliestFirst(new Float64Array(unpacked(row))))"):  # fmt: skip
        found = arithmetic.run(f"return {way}.map((ids) => [...ids])", [*map(packed, rows)])
        assert found == [likeliest_first(row).tolist() for row in rows]


def test_random_numbers_and_draws(arithmetic, lm):
    """PyTorch's numbers to the last bit, from seeds of up to 53 bits; and the token on which a number falls."""
    seeds = [0, 1, 7, 2**31, 2**32 + 5, 2**53 - 1]
    found = arithmetic.run("return given.map((seed) => js.uniforms(seed, 3, 400).map((row) => [...row]))", seeds)
    assert found == [lessons.uniforms(seed, 3, 400).tolist() for seed in seeds]
    logits, numbers = lm.next_logits("Once upon a time") / 3, lessons.uniforms(4, 1, 300)[0].tolist()
    drawn = arithmetic.run("return given[1].map((u) => js.draw(unpacked(given[0]), u))", [packed(logits), numbers])
    assert drawn == [draw(logits, u) for u in numbers]


def could_be(other: int, step: Step) -> bool:
    """Whether another token could have been drawn, had the scores differed by LOGITS: it is nearly as likely as the one
    that was drawn, so that they may change places, or its place begins or ends near where the number fell."""
    order = likeliest_first(step.scores)
    shares = step.scores[order].double().softmax(-1)
    rank = order.tolist().index(other)
    end = shares.cumsum(-1)[rank].item()
    borders = [abs(step.uniform - border) for border in (end - shares[rank].item(), end)]
    return abs(step.scores[other] - step.scores[step.chosen]) <= 2 * LOGITS or min(borders) <= LOGITS


@PROMPTS
def test_samples(arithmetic, lm, prompts, number, record_property):
    """The same texts for the same seed and knobs, up to the first draw that could as well take another token."""
    chance = random.Random(3)
    cases = [
        (prompt, drawn_knobs(chance) | {"max_new_tokens": 12, "seed": seed, "num_return_sequences": 1 + seed % 3})
        for seed, prompt in enumerate(prompts[:number])
    ]
    found = arithmetic.run(
        "return given.map(([text, options]) => [js.sample(model, text, options)].flat().map((one) => [one.newIds, one.text]))",
        cases,
    )
    texts, near = 0, 0
    for (prompt, options), answers in zip(cases, found, strict=True):
        traces = lessons.sample(lm, prompt, **options)
        for trace, (new_ids, text) in zip(traces if isinstance(traces, list) else [traces], answers, strict=True):
            pairs = zip(trace.steps, new_ids, strict=False)
            step, other = next(((step, other) for step, other in pairs if step.chosen != other), (None, None))
            assert could_be(other, step) if step else text == trace.text, (prompt, options)
            texts, near = texts + 1, near + (step is not None)
    record_property("samples in which a number falls between two tokens that are nearly alike", f"{near} of {texts}")
    assert near < texts / 20
