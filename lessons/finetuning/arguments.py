"""A recipe in the words of `transformers.TrainingArguments`, as versions 4.57 to 5.23 all understand them."""

import math
import os
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from lessons.finetuning.recipes import Recipe
from lessons.words.arguments import check_whole
from lessons.words.language import say

PRECISION_VARIABLE = "ACCELERATE_MIXED_PRECISION"
LOGGED_STEPS = 100  # the points of the training curve
ALWAYS = {
    "lr_scheduler_type": "linear",
    "eval_strategy": "steps",
    "prediction_loss_only": True,
    "save_strategy": "steps",
    "save_total_limit": 1,  # and the best one
    "load_best_model_at_end": True,
    "metric_for_best_model": "eval_loss",
    "greater_is_better": False,
    "disable_tqdm": True,
    "report_to": "none",
}


def training_arguments(
    recipe: Recipe,
    folder: Path,
    device: torch.device,
    precision: str,
    *,
    steps: int,
    accumulation: int = 1,
    seed: int = 0,
) -> TrainingArguments:
    """The arguments for `steps` steps of this recipe.

    The batch is shared out evenly over processes, and within each over `accumulation` passes that are added up before a
    step.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    shares = processes * check_whole("accumulation", accumulation, 1)
    if recipe.batch_size % shares:
        raise ValueError(say("finetuning.shares", batch_size=recipe.batch_size, shares=shares))
    arguments = TrainingArguments(
        output_dir=str(folder),
        seed=seed,
        per_device_train_batch_size=recipe.batch_size // shares,
        # subtle: several processes fill up their last batch with repeats
        per_device_eval_batch_size=8 if processes == 1 else 1,
        gradient_accumulation_steps=accumulation,
        **_steps(recipe, steps),
        **_numbers(device, precision),
        **ALWAYS,
    )
    if getattr(arguments, "_n_gpu", 1) > 1:
        arguments._n_gpu = 1  # one process, one device: several GPUs are asked for with torchrun
    return arguments


def _steps(recipe: Recipe, steps: int) -> dict[str, float]:
    """How large the steps are, and after how many something is measured or kept."""
    between = math.ceil(steps / recipe.evaluations)
    return {
        "max_steps": steps,
        "learning_rate": recipe.learning_rate,
        "warmup_steps": round(recipe.warmup * steps),  # subtle: a share is understood by 5.x alone
        "weight_decay": recipe.weight_decay,
        "adam_beta2": recipe.beta2,
        "eval_steps": between,
        "save_steps": between,
        "logging_steps": max(1, steps // LOGGED_STEPS),
    }


def _numbers(device: torch.device, precision: str) -> dict[str, Any]:
    """In which numbers to compute, and where."""
    # subtle: 4.57 keeps "bf16" for the next run
    os.environ[PRECISION_VARIABLE] = "no" if precision == "fp32" else precision
    return {
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        "use_cpu": device.type == "cpu",
        "dataloader_pin_memory": device.type == "cuda",
        "optim": "adamw_torch" if device.type == "mps" else "adamw_torch_fused",
    }
