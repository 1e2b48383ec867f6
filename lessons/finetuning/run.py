"""One run: a `Trainer` around a copy of the model, from the first step or a checkpoint, to the end or an interrupt."""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy
import torch
from accelerate import skip_first_batches
from datasets import DatasetDict
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, Trainer, TrainingArguments, default_data_collator
from transformers import trainer as library
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging

from lessons.finetuning import folders
from lessons.finetuning.arguments import PRECISION_VARIABLE
from lessons.finetuning.record import RunRecord, write_record
from lessons.finetuning.reports import Report, Reports, interruptible
from lessons.finetuning.trainable import as_it_was, count_parameters, trainable_copy
from lessons.models.language_model import LanguageModel


class TrainingRun:
    """A run that can be trained once; its record grows with what is found out, and lies in the folder.

    trainer: what trains the copy of `lm.model`; from the end of training on it holds the best model so far.
    """

    def __init__(
        self,
        lm: LanguageModel,
        blocks: DatasetDict,
        arguments: TrainingArguments,
        record: RunRecord,
        *,
        resume: bool = False,
        gradient_checkpointing: bool = False,
    ) -> None:
        self.lm, self.record, self.folder = lm, record, Path(arguments.output_dir)
        self.gradient_checkpointing = gradient_checkpointing
        model = trainable_copy(lm.model, record.asked["lora"], gradient_checkpointing)
        record.trained, record.parameters = count_parameters(model)
        with arguments.main_process_first(local=False):  # of several processes one sees to the folder, the others wait
            if arguments.process_index == 0:
                folders.prepare(self.folder, resume, self.bytes_needed())
        self.trainer = trainer_of(model, arguments, blocks)
        self.is_first = self.trainer.is_world_process_zero()  # of several processes, the one that writes

    def bytes_needed(self) -> int:
        """On disk: three checkpoints, each with two moments for every number trained, and the model."""
        weights, moments = 4 * self.record.parameters, 8 * self.record.trained
        return weights + 3 * (weights + moments)

    def best_model(self, report: Report) -> LanguageModel:
        """The best model after training; nobody else writes into the folder meanwhile, and a full disk is told."""
        with (
            folders.claimed(self.folder) if self.is_first else nullcontext(),
            folders.full_disk_told(self.folder, self.bytes_needed()),
        ):
            self.save_record()
            self.train(report)
            return self.save()

    def train(self, report: Report) -> None:
        """Train to the end, or to the step in which an interrupt comes."""
        reports, checkpoint = Reports(report), folders.last_checkpoint(self.folder)
        self.trainer.add_callback(reports)
        # subtle: asked to evaluate before train(), the trainer would no longer share gradients between processes
        self.trainer.args.eval_on_start = checkpoint is None
        started = time.monotonic()
        with interruptible(reports), order_of_the_epoch():
            try:
                self.trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
            except KeyboardInterrupt:  # the second one: what the last checkpoint does not hold is lost
                reports.stop()
                if self.trainer.state.best_model_checkpoint:
                    self.trainer._load_from_checkpoint(self.trainer.state.best_model_checkpoint)
        self.record.seconds += time.monotonic() - started
        self.record.finished = not reports.stopped
        self.note_losses()

    def note_losses(self) -> None:
        """Write into the record what was measured, and the losses of the given and of the best model."""
        state = self.trainer.state
        best = state.best_metric if state.best_metric is not None else self.trainer.evaluate()["eval_loss"]
        at_first = [entry["eval_loss"] for entry in state.log_history if entry["step"] == 0 and "eval_loss" in entry]
        self.record.before, self.record.after = at_first[0] if at_first else best, best
        self.record.log = state.log_history

    def save(self) -> LanguageModel:
        """The best model so far, also written to the folder; the checkpoints go when the run is finished."""
        trained = self.trainer.accelerator.unwrap_model(self.trainer.model)
        model = as_it_was(trained, self.lm.model, self.gradient_checkpointing)
        if self.is_first:
            model.save_pretrained(self.folder)
            self.lm.tokenizer.save_pretrained(self.folder)
        self.save_record()
        if self.is_first and self.record.finished:
            folders.remove_checkpoints(self.folder)
        model = model.to(self.lm.device, self.lm.model.dtype).eval().requires_grad_(True)
        return LanguageModel(f"{self.lm.name} ({self.folder.name})", model, self.lm.tokenizer)

    def save_record(self) -> None:
        if self.is_first:
            write_record(self.folder, self.record)


def trainer_of(model: PreTrainedModel, arguments: TrainingArguments, blocks: DatasetDict) -> Trainer:
    """The library's trainer for these blocks; it prints nothing."""
    blocks = blocks.with_format("torch")
    trainer = Trainer(
        model,
        arguments,
        train_dataset=blocks["train"],
        eval_dataset=blocks["validation"],
        data_collator=default_data_collator,
    )
    # subtle: or 4.57 divides by all tokens of a block, its first, unpredicted one too
    trainer.model_accepts_loss_kwargs = False
    trainer.remove_callback(PrinterCallback)
    return trainer


@contextmanager
def order_of_the_epoch() -> Iterator[None]:
    """Within: a run that goes on in the middle of an epoch meets the blocks of that epoch; 4.57 shuffles as in the
    first."""

    def skip(loader: DataLoader, batches: int) -> DataLoader:
        rest = skip_first_batches(loader, batches)
        rest.iteration = getattr(loader, "iteration", 0)  # of which the order is made
        return rest

    library.skip_first_batches, original = skip, library.skip_first_batches
    try:
        yield
    finally:
        library.skip_first_batches = original


@contextmanager
def left_as_found() -> Iterator[None]:
    """Within: the trainer may seed every generator there is, and the library says errors only; afterwards all is as
    before."""
    variable = os.environ.get(PRECISION_VARIABLE)
    python, arrays = random.getstate(), numpy.random.get_state()
    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            numpy.random.set_state(arrays)
            os.environ.pop(PRECISION_VARIABLE, None)
            os.environ |= {PRECISION_VARIABLE: variable} if variable is not None else {}
            logging.set_verbosity(verbosity)
            if bars:
                logging.enable_progress_bar()
