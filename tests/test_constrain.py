"""A source that must obey: worked by hand, and beside `generate(prefix_allowed_tokens_fn=…)` with drawn rules."""

import copy
import pickle
import re

import numpy
import pytest
import torch
from small_tokenizers import small_tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

import lessons
from lessons.decoding.rules import TextRule, pieces_of
from lessons.models.language_model import LanguageModel
from lessons.words.tokens import text_after

EXPRESSIONS = [r" [a-z]+", r" (the|a) [a-z]+ [a-z]+", r"[^e]*", r".{3,9}", r" \d{1,2}/\d\d", r"( and| the)+", r"[ a-m]{2,12}",
               r" (king|fox)( and (king|fox)){0,2}\."]  # fmt: skip
TEXTS = [
    [" the king", " the fox", " a king and a fox"],
    [" yes", " no", ""],
    [" 가", " 각", " 나"],
    ["s over", "s under the hill"],
]
SETTINGS = [{}, {"no_repeat_ngram_size": 4}, {"repetition_penalty": 1.3}, {}]
CLOSE = 1e-4  # nats: candidates as near to each other may change places


@pytest.fixture(scope="module")
def models(lm, tiny_models) -> dict[str, LanguageModel]:
    """The bundled model, two tiny ones with a vocabulary of their own, and one whose tokenizer puts <s> in front."""
    torch.manual_seed(1)
    tokenizer = small_tokenizer("Gemma", "front")
    options = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
               "max_position_embeddings": 64, "initializer_range": 0.4}  # fmt: skip
    config = LlamaConfig(vocab_size=len(tokenizer) + 3, bos_token_id=1, eos_token_id=2, **options)
    with_front = LanguageModel("with <s>", LlamaForCausalLM(config).eval(), tokenizer)
    return {"bundled": lm, **tiny_models, "with <s>": with_front}


def drawn_function(seed: int, ends: tuple[int, ...]):
    """A rule that allows, after each text, a handful of tokens that only the text decides, the end among them."""

    def allowed(ids):
        draw = torch.Generator().manual_seed(seed + 31 * sum(map(int, ids)) + int(ids[-1]))
        return {*torch.randint(250, (int(torch.randint(1, 40, (1,), generator=draw)),), generator=draw).tolist(), *ends}

    return allowed


def drawn_rules(lm: LanguageModel) -> list:
    return [*EXPRESSIONS, *TEXTS, *(drawn_function(seed, lm.end_ids) for seed in range(6))]


def generate(constrained, ids: list[int], **options):
    """What `generate` writes under the same rule. A beam that has no more candidates goes on with what nobody allows:
    there any token will do."""
    prompt = torch.tensor([ids])

    def allowed(batch: int, text: torch.Tensor) -> list[int]:
        return constrained.allowed(ids, text[len(ids) :]) or [5]

    return constrained.model.generate(
        prompt, attention_mask=torch.ones_like(prompt), prefix_allowed_tokens_fn=allowed, pad_token_id=0, top_k=0,
        return_dict_in_generate=True, output_scores=True, **options,
    )  # fmt: skip


def settings_of(models):
    """Every model with every rule: a prompt and penalties, drawn by their place."""
    for name, lm in models.items():
        prompts = [lm.encode(text) for text in ("the old king", "the fox and the", "over")]
        for place, rule in enumerate(drawn_rules(lm)):
            yield name, lessons.constrain(lm, rule), prompts[place % 3], SETTINGS[place % 4]


def test_greedy_search_is_generate(models, record_property):
    """To the last token, and with the same scores at each step."""
    equal = 0
    for name, lm, ids, options in settings_of(models):
        found = lessons.greedy_search(lm, ids, max_new_tokens=9, **options)
        expected = generate(lm, ids, do_sample=False, max_new_tokens=9, **options)
        assert list(found.ids) == expected.sequences[0].tolist(), (name, lm.rule.said)
        for step, scores in zip(found.steps, expected.scores, strict=True):
            assert_scores(step.scores, scores[0])
        equal += 1
    record_property("settings", equal)
    assert equal >= 70


