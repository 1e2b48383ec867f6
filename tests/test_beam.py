"""Beam search: worked by hand, against enumeration of every text, and the tree as a record that adds up."""

import math
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_greedy import Broken

import lessons
from lessons.decoding import beam_search, greedy_search
from lessons.decoding.beam import finished_texts
from lessons.decoding.beams import grow_all
from lessons.models.scoring import sequence_logprob
from lessons.models.six_words import MarkovChain


class Counted:
    """A source that counts how often it is asked."""

    def __init__(self, chain: MarkovChain) -> None:
        self.chain, self.end_ids, self.asked = chain, chain.end_ids, 0

    def __call__(self, ids: Sequence[int]) -> torch.Tensor:
        self.asked += 1
        return self.chain(ids)


def said(chain: MarkovChain, tree, step: int) -> list[tuple[str, float, str]]:
    """(continuation, probability, fate) of each candidate of a step."""
    return [(chain.decode(tree.new_ids(one)), round(math.exp(one.sum), 4), one.fate) for one in tree[step]]


def test_four_steps_by_hand(chain):
    """Two beams from ".", at most four new words; products of the chain's rows, the best four of each step.

    step 1: the .50, a .40, dog .04, cat .03.              The two best go on.
    step 2: a cat .4 x .9 = .36, the dog .5 x .4 = .20,     "a cat" has overtaken "the dog".
            the cat .5 x .35 = .175, the runs .5 x .15 = .075.
    step 3: a cat . .36 x .6 = .216 ends, and is among the two best: finished, score ln .216 / 3 = -0.511.
            the dog runs .2 x .55 = .11 and a cat runs .36 x .25 = .09 are the two best that have not ended.
            the dog . .2 x .3 = .06 ends, but ranks fourth: dropped.
    step 4: the last. the dog runs . .11 x .7 = .077, score ln .077 / 4 = -0.641; a cat runs . .09 x .7 = .063, score
            -0.691, which two better ones push out; the dog runs the .11 x .12 = .0132 and the dog runs a .11 x .1 = .011 rank too low.
    """
    found = beam_search(chain, ".", max_new_tokens=4, num_beams=2)
    assert said(chain, found.tree, 0) == [
        ("the", 0.5, "kept"),
        ("a", 0.4, "kept"),
        ("dog", 0.04, "pruned"),
        ("cat", 0.03, "pruned"),
    ]
    assert said(chain, found.tree, 1) == [
        ("a cat", 0.36, "kept"),
        ("the dog", 0.2, "kept"),
        ("the cat", 0.175, "pruned"),
        ("the runs", 0.075, "pruned"),
    ]
    assert said(chain, found.tree, 2) == [
        ("a cat .", 0.216, "finished"),
        ("the dog runs", 0.11, "kept"),
        ("a cat runs", 0.09, "kept"),
        ("the dog .", 0.06, "dropped"),
    ]
    assert said(chain, found.tree, 3) == [
        ("the dog runs .", 0.077, "finished"),
        ("a cat runs .", 0.063, "evicted"),
        ("the dog runs the", 0.0132, "pruned"),
        ("the dog runs a", 0.011, "pruned"),
    ]
    assert [(chain.decode(text.new_ids), round(text.score, 3)) for text in found.hypotheses] == [
        ("a cat .", -0.511),
        ("the dog runs .", -0.641),
    ]
    assert (chain.decode(found.new_ids), found.score) == ("a cat .", pytest.approx(math.log(0.216) / 3))
    assert found.stopped == "the end-of-text token was chosen"


def test_the_likeliest_word_does_not_begin_the_likeliest_text(chain):
    """Greedy takes "the" (0.5) and ends at 0.2; two beams find 0.4 x 0.9 = 0.36."""
    greedy, beams = greedy_search(chain, ".", 2), beam_search(chain, ".", 2, num_beams=2)
    assert (chain.decode(greedy.new_ids), chain.decode(beams.new_ids)) == ("the dog", "a cat")
    assert (math.exp(greedy.log_prob), math.exp(beams.log_prob)) == (pytest.approx(0.2), pytest.approx(0.36))


