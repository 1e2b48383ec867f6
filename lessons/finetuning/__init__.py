"""Fine-tuning: a copy of a model learns the voice of a corpus, towards the floor where that is known.

As a program, for one process or many: `python -m lessons.finetuning --help`.

    recipes      everything that decides how a run goes, under a name
    precision    in which numbers to compute
    folders      what lies in a run's folder, and from where it can go on
    lora         a few trained numbers in place of all
    history      the run as a table, and what it leaves behind
    progress     bar, live chart, interrupt
    arguments    a recipe in the words of `transformers`
    session      one sitting of a run
    training     fine_tune()
"""

from lessons.finetuning.history import FineTuning
from lessons.finetuning.recipes import RECIPES, Recipe
from lessons.finetuning.training import fine_tune

__all__ = ["RECIPES", "FineTuning", "Recipe", "fine_tune"]
