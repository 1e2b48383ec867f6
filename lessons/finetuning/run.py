"""One run: a `Trainer` around a copy of the model, from the first step or a checkpoint, to the end or an interrupt."""

import gc
import math
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from accelerate.utils import broadcast_object_list
from datasets import DatasetDict
from transformers import PreTrainedModel, TrainingArguments

from lessons.finetuning import folders
from lessons.finetuning.arguments import training_arguments
from lessons.finetuning.pace import KEPT_BACK, TRIAL_STEPS, measured_pace, plan_within
from lessons.finetuning.recipes import Recipe
from lessons.finetuning.record import Plan, RunRecord, write_record
from lessons.finetuning.reports import Report, Reports, interruptible
from lessons.finetuning.trainable import as_it_was, count_parameters, trainable_copy
from lessons.finetuning.trainer import order_of_the_epoch, trainer_of
from lessons.models.language_model import LanguageModel

if TYPE_CHECKING:
    from peft import PeftModel


class TrainingRun:
    """A run that can be trained once; its record grows with what is found out, and lies in the folder.

    trainer: what trains the copy of `lm.model`; from the end of training on it holds the best model so far.
    """

    def __init__(
        self,
        lm: LanguageModel,
        recipe: Recipe,
        blocks: DatasetDict,
        record: RunRecord,
        folder: Path,
        accumulation: int = 1,
        gradient_checkpointing: bool = False,
        *,
        resume: bool = False,
    ) -> None:
        self.lm, self.recipe, self.blocks, self.record, self.folder = lm, recipe, blocks, record, folder
        self.accumulation, self.gradient_checkpointing = accumulation, gradient_checkpointing
        record.trained, record.parameters = count_parameters(self.copy())
        arguments = self.arguments(TRIAL_STEPS)
        self.is_first = arguments.process_index == 0  # of several processes, the one that writes
        with arguments.main_process_first(local=False):  # of several processes one sees to the folder, the others wait
            if self.is_first:
                folders.prepare(folder, resume, self.bytes_needed())

    def copy(self) -> "PreTrainedModel | PeftModel":
        """A copy of the model that can be trained; the numbers that LoRA adds are the same in each."""
        torch.manual_seed(self.record.asked["seed"])
        return trainable_copy(self.lm.model, self.record.asked["lora"], self.gradient_checkpointing)

    def arguments(self, steps: int, evaluations: int = 1) -> TrainingArguments:
        """The recipe for so many steps, in the library's words."""
        return training_arguments(
            replace(self.recipe, evaluations=evaluations),
            self.folder,
            self.lm.device,
            self.record.precision,
            steps=steps,
            accumulation=self.accumulation,
            seed=self.record.asked["seed"],
        )

    def bytes_needed(self) -> int:
        """On disk: three checkpoints, each with two moments for every number trained, and the model."""
        weights, moments = 4 * self.record.parameters, 8 * self.record.trained
        return weights + 3 * (weights + moments)

    def best_model(self, report: Report, ends: float | None = None) -> LanguageModel:
        """The best model after training, which ends at `ends` on the clock, where that is given. Nobody else writes
        into the folder meanwhile, and a full disk is told."""
        with (
            folders.claimed(self.folder) if self.is_first else nullcontext(),
            folders.full_disk_told(self.folder, self.bytes_needed()),
        ):
            self.save_record()
            self.record.plan = self.record.plan or self.plan(ends)
            self.save_record()
            self.train(report, self.record.plan, ends)
            return self.save()

    def plan(self, ends: float | None) -> Plan:
        """How much this run does, as far as there is time until `ends`, measured in a trial."""
        pace = measured_pace(self.copy(), self.arguments(TRIAL_STEPS), self.blocks)
        gc.collect()  # subtle: a trainer refers to itself, and would keep its model and moments beside the run's own
        left = None if ends is None else (1 - KEPT_BACK) * (ends - time.monotonic())
        left, pace = broadcast_object_list([left, pace])  # of several processes, the first decides
        blocks, recipe = self.blocks, self.recipe
        steps = math.ceil(math.ceil(len(blocks["train"]) / recipe.batch_size) * recipe.epochs)
        return plan_within(left, pace, steps, recipe.evaluations, len(blocks["validation"]))

    def train(self, report: Report, plan: Plan, ends: float | None = None) -> None:
        """Train to the end of the plan, or to the step in which an interrupt comes or the time ends."""
        measured = self.blocks["validation"].select(range(plan.blocks))
        blocks = DatasetDict(self.blocks | {"validation": measured})
        self.trainer = trainer_of(self.copy(), self.arguments(plan.steps, plan.evaluations), blocks)
        reports, checkpoint = Reports(report, ends), folders.last_checkpoint(self.folder)
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