@pytest.mark.parametrize(
    ("length_penalty", "best"), [(0.0, "a cat ."), (1.0, "a cat ."), (2.0, "the dog runs ."), (-2.0, "a cat .")]
)
def test_length_penalty_by_hand(chain, length_penalty, best):
    """Scores are negative, so dividing by more makes them better: ln .216 / 9 = -0.170 loses against ln .077 / 16 =
    -0.160.
    """
    found = beam_search(chain, ".", 4, num_beams=2, length_penalty=length_penalty)
    assert chain.decode(found.new_ids) == best


@pytest.mark.parametrize(("early_stopping", "steps"), [(True, 4), (False, 4), ("never", 7)])
def test_early_stopping_by_hand(chain, early_stopping, steps):
    """After step 4 two texts are held, with scores -0.511 and -0.641.

    True stops there. So does False: the best unfinished text, "the dog runs the", has ln .0132 / 4 = -1.08 < -0.641.
    "never" asks what its sum would be worth at the greatest length, 12: ln .0132 / 12 = -0.36. After step 7 the best
    sum is ln .00028 = -8.2, and -8.2 / 12 = -0.68 < -0.641: nothing can win any more.
    """
    assert len(beam_search(chain, ".", 12, num_beams=2, early_stopping=early_stopping).tree) == steps


