"""How long a run takes on this machine, measured before it begins, and how much of it fits into a given time.

It is measured in a trial: a few steps, the loss of a few validation blocks and one writing of the weights, all as in
the run itself, with a copy of the model that is thrown away.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from datasets import DatasetDict
from transformers import PreTrainedModel, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import IntervalStrategy

from lessons.finetuning.record import Plan
from lessons.finetuning.trainer import trainer_of
from lessons.words.language import say

TRIAL_STEPS = 20  # at most
TRIAL_SECONDS = 2.0  # after these no further step is begun: on a slow machine there is one
LEAST_BLOCKS = 4  # on which validation loss is measured, however little time there is
SHARE_FOR_LOSSES = 0.25  # of a given time, for validation and checkpoints
KEPT_BACK = 0.1  # of a given time: no machine works evenly
SECONDS_NOT_MINUTES = 120  # below, a time is told in seconds


@dataclass(frozen=True)
class Pace:
    """Seconds that the parts of a run take on this machine.

    Attributes:
        step: a step of training.
        block: measuring the loss of one validation block.
        checkpoint: writing one: the weights, and two moments for each that is trained.
    """

    step: float
    block: float
    checkpoint: float

    def seconds(self, steps: int, evaluations: int, blocks: int) -> float:
        """What a run takes: its steps, and each evaluation with its checkpoint. One evaluation more stands for the
        loss before training, and for the model that is read and written at the end."""
        return steps * self.step + (evaluations + 1) * (blocks * self.block + self.checkpoint)


def plan_within(seconds: float | None, pace: Pace, steps: int, evaluations: int, blocks: int) -> Plan:
    """All that is wanted or, where it would take longer than `seconds`, as many steps as there is time for.

    Validation and checkpoints get a quarter of a given time: on fewer blocks if need be (four at least), then less
    often (at the start and the end at least, and never more often than there are steps). Raises ValueError where not
    even a single step fits.

    >>> plan_within(100.0, Pace(step=2.0, block=0.5, checkpoint=1.0), steps=300, evaluations=6, blocks=50)
    Plan(steps=37, all_steps=300, evaluations=6, blocks=5, all_blocks=50, seconds=98.5)
    """
    measured, all_steps, all_blocks = evaluations, steps, blocks
    if seconds is not None and pace.seconds(steps, evaluations, blocks) > seconds:
        share = SHARE_FOR_LOSSES * seconds
        room = (share / (evaluations + 1) - pace.checkpoint) / pace.block
        blocks = min(blocks, max(LEAST_BLOCKS, int(room)))
        measured = min(evaluations, max(1, int(share / (blocks * pace.block + pace.checkpoint)) - 1))
        while measured > 1 and seconds < pace.seconds(measured, measured, blocks):  # not a step for each of them
            measured -= 1
        steps = min(steps, int((seconds - pace.seconds(0, measured, blocks)) / pace.step))
        if steps < 1:
            needed = pace.seconds(1, 1, blocks)
            raise ValueError(say("finetuning.no_time", left=f"{max(0, seconds):.0f}", needed=f"{needed:.0f}"))
    return Plan(steps, all_steps, measured, blocks, all_blocks, pace.seconds(steps, measured, blocks))


def measured_pace(model: PreTrainedModel, arguments: TrainingArguments, blocks: DatasetDict) -> Pace:
    """The pace of a run with these arguments, which are for `TRIAL_STEPS` steps; the model is not to be used again."""
    arguments.eval_strategy = arguments.save_strategy = IntervalStrategy.NO
    arguments.load_best_model_at_end = False
    trainer, stopwatch = trainer_of(model, arguments, blocks), Stopwatch()
    trainer.add_callback(stopwatch)
    trainer.train()
    few = min(LEAST_BLOCKS, len(blocks["validation"]))
    measured = blocks["validation"].with_format("torch").select(range(few))
    evaluation = seconds_of(lambda: trainer.evaluate(measured))
    with TemporaryDirectory(dir=arguments.output_dir) as folder:
        weights = seconds_of(lambda: trainer.model.save_pretrained(folder))
    return Pace(stopwatch.seconds_per_step, evaluation / few, 3 * weights)


class Stopwatch(TrainerCallback):
    """Notes when a trial begins and when each of its steps ends; ends it when it has taken long enough."""

    def __init__(self) -> None:
        self.times: list[float] = []

    @property
    def seconds_per_step(self) -> float:
        """The mean of the steps after the first, in which much is set up; that of the first, if it is the only one."""
        times = self.times[1:] if len(self.times) > 2 else self.times
        return (times[-1] - times[0]) / (len(times) - 1)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        self.times.append(time.perf_counter())

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        self.times.append(time.perf_counter())
        # subtle: several processes must make the same number of steps, and none sees the clock of another
        if args.world_size == 1 and self.times[-1] - self.times[0] > TRIAL_SECONDS:
            control.should_training_stop = True


def seconds_of(action: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def plan_in_words(plan: Plan, minutes: float | None) -> str:
    """How many steps a run makes and how long it takes; and what is left out so that it ends within `minutes`."""
    words = {"steps": f"{plan.steps:,}", "all": f"{plan.all_steps:,}", "time": time_in_words(plan.seconds)}
    if plan.steps == plan.all_steps:
        sentence = say("finetuning.plan", **words)
    else:
        sentence = say("finetuning.plan_within", **words, minutes=f"{minutes:g}")
    return " ".join(filter(None, (sentence, blocks_in_words(plan))))


def blocks_in_words(plan: Plan | None) -> str:
    """On how many blocks validation loss is measured; "" where that is all of them."""
    if plan is None or plan.blocks == plan.all_blocks:
        return ""
    return say("finetuning.fewer_blocks", blocks=plan.blocks, all=plan.all_blocks)


def time_in_words(seconds: float) -> str:
    """About so many minutes, or seconds where they are few.

    >>> time_in_words(40.2), time_in_words(840)
    ('about 40 seconds', 'about 14 minutes')
    """
    if seconds < SECONDS_NOT_MINUTES:
        return say("finetuning.about_seconds", seconds=f"{seconds:.0f}")
    return say("finetuning.about_minutes", minutes=f"{seconds / 60:,.0f}")
