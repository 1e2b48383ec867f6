"""The library's `Trainer`, made to print nothing, to spare other random numbers, and to go on where it stopped."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy
import torch
from accelerate import skip_first_batches
from datasets import DatasetDict
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, Trainer, TrainingArguments, default_data_collator
from transformers import trainer as library
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging

from lessons.finetuning.arguments import PRECISION_VARIABLE


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