def assert_scores(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert torch.equal(ours > -torch.inf, theirs > -torch.inf)
    kept = ours > -torch.inf
    torch.testing.assert_close(ours[kept].float(), theirs[kept].float(), atol=1e-3, rtol=1e-4)


def test_sampling_offers_what_generate_offers(models):
    """After every token of a drawn text: with temperature, top-k and top-p behind the rule, the same scores."""
    compared, knobs = 0, {"temperature": 0.8, "top_p": 0.9}
    for place, (_, lm, ids, options) in enumerate(settings_of(models)):
        found = lessons.sample(lm, ids, max_new_tokens=3, seed=place, **knobs, **options)
        for length, step in enumerate(found.steps):
            so_far = list(found.ids[: len(ids) + length])
            prompt = torch.tensor([so_far])
            expected = lm.model.generate(
                prompt, attention_mask=torch.ones_like(prompt), do_sample=True, max_new_tokens=1, pad_token_id=0, top_k=0,
                prefix_allowed_tokens_fn=lambda _, text, lm=lm, ids=ids: lm.allowed(ids, text[len(ids) :]),
                return_dict_in_generate=True, output_scores=True, **knobs, **options,
            )  # fmt: skip
            assert_scores(step.scores, expected.scores[0][0])
            compared += 1
    assert compared >= 100


@pytest.mark.parametrize("num_beams", [2, 3, 5])
def test_beam_search_is_generate(models, num_beams):
    """Texts and scores; the rule acts on log-probabilities, which are not renormalised."""
    equal = near = 0
    for place, (name, lm, ids, options) in enumerate(settings_of(models)):
        rules = {"length_penalty": (1.0, 0.0, 2.0)[place % 3], "early_stopping": (False, True)[place % 2]}
        found = lessons.beam_search(lm, ids, max_new_tokens=7, num_beams=num_beams, **rules, **options)
        expected = generate(lm, ids, do_sample=False, max_new_tokens=7, num_beams=num_beams, **rules, **options)
        score = expected.sequences_scores[0].item()
        assert found.score == pytest.approx(score, abs=CLOSE * max(1, abs(score))), (name, lm.rule.said, place)
        same = list(found.ids) == expected.sequences[0].tolist()[: len(found.ids)]
        equal, near = equal + same, near + (not same)
    assert equal >= 65 and near <= 2  # of equal scores either text may win


def test_by_hand(chain):
    """Two texts may be written, and the rule leaves "the" and "a", then "dog", then the end: each time renormalised."""
    constrained = lessons.constrain(chain, [" the dog", " a dog"])
    trace = lessons.sample(constrained, ".", 5, seed=3)
    assert trace.text in (". the dog .", ". a dog .")
    first, second, third = (lessons.cuts(step.logits, step.filters)[0] for step in trace.steps)
    assert [cut.name for cut in (first, second, third)] == ["rule"] * 3
    assert first.mass == pytest.approx(0.9) and first.result.tolist() == pytest.approx([0, 5 / 9, 4 / 9, 0, 0, 0])
    article = trace.new_ids[0]
    assert second.mass == pytest.approx({1: 0.4, 2: 0.04}[article]) and third.mass == pytest.approx(0.3)
    assert trace.log_prob == pytest.approx(sum(map(torch.log, map(torch.tensor, ({1: 0.5, 2: 0.4}[article], {1: 0.4, 2: 0.04}[article], 0.3)))).item())  # fmt: skip


def test_where_it_acts(chain):
    """After the penalties, before the temperature; what the model offered is kept as it was."""
    constrained = lessons.constrain(chain, ".*")
    options = {"repetition_penalty": 1.2, "temperature": 0.5, "top_p": 0.9, "no_repeat_ngram_size": 3}
    step = lessons.sample(constrained, ".", 3, **options).steps[0]
    assert [name for name, _ in step.filters] == [
        "repetition_penalty",
        "no_repeat_ngram_size",
        "rule",
        "temperature",
        "top_p",
    ]
    assert torch.equal(step.logits, chain([0]))


def test_it_is_the_source_otherwise(lm):
    """Everything but the rule is the model's: names, tokens, scores; a copy obeys the same rule."""
    constrained = lessons.constrain(lm, " yes| no")
    assert (constrained.name, constrained.tokenizer, constrained.device) == (lm.name, lm.tokenizer, lm.device)
    assert constrained.encode("a king") == lm.encode("a king") and constrained.context == lm.context
    ids = lm.encode("Once upon a time")
    assert lessons.sequence_logprob(constrained, ids) == lessons.sequence_logprob(lm, ids)
    assert lessons.next_token_table(constrained, ids, steps=2).shape[0] == 2
    assert copy.copy(constrained).allowed(ids) == constrained.allowed(ids)
    with pytest.raises(AttributeError):
        constrained.no_such_thing  # noqa: B018


def test_a_model_without_some_parts_obeys_still(lm, chain):
    """What is made of a model that must obey must obey, too; a chain of words has no parts, and says so."""
    constrained = lessons.constrain(lm, " (yes|no)")
    for made in (lessons.first_blocks(constrained, 2), lessons.ablate(constrained, "transformer.h.3")):
        assert made.name != lm.name and made.model is not lm.model
        assert made.allowed("Is it?") == constrained.allowed("Is it?")
        assert lessons.greedy_search(made, "Is it?", 4).new_text.startswith((" yes", " no"))
    with pytest.raises(TypeError, match="lm must be a model"):
        lessons.first_blocks(lessons.constrain(chain, " the"), 1)


def test_rules_over_each_other(chain):
    """Both must be obeyed."""
    both = lessons.constrain(lessons.constrain(chain, "( [a-z]+){3}"), lambda ids: [0, 1, 4, 5])
    trace = lessons.greedy_search(both, ".", 9)
    assert trace.text == ". the cat runs ." and both.allowed(".", [1]) == [1, 4, 5]
    assert [name for name, _ in trace.steps[0].filters] == ["rule", "rule"]


def test_decoders_side_by_side_obey(lm):
    """What takes a model takes one that must obey: all nine decoders of lesson 07, the beams of an explorer."""
    constrained = lessons.constrain(lm, r" [A-Z][a-z]+( [a-z]+)*")
    written = lessons.write_all(constrained, "The name of the king was", max_new_tokens=5, number=2)
    texts = [text.text.removesuffix("<|endoftext|>") for several in written.values() for text in several]
    assert len(texts) == 18 and all(re.match(r" [A-Z][a-z]*[a-z ]*$", text) for text in texts)
    explorer = lessons.BeamExplorer(constrained, "The name of the king was", beams=3, steps=4)
    assert explorer.error == "" and re.match(r" [A-Z]", explorer.trace.new_text)


@pytest.mark.parametrize("kind", ["GPT-2", "Llama 2", "Gemma"])
def test_tokens_spell_what_decoding_says(kind):
    """For every pair of tokens of three kinds of tokenizer that make whole letters: their bytes are the text they add."""
    tokenizer = small_tokenizer(kind, "front")
    size = len(tokenizer)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=size, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1
    )
    lm = LanguageModel(kind, LlamaForCausalLM(config).eval(), tokenizer)
    pieces, before = pieces_of(lm, size), lm.encode("the king")
    assert pieces[:3] == [b"", b"", b""]
    tried = 0
    for first in range(3, size):
        for second in range(first % 7 + 3, size, 7):
            said = pieces[first] + pieces[second]
            if said.decode("utf8", "ignore").encode() == said:
                assert text_after(lm.decode, before, [first, second]) == said.decode()
                tried += 1
    assert tried > 3000


