"""The token with which a tokenizer begins a text: read by the model wherever `generate` would have it read, shown where
tokens are shown, left out where a text is read.
"""

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from small_tokenizers import BEHIND, FRONT, KINDS, TEMPLATES, TEXTS, small_tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

import lessons
from lessons.models.language_model import LanguageModel

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
