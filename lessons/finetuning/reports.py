"""What is told of a run while it trains, to whoever wants to show it; and how an interrupt ends it."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from lessons.finetuning.record import Log

# report(step, steps, log): so many steps of so many are done, and this has been measured so far.
Report = Callable[[int, int, Log], None]


def no_report(step: int, steps: int, log: Log) -> None:
    """Nobody is told."""


class Reports(TrainerCallback):
    """Reports when training begins, after each step and whenever something was measured; `stop` ends training.

    ends: when, on the clock, training is ended in any case: a machine may become slower than it was; None for never.
    """

    def __init__(self, report: Report, ends: float | None = None) -> None:
        self.report, self.ends, self.stopped = report, ends, False

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        self.report(state.global_step, state.max_steps, state.log_history)

    on_train_begin = on_log

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        self.report(state.global_step, state.max_steps, state.log_history)
        # subtle: several processes must stop at the same step, and none sees the clock of another
        is_late = self.ends is not None and args.world_size == 1 and time.monotonic() > self.ends
        if is_late and state.global_step < state.max_steps:
            self.stop()
            control.should_evaluate = True  # what was learnt since the last time may be the best
        if self.stopped:
            control.should_save = control.should_training_stop = True
        if state.global_step == state.max_steps:  # subtle: 4.57 would not measure the last step
            control.should_evaluate = control.should_save = True

    def stop(self) -> None:
        """End training after the present step, with a checkpoint."""
        self.stopped = True


@contextmanager
def interruptible(reports: Reports) -> Iterator[None]:
    """Within: the first interrupt ends training after the present step, the second at once.

    Only the main thread hears interrupts; in any other nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        reports.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