def random_chain(seed: int, words: int = 30, branches: int = 3) -> MarkovChain:
    """A chain in which each word has few successors, one of them the end in some rows; all probabilities differ."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.zeros(words, words, dtype=torch.float64)
    for row in rows:
        row[torch.randperm(words, generator=generator)[:branches]] = (
            torch.rand(branches, generator=generator, dtype=torch.float64) + 0.05
        )
        row[0] += 0.3 * (torch.rand((), generator=generator) < 0.5)
    rows /= rows.sum(-1, keepdim=True)
    return MarkovChain(tuple(f"w{word}" for word in range(words)), tuple(map(tuple, rows.tolist())), ends=("w0",))


def every_text(chain: MarkovChain, start: int, length: int) -> list[tuple[tuple[int, ...], float]]:
    """(new ids, log-probability) of each text of at most `length` new words that ends, or is as long as that: by
    enumeration.
    """
    unfinished, finished = [((), 0.0)], []
    for step in range(length):
        grown = []
        for ids, log_prob in unfinished:
            row = chain.probabilities[ids[-1] if ids else start]
            grown += [((*ids, word), log_prob + math.log(p)) for word, p in enumerate(row) if p > 0]
        over = [text for text in grown if text[0][-1] in chain.end_ids or step == length - 1]
        finished, unfinished = finished + over, [text for text in grown if text not in over]
    return finished


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([-1.0, 0.0, 0.7, 1.0, 2.0]), st.sampled_from([False, "never"]))
def test_a_beam_as_wide_as_the_tree_finds_the_true_maximum(seed, length_penalty, early_stopping):
    """Three steps, at most four successors a word, 64 > 4 x 4 beams: nothing is pruned before the last step, so the
    best of all wins.
    """
    chain = random_chain(seed, words=64)
    texts = every_text(chain, start=1, length=3)
    best = max(texts, key=lambda text: text[1] / len(text[0]) ** length_penalty)
    found = beam_search(chain, [1], 3, num_beams=64, length_penalty=length_penalty, early_stopping=early_stopping)
    assert found.new_ids == best[0]
    assert found.score == pytest.approx(best[1] / len(best[0]) ** length_penalty)
    assert len(found.hypotheses) == len(texts)


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_beam_as_wide_as_a_models_vocabulary_finds_the_true_maximum(tiny_models, architecture):
    """Two steps of a real network with 300 beams, against all 300 x 300 continuations."""
    lm, prompt = tiny_models[architecture], [17, 4, 99]
    with torch.inference_mode():
        first = lm.model(torch.tensor([prompt])).logits[0, -1].log_softmax(-1)  # (V,)
        texts = torch.tensor([[*prompt, token] for token in range(lm.vocabulary_size)])
        second = lm.model(texts).logits[:, -1].log_softmax(-1)  # (V, V)
    totals = first.unsqueeze(-1) + second
    totals[list(lm.end_ids)] = first[list(lm.end_ids)].unsqueeze(-1)  # these texts have one token only
    best = divmod(int(totals.argmax()), lm.vocabulary_size)
    found = beam_search(lm, prompt, 2, num_beams=lm.vocabulary_size, length_penalty=0.0, early_stopping="never")
    assert found.new_ids == (best[:1] if best[0] in lm.end_ids else best)
    assert found.score == pytest.approx(totals.max().item(), abs=1e-4)


chains = st.integers(0, 10**6).map(lambda seed: random_chain(seed, words=12, branches=6))
settings_of_a_search = st.fixed_dictionaries(
    {
        "max_new_tokens": st.integers(1, 8),
        "num_beams": st.integers(1, 6),
        "length_penalty": st.sampled_from([-1.5, 0.0, 1.0, 2.5]),
        "early_stopping": st.sampled_from([False, True, "never"]),
        "no_repeat_ngram_size": st.sampled_from([0, 3, 4]),
    }
)


@settings(deadline=None, max_examples=120)
@given(chains, settings_of_a_search)
def test_the_tree_adds_up(chain, options):
    """What must hold of every record: sums are those of the parents plus the step's log-probability, ranks follow
    the sums, at most B candidates are kept, each kept one that has children is a parent, and every fate is one of
    the five."""
    beams = options["num_beams"]
    found = beam_search(chain, [1], **options)
    for step, candidates in enumerate(found.tree):
        assert len(candidates) <= 2 * beams
        assert [one.rank for one in candidates] == list(range(len(candidates)))
        assert [one.sum for one in candidates] == sorted((one.sum for one in candidates), reverse=True)
        assert sum(one.fate == "kept" for one in candidates) <= beams
        for one in candidates:
            before = found.tree[step - 1][one.parent] if step else None
            assert one.sum == pytest.approx((before.sum if before else 0) + one.log_prob)
            assert before is None or before.fate == "kept"
            ended = one.token in chain.end_ids or step == options["max_new_tokens"] - 1
            allowed = (
                {"kept", "pruned"}
                if not ended
                else {"finished", "evicted"}
                if one.rank < beams
                else {"dropped", "pruned"}
            )
            assert one.fate in allowed
    assert sum(one.fate == "finished" for step in found.tree for one in step) == len(found.hypotheses) <= beams


@settings(deadline=None, max_examples=60)
@given(chains, settings_of_a_search)
def test_hypotheses_are_in_order_and_weighed_right(chain, options):
    """Best first; score, sum, length and log-probability agree with the text's own steps."""
    found = beam_search(chain, [1], **options)
    assert [text.score for text in found.hypotheses] == sorted((text.score for text in found.hypotheses), reverse=True)
    for text in found.hypotheses:
        assert text.score == pytest.approx(text.sum / text.length ** options["length_penalty"])
        assert text.log_prob == pytest.approx(
            sum(
                math.log(chain.probabilities[before][after])
                for before, after in zip((1, *text.new_ids), text.new_ids, strict=False)
            )
        )
        assert found.tree.new_ids(found.tree[text.step][text.rank]) == text.new_ids
    assert (found.new_ids, found.score) == (found.hypotheses[0].new_ids, found.hypotheses[0].score)
    assert found.log_prob == pytest.approx(found.hypotheses[0].log_prob)
    assert found.sum == found.hypotheses[0].sum


@settings(deadline=None, max_examples=60)
@given(chains, settings_of_a_search, st.sampled_from([-2.0, 0.0, 1.0, 3.0]), st.sampled_from([False, True, "never"]))
def test_rescored_is_a_new_search_without_the_model(chain, options, length_penalty, early_stopping):
    """The same beams under other rules give what a search under these rules gives; once all steps are read, nothing
    is asked.
    """
    counted = Counted(chain)
    beams = grow_all(counted, [1], options["max_new_tokens"], options["num_beams"])
    asked = counted.asked
    again = finished_texts(beams, length_penalty, early_stopping)[0]
    rules = {"length_penalty": length_penalty, "early_stopping": early_stopping}
    fresh = beam_search(chain, [1], **(options | rules | {"no_repeat_ngram_size": 0}))
    assert (again.new_ids, again.score) == (fresh.new_ids, fresh.score)
    assert list(again.tree) == list(fresh.tree)
    assert counted.asked == asked


