"""fine_tune(): a model learns the voice of a corpus."""

import math
from dataclasses import asdict
from pathlib import Path
from reprlib import repr as short

from datasets import DatasetDict

from lessons.finetuning import folders
from lessons.finetuning.arguments import training_arguments
from lessons.finetuning.history import FineTuning
from lessons.finetuning.precision import choose_precision
from lessons.finetuning.recipes import Recipe, choose_recipe
from lessons.finetuning.session import Sitting, left_as_found, result_of
from lessons.models.language_model import LanguageModel, load
from lessons.texts.blocks import token_blocks
from lessons.texts.corpora import check_dataset, entropy_floor
from lessons.words.arguments import check_flag, check_model, check_path, check_whole
from lessons.words.language import say


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
    show: bool = True,
    **settings: object,
) -> FineTuning:
    """What comes of training a copy of the model on the corpus: see `FineTuning`. `lm` itself stays as it is.

    recipe: "small" (for the bundled model), "course" (GPT-2 on WikiText-2) or a `Recipe`; `settings` change single
        settings of it.
    folder: where checkpoints and the finished model go; None: fine-tuned/NAME. A run that lies there already is put
        aside.
    resume: True goes on with the run in the folder after an interrupt or a crash; it ends as it would have without.
        "auto" does so, or takes what is finished, if a run with the same settings is there, and begins anew otherwise.
    lora: train only matrices of this rank beside the model's own.
    precision: "bf16", "fp16" or "fp32" for products of matrices; None takes the fastest that is sound on this device.
    accumulation, gradient_checkpointing: less memory for more time. num_proc: processes that tokenise. show: bar and
        chart.
    Raises ValueError, TypeError or OSError, before anything is trained, for what could not end well.
    """
    check_model(lm), check_corpus(corpus), check_flag("show", show)
    check_flag("gradient_checkpointing", gradient_checkpointing), check_whole("seed", seed, 0, 2**32 - 1)
    check_weights(lm), check_resume(resume), check_counts(lora=lora, num_proc=num_proc, accumulation=accumulation)
    recipe = choose_recipe(recipe, **settings)
    folder = check_path("folder", Path("fine-tuned") / Path(lm.name).name if folder is None else folder).resolve()
    check_block(lm, recipe)
    asked = asdict(recipe) | {"lora": lora, "seed": seed}
    resume = folders.holds(folder, asked) if resume == "auto" else resume
    run = _record(asked, lm, corpus, folder, resume) | {"tokens_per_step": recipe.batch_size * recipe.block_size}
    if run["finished"]:
        return result_of(run, load(folder, device=lm.device), folder)
    run["precision"] = run["precision"] or choose_precision(lm.device, precision)
    blocks = token_blocks(
        corpus,
        lm.tokenizer,
        recipe.block_size,
        separator=recipe.separator,
        rows_per_remainder=recipe.rows_per_remainder,
        num_proc=num_proc,
    )
    steps = math.ceil(math.ceil(len(blocks["train"]) / recipe.batch_size) * recipe.epochs)
    with left_as_found():
        arguments = training_arguments(
            recipe, folder, lm.device, run["precision"], steps=steps, accumulation=accumulation, seed=seed
        )
        sitting = Sitting(lm, blocks, arguments, run, resume=resume, gradient_checkpointing=gradient_checkpointing)
        return result_of(run, sitting.sit(show), folder)


def check_weights(lm: LanguageModel) -> None:
    """Nothing, if all weights are finite; otherwise the error that names the first that are not."""
    for name, weights in lm.model.named_parameters():
        if not weights.isfinite().all():
            raise ValueError(say("finetuning.broken_weights", name=name))


def check_block(lm: LanguageModel, recipe: Recipe) -> None:
    """Nothing, if the model can read a block; otherwise the error."""
    if lm.context is not None and recipe.block_size > lm.context:
        raise ValueError(say("finetuning.block_too_long", block_size=recipe.block_size, context=lm.context))


def check_counts(**numbers: int | None) -> None:
    """Nothing, if each is a whole number of at least 1, or None; otherwise the error."""
    for name, number in numbers.items():
        check_whole(name, 1 if number is None else number, 1)


def check_resume(resume: object) -> None:
    """Nothing, if it is True, False or "auto"; otherwise the error."""
    if not (isinstance(resume, str) and resume == "auto"):
        check_flag("resume", resume)


def check_corpus(corpus: object) -> DatasetDict:
    """The corpus if it has texts to train on and texts to be judged by; otherwise the error."""
    if not isinstance(corpus, dict) or not {"train", "validation"} <= set(corpus):
        raise TypeError(say("finetuning.splits", value=short(corpus)))
    for split, texts in corpus.items():
        check_dataset(f"corpus[{split!r}]", texts)
    return corpus


def _record(
    asked: dict[str, object], lm: LanguageModel, corpus: DatasetDict, folder: Path, resume: bool
) -> dict[str, object]:
    """The record of a new run, or of the one in the folder; raises ValueError if that one was asked for with other
    settings."""
    if not resume:
        known = "log_probability" in corpus["validation"].column_names
        floor = math.exp(entropy_floor(corpus["validation"], lm.tokenizer)) if known else None
        return asked | {"asked": asked, "precision": None, "floor": floor, "seconds": 0.0, "log": [], "finished": False}
    record = folders.read_record(folder)
    changed = [name for name, value in asked.items() if record["asked"].get(name) != value]
    if changed:
        name = changed[0]
        raise ValueError(
            say("finetuning.changed", name=name, was=record["asked"].get(name), now=asked[name], folder=folder)
        )
    return record