def test_wordpiece_is_refused(tiny_models):
    """Where a token's letters depend on its neighbours no rule on letters can follow; a function can."""
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1, "##b": 2}, unk_token="[UNK]"))
    tokenizer.decoder = decoders.WordPiece()
    lm = LanguageModel("pieces", tiny_models["llama"].model, PreTrainedTokenizerFast(tokenizer_object=tokenizer))
    with pytest.raises(ValueError, match="no bytes of their own"):
        lessons.constrain(lm, "ab")
    assert lessons.constrain(lm, lambda ids: [1]).allowed([1]) == [1]


def test_corners(chain):
    """Where nothing may follow, the error shows the text; without an end-of-text token it says what to do."""
    with pytest.raises(ValueError, match="the text is in a corner"):
        lessons.greedy_search(lessons.constrain(chain, [" the zebra"]), ".", 5)
    endless = lessons.constrain(lambda ids: torch.zeros(3), " 1 2")
    assert lessons.greedy_search(endless, [0], 2).text == "0 1 2"
    with pytest.raises(ValueError, match="no end-of-text token"):
        lessons.greedy_search(endless, [0], 3)
    with pytest.raises(ValueError, match=r"from 0 to 5, got \[6\]"):
        lessons.greedy_search(lessons.constrain(chain, lambda ids: [6]), ".", 2)
    with pytest.raises(ValueError, match="after rule = ' dog' no token is left"):
        lessons.greedy_search(lessons.constrain(chain, " dog"), ". dog", 2, no_repeat_ngram_size=1)