def test_rescored_goes_on_where_the_record_ends(chain):
    """A search that stopped early is grown on, no more than the new rules need: "never" looks at 7 steps, not at 4."""
    found = beam_search(chain, ".", 12, num_beams=2, early_stopping=True)
    assert (len(found.tree), len(found.rescored(early_stopping="never").tree), len(found.tree)) == (4, 7, 4)
    assert chain.decode(found.rescored(length_penalty=2.0).new_ids) == "the dog runs ."


def test_one_beam_is_greedy_search(chain, lm):
    """With a record of the tree; also where knobs are on, which then act on logits."""
    assert beam_search(chain, ".", 6, num_beams=1).new_ids == greedy_search(chain, ".", 6).new_ids
    options = {"repetition_penalty": 1.3, "no_repeat_ngram_size": 3}
    prompt = "The fox said to the wolf"
    assert (
        beam_search(lm, prompt, 15, num_beams=1, **options).new_ids
        == lessons.greedy_search(lm, prompt, 15, **options).new_ids
    )


def test_several_texts_are_returned_in_order(chain):
    """A list of Traces, each with the same tree; one text is not in a list."""
    texts = beam_search(chain, ".", 4, num_beams=2, num_return_sequences=2)
    assert [chain.decode(text.new_ids) for text in texts] == ["a cat .", "the dog runs ."]
    assert [text.score for text in texts] == [text.score for text in texts[0].hypotheses]
    assert texts[0].tree is texts[1].tree


def test_steps_of_a_beam_hold_what_was_offered(lm):
    """Each step's logits are those after the text before it, and the scores are what the knobs made of the
    log-probabilities.
    """
    trace = lessons.beam_search(lm, "Once upon a time", 8, num_beams=3, no_repeat_ngram_size=2, repetition_penalty=1.2)
    for place, step in enumerate(trace.steps):
        ids = trace.ids[: len(trace.prompt_ids) + place]
        torch.testing.assert_close(step.logits, lm.next_logits(ids), atol=1e-3, rtol=1e-3)
        assert [name for name, _ in step.filters] == ["repetition_penalty", "no_repeat_ngram_size"]
        assert step.scores is step.filters[-1][1]
    assert trace.log_prob == pytest.approx(sequence_logprob(lm, trace.ids, len(trace.prompt_ids)), abs=1e-3)
    added = sum(step.scores[step.chosen].item() for step in trace.steps)
    assert trace.sum == pytest.approx(added, abs=1e-3)
    first = trace.prompt_ids[0]  # said before: its log-probability is 1.2 times as far below zero
    for step in trace.steps:
        assert step.filters[0][1][first].item() == pytest.approx(1.2 * step.log_probs[first].item(), abs=1e-3)


def test_a_text_can_be_followed_through_the_tree(chain):
    """`find` goes along a continuation until it leaves the tree: two beams keep greedy's "the dog runs ." to its
    end.
    """
    tree = beam_search(chain, ".", 4, num_beams=2).tree
    greedy = greedy_search(chain, ".", 4)
    assert [one.rank for one in tree.find(greedy.new_ids)] == [0, 1, 1, 0]
    assert [one.rank for one in tree.find(chain.encode("dog runs ."))] == [2]
    assert tree.find(chain.encode("runs")) == ()


def test_the_table_has_a_row_for_each_candidate(chain):
    """Raw numbers, and the words of the record."""
    found = beam_search(chain, ".", 4, num_beams=2)
    table = found.tree.table()
    assert len(table) == 16
    assert list(table.columns) == ["step", "rank", "parent", "token", "id", "log_probability", "sum", "fate", "text"]
    assert table.query("fate == 'evicted'")["text"].tolist() == [" a cat runs ."]
    assert list(found.table_of_hypotheses()["length"]) == [3, 4]


def test_a_dead_end_is_not_the_end_of_the_others():
    """From A one way ends at once, the other has no way on but words already said: the finished text is found all
    the same.
    """
    chain = MarkovChain((".", "A", "B"), ((1.0, 0.0, 0.0), (0.1, 0.0, 0.9), (0.0, 1.0, 0.0)))
    found = beam_search(chain, "A", 8, num_beams=2, no_repeat_ngram_size=1)
    assert chain.decode(found.new_ids) == "."
    with pytest.raises(ValueError, match="every continuation is impossible at step 1, and no text has ended"):
        beam_search(
            MarkovChain(("A", "B"), ((0.0, 1.0), (1.0, 0.0)), ends=()), "A", 8, num_beams=2, no_repeat_ngram_size=1
        )


