"""fine_tune(): what it returns, what it leaves in its folder, how it stops and goes on, and what it refuses before it
begins."""

import json
import math
import os
import signal
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from datasets import Dataset, DatasetDict
from safetensors import safe_open
from transformers import TrainerCallback

import lessons
from lessons.finetuning import chart, folders, pace, reports, run, training
from lessons.finetuning.arguments import training_arguments
from lessons.finetuning.pace import Pace, Stopwatch, plan_in_words, plan_within
from lessons.finetuning.precision import choose_precision, cpu_multiplies_bf16
from lessons.finetuning.recipes import RECIPES, Recipe, choose_recipe
from lessons.finetuning.record import Plan, RunRecord, has_run, read_record, record_to_resume
from lessons.finetuning.reports import Reports

QUICK = {"block_size": 16, "batch_size": 4, "learning_rate": 3e-3, "evaluations": 4, "precision": "fp32", "show": False}


def corpus_of(texts: int = 120) -> DatasetDict:
    """Sentences with a pattern that is quickly learnt."""
    sentences = [
        f"the old {('king', 'fox')[number % 2]} and the {('sea', 'hill')[number % 2]} again and again"
        for number in range(texts)
    ]
    return DatasetDict(
        {"train": Dataset.from_dict({"text": sentences}), "validation": Dataset.from_dict({"text": sentences[:20]})}
    )


@pytest.fixture(scope="module")
def result(tiny_models, tmp_path_factory):
    """One finished run of the tiny GPT-2."""
    return lessons.fine_tune(
        tiny_models["gpt2"], corpus_of(), folder=tmp_path_factory.mktemp("runs") / "first", epochs=2, **QUICK
    )


class InterruptAt(TrainerCallback):
    """What pressing "interrupt" after a step does: the signal that the kernel sends."""

    def __init__(self, step: int, times: int = 1) -> None:
        self.step, self.times = step, times

    def on_step_begin(self, args, state, control, **others):
        if state.global_step == self.step:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)


def interrupt_at(monkeypatch, step: int, times: int = 1) -> None:
    """Have the next runs interrupted in the step after number `step`."""
    begin = Reports.on_train_begin

    def with_interrupt(self, args, state, control, **others):
        begin(self, args, state, control, **others)

    monkeypatch.setattr(Reports, "on_train_begin", with_interrupt)
    monkeypatch.setattr(Reports, "on_step_begin", InterruptAt(step, times).on_step_begin, raising=False)


# ----------------------------------------------------------------------------------------------------------- the result


def test_a_model_learns(result, tiny_models):
    """Perplexity falls, and both figures are what the two models give on the validation blocks."""
    blocks = torch.tensor(
        lessons.token_blocks(corpus_of()["validation"], tiny_models["gpt2"].tokenizer, 16)["input_ids"][:]
    )
    for lm, perplexity in ((tiny_models["gpt2"], result.perplexity_before), (result.model, result.perplexity_after)):
        surprisal = -lessons.sequence_logprob(lm, blocks).sum() / (len(blocks) * 15)
        assert math.exp(surprisal) == pytest.approx(perplexity, rel=1e-4)
    assert result.perplexity_after < result.perplexity_before / 2
    assert result.finished


def test_the_given_model_stays_as_it_is(tiny_folders, result, tiny_models):
    """A copy learns: before and after can be compared."""
    fresh = lessons.load(tiny_folders["gpt2"], device="cpu").model.state_dict()

    assert all(torch.equal(fresh[name], weight) for name, weight in tiny_models["gpt2"].model.state_dict().items())
    assert result.model.model is not tiny_models["gpt2"].model
    assert not result.model.model.training


def test_history_has_losses_by_step(result):
    """From step 0 to the last, tokens counted, validation loss at each evaluation; its best is the perplexity after."""
    history = result.history
    validation = history["validation_loss"].dropna()

    assert ["tokens", "epoch", "training_loss", "validation_loss", "learning_rate"] == list(history.columns)
    assert 0 == history.index[0] and 0 == history["tokens"].iloc[0]
    assert (history["tokens"] == history.index * 64).all()
    assert 5 == len(validation)
    assert math.log(result.perplexity_before) == pytest.approx(validation.iloc[0])
    assert math.log(result.perplexity_after) == pytest.approx(validation.min())