def test_beams_in_a_corner_leave_the_others(chain):
    """A text after which nothing may follow goes on no further, and the others do; where none can, the search says so,
    and one beam, which is greedy search, shows the text."""
    follows = {0: [1, 2], 1: [], 2: [4], 4: [0]}
    constrained = lessons.constrain(chain, lambda ids: follows[ids[-1]])
    assert lessons.beam_search(constrained, ".", 3, num_beams=2).text == ". a cat ."
    with pytest.raises(ValueError, match=r"after '. the' nothing may follow"):
        lessons.beam_search(constrained, ".", 3, num_beams=1)
    with pytest.raises(ValueError, match=r"after '. the' nothing may follow"):
        lessons.sample(constrained, ".", 3, num_return_sequences=20)
    with pytest.raises(ValueError, match=r"impossible at step 1, and no text has ended.* or a rule forbids them"):
        lessons.beam_search(lessons.constrain(chain, lambda ids: {0: [1, 2]}.get(ids[-1], [])), ".", 3, num_beams=2)


def test_more_beams_than_tokens_that_may_follow(chain):
    """One text can be written: it is, as by greedy search."""
    constrained = lessons.constrain(chain, " the dog runs")
    found = lessons.beam_search(constrained, ".", 4, num_beams=6)
    assert found.text == ". the dog runs ." and len(found.hypotheses) == 1
    assert found.log_prob == pytest.approx(lessons.greedy_search(constrained, ".", 4).log_prob)


@pytest.mark.parametrize(
    "answer",
    [[True, False], torch.tensor([True, False]), numpy.array([False, True]), [1.0], "1", 1, None, [[1]]],
    ids=repr,
)
def test_a_function_that_returns_no_ids(chain, answer):
    """Yes and no for each token are no ids of those that may follow, although True is 1 to Python."""
    with pytest.raises(TypeError, match="allowed must be token ids"):
        lessons.greedy_search(lessons.constrain(chain, lambda ids: answer), ".", 1)


@pytest.mark.parametrize(
    "answer", [(1, 1, 4), {4, 1}, torch.tensor([4, 1]), numpy.array([1, 4]), range(1, 5, 3)], ids=repr
)
def test_a_function_may_return_ids_of_any_kind(chain, answer):
    assert lessons.constrain(chain, lambda ids: answer).allowed(".") == [1, 4]


def test_an_end_that_is_no_token_ends_nothing(tiny_models):
    """GPT-2's configuration names 50,256 as its end, also where the vocabulary is smaller: then no text can end."""
    config = tiny_models["gpt2"].model.config.__class__(vocab_size=300, n_positions=64, n_embd=8, n_layer=1, n_head=1)
    lm = LanguageModel("small", type(tiny_models["gpt2"].model)(config).eval(), tiny_models["gpt2"].tokenizer)
    assert config.eos_token_id == 50_256 and lm.end_ids == ()
    assert lessons.greedy_search(lessons.constrain(lm, " king.*"), [5], 1).new_text.startswith(" ")
    assert lessons.ngram_model(lm, ["the king"]).end_ids == ()


def test_marks_of_a_conversation_are_no_text():
    """A token that the tokenizer calls special spells nothing, also where it has no role as the end has: a rule on
    texts never allows it."""
    from tokenizers import AddedToken

    tokenizer = copy.deepcopy(small_tokenizer("GPT-2"))
    tokenizer.add_tokens([AddedToken("<|turn|>", special=True), AddedToken("  ", special=False)])
    mark, spaces = tokenizer.convert_tokens_to_ids(["<|turn|>", "  "])
    options = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    lm = LanguageModel("marked", LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **options)).eval(), tokenizer)
    assert mark not in tokenizer.all_special_ids
    assert [pieces_of(lm, len(tokenizer))[token] for token in (mark, spaces)] == [b"", b"  "]
    assert mark not in lessons.constrain(lm, ".*").allowed([5]) and spaces in lessons.constrain(lm, ".*").allowed([5])