def test_beams_stop_where_the_context_ends(tiny_models):
    """Four of ten tokens fit: every text is at most four long, and the reason says so."""
    lm = tiny_models["llama"]
    found = lessons.beam_search(lm, [7] * 60, max_new_tokens=10, num_beams=3)
    assert len(found.tree) <= 4
    assert found.stopped == "the model's context of 64 tokens is full: 4 of 10 new tokens were made"


def test_without_an_end_of_text_token_all_texts_have_full_length():
    """Nothing finishes before the last step, and the reason says why."""
    found = beam_search(lambda ids: torch.tensor([1.0, 2.0, 3.5]), [0], 4, num_beams=2)
    assert {text.length for text in found.hypotheses} == {4}
    assert "names no end-of-text token" in found.stopped


@pytest.mark.parametrize(
    ("value", "everywhere", "what"),
    [(math.nan, False, "NaN"), (math.inf, False, r"\+inf"), (-math.inf, True, "-inf only")],
)
def test_broken_logits_are_refused_with_their_step(chain, value, everywhere, what):
    """In whichever beam they are; the error names the step."""
    with pytest.raises(ValueError, match=f"at step 2 hold {what}"):
        beam_search(Broken(chain, after=2, value=value, everywhere=everywhere), [0], 5, num_beams=3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"num_beams": 0},
            ValueError,
            "num_beams must be a whole number of at least 1, got 0; num_beams=1 is greedy search",
        ),
        ({"num_beams": 7}, ValueError, r"num_beams must be from 1 to 6 .*, got 7: .* choose fewer beams"),
        ({"num_beams": 2.0}, TypeError, "num_beams must be a whole number"),
        ({"num_return_sequences": 6}, ValueError, "from 1 to num_beams = 5, got 6: .* raise num_beams"),
        ({"num_return_sequences": 0}, ValueError, "num_return_sequences must be at least 1, got 0"),
        ({"max_new_tokens": 0}, ValueError, r"at least 1, got 0; .* use sequence_logprob\(\)"),
        ({"length_penalty": math.nan}, ValueError, "length_penalty must be finite, got nan"),
        ({"length_penalty": "1"}, TypeError, "length_penalty must be a number"),
        ({"early_stopping": "always"}, ValueError, "must be False, True or \"never\", got 'always'"),
        ({"early_stopping": 1}, ValueError, 'must be False, True or "never", got 1'),
        ({"no_repeat_ngram_size": -2}, ValueError, "no_repeat_ngram_size"),
        ({"repetition_penalty": 0}, ValueError, "repetition_penalty"),
    ],
)
def test_bad_input_is_refused(chain, arguments, error, message):
    """Rule, value, way out."""
    with pytest.raises(error, match=message):
        beam_search(chain, ".", **arguments)


def test_a_prompt_that_fills_the_context_is_refused(tiny_models):
    """There must be room for one more token."""
    with pytest.raises(ValueError, match=r"64 tokens, .* at most 64"):
        lessons.beam_search(tiny_models["llama"], [1] * 64)


def test_recorded_sums_have_64_bits(lm):
    """What the tree, the finished texts and the trace tell of one text is one number to the last digit but a few, and
    the log-probability of each token that of its logits in 64 bits; planted: in 32 it is another."""
    found = lessons.beam_search(lm, "Once upon a time", 12, 4)
    best = found.hypotheses[0]
    path = found.tree.path(found.tree[best.step][best.rank])
    exact = sum(step.logits.double().log_softmax(-1)[step.chosen].item() for step in found.steps)
    rounded = sum(step.logits.log_softmax(-1)[step.chosen].item() for step in found.steps)
    for recorded in (found.log_prob, found.sum, best.log_prob, best.sum, path[-1].sum, found.score * best.length):
        assert recorded == pytest.approx(exact, abs=1e-11)
    assert abs(rounded - exact) > 1e-8
