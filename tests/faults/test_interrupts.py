"""The kernel interrupted in each long call, then the same cell run again: the same result as if nothing had been.

An interrupt is the signal that the kernel sends (SIGINT), sent here from inside the call: at one of its calls of the
model or the tokenizer, or when a clock says so, wherever the program then is. (Fine-tuning has its own tests in
test_finetuning.py.)
"""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pandas
import pytest
import torch
from datasets import Dataset

import lessons
from lessons.exercises import progress
from lessons.finetuning.record import read_record
from lessons.models.language_model import LanguageModel
from lessons.tables import decoders as comparison
from lessons.texts import blocks
from lessons.texts import files as text_files

pytestmark = pytest.mark.fault

LONG_TEXT = [5 + place % 200 for place in range(60)]
CALLS: dict[str, Callable[[LanguageModel], object]] = {
    "greedy_search": lambda lm: lessons.greedy_search(lm, "the old", 40).ids,
    "beam_search": lambda lm: [
        (text.ids, text.score) for text in lessons.beam_search(lm, "the old", 20, 4, num_return_sequences=2)
    ],
    "sample": lambda lm: [text.ids for text in lessons.sample(lm, "the old", 20, top_p=0.9, num_return_sequences=3)],
    "next_token_table": lambda lm: lessons.next_token_table(lm, "the old", steps=12),
    "sequence_logprob": lambda lm: lessons.sequence_logprob(lm, [LONG_TEXT, LONG_TEXT[:40], LONG_TEXT[:30]]),
    "perplexity": lambda lm: lessons.perplexity(lm, [LONG_TEXT, LONG_TEXT[:40], LONG_TEXT[:30]]),
    "write_all": lambda lm: comparison.write_all(lm, "the old", comparison.NINE[:5], max_new_tokens=8, number=3),
}


def press() -> None:
    """What the notebook's stop button does."""
    os.kill(os.getpid(), signal.SIGINT)


def same(one: object, other: object) -> bool:
    """Equality, also of tables and tensors."""
    if isinstance(one, pandas.DataFrame):
        return one.equals(other)
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


