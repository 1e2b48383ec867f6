"""What is seen while a model trains: a bar with the time left, a chart that is drawn anew in place; and how to stop
it."""

import signal
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import pandas
from tqdm.auto import tqdm
from transformers import TrainerCallback

from lessons.finetuning.history import history_table
from lessons.plots.canvas import png
from lessons.plots.fine_tuning import loss_chart, loss_sentence
from lessons.words.language import say

SECONDS_BETWEEN_CHARTS = 2.0  # at least
SHARE_FOR_CHARTS = 0.02  # of the time, at most: on a slow machine the chart is drawn more rarely


class Progress(TrainerCallback):
    """Shows how training goes on, and ends it after the present step once it is told to `stop`."""

    def __init__(self, tokens_per_step: int, floor: float | None, show: bool) -> None:
        self.tokens_per_step, self.floor, self.show = tokens_per_step, floor, show
        self.chart = LiveChart() if show and in_notebook() else None
        self.bar, self.stopped, self.next_chart = None, False, 0.0

    def on_train_begin(self, args, state, control, **others):
        if self.show and state.is_world_process_zero:
            self.bar = tqdm(
                total=state.max_steps,
                initial=state.global_step,
                desc=say("finetuning.bar"),
                unit=say("finetuning.step"),
                mininterval=0.5,
            )
            self._draw(state)

    def on_step_end(self, args, state, control, **others):
        if self.bar is not None:
            self.bar.update(state.global_step - self.bar.n)
        if self.stopped:
            control.should_save = control.should_training_stop = True
        if state.global_step == state.max_steps:  # subtle: 4.57 would not measure the last step
            control.should_evaluate = control.should_save = True

    def on_log(self, args, state, control, **others):
        if self.chart and time.monotonic() > self.next_chart:
            self._draw(state)

    def on_evaluate(self, args, state, control, **others):
        self._draw(state)

    def on_train_end(self, args, state, control, **others):
        self._draw(state)
        if self.bar is not None:
            self.bar.close()

    def stop(self) -> None:
        """End training after the present step, with a checkpoint."""
        self.stopped = True

    def _draw(self, state: object) -> None:
        start, history = time.monotonic(), history_table(state.log_history, self.tokens_per_step)
        if history["validation_loss"].isna().all():
            return
        if self.chart:
            self.chart.update(history, self.floor, state.max_steps * self.tokens_per_step)
        elif self.bar is not None:
            self.bar.set_postfix_str(loss_sentence(history, self.floor, short=True), refresh=False)
        end = time.monotonic()
        self.next_chart = end + max(SECONDS_BETWEEN_CHARTS, (end - start) / SHARE_FOR_CHARTS)


class LiveChart:
    """One place in a notebook's output whose picture and sentence are replaced."""

    def __init__(self) -> None:
        self.handle = None

    def update(self, history: pandas.DataFrame, floor: float | None, end: float) -> None:
        from IPython.display import HTML, display

        sentence = escape(loss_sentence(history, floor))
        picture = b64encode(png(loss_chart(history, floor, end))).decode()
        shown = HTML(
            f'<img alt="{sentence}" src="data:image/png;base64,{picture}"><p style="max-width:76ch">{sentence}</p>'
        )
        if self.handle is None:
            self.handle = display(shown, display_id=True)
        else:
            self.handle.update(shown)


def in_notebook() -> bool:
    """Whether this is a notebook's Python."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


@contextmanager
def stopping(progress: Progress) -> Iterator[None]:
    """Within: the first interrupt ends training after the present step, the second at once.

    Only the main thread hears interrupts; in any other nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, frame: object) -> None:
        progress.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
