"""Texts growing side by side in one cache: whatever forks, ends or comes back, each text has the logits it has
alone.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st


def read_anew(lm, texts: list[list[int]]) -> torch.Tensor:
    """(B, V) logits after each text, without any cache."""
    with torch.inference_mode():
        return torch.stack([lm.model(torch.tensor([text])).logits[0, -1] for text in texts])


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(["gpt2", "llama"]), st.data())
def test_any_family_of_texts_has_its_own_logits(tiny_models, architecture, data):
    """Each step, any number of texts goes on, each from any text before: forks, deaths, changed places, more texts
    and fewer.
    """
    lm = tiny_models[architecture]
    token = st.integers(0, lm.vocabulary_size - 1)
    texts = [data.draw(st.lists(token, min_size=1, max_size=4))]
    session = lm.session(texts[0])
    torch.testing.assert_close(session.logits, read_anew(lm, texts), atol=1e-3, rtol=1e-3)
    for _ in range(data.draw(st.integers(1, 5))):
        parents = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=5))
        tokens = data.draw(st.lists(token, min_size=len(parents), max_size=len(parents)))
        texts = [[*texts[parent], added] for parent, added in zip(parents, tokens, strict=True)]
        found = session.extend(tokens, parents)
        torch.testing.assert_close(found, read_anew(lm, texts), atol=1e-3, rtol=1e-3)


def test_layers_of_another_kind_are_reordered_by_transformers(tiny_models):
    """A sliding window (as in Mistral) keeps its own kind of layer: the numbers are right all the same."""
    from transformers import MistralConfig, MistralForCausalLM

    from lessons.models.language_model import LanguageModel

    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=40,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        sliding_window=4,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    lm = LanguageModel("mistral", MistralForCausalLM(config).eval(), None)
    session, texts = lm.session([1, 2, 3]), [[1, 2, 3]]
    for parents in ([0, 0], [1, 0], [0, 0], [1, 1], [0, 1], [1, 0]):
        texts = [[*texts[parent], 7 + place] for place, parent in enumerate(parents)]
        found = session.extend([7, 8], parents)
    torch.testing.assert_close(found, read_anew(lm, texts), atol=1e-3, rtol=1e-3)


def test_a_session_reads_the_prompt_for_its_last_token_only(tiny_models):
    """The head is not applied to the prompt's other places: for a long prompt that would be a large matrix made for
    nothing.
    """
    lm = tiny_models["llama"]
    seen = []
    handle = lm.model.lm_head.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape)))
    lm.session(list(range(30)))
    handle.remove()
    assert seen == [(1, 1, lm.vocabulary_size)]


def one_by_one(lm, ids: list[int], more: list[int]) -> torch.Tensor:
    """(T, V) logits after each of `more`, every text read anew."""
    return read_anew(lm, [[*ids, *more[: place + 1]] for place in range(len(more))])


def text_that_goes_back(lm, data) -> None:
    """Several tokens in one pass, some of them taken back, others in their place: always the logits of the text as it
    stands."""
    token = st.integers(0, lm.vocabulary_size - 1)
    text = data.draw(st.lists(token, min_size=1, max_size=6))
    session = lm.session(text)
    for _ in range(data.draw(st.integers(1, 6))):
        tokens = data.draw(st.lists(token, min_size=1, max_size=6))
        torch.testing.assert_close(session.read(tokens), one_by_one(lm, text, tokens), atol=1e-4, rtol=1e-4)
        text = [*text, *tokens]
        torch.testing.assert_close(session.logits, read_anew(lm, [text]), atol=1e-4, rtol=1e-4)
        number = data.draw(st.integers(0, len(tokens)))
        if number:
            session.forget(number)
            text = text[: len(text) - number]
        if data.draw(st.booleans()):
            found = session.extend([3])
            text = [*text, 3]
            torch.testing.assert_close(found, read_anew(lm, [text]), atol=1e-4, rtol=1e-4)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["gpt2", "llama", "window", "anew"]), st.data())
def test_several_tokens_in_one_pass_and_back(readers, name, data):
    """By the page, by a cache that can be cut, by one that cannot, and by a model that is read anew."""
    text_that_goes_back(readers[name], data)


def test_several_tokens_up_to_the_full_context(readers):
    """The last place there is can be read, and read again."""
    for lm in readers.values():
        text, tokens = [5] * 56, [6, 7, 8, 9, 10, 11, 12, 13]
        session = lm.session(text)
        for _ in range(2):
            torch.testing.assert_close(session.read(tokens), one_by_one(lm, text, tokens), atol=1e-4, rtol=1e-4)
            session.forget(len(tokens))


def test_only_a_whole_cache_is_cut(readers):
    """A window that has moved on has lost what stood before it: such a text is read anew, and only such a text."""
    seen = {}
    for name in ("llama", "window"):
        session = readers[name].session([1, 2, 3, 4, 5, 6])
        session.read([7, 8, 9])
        session.forget(2)
        seen[name] = session.cache is None
    assert seen == {"llama": False, "window": True}


@pytest.fixture(scope="module")
def readers(tiny_models):
    """A model for each kind of session."""
    from transformers import MistralConfig, MistralForCausalLM

    from lessons.models.language_model import LanguageModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = MistralConfig(
        vocab_size=40,
        num_key_value_heads=1,
        sliding_window=4,
        max_position_embeddings=64,
        initializer_range=0.5,
        **sizes,
    )
    window = LanguageModel("mistral", MistralForCausalLM(config).eval(), None)
    anew = LanguageModel("anew", tiny_models["llama"].model, tiny_models["llama"].tokenizer)
    vars(anew)["reads_anew"] = True
    return {**tiny_models, "window": window, "anew": anew}


def test_a_function_reads_several_tokens_too(chain):
    """Each text anew, as it is defined."""
    from lessons.models.source import FunctionSession

    session = FunctionSession(chain, [0])
    assert torch.equal(session.read([1, 3, 5]), torch.stack([chain([1]), chain([3]), chain([5])]))
    session.forget(2)
    assert session.texts == [[0, 1]]
    assert torch.equal(session.read([2])[0], chain([2]))