@contextmanager
def pressed_at_model_call(lm: LanguageModel, number: int) -> Iterator[None]:
    """Within: an interrupt when the model is called for that time."""
    calls = []

    def count(module, given, options=None):
        calls.append(1)
        if len(calls) == number:
            press()

    hook = lm.model.base_model.register_forward_pre_hook(count)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def pressed_after(seconds: float) -> Iterator[None]:
    """Within: an interrupt after so many seconds, wherever the program then is."""

    def ring(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("name", CALLS)
def test_interrupted_while_the_model_computes(tiny_models, name, number):
    """Whichever call of the model is interrupted: the next run of the cell gives what an undisturbed one gives."""
    lm = tiny_models["llama"]
    expected = CALLS[name](lm)
    with pytest.raises(KeyboardInterrupt), pressed_at_model_call(lm, number):
        CALLS[name](lm)
    assert not lm.model.training
    assert same(expected, CALLS[name](lm))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarms")
@pytest.mark.parametrize("name", CALLS)
def test_interrupted_anywhere(tiny_models, name):
    """Ten interrupts spread over the call's time, each followed by a run to the end."""
    lm = tiny_models["gpt2"]
    expected, struck = CALLS[name](lm), 0
    for moment in range(1, 11):
        try:
            with pressed_after(0.0015 * moment**1.5):
                CALLS[name](lm)
        except KeyboardInterrupt:
            struck += 1
        assert same(expected, CALLS[name](lm))
    assert struck, "no interrupt came before the end"


@pytest.mark.parametrize("name", CALLS)
def test_interrupted_while_gradients_are_turned_off(tiny_models, monkeypatch, name):
    """Just after torch has entered inference mode, for the first, second … time in the call: what the interrupt leaves
    behind is gone with its traceback, and weights can be trained again."""
    lm, enter, entered = tiny_models["gpt2"], torch.inference_mode.__enter__, []
    for number in range(1, 9):
        entered.clear()

        def press_at(mode, number=number):
            enter(mode)
            entered.append(1)
            if len(entered) == number:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(torch.inference_mode, "__enter__", press_at)
            CALLS[name](lm)
        assert entered
        gc.collect()
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_trained_in_a_notebook_whose_gradients_are_off(tiny_folders, tmp_path, mode):
    """A student's own cell, interrupted, can leave them off: a model that is loaded then, and trained, learns as
    ever."""
    from test_finetuning import QUICK, corpus_of

    with mode():
        lm = lessons.load(tiny_folders["gpt2"], device="cpu")
        result = lessons.fine_tune(lm, corpus_of(), folder=tmp_path / "run", epochs=0.2, **QUICK)
    assert result.finished
    lm.model(torch.tensor([[1, 2, 3]]), labels=torch.tensor([[1, 2, 3]])).loss.backward()
    assert lm.model.get_output_embeddings().weight.grad.any()


def test_a_model_in_training_stays_so(tiny_models):
    """Weighing a text turns dropout off meanwhile; interrupted, it is on again as it was."""
    lm = tiny_models["llama"]
    lm.model.train()
    try:
        with pytest.raises(KeyboardInterrupt), pressed_at_model_call(lm, 1):
            lessons.perplexity(lm, LONG_TEXT)
        assert lm.model.training
    finally:
        lm.model.eval()


@pytest.mark.parametrize("where", ["_encode", "_write"])
@pytest.mark.parametrize("on_disk", [False, True])
def test_interrupted_while_blocks_are_made(tiny_models, tmp_path, monkeypatch, where, on_disk):
    """In the tokenizer, or while blocks are written: no half file is taken for whole, none is left, the next run makes
    the same blocks."""
    texts, tokenizer = (
        Dataset.from_dict({"text": [f"the old king and the {n} fox" for n in range(300)]}),
        tiny_models["gpt2"].tokenizer,
    )
    expected = lessons.token_blocks(texts, tokenizer, 8)["input_ids"]
    if on_disk:
        texts.save_to_disk(tmp_path / "texts")
        texts = Dataset.load_from_disk(tmp_path / "texts")
    as_it_is, calls = getattr(blocks, where), []

    def interrupted(*given, **options):
        result = as_it_is(*given, **options)
        calls.append(1)
        press()
        return result

    with monkeypatch.context() as patched:
        patched.setattr(blocks, where, interrupted)
        with pytest.raises(KeyboardInterrupt):
            lessons.token_blocks(texts, tokenizer, 8)
    assert calls
    if where == "_write":
        assert not [file for file in tmp_path.rglob("*-blocks-*")]
    assert expected == lessons.token_blocks(texts, tokenizer, 8)["input_ids"]


def test_interrupted_while_a_file_is_read(tmp_path, monkeypatch):
    """A corpus from a file, interrupted in the library that reads it: the next run reads all of it."""
    (tmp_path / "mine.txt").write_text("\n".join(f"line {number}" for number in range(200)))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    with monkeypatch.context() as patched:
        patched.setattr("datasets.builder.ArrowBasedBuilder._prepare_split", lambda *given, **options: press())
        with pytest.raises(KeyboardInterrupt):
            text_files.read_texts(tmp_path / "mine.txt")
    assert [f"line {number}" for number in range(200)] == text_files.read_texts(tmp_path / "mine.txt")["text"][:]


EXPLORERS = {
    "NextTokenExplorer": ("prompt", "the old"),
    "BeamExplorer": ("prompt", "the old"),
    "TemperatureExplorer": ("prompt", "the old"),
    "TruncationExplorer": ("prompt", "the old"),
    "DecoderExplorer": ("prompt", "the old"),
    "LensExplorer": ("prompt", "the old"),
    "SpeculativeExplorer": ("prompt", "the old"),
}


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_interrupted_goes_on(tiny_models, name):
    """Interrupted while it asks the model, an explorer keeps its picture; the same text typed again is shown as
    ever."""
    lm = tiny_models["gpt2"]
    options = {"samples": 2, "max_new_tokens": 4} if name == "DecoderExplorer" else {}
    explorer, fresh = (getattr(lessons, name)(lm, prompt, **options) for prompt in ("again", "the old"))
    control, text = EXPLORERS[name]
    with pytest.raises(KeyboardInterrupt), pressed_at_model_call(lm, 1):
        getattr(explorer, control).value = text
    getattr(explorer, control).value = "and"
    getattr(explorer, control).value = text
    assert "" == explorer.error
    assert fresh.sentence == explorer.sentence


@pytest.mark.parametrize("name", ["top-p", "table-by-hand"])
def test_a_check_interrupted_is_no_attempt(name, tmp_path, monkeypatch):
    """A student's hand on the stop button, in the middle of a check: no verdict, no attempt counted, the alarm as it
    was before."""
    monkeypatch.setenv(progress.PLACE, str(tmp_path / "progress.json"))
    with pytest.raises(KeyboardInterrupt):
        lessons.check(name, lambda *given: press())
    assert {} == progress.read_only()
    assert (0.0, 0.0) == signal.getitimer(signal.ITIMER_REAL)
    assert not lessons.check(name, lambda *given: None)


def test_interrupted_while_the_finished_model_is_written(tiny_models, tmp_path, monkeypatch):
    """After training, with half of the model's files there: the run does not count as finished, and goes on to its
    end."""
    from test_finetuning import QUICK, corpus_of

    lm, options = tiny_models["llama"], {"folder": tmp_path / "run", "epochs": 1} | QUICK
    with monkeypatch.context() as patched:
        patched.setattr(type(lm.tokenizer), "save_pretrained", lambda *given, **more: press())
        with pytest.raises(KeyboardInterrupt):
            lessons.fine_tune(lm, corpus_of(), **options)
    assert not read_record(tmp_path / "run").finished
    resumed = lessons.fine_tune(lm, corpus_of(), resume=True, **options)
    undisturbed = lessons.fine_tune(lm, corpus_of(), **options | {"folder": tmp_path / "other"})
    assert resumed.finished
    assert undisturbed.perplexity_after == pytest.approx(resumed.perplexity_after, rel=1e-5)
    assert (
        lessons.load(tmp_path / "run")
        .next_logits("the old")
        .allclose(undisturbed.model.next_logits("the old"), atol=1e-4)
    )