def test_the_folder_is_a_model_in_safetensors(result):
    """`load` reads it; it is safetensors; checkpoints are gone; the record says that it is finished."""
    again = lessons.load(result.folder, device="cpu")

    assert again.next_logits("the old").allclose(result.model.next_logits("the old"), atol=1e-5)
    assert {"model.safetensors"} == {
        path.name for path in result.folder.iterdir() if path.suffix in (".safetensors", ".bin", ".pt")
    }
    assert not list(result.folder.glob("checkpoint-*"))
    assert read_record(result.folder).finished


def test_a_finished_run_is_not_run_again(result, tiny_models):
    """resume=True, or "auto", with the same settings gives the finished run back at once, with the same figures."""
    for resume in (True, "auto"):
        again = lessons.fine_tune(
            tiny_models["gpt2"], corpus_of(), folder=result.folder, epochs=2, resume=resume, **QUICK
        )
        assert (result.perplexity_after, result.seconds) == (again.perplexity_after, again.seconds)
        assert again.history.equals(result.history)


def test_global_random_numbers_are_left_alone(tiny_models, tmp_path):
    """The trainer seeds every generator and leaves notes in the environment; afterwards it is as if nothing had
    been."""
    environment = dict(os.environ)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    lessons.fine_tune(tiny_models["gpt2"], corpus_of(16), folder=tmp_path / "run", **(QUICK | {"precision": "bf16"}))

    assert torch.equal(expected, torch.rand(2))
    assert environment.get("ACCELERATE_MIXED_PRECISION") == os.environ.get("ACCELERATE_MIXED_PRECISION")


def test_the_result_says_itself_in_words(result):
    """Before, after, tokens, share trained, folder."""
    words = str(result)

    assert (
        f"{result.perplexity_after:.3f}" in words
        and "100.0% of the model trained" in words
        and str(result.folder) in words
    )


def test_the_floor_is_found_where_it_is_known(tiny_models, tmp_path):
    """Texts with known log-probabilities bring their floor along; others have none."""
    corpus = lessons.load_corpus("logbook", texts=3)
    corpus = DatasetDict({"train": corpus["train"], "validation": corpus["validation"].select(range(3))})
    run = lessons.fine_tune(tiny_models["gpt2"], corpus, folder=tmp_path / "run", **QUICK)

    assert math.exp(lessons.entropy_floor(corpus["validation"], tiny_models["gpt2"].tokenizer)) == pytest.approx(
        run.floor
    )
    assert "no model can go below" in str(run)


# ------------------------------------------------------------------------------------------------------ stop and go on


def test_interrupted_and_resumed_ends_as_it_would_have(result, tiny_models, tmp_path, monkeypatch):
    """An interrupt keeps the best model so far; with resume=True the run ends with the same losses, to 1e-5."""
    folder, lm = tmp_path / "run", tiny_models["gpt2"]
    with monkeypatch.context() as patched:
        interrupt_at(patched, step=20)
        part = lessons.fine_tune(lm, corpus_of(), folder=folder, epochs=2, **QUICK)
    assert not part.finished
    assert part.perplexity_after < part.perplexity_before
    assert "resume=True" in str(part)
    assert 21 == part.history.index[-1]
    assert part.model.next_logits("the old").allclose(
        lessons.load(folder, device="cpu").next_logits("the old"), atol=1e-5
    )

    whole = lessons.fine_tune(lm, corpus_of(), folder=folder, epochs=2, resume=True, **QUICK)

    assert whole.finished
    assert result.history["validation_loss"].iloc[-1] == pytest.approx(
        whole.history["validation_loss"].iloc[-1], abs=1e-5
    )
    assert result.perplexity_after == pytest.approx(whole.perplexity_after, rel=1e-5)