def test_counts_obey_too(lm):
    """An n-gram model has the tokens of its model, halves of letters among them."""
    trigrams = lessons.ngram_model(lm, [lessons.tale()], 3)
    assert lessons.greedy_search(lessons.constrain(trigrams, " 가나"), "Once", 9).text.startswith("Once 가나")
    assert lessons.constrain(trigrams, " 가").allowed("Once") == lessons.constrain(lm, " 가").allowed("Once")


def test_small_cases_of_the_same_mask(lm, chain):
    """A least length, banned words, a forced word, a stop string: each is `generate`'s, or follows from counting."""
    ids, end = lm.encode("The old king said,"), lm.end_ids[0]
    everything = list(range(lm.vocabulary_size))
    least = lessons.constrain(
        lm, lambda text: everything if len(text) >= len(ids) + 30 else [i for i in everything if i != end]
    )
    prompt = torch.tensor([ids])
    options = {"attention_mask": torch.ones_like(prompt), "pad_token_id": 0, "do_sample": False, "max_new_tokens": 35}
    expected = lm.model.generate(prompt, min_new_tokens=30, **options)[0].tolist()
    assert list(lessons.greedy_search(least, ids, 35).ids) == expected
    banned = lm.encode(" the")[0], lm.encode(" and")[0]
    without = lessons.constrain(lm, lambda text: [i for i in everything if i not in banned])
    expected = lm.model.generate(prompt, bad_words_ids=[[token] for token in banned], **options)[0].tolist()
    assert list(lessons.greedy_search(without, ids, 35).ids) == expected
    texts = lessons.sample(lessons.constrain(lm, r"[^.]*\."), ids, 80, num_return_sequences=8)
    stopped = [text.new_text.removesuffix("<|endoftext|>") for text in texts if text.new_ids[-1] == end]
    assert len(stopped) >= 4 and all(text.index(".") == len(text) - 1 for text in stopped)
    forced = lessons.beam_search(lessons.constrain(chain, "( [a-z]+)* runs( [a-z]+)*"), ".", 4, num_beams=6)
    assert forced.text == best_with(chain, "runs", 4)


def best_with(chain, word: str, most: int) -> str:
    """The likeliest text that ends within so many tokens and has the word: all of them are tried."""
    best, waiting = (0.0, ""), [([0], 1.0)]
    while waiting:
        ids, probability = waiting.pop()
        for token, share in enumerate(chain.probabilities[ids[-1]]):
            text, product = [*ids, token], probability * share
            if token == 0 and word in chain.decode(text).split():
                best = max(best, (product ** (1 / (len(text) - 1)), chain.decode(text)))
            elif token and len(text) <= most:
                waiting.append((text, product))
    return best[1]


@pytest.mark.parametrize("rule", [3, None, b"a", str, ["a", 3], [], ["\ud800"]], ids=repr)
def test_what_is_no_rule(chain, rule):
    with pytest.raises((TypeError, ValueError)):
        lessons.constrain(chain, rule)


def test_rules_are_kept_where_they_are_made(lm):
    """One rule, many texts: states are kept, and none of them changes another's mask."""
    rule = lessons.constrain(lm, r"( [a-z]+)+").rule
    assert isinstance(rule, TextRule)
    masks = {text: rule.mask(lm.encode(text), 0, lm.vocabulary_size).clone() for text in (" a king", " the fox", " a")}
    assert all(torch.equal(rule.mask(lm.encode(text), 0, lm.vocabulary_size), mask) for text, mask in masks.items())
    assert len(rule._after) <= 6


def test_pickling_is_honest(chain):
    """What can be copied can be copied; an object that is half made asks nobody for its parts."""
    constrained = lessons.constrain(chain, " the dog")
    assert pickle.loads(pickle.dumps(constrained)).allowed(".") == constrained.allowed(".") == [1]
