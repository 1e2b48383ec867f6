"""Fine-tuning: a copy of a model learns the voice of a corpus, towards the floor where that is known.

As a program, for one process or many: `python -m lessons.finetuning --help`.

    recipes      everything that decides how a run goes, under a name
    precision    in which numbers to compute
    record       what run.json says of a run
    folders      what lies in a run's folder, and from where it can go on
    trainable    the copy that is trained: 32 bits, LoRA, gradient checkpointing
    arguments    a recipe in the words of `transformers`
    trainer      the library's trainer, kept quiet
    pace         how long a run takes here, and how much of it fits into a given time
    history      the run as a table, and what it leaves behind
    reports      what is told of a run while it trains, and its interrupt
    chart        how long it takes, a bar and a chart of what is told
    run          one run, from its first step or a checkpoint
    training     fine_tune()
"""

from lessons.finetuning.history import FineTuning
from lessons.finetuning.recipes import RECIPES, Recipe
from lessons.finetuning.training import fine_tune

__all__ = ["RECIPES", "FineTuning", "Recipe", "fine_tune"]