def test_a_second_interrupt_stops_at_once_with_the_best_model(tiny_models, tmp_path, monkeypatch):
    """Whoever presses twice does not wait for the step's end, and still gets the model of the last checkpoint."""
    with monkeypatch.context() as patched:
        interrupt_at(patched, step=20, times=2)
        part = lessons.fine_tune(tiny_models["gpt2"], corpus_of(), folder=tmp_path / "run", epochs=2, **QUICK)

    assert not part.finished
    assert part.perplexity_after < part.perplexity_before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_checkpoint_that_was_not_finished_is_passed_over(tmp_path):
    """A process killed while it writes leaves no trainer_state.json; the checkpoint before it is taken, wherever the
    folder lies now."""
    for step, state in (
        (10, '{"best_model_checkpoint": "/elsewhere/run/checkpoint-10"}'),
        (20, '{"best_mod'),
        (30, None),
    ):
        checkpoint = tmp_path / f"checkpoint-{step}"
        checkpoint.mkdir()
        if state is not None:
            (checkpoint / "trainer_state.json").write_text(state)

    assert tmp_path / "checkpoint-10" == folders.last_checkpoint(tmp_path)
    assert str(tmp_path / "checkpoint-10") in (tmp_path / "checkpoint-10" / "trainer_state.json").read_text()


def test_a_run_that_lies_there_is_put_aside(result, tiny_models, tmp_path):
    """Starting anew in a folder loses nothing: the run that was there moves to FOLDER.before."""
    folder = tmp_path / "run"
    for _ in range(2):
        lessons.fine_tune(tiny_models["gpt2"], corpus_of(16), folder=folder, **QUICK)

    assert read_record(tmp_path / "run.before").finished
    assert read_record(folder).finished


def test_a_record_of_an_earlier_version_is_read(tmp_path):
    """It had the settings twice, and no losses before its end: the run can be resumed all the same."""
    asked = {"block_size": 16, "batch_size": 4, "lora": None, "seed": 0}
    kept = asked | {"asked": asked, "precision": "bf16", "floor": 3.5, "seconds": 2.0, "log": [], "finished": False}
    (tmp_path / "run.json").write_text(json.dumps(kept | {"tokens_per_step": 64, "trained": 9, "parameters": 9}))
    record = record_to_resume(tmp_path, asked)

    assert ("bf16", 3.5, 64, False) == (record.precision, record.floor, record.tokens_per_step, record.finished)
    assert has_run(tmp_path, asked) and not has_run(tmp_path, asked | {"seed": 1})
    assert has_run(tmp_path, asked, "bf16") and not has_run(tmp_path, asked, "fp32")
    assert has_run(tmp_path, asked | {"minutes": None}) and not has_run(tmp_path, asked | {"minutes": 2.0})
    assert record.plan is None


# ------------------------------------------------------------------------------------------------------------- refusals


def test_what_cannot_end_well_is_refused_before_training(tiny_models, tmp_path, monkeypatch, result):
    """Each with the rule, the value and the way out; nothing is trained."""
    lm, corpus = tiny_models["gpt2"], corpus_of(16)
    monkeypatch.setattr("lessons.finetuning.run.TrainingRun.train", lambda *_: pytest.fail("it was trained"))
    for error, message, options in (
        (ValueError, "at most 64, the model's context, got 65", {"block_size": 65}),
        (ValueError, "no recipe 'big'; there are 'small', 'course'", {"recipe": "big"}),
        (TypeError, "no setting 'epoch'; its settings are block_size", {"epoch": 1}),
        (ValueError, "learning_rate must be greater than 0, got 0", {"learning_rate": 0}),
        (ValueError, "minutes must be greater than 0, got -1", {"minutes": -1}),
        (ValueError, "multiple of processes x accumulation = 3, got 4", {"accumulation": 3}),
        (ValueError, "precision must be one of bf16, fp16, fp32, got 'int8'", {"precision": "int8"}),
        (ValueError, "no run in .*nowhere to go on with", {"resume": True, "folder": tmp_path / "nowhere"}),
        (ValueError, "began with epochs = 2, got 3", {"resume": True, "folder": result.folder, "epochs": 3}),
        (ValueError, "fewer than one block of 64", {"block_size": 64, "corpus": corpus_of(1)}),
    ):
        settings = QUICK | {"folder": tmp_path / "run"} | options
        with pytest.raises(error, match=message):
            lessons.fine_tune(lm, settings.pop("corpus", corpus), **settings)


