"""Recipes: everything that decides how a fine-tuning run goes, under a name."""

from dataclasses import dataclass, fields, replace
from reprlib import repr as short
from typing import Any

from lessons.words.arguments import check_flag, check_number, check_whole
from lessons.words.language import say


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        block_size: tokens in a block.
        batch_size: blocks in one step, over all processes together.
        learning_rate: at its highest; it rises over the first `warmup` of the steps, then falls in a straight line to
            zero. "small" chooses it by the model's size, see `learning_rate_for`.
        weight_decay, beta2: of AdamW (Loshchilov and Hutter 2019).
        epochs: how often the training blocks are gone through.
        warmup: share of the steps.
        evaluations: how often validation loss is measured, and a checkpoint written.
        separator, rows_per_remainder: how texts become blocks, see `token_blocks`.
    """

    block_size: int = 256
    batch_size: int = 4
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    beta2: float = 0.99
    epochs: float = 1.0
    warmup: float = 0.05
    evaluations: int = 6
    separator: bool | None = True
    rows_per_remainder: int | None = None

    def __post_init__(self) -> None:
        check_whole("block_size", self.block_size, 2)
        check_flag("separator", True if self.separator is None else self.separator)
        check_whole("batch_size", self.batch_size, 1)
        check_whole("evaluations", self.evaluations, 1)
        check_number("learning_rate", self.learning_rate, above=0)
        check_number("weight_decay", self.weight_decay, least=0)
        check_number("epochs", self.epochs, above=0)
        check_number("warmup", self.warmup, least=0, most=1)
        check_number("beta2", self.beta2, above=0, most=1)


# "small" is made for the model that comes with the lessons, and takes a lower learning rate for a larger one; "course"
# is what the course did to GPT-2 on WikiText-2, step for step.
RECIPES = {
    "small": Recipe(),
    "course": Recipe(
        block_size=512,
        batch_size=8,
        learning_rate=2e-5,
        beta2=0.999,
        epochs=2,
        warmup=0,
        evaluations=2,
        separator=None,
        rows_per_remainder=1000,
    ),
}


LEARNS_AT_FULL_RATE = 6_000_000  # parameters: the size of the model that comes with the lessons


def choose_recipe(recipe: str | Recipe, parameters: int = 0, /, **changes: Any) -> Recipe:
    """The recipe of that name, for a model of so many parameters, with some of its settings changed; None leaves a
    setting as it is.

    >>> choose_recipe("course", epochs=1).block_size
    512
    >>> [choose_recipe("small", size).learning_rate for size in (5_900_000, 135_000_000)]
    [0.003, 0.0003]
    """
    if not isinstance(recipe, Recipe):
        if not isinstance(recipe, str) or recipe not in RECIPES:
            raise ValueError(say("finetuning.no_recipe", name=short(recipe), names=", ".join(map(repr, RECIPES))))
        chosen = RECIPES[recipe]
        recipe = replace(chosen, learning_rate=learning_rate_for(parameters)) if recipe == "small" else chosen
    unknown = set(changes) - {field.name for field in fields(Recipe)}
    if unknown:
        settings = ", ".join(field.name for field in fields(Recipe))
        raise TypeError(say("finetuning.no_setting", name=sorted(unknown)[0], settings=settings))
    return replace(recipe, **{name: value for name, value in changes.items() if value is not None})


def learning_rate_for(parameters: int) -> float:
    """The learning rate of the recipe "small" for a model of so many parameters.

    0.003 up to 6 million, the size of the model that comes with the lessons. Above, it falls with the power 3/4 of the
    size, and is rounded to one digit: a rule of thumb. It was tried with 135 million, where 0.0003 was the best of
    0.003, 0.0003 and 0.0001.

    >>> [learning_rate_for(size) for size in (10**6, 124 * 10**6, 10**9, 7 * 10**9)]
    [0.003, 0.0003, 6e-05, 2e-05]
    """
    rate = RECIPES["small"].learning_rate * (LEARNS_AT_FULL_RATE / max(parameters, LEARNS_AT_FULL_RATE)) ** 0.75
    return float(f"{rate:.0e}")
