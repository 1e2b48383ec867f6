"""A bar and a chart of what a run reports: the one file of this folder that knows pictures."""

import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import pandas
from IPython import display
from tqdm.auto import tqdm

from lessons.finetuning.history import history_table
from lessons.finetuning.pace import plan_in_words
from lessons.finetuning.record import Log, RunRecord
from lessons.finetuning.reports import Report
from lessons.plots.canvas import png
from lessons.plots.fine_tuning import loss_chart, loss_sentence
from lessons.words.language import say
from lessons.words.notebook import in_notebook
from lessons.words.writing import as_written

SECONDS_BETWEEN_CHARTS = 2.0  # at least
SHARE_FOR_CHARTS = 0.02  # of the time, at most: on a slow machine the chart is drawn more rarely


@contextmanager
def bar_and_chart(record: RunRecord) -> Iterator[Report]:
    """What shows the reports of a run until the block ends: a bar with the time left, and the losses so far."""
    shown = BarAndChart(record)
    try:
        yield shown.report
        shown.show_losses()
    finally:
        shown.close()


class BarAndChart:
    """In a notebook the losses are a chart, drawn anew in place; elsewhere they are a few words behind the bar."""

    def __init__(self, record: RunRecord) -> None:
        self.record, self.tokens_per_step, self.floor = record, record.tokens_per_step, record.floor
        self.chart = LiveChart() if in_notebook() else None
        self.bar: tqdm | None = None
        self.log: Log = []
        self.steps, self.entries_shown, self.next_chart = 0, 0, 0.0

    def report(self, step: int, steps: int, log: Log) -> None:
        """Move the bar on; show the losses if validation has been measured anew, or a new chart is due."""
        self.steps, self.log = steps, log
        if self.bar is None:
            if self.record.plan:
                print(plan_in_words(self.record.plan, self.record.asked.get("minutes")))
            desc, unit = say("finetuning.bar"), say("finetuning.step")
            self.bar = tqdm(total=steps, initial=step, desc=desc, unit=unit, mininterval=0.5)
        self.bar.update(step - self.bar.n)
        new = log[self.entries_shown :]
        if any("eval_loss" in entry for entry in new) or (new and self.chart and time.monotonic() > self.next_chart):
            self.show_losses()

    def show_losses(self) -> None:
        """Show all that has been measured so far, once validation has."""
        start, history = time.monotonic(), history_table(self.log, self.tokens_per_step)
        self.entries_shown = len(self.log)
        if history["validation_loss"].isna().all():
            return
        if self.chart:
            self.chart.update(history, self.floor, self.steps * self.tokens_per_step)
        elif self.bar is not None:
            self.bar.set_postfix_str(loss_sentence(history, self.floor, short=True), refresh=False)
        end = time.monotonic()
        self.next_chart = end + max(SECONDS_BETWEEN_CHARTS, (end - start) / SHARE_FOR_CHARTS)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


class LiveChart:
    """One place in a notebook's output whose picture and sentence are replaced."""

    def __init__(self) -> None:
        self.handle: display.DisplayHandle | None = None

    def update(self, history: pandas.DataFrame, floor: float | None, end: float) -> None:
        """Show the losses so far; end: where the axis of tokens ends."""
        sentence = escape(loss_sentence(history, floor))
        picture = b64encode(png(loss_chart(history, floor, end))).decode()
        image = f'<img alt="{sentence}" src="data:image/png;base64,{picture}">'
        shown = display.HTML(as_written(f'{image}<p style="max-width:76ch">{sentence}</p>'))
        if self.handle is None:
            self.handle = display.display(shown, display_id=True)
        else:
            self.handle.update(shown)