def test_a_folder_that_cannot_be_written_is_reported_before_training(tiny_models, tmp_path):
    """Here a file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"nothing can be written to .*file.*folder="):
        lessons.fine_tune(tiny_models["gpt2"], corpus_of(16), folder=tmp_path / "file" / "run", **QUICK)


def test_a_full_disk_is_reported_before_training(tiny_models, tmp_path, monkeypatch):
    """With what there is and what is needed: three checkpoints with two moments for each weight, and the model."""
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(OSError, match=r"0 MB free, but checkpoints and model need"):
        lessons.fine_tune(tiny_models["gpt2"], corpus_of(16), folder=tmp_path / "run", **QUICK)


# ------------------------------------------------------------------------------------------------- how long it will take


STEADY = Pace(step=2.0, block=0.5, checkpoint=1.0)


@pytest.mark.parametrize(
    ("seconds", "steps", "evaluations", "blocks"),
    [
        # 300 steps, 600 s; the loss of 50 blocks with a checkpoint, 26 s, seven times, 182 s: 782 s in all
        (None, 300, 6, 50),
        (782.0, 300, 6, 50),
        # a quarter of 781 s are 195 s: enough for all evaluations, so only one step is left out
        (781.0, 299, 6, 50),
        # a quarter of 400 s are 100 s: 14.3 s for each of seven, without the checkpoint 13.3 s or 26 blocks.
        # Seven times 14 s leave 302 s
        (400.0, 151, 6, 26),
        # a quarter of 100 s are 25 s, for each of seven 3.5 s: 5 blocks; 75.5 s are left
        (100.0, 37, 6, 5),
        # a quarter of 40 s are 10 s: 4 blocks, at least, and 3 s for each of three; 31 s are left
        (40.0, 15, 2, 4),
        # the loss at the start and at the end, 6 s, are more than a quarter; 3.5 s are left
        (9.5, 1, 1, 4),
    ],
)
def test_a_plan_by_hand(seconds, steps, evaluations, blocks):
    """Everything where there is time for it; else fewer blocks, then fewer evaluations, and the steps that then fit."""
    plan = plan_within(seconds, STEADY, steps=300, evaluations=6, blocks=50)

    assert (steps, evaluations, blocks) == (plan.steps, plan.evaluations, plan.blocks)
    assert (300, 50) == (plan.all_steps, plan.all_blocks)
    assert plan.seconds == steps * 2.0 + (evaluations + 1) * (blocks * 0.5 + 1.0)
    assert seconds is None or seconds - 2.0 < plan.seconds <= seconds or plan.steps == 300


def test_no_more_evaluations_than_steps():
    """A quarter of 100 s would do for six evaluations, but the steps take 30 s: two, and 3.5 s at the start and after
    each, are 70.5 s."""
    plan = plan_within(100.0, Pace(step=30.0, block=0.5, checkpoint=1.0), steps=300, evaluations=6, blocks=50)

    assert (2, 2, 5, 70.5) == (plan.steps, plan.evaluations, plan.blocks, plan.seconds)


def test_a_time_in_which_not_one_step_fits():
    """With what is left and what one step with its evaluations takes, 8 s, and the ways out."""
    with pytest.raises(ValueError, match=r"7 seconds are left .* takes 8 on this machine: give more minutes, or"):
        plan_within(7.4, STEADY, steps=300, evaluations=6, blocks=50)


def test_a_trial_ends_after_two_seconds(monkeypatch):
    """On a slow machine after its only step; on a quick one later, and the first, which also sets things up, is not
    counted."""
    for clock, expected in (([5.0, 14.0], 9.0), ([0.0, 0.9, 1.4, 1.9, 2.1], 0.4)):
        stopwatch, control = Stopwatch(), SimpleNamespace(should_training_stop=False)
        for place, now in enumerate(clock):
            assert not control.should_training_stop
            monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda now=now: now))
            note = stopwatch.on_step_end if place else stopwatch.on_train_begin
            note(SimpleNamespace(world_size=1), None, control)
        assert control.should_training_stop
        assert expected == pytest.approx(stopwatch.seconds_per_step)


@pytest.fixture
def steady(monkeypatch):
    """A machine on which every run is tried at once, and a step then takes 0.89 s, all else no time."""
    monkeypatch.setattr(run, "measured_pace", lambda *given: Pace(step=0.89, block=1e-9, checkpoint=0.0))
    for module in (run, training, reports):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 100.0))


def test_minutes_decide_the_number_of_steps_and_nothing_else(steady, tiny_models, tmp_path):
    """A quarter of a minute, less a tenth, is 15 steps: the same run as one whose recipe asks for 15, learning rate included."""
    lm, options = tiny_models["gpt2"], QUICK | {"batch_size": 2, "epochs": 1}
    within = lessons.fine_tune(lm, corpus_of(), folder=tmp_path / "within", minutes=0.25, **options)
    epochs = 15 / within.plan.all_steps
    asked = lessons.fine_tune(lm, corpus_of(), folder=tmp_path / "asked", **options | {"epochs": epochs})

    assert within.finished and 15 == within.plan.steps < within.plan.all_steps
    assert asked.history.equals(within.history)
    assert asked.perplexity_after == within.perplexity_after
    assert within.history["learning_rate"].iloc[-2] < 0.15 * within.learning_rate  # the schedule is that of 15 steps


def test_a_resumed_run_keeps_its_plan(steady, tiny_models, tmp_path, monkeypatch):
    """Whoever goes on with it does not measure again, whatever the time is by then; other minutes are another run."""
    lm, options = tiny_models["gpt2"], QUICK | {"folder": tmp_path / "run", "minutes": 0.25, "batch_size": 2}
    with monkeypatch.context() as patched:
        interrupt_at(patched, step=9)
        part = lessons.fine_tune(lm, corpus_of(), **options)
    monkeypatch.setattr(run, "measured_pace", lambda *given: pytest.fail("it was measured again"))
    with pytest.raises(ValueError, match=r"began with minutes = 0.25, got 0.5"):
        lessons.fine_tune(lm, corpus_of(), resume=True, **options | {"minutes": 0.5})
    whole = lessons.fine_tune(lm, corpus_of(), resume=True, **options)

    assert (10, 15) == (part.history.index[-1], whole.history.index[-1])
    assert whole.finished and part.plan == whole.plan


def test_a_machine_that_becomes_slower_ends_with_the_time(steady, tiny_models, tmp_path, monkeypatch):
    """15 steps were planned and each now takes two seconds: the eighth is the last, measured; the same call goes on."""
    lm, options = tiny_models["gpt2"], QUICK | {"minutes": 0.25, "batch_size": 2}
    clock = count(102, 2)  # the run began at 100
    with monkeypatch.context() as patched:
        patched.setattr(reports, "time", SimpleNamespace(monotonic=lambda: next(clock)))
        part = lessons.fine_tune(lm, corpus_of(), folder=tmp_path / "run", **options)
    monkeypatch.setattr(reports, "time", SimpleNamespace(monotonic=lambda: 100.0))
    whole = lessons.fine_tune(lm, corpus_of(), folder=tmp_path / "run", resume=True, **options)
    undisturbed = lessons.fine_tune(lm, corpus_of(), folder=tmp_path / "other", **options)

    assert not part.finished and 8 == part.history.index[-1] < part.plan.steps
    assert part.history["validation_loss"].notna().iloc[-1] and part.perplexity_after < part.perplexity_before
    assert whole.finished and 15 == whole.history.index[-1]
    assert undisturbed.perplexity_after == pytest.approx(whole.perplexity_after, rel=1e-5)


def test_fewer_blocks_are_told(steady, tiny_models, tmp_path, monkeypatch):
    """The loss is that of the first validation blocks, and result and screen say how many of how many."""
    monkeypatch.setattr(run, "measured_pace", lambda *given: Pace(step=0.5, block=0.1, checkpoint=0.1))
    lm, told = tiny_models["gpt2"], []
    monkeypatch.setattr("builtins.print", lambda *words, **options: told.append(" ".join(map(str, words))))
    result = lessons.fine_tune(
        lm, corpus_of(), folder=tmp_path / "run", minutes=0.2, **QUICK | {"show": True, "epochs": 9}
    )
    blocks = lessons.token_blocks(corpus_of()["validation"], lm.tokenizer, 16)["input_ids"][:]
    surprisal = -lessons.sequence_logprob(lm, torch.tensor(blocks[:4])).sum() / (4 * 15)

    sentence = f"Validation loss is measured on 4 of {len(blocks)} blocks."
    assert math.exp(surprisal) == pytest.approx(result.perplexity_before, rel=1e-4)
    assert sentence in str(result)
    assert (
        16 == result.plan.steps == result.history.index[-1]
    )  # 12 s less a tenth, and five times the 0.5 s of 4 blocks
    (line,) = (line for line in told if "steps" in line)
    assert (
        f"{result.plan.steps} of {result.plan.all_steps} steps, so that the run ends within 0.2 minutes: about" in line
    )
    assert line.endswith(f"seconds on this machine. {sentence}")


def test_without_minutes_it_is_only_told_how_long_it_takes(result, monkeypatch):
    """All steps, all blocks; the measured time is above zero, and told in seconds or minutes."""
    plan = result.plan

    assert (plan.steps, plan.blocks) == (plan.all_steps, plan.all_blocks) and plan.seconds > 0
    assert result.history.index[-1] == plan.steps
    words = plan_in_words(Plan(274, 274, 6, 54, 54, seconds=840.0), None)
    assert "274 steps: about 14 minutes on this machine." == words


# ------------------------------------------------------------------------------------------- recipes, precision,
# options


def test_the_small_recipe_learns_more_slowly_in_a_larger_model(tiny_models, tmp_path):
    """0.003 x (6 million / size) ** 0.75 above 6 million, rounded to a digit; whatever is given wins over it."""
    assert lessons.load().model.num_parameters() < 6_000_000
    sizes = {1: 3e-3, 5_918_720: 3e-3, 6_000_000: 3e-3, 96_000_000: 4e-4, 134_515_008: 3e-4, 10**9: 6e-5}
    assert sizes == {size: choose_recipe("small", size).learning_rate for size in sizes}  # 96 = 16 x 6: an eighth
    assert 3e-3 == choose_recipe("small", 10**9, learning_rate=3e-3).learning_rate
    assert 3e-3 == choose_recipe(Recipe(), 10**9).learning_rate
    assert 2e-5 == choose_recipe("course", 10**9).learning_rate
    with pytest.raises(TypeError, match="a recipe has no setting 'parameters'"):
        lessons.fine_tune(tiny_models["gpt2"], corpus_of(16), parameters=10**9, **QUICK)


def test_the_learning_rate_is_told(result):
    """As an attribute and in words: it may be one that nobody has chosen."""
    assert 3e-3 == result.learning_rate
    assert "(fp32, learning rate 0.003; 100.0% of the model trained" in str(result)


def test_the_courses_recipe():
    """Block 512, learning rate 2e-5 in a straight line to zero, weight decay 0.01, 2 epochs, batches of 8: 1,164
    steps."""
    from lessons.tables.course import course_figures

    course, recipe = course_figures()["fine_tuning"], RECIPES["course"]

    for name in ("block_size", "learning_rate", "weight_decay", "epochs", "batch_size"):
        assert course[name] == getattr(recipe, name)
    assert (None, 1000, 0, 0.999) == (recipe.separator, recipe.rows_per_remainder, recipe.warmup, recipe.beta2)


def test_a_recipe_with_changes():
    """A named recipe with one setting changed; None changes nothing."""
    assert 1 == choose_recipe("course", epochs=1, block_size=None).epochs
    assert 512 == choose_recipe("course", epochs=1, block_size=None).block_size
    assert Recipe(batch_size=2) == choose_recipe(Recipe(), batch_size=2)


def test_precision_follows_the_processor(monkeypatch):
    """bf16 only where the processor multiplies it; 32 bits by itself elsewhere; what is wanted is taken."""
    cpu = torch.device("cpu")
    for has, expected in (
        ({"amx_bf16": True}, "bf16"),
        ({"avx512_bf16": True}, "bf16"),
        ({"avx512_f": True}, "fp32"),
        ({}, "fp32"),
    ):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: has, raising=False)
        assert expected == choose_precision(cpu)
    assert "fp32" == choose_precision(torch.device("mps"))
    assert "fp32" == choose_precision(cpu, "fp32")


def test_precision_of_graphics_cards(monkeypatch):
    """From Ampere on bf16; before, where it is only imitated, fp16."""
    for capability, expected in (((8, 0), "bf16"), ((9, 0), "bf16"), ((7, 5), "fp16")):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device, capability=capability: capability)
        assert expected == choose_precision(torch.device("cuda"))


def test_precision_with_a_torch_that_lists_no_capabilities(monkeypatch):
    """Older versions are asked one by one."""
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)

    assert cpu_multiplies_bf16()


def test_sixteen_bits_learn_as_well(result, tiny_models, tmp_path):
    """bf16 ends within 2 % of the perplexity of 32 bits."""
    run = lessons.fine_tune(
        tiny_models["gpt2"], corpus_of(), folder=tmp_path / "run", epochs=2, **(QUICK | {"precision": "bf16"})
    )

    assert "bf16" == run.precision
    assert result.perplexity_after == pytest.approx(run.perplexity_after, rel=0.02)


@pytest.mark.parametrize("options", [{"accumulation": 2}, {"gradient_checkpointing": True}])
def test_less_memory_for_more_time_changes_nothing_else(tiny_models, tmp_path, options):
    """Batches in two halves, or layers computed twice: the same losses to 1e-3 (no dropout; the last batch is not
    full)."""
    lm = tiny_models["llama"]
    plain = lessons.fine_tune(lm, corpus_of(), folder=tmp_path / "plain", **QUICK)
    run = lessons.fine_tune(lm, corpus_of(), folder=tmp_path / "run", **QUICK, **options)

    assert plain.perplexity_after == pytest.approx(run.perplexity_after, rel=1e-3)
    assert run.model.model.config.use_cache == lm.model.config.use_cache


def test_the_training_copy_computes_the_same(tiny_models):
    """Being made ready for the trainer changes no logit."""
    from lessons.finetuning.trainable import trainable_copy

    lm = tiny_models["gpt2"]
    copied = trainable_copy(lm.model, lora=None, gradient_checkpointing=False).eval()
    ids = torch.arange(20).unsqueeze(0)

    with torch.no_grad():
        assert torch.allclose(lm.model(ids).logits, copied(ids).logits, atol=1e-5)


def test_other_architectures_learn(tiny_models, tmp_path):
    """Nothing knows GPT-2: a tiny Llama learns the same way."""
    run = lessons.fine_tune(tiny_models["llama"], corpus_of(), folder=tmp_path / "run", **QUICK)

    assert run.perplexity_after < run.perplexity_before


def test_lora_trains_a_few_numbers(tiny_models, tmp_path):
    """Only the narrow matrices learn, their share is told, and what comes back is an ordinary model without them."""
    pytest.importorskip("peft", reason="LoRA is an extra: pip install 'lessons[lora]'")
    folder = tmp_path / "run"
    run = lessons.fine_tune(
        tiny_models["gpt2"], corpus_of(), folder=folder, epochs=2, lora=4, **(QUICK | {"learning_rate": 1e-2})
    )

    assert 0 < run.trained < 0.35 * run.parameters
    assert f"{run.trained / run.parameters:.1%} of the model trained" in str(run)
    assert run.perplexity_after < run.perplexity_before
    assert type(tiny_models["gpt2"].model) is type(run.model.model)
    assert (
        lessons.load(folder, device="cpu").next_logits("the old").allclose(run.model.next_logits("the old"), atol=1e-4)
    )


def test_lora_interrupted_and_resumed(tiny_models, tmp_path, monkeypatch):
    """Going on works with the narrow matrices alone, too."""
    pytest.importorskip("peft", reason="LoRA is an extra: pip install 'lessons[lora]'")
    options = QUICK | {"lora": 4, "learning_rate": 1e-2, "epochs": 2}
    whole = lessons.fine_tune(tiny_models["gpt2"], corpus_of(), folder=tmp_path / "whole", **options)
    with monkeypatch.context() as patched:
        interrupt_at(patched, step=20)
        lessons.fine_tune(tiny_models["gpt2"], corpus_of(), folder=tmp_path / "run", **options)
    resumed = lessons.fine_tune(tiny_models["gpt2"], corpus_of(), folder=tmp_path / "run", resume=True, **options)

    assert whole.perplexity_after == pytest.approx(resumed.perplexity_after, rel=1e-4)


def test_arguments_are_understood(tmp_path):
    """The library takes every argument that we give it, and the batch is shared out over accumulated passes."""
    arguments = training_arguments(
        Recipe(batch_size=8), tmp_path, torch.device("cpu"), "fp32", steps=100, accumulation=2
    )

    assert (4, 2, 100, 5) == (
        arguments.per_device_train_batch_size,
        arguments.gradient_accumulation_steps,
        arguments.max_steps,
        arguments.warmup_steps,
    )
    assert [] == list(arguments.report_to)


def test_bar_and_chart_in_a_notebook(tiny_models, tmp_path, monkeypatch, capsys):
    """In a notebook one output is made and then replaced, each time with picture, alternative text and sentence."""
    shown, replaced = [], []

    class Handle:
        def update(self, value):
            replaced.append(value)

    monkeypatch.setattr(chart, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda value, display_id: shown.append(value) or Handle())
    lessons.fine_tune(tiny_models["gpt2"], corpus_of(40), folder=tmp_path / "run", **(QUICK | {"show": True}))

    assert 1 == len(shown)
    assert len(replaced) >= 4
    assert 'alt="After' in replaced[-1].data and "perplexity" in replaced[-1].data.split("<p")[1]
    assert "training" in capsys.readouterr().err


def test_the_checkpoints_of_a_stopped_run_are_safetensors(tiny_models, tmp_path, monkeypatch):
    """The weights of a checkpoint can be read without running anything (training_args.bin is written by the library,
    and never read)."""
    with monkeypatch.context() as patched:
        interrupt_at(patched, step=9)
        lessons.fine_tune(tiny_models["gpt2"], corpus_of(), folder=tmp_path / "run", epochs=2, **QUICK)
    checkpoint: Path = folders.last_checkpoint(tmp_path / "run")

    with safe_open(checkpoint / "model.safetensors", "pt") as weights:
        assert "transformer.wte.weight" in weights.keys()  # noqa: SIM118 - no dictionary
    assert {"training_args.bin"} >= {path.name for path in checkpoint.glob("*.bin")}


def test_a_chart_is_drawn_at_each_evaluation_and_else_every_two_seconds(monkeypatch):
    """Not before anything was validated; at once when something is; for training losses alone after two seconds."""
    clock, drawn = [0.0], []
    monkeypatch.setattr(chart, "in_notebook", lambda: True)
    monkeypatch.setattr(chart, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(chart.LiveChart, "update", lambda self, history, floor, end: drawn.append(len(history)))
    log = []
    with chart.bar_and_chart(RunRecord({"batch_size": 4, "block_size": 16})) as report:
        for now, entry, expected in (
            (10.0, {"step": 0, "loss": 4.0}, []),
            (10.1, {"step": 0, "eval_loss": 4.0}, [1]),
            (11.0, {"step": 1, "loss": 3.5}, [1]),
            (12.2, {"step": 2, "loss": 3.2}, [1, 3]),
            (12.3, {"step": 3, "eval_loss": 3.0}, [1, 3, 4]),
        ):
            clock[0] = now
            log.append(entry)
            report(entry["step"], 9, log)
            assert expected == drawn
    assert [1, 3, 4, 4] == drawn  # and at the end
