"""The token with which a tokenizer begins a text: read by the model wherever `generate` would have it read, shown where
tokens are shown, left out where a text is read.
"""

import pytest
import torch
from datasets import Dataset
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from small_tokenizers import BEHIND, FRONT, KINDS, TEMPLATES, TEXTS, small_tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

import lessons
from lessons.models.language_model import LanguageModel
from lessons.records.trace import Step, Trace
from lessons.tables.decoders import Decoder, read_real
from lessons.texts.logbook import logbook_grammar, logbook_pages
from lessons.words.tokens import text_after

DRAWN = 320
CLOSE = 1e-4  # nats: between two tokens as close as this either is right
TOKENIZERS = [(kind, template) for kind in KINDS for template in TEMPLATES]

words = st.sampled_from([*" ".join(TEXTS).split(), " ", "\n", "A", "é", "가", "🙂", "$5", "</s>"])
prompts = st.one_of(st.lists(words, min_size=1, max_size=8).map(" ".join), st.text(min_size=1, max_size=12))


@pytest.fixture(scope="module")
def models() -> dict[tuple[str, str], LanguageModel]:
    """One random Llama of two layers, with each of the tokenizers."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=340,
        max_position_embeddings=128,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        bos_token_id=1,
        eos_token_id=2,
        initializer_range=0.3,
    )
    model = LlamaForCausalLM(config).eval()
    return {tokenizer: LanguageModel("tiny", model, small_tokenizer(*tokenizer)) for tokenizer in TOKENIZERS}


def generated(lm: LanguageModel, prompt: str, template: str, steps: int) -> list[int]:
    """What `model.generate(**tokenizer(prompt, return_tensors="pt"))` returns, less what the tokenizer puts behind."""
    encoded = lm.tokenizer(prompt, return_tensors="pt")
    read = {name: part[:, : part.shape[1] - len(BEHIND[template])] for name, part in encoded.items()}
    return lm.model.generate(**read, max_new_tokens=steps, do_sample=False, pad_token_id=2)[0].tolist()


def test_a_prompt_is_read_as_generate_reads_it(models, capsys):
    """Drawn prompts, tokenizers of three kinds that put a token in front, behind, both, none: greedy search writes what
    `generate` writes of what the tokenizer gives, from the first id on."""
    equal = []

    @settings(max_examples=DRAWN, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(TOKENIZERS), prompts, st.integers(1, 4))
    def compare(tokenizer, prompt, steps):
        lm = models[tokenizer]
        found = lessons.greedy_search(lm, prompt, steps)
        best = [step.logits.topk(2).values.tolist() for step in found.steps]
        assume(all(first - second > CLOSE for first, second in best))
        assert list(found.ids) == generated(lm, prompt, tokenizer[1], steps)
        equal.append(prompt)

    compare()
    with capsys.disabled():
        print(f"\nthe beginning of a text: equal to transformers.generate in {len(equal)} drawn cases")
    assert len(equal) >= 300


def test_without_the_front_token_the_comparison_fails(models, monkeypatch):
    """Planted: texts encoded with nothing in front are other texts, to every tokenizer that puts something there."""
    monkeypatch.setattr(
        LanguageModel, "encode", lambda lm, text: lm.tokenizer(text, add_special_tokens=False)["input_ids"]
    )
    for (kind, template), lm in models.items():
        found = lessons.greedy_search(lm, "the old king", 4)
        same = list(found.ids) == generated(lm, "the old king", template, 4)
        assert same == (FRONT[template] == ()), (kind, template)


@pytest.mark.parametrize(("kind", "template"), TOKENIZERS)
def test_what_a_tokenizer_adds_is_found_out(models, kind, template):
    """In front and behind, by reading one text with and without it; a text of nothing is then the front alone."""
    lm = models[kind, template]
    assert (FRONT[template], BEHIND[template]) == (lm.front_ids, lm.behind_ids)
    assert list(FRONT[template]) == lm.encode("")


def test_a_tokenizer_that_cannot_read_the_letter_a():
    """Then the probe is one of its own tokens."""
    from tokenizers import Tokenizer, models, processors
    from transformers import PreTrainedTokenizerFast

    from lessons.words.tokens import added_ids

    tokenizer = Tokenizer(models.BPE({"<s>": 0, "</s>": 1, "가": 2}, []))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    tokenizer.add_special_tokens(["<s>", "</s>"])
    assert ((0,), (1,)) == added_ids(PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>"))


def test_ids_are_taken_as_they_are(models):
    """Nothing is put before a prompt given as ids."""
    lm = models["GPT-2", "front"]
    ids = lm.encode("the old")
    assert (
        tuple(ids) == lessons.greedy_search(lm, ids, 1).prompt_ids == lessons.greedy_search(lm, "the old", 1).prompt_ids
    )
    assert tuple(ids[1:]) == lessons.greedy_search(lm, ids[1:], 1).prompt_ids


# ------------------------------------------------------------------------------- where it is shown, and where it is not


@pytest.mark.parametrize(("kind", "template"), TOKENIZERS)
def test_a_text_is_read_without_the_front_token_and_tokens_are_shown_with_it(models, kind, template):
    """Trace, tables and tree give the text as it was typed; lists of tokens have the token that is there."""
    lm, prompt = models[kind, template], "the old fox"
    trace = lessons.greedy_search(lm, prompt, 3)
    assert (
        prompt == lm.decode(lm.encode(prompt)) == lm.decode(lm.tokenizer(prompt)["input_ids"][: len(lm.encode(prompt))])
    )
    assert trace.text.startswith(prompt) and trace.text == prompt + trace.new_text
    assert prompt == lessons.next_token_table(lm, prompt, 1)["Input"][0]
    assert ["<s>"] * len(FRONT[template]) == [lm.token(token) for token in trace.prompt_ids if token in (1, 2)]
    tree = lessons.beam_search(lm, prompt, 3, num_beams=3).tree
    assert all(tree.text(one).startswith(prompt) for step in tree for one in step)
    if kind == "GPT-2":
        explorer = lessons.NextTokenExplorer(lm, prompt)
        assert ("<s>" in [word.description for word in explorer.words]) == bool(FRONT[template])
        assert "<s>" not in explorer.sentence and "" == explorer.error


def test_a_front_token_that_was_written_is_read(models):
    """Only what stands in front is left out; the same token later, or as a continuation, is part of the text."""
    lm = models["Gemma", "front"]
    ids = lm.encode("the")
    assert "the<s>" == lm.decode([*ids, 1])
    assert "<s>" == Trace((1,), steps_of([1]), lm.decode, lm.token).new_text


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_token_is_never_scored_and_the_first_word_is(models, kind):
    """By hand from the model's logits: with <s> in front every token of the text itself counts."""
    lm = models[kind, "front"]
    ids = lm.encode("the old king")
    with torch.no_grad():
        log_probs = lm.model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    costs = [-log_probs[place, token].item() for place, token in enumerate(ids[1:])]
    assert lessons.sequence_logprob(lm, ids) == pytest.approx(-sum(costs), abs=1e-5)
    assert lessons.perplexity(lm, ids) == pytest.approx(torch.tensor(costs).mean().exp().item(), rel=1e-5)
    assert len(ids) - 1 == len(models[kind, "none"].encode("the old king")) == len(costs)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_block_begins_as_a_text_begins(template):
    """By hand: the row of texts and their ends is the same for all, and each block of it has <s> before it if texts
    have; what is left over is counted in tokens of texts."""
    tokenizer, plain = small_tokenizer("GPT-2", template), small_tokenizer("GPT-2")
    dataset, front = Dataset.from_dict({"text": TEXTS}), list(FRONT[template])
    row = [token for text in TEXTS for token in [*plain(text)["input_ids"], 2]]
    blocks, room = lessons.token_blocks(dataset, tokenizer, 16), 16 - len(front)
    expected = [[*front, *row[place : place + room]] for place in range(0, len(row) // room * room, room)]
    assert expected == blocks["input_ids"][:] == blocks["labels"][:]
    assert len(row) % room == blocks.dropped
    assert len(row) // room == len(expected) > 4


def test_blocks_without_an_end_are_as_the_tokenizer_reads_texts():
    """With separator=None nothing is added to what `tokenizer(text)` gives."""
    tokenizer = small_tokenizer("GPT-2", "both")
    row = [token for text in TEXTS for token in tokenizer(text)["input_ids"]]
    blocks = lessons.token_blocks(Dataset.from_dict({"text": TEXTS}), tokenizer, 8, separator=None)
    assert row[: 8 * len(blocks)] == [token for block in blocks["input_ids"] for token in block]


def test_blocks_on_disk_begin_so_too(tmp_path):
    """And blocks of another tokenizer, kept beside the same texts, are others."""
    Dataset.from_dict({"text": TEXTS}).to_json(tmp_path / "texts.jsonl")
    dataset = Dataset.from_json(str(tmp_path / "texts.jsonl"), cache_dir=str(tmp_path / "cache"))
    for template in ("none", "front"):
        blocks = lessons.token_blocks(dataset, small_tokenizer("GPT-2", template), 16)
        assert (FRONT[template] == ()) == (blocks["input_ids"][3][0] != 1)


# ------------------------------------------------------------------------------------------ tokens that keep their space


@pytest.mark.parametrize(("kind", "template"), TOKENIZERS)
def test_a_continuation_keeps_its_space(models, kind, template):
    """Decoded alone a Llama 2 text loses its first space; behind the prompt it does not: in traces, trees and among
    decoders. Real texts are the yardstick: prompt and continuation together are what was typed."""
    lm, prompt, text = models[kind, template], "the old king", "the old king said to the fox"
    (real,) = read_real(lm, prompt, [text], 60)
    assert " said to the fox</s>" == real.text
    ids = lm.encode(text)
    trace = Trace(tuple(lm.encode(prompt)), steps_of(ids[len(lm.encode(prompt)) :]), lm.decode, lm.token)
    assert " said to the fox" == trace.new_text
    assert (kind == "Llama 2") == (lm.decode(trace.new_ids) == "said to the fox")
    written = Decoder(lessons.greedy_search).write(lm, prompt, 6, 1)[0]
    assert lessons.greedy_search(lm, prompt, 6).text == prompt + written.text
    found = lessons.beam_search(lm, prompt, 3, num_beams=3)
    texts = {found.tree.text(one) for step in found.tree for one in step}
    assert {prompt + words for words in found.tree.table()["text"]} == texts


def steps_of(ids):
    """Steps that take these tokens, whatever was offered."""
    return tuple(Step(torch.zeros(340), torch.zeros(340), token) for token in ids)


def test_an_unfinished_character_belongs_to_what_finishes_it(models):
    """Half of a syllable before, half behind: the whole syllable is what the second half adds."""
    for kind in KINDS:
        lm = models[kind, "front"]
        ids = lm.encode("fox 가!")
        assert "가!" == text_after(lm.decode, ids[:-2], ids[-2:])


@given(st.sampled_from(TOKENIZERS), prompts, st.integers(0, 12))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_piece_by_piece_is_the_whole(models, tokenizer, text, place):
    """Wherever ids are parted between two characters, the text before and what is added make up the text."""
    lm = models[tokenizer]
    ids = lm.encode(text)
    assume("�" not in lm.decode(ids[:place]))
    assert lm.decode(ids) == lm.decode(ids[:place]) + text_after(lm.decode, ids[:place], ids[place:])


def test_a_table_names_tokens_as_the_model_does(models):
    """No "�" in traces and trees: half a character is \\xEC, as in every other table."""
    for kind in KINDS:
        lm = models[kind, "front"]
        ids = lm.encode("fox 가 the")[1:]
        trace = Trace((1,), steps_of(ids), lm.decode, lm.token)
        assert [lm.token(token) for token in ids] == trace.table()["token"].tolist()
        assert {"\\xea", "\\xb0", "\\x80"} <= set(trace.table()["token"])
        tree = lessons.beam_search(lm, "the old", 2, num_beams=3).tree
        assert [lm.token(one) for one in tree.table()["id"]] == tree.table()["token"].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_who_knows_the_language_reads_the_text_alone(models, kind):
    """The grammar is given no <s>, and words with their spaces: its surprisals add up to those of the whole text."""
    lm, grammar = models[kind, "front"], logbook_grammar()
    text = logbook_pages(1, seed=0)[0][0][:40]
    explorer = lessons.FineTuningExplorer(lm, lm, [text], grammar)
    assert "" == explorer.error and "<s>" == explorer.first
    assert grammar.surprisals([text])[0] == pytest.approx(explorer.surprisals["truth"].sum())


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_way_out_of_a_long_prompt_keeps_the_front(models, template):
    """What the error advises can be read, and begins as a text begins."""
    lm, prompt = models["GPT-2", template], "the old king " * 60
    with pytest.raises(ValueError, match="or pass the last part, ") as caught:
        lessons.greedy_search(lm, prompt, 1)
    ids = eval(str(caught.value).rpartition("last part, ")[2], {"lm": lm, "prompt": prompt})
    assert lm.context - 1 == len(ids) and list(FRONT[template]) == ids[: len(FRONT[template])]
    assert tuple(ids) == lessons.greedy_search(lm, ids, 1).prompt_ids
