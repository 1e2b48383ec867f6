"""fine_tune(): a model learns the voice of a corpus."""

import math
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from reprlib import repr as short
from typing import Any

from datasets import DatasetDict

from lessons.finetuning.chart import bar_and_chart
from lessons.finetuning.history import FineTuning, result_of
from lessons.finetuning.precision import choose_precision
from lessons.finetuning.recipes import Recipe, choose_recipe
from lessons.finetuning.record import RunRecord, has_run, record_to_resume
from lessons.finetuning.reports import no_report
from lessons.finetuning.run import TrainingRun
from lessons.finetuning.trainable import count_parameters
from lessons.finetuning.trainer import left_as_found
from lessons.models.gradients import with_gradients
from lessons.models.language_model import LanguageModel, load
from lessons.texts.blocks import token_blocks
from lessons.texts.corpora import check_dataset, entropy_floor
from lessons.words.arguments import check_flag, check_model, check_number, check_path, check_whole
from lessons.words.language import say


@with_gradients()
def fine_tune(
    lm: LanguageModel,
    corpus: DatasetDict,
    recipe: str | Recipe = "small",
    *,
    folder: str | Path | None = None,
    resume: bool | str = False,
    lora: int | None = None,
    precision: str | None = None,
    accumulation: int = 1,
    gradient_checkpointing: bool = False,
    num_proc: int | None = None,
    seed: int = 0,
    minutes: float | None = None,
    show: bool = True,
    **settings: Any,
) -> FineTuning:
    """What comes of training a copy of the model on the corpus: see `FineTuning`. `lm` itself stays as it is.

    recipe: "small" (made for the bundled model; a larger one gets a lower learning rate), "course" (GPT-2 on
        WikiText-2) or a `Recipe`; `settings` change single settings of it.
    folder: where checkpoints and the finished model go; None: fine-tuned/NAME. A run that lies there already is put
        aside.
    resume: True goes on with the run in the folder after an interrupt or a crash; it ends as it would have without.
        "auto" does so, or takes what is finished, if a run with the same settings is there, in the precision that is
        named, if one is; it begins anew otherwise.
    lora: train only matrices of this rank beside the model's own.
    precision: "bf16", "fp16" or "fp32" for products of matrices; None takes the fastest that is sound on this device.
    accumulation, gradient_checkpointing: less memory for more time. num_proc: processes that tokenise.
    minutes: as many steps are made as fit into this time on this machine, evaluation and a trial of the machine's pace
        included; `result.plan` says how many. If the machine becomes slower, training ends with the time, as by an
        interrupt. None: all steps.
    show: how long it will take, a bar and a chart.
    Raises ValueError, TypeError or OSError, before anything is trained, for what could not end well.
    """
    ends = time.monotonic() + 60 * check_number("minutes", minutes, above=0) if minutes is not None else None
    check_weights(check_model(lm))
    check_corpus(corpus)
    check_flag("show", show)
    check_flag("gradient_checkpointing", gradient_checkpointing)
    check_whole("seed", seed, 0, 2**32 - 1)
    check_resume(resume)
    check_counts(lora=lora, num_proc=num_proc, accumulation=accumulation)
    recipe = choose_recipe(recipe, count_parameters(lm.model)[1], **settings)
    folder = check_path("folder", Path("fine-tuned") / Path(lm.name).name if folder is None else folder).resolve()
    check_block(lm, recipe)
    asked = asdict(recipe) | {"lora": lora, "seed": seed, "minutes": minutes}
    resume = has_run(folder, asked, precision) if resume == "auto" else bool(resume)
    record = record_to_resume(folder, asked) if resume else RunRecord(asked, floor_of(corpus, lm))
    if record.finished:
        return result_of(record, load(folder, device=lm.device), folder)
    record.precision = record.precision or choose_precision(lm.device, precision)
    blocks = blocks_of(corpus, lm, recipe, num_proc)
    with left_as_found():
        run = TrainingRun(lm, recipe, blocks, record, folder, accumulation, gradient_checkpointing, resume=resume)
        with bar_and_chart(record) if show and run.is_first else nullcontext(no_report) as report:
            return result_of(record, run.best_model(report, ends), folder)


def floor_of(corpus: DatasetDict, lm: LanguageModel) -> float | None:
    """The perplexity that no model can beat on the validation texts; None where nobody knows it."""
    texts = corpus["validation"]
    known = "log_probability" in texts.column_names
    return math.exp(entropy_floor(texts, lm.tokenizer)) if known else None


def blocks_of(corpus: DatasetDict, lm: LanguageModel, recipe: Recipe, num_proc: int | None) -> DatasetDict:
    """The corpus as token blocks of the recipe's kind."""
    return token_blocks(
        corpus,
        lm.tokenizer,
        recipe.block_size,
        separator=recipe.separator,
        rows_per_remainder=recipe.rows_per_remainder,
        num_proc=num_proc,
    )


def check_weights(lm: LanguageModel) -> None:
    """Raises ValueError unless every weight is finite; the error names the first that is not."""
    for name, weights in lm.model.named_parameters():
        if not weights.isfinite().all():
            raise ValueError(say("finetuning.broken_weights", name=name))


def check_block(lm: LanguageModel, recipe: Recipe) -> None:
    """Raises ValueError if the model cannot read a whole block."""
    if lm.context is not None and recipe.block_size > lm.context:
        raise ValueError(say("finetuning.block_too_long", block_size=recipe.block_size, context=lm.context))


def check_counts(**numbers: int | None) -> None:
    """Raises TypeError or ValueError unless each is a whole number of at least 1, or None."""
    for name, number in numbers.items():
        if number is not None:
            check_whole(name, number, 1)


def check_resume(resume: bool | str) -> None:
    """Raises TypeError unless it is True, False or "auto"."""
    if not (isinstance(resume, str) and resume == "auto"):
        check_flag("resume", resume)


def check_corpus(corpus: DatasetDict) -> None:
    """Raises TypeError unless the corpus has texts to train on and texts to be judged by."""
    if not isinstance(corpus, dict) or not {"train", "validation"} <= set(corpus):
        raise TypeError(say("finetuning.splits", value=short(corpus)))
    for split, texts in corpus.items():
        check_dataset(f"corpus[{split!r}]", texts)
