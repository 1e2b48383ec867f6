"""One sitting of a run: a `Trainer` around a copy of the model, from the first step or from a checkpoint, to the end or
an interrupt."""

import copy
import math
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy
import torch
from accelerate import skip_first_batches
from datasets import DatasetDict
from torch import nn
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments, default_data_collator
from transformers import trainer as library
from transformers.activations import NewGELUActivation
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging

from lessons.finetuning import folders
from lessons.finetuning.arguments import PRECISION_VARIABLE
from lessons.finetuning.history import FineTuning, history_table
from lessons.finetuning.lora import add_lora, count_parameters
from lessons.finetuning.progress import Progress, stopping
from lessons.models.language_model import LanguageModel


class Sitting:
    """`run` is the run's record as it lies in run.json; it grows with what is found out."""

    def __init__(
        self,
        lm: LanguageModel,
        blocks: DatasetDict,
        arguments: TrainingArguments,
        run: dict[str, object],
        *,
        resume: bool,
        gradient_checkpointing: bool,
    ) -> None:
        self.lm, self.run, self.folder, self.computes_twice = (
            lm,
            run,
            Path(arguments.output_dir),
            gradient_checkpointing,
        )
        model = trainable_copy(lm.model, run["lora"], gradient_checkpointing)
        run["trained"], run["parameters"] = count_parameters(model)
        with arguments.main_process_first(local=False):  # of several processes one sees to the folder, the others wait
            if arguments.process_index == 0:
                folders.prepare(self.folder, resume, self.bytes_needed())
        train, validation = blocks["train"].with_format("torch"), blocks["validation"].with_format("torch")
        self.trainer = Trainer(
            model, arguments, train_dataset=train, eval_dataset=validation, data_collator=default_data_collator
        )
        self.trainer.model_accepts_loss_kwargs = (
            False  # subtle: or 4.57 divides by all tokens of a block, its first, unpredicted one too
        )
        self.trainer.remove_callback(PrinterCallback)

    def bytes_needed(self) -> int:
        """On disk: three checkpoints, each with two moments for every number trained, and the model."""
        weights, moments = 4 * self.run["parameters"], 8 * self.run["trained"]
        return weights + 3 * (weights + moments)

    def sit(self, show: bool) -> LanguageModel:
        """The best model after training; nobody else writes into the folder meanwhile, and a full disk is told."""
        first = self.trainer.is_world_process_zero()
        with (
            folders.claimed(self.folder) if first else nullcontext(),
            folders.full_disk_told(self.folder, self.bytes_needed()),
        ):
            self.train(show)
            return self.finish()

    def train(self, show: bool) -> None:
        """Train to the end, or to the step in which an interrupt comes; the trainer then holds the best model so
        far."""
        self._write_record()
        progress = Progress(self.run["tokens_per_step"], self.run["floor"], show)
        self.trainer.add_callback(progress)
        checkpoint, started = folders.last_checkpoint(self.folder), time.monotonic()
        # subtle: asked to evaluate before train(), the trainer would no longer share gradients between processes
        self.trainer.args.eval_on_start = checkpoint is None
        with stopping(progress), order_of_the_epoch():
            try:
                self.trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
            except KeyboardInterrupt:  # the second one: what the last checkpoint does not hold is lost
                self._load_best()
                progress.stop()
        seconds = self.run["seconds"] + time.monotonic() - started
        state = self.trainer.state
        after = state.best_metric if state.best_metric is not None else self.trainer.evaluate()["eval_loss"]
        before = next(
            (entry["eval_loss"] for entry in state.log_history if entry["step"] == 0 and "eval_loss" in entry), after
        )
        self.run |= {
            "before": before,
            "after": after,
            "log": state.log_history,
            "seconds": seconds,
            "finished": not progress.stopped,
        }

    def finish(self) -> LanguageModel:
        """The best model so far, also written to the folder; the checkpoints go when the run is finished."""
        model = self.trainer.accelerator.unwrap_model(self.trainer.model)
        model = model.merge_and_unload() if self.run["lora"] else model
        if self.computes_twice:
            switch_checkpointing(model, on=False)
        model.config.use_cache = self.lm.model.config.use_cache
        if "gelu_new" in str(model.config.to_dict().get("activation_function")):
            replace_modules(model, nn.GELU, NewGELUActivation)
        if self.trainer.is_world_process_zero():
            model.save_pretrained(self.folder)
            self.lm.tokenizer.save_pretrained(self.folder)
        self._write_record()
        if self.trainer.is_world_process_zero() and self.run["finished"]:
            folders.remove_checkpoints(self.folder)
        name = f"{self.lm.name} ({self.folder.name})"
        return LanguageModel(
            name, model.to(self.lm.device, self.lm.model.dtype).eval().requires_grad_(True), self.lm.tokenizer
        )

    def _load_best(self) -> None:
        best = self.trainer.state.best_model_checkpoint
        if best:
            self.trainer._load_from_checkpoint(best)

    def _write_record(self) -> None:
        if self.trainer.is_world_process_zero():
            folders.write_record(self.folder, self.run)


def trainable_copy(model: nn.Module, lora: int | None, gradient_checkpointing: bool) -> nn.Module:
    """A copy with weights in 32 bits, ready for the trainer."""
    copied = copy.deepcopy(model).float()
    copied.loss_type = (
        "ForCausalLM"  # subtle: GPT-2's class is not in the library's table, which it says at every start
    )
    copied.config.use_cache = False
    if gradient_checkpointing:
        switch_checkpointing(copied, on=True)
        copied.enable_input_require_grads()  # for LoRA, where the embeddings are frozen
    # the same function in one step, not eight
    replace_modules(copied, NewGELUActivation, lambda: nn.GELU(approximate="tanh"))
    return add_lora(copied, lora) if lora else copied


def replace_modules(model: nn.Module, kind: type[nn.Module], substitute: Callable[[], nn.Module]) -> None:
    """Put a `substitute`, which has no weights, in the place of every module of that kind."""
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if type(child) is kind:
                setattr(parent, name, substitute())


def switch_checkpointing(model: nn.Module, on: bool) -> None:
    """Forget what layers computed on the way forward, and compute it anew on the way back (Chen et al. 2016); or stop
    doing so."""
    name = "activation" if hasattr(model, "activation_checkpointing_enable") else "gradient"  # renamed in 5.2x
    getattr(model, f"{name}_checkpointing_{'enable' if on else 'disable'}")()


def result_of(run: dict[str, object], model: LanguageModel, folder: Path) -> FineTuning:
    """What the run has made, from its record."""
    history = history_table(run["log"], run["tokens_per_step"])
    return FineTuning(
        model,
        history,
        math.exp(run["before"]),
        math.exp(run["after"]),
        run["floor"],
        folder,
        run["trained"],
        run["parameters"],
        run["precision"],
        run["seconds"],
        run["finished"],
    )


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
    python, arrays, bars, verbosity = (
        random.getstate(),
        numpy.random.get_state(),
        logging.is_progress_bar_enabled(),
        logging.get_verbosity(),
    )
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
