"""A text beside a slider: written anew while it moves where that is quick, else by its button; several can be kept."""

from collections.abc import Sequence
from html import escape
from time import perf_counter

import ipywidgets as widgets

from lessons.decoding.sampling import sample
from lessons.explorers.base import AUTO, SHOWN
from lessons.explorers.draws import DrawingExplorer
from lessons.models.source import Source
from lessons.plots.branches import in_common
from lessons.records.trace import Trace
from lessons.words.language import say
from lessons.words.tokens import text_after
from lessons.words.writing import Markup, as_written, html_table, visible_end

QUICK = 0.3  # seconds within which a text is written anew while a slider moves
HOPEFUL = 1.0  # seconds that a first text may take, by the time of its first token, to be tried
MOST_TEXTS = 6


class WritingExplorer(DrawingExplorer):
    """An explorer that writes texts from the distribution that it shows.

    Attributes:
        length, live, write, clear: controls; `live`: whether the text is written anew at every move.
        text: the `Trace` of the text that belongs to what is shown; None if none was written.
        traces: (temperature, seed, `Trace`) of the texts kept by the button.
        texts: the table of them.
    """

    source: Source
    prompt_ids: tuple[int, ...]
    text: Trace | None = None

    def make_writing(self) -> None:
        self.traces: list[tuple[float, int, Trace]] = []
        self._seconds: float | None = None  # that the last text took
        self.length = widgets.BoundedIntText(
            20,
            5,
            60,
            description=say("writing.length"),
            style={"description_width": "initial"},
            layout={"width": "118px"},
        )
        self.live = widgets.Checkbox(True, description=say("writing.live"), indent=False, layout=AUTO)
        self.write = widgets.Button(description=say("writing.write"), icon="pencil", layout=AUTO)
        self.clear = widgets.Button(description=say("writing.clear"), icon="trash", layout=AUTO | {"display": "none"})
        self._text, self._pace, self.texts = widgets.HTML().add_class(SHOWN), widgets.HTML(), widgets.HTML()
        self.write.tooltip = say("writing.write_tooltip")

    def write_live(self, temperature: float) -> None:
        """Write the text of what is shown, if that is quick; if not, say how it is to be had."""
        if self.live.value and self._seconds is None:
            self._seconds = min(self._timed(temperature), self._timed(temperature))  # the first one warms up
            self._slow_down(self._seconds * self.length.value, HOPEFUL)
        self.text = self._write(temperature, self.length.value) if self.live.value else None
        self._slow_down(self._seconds or 0.0, QUICK)
        self._show_text(temperature)

    def _slow_down(self, seconds: float, most: float) -> None:
        """Leave it to the button from now on if writing takes longer than that."""
        if self.live.value and seconds > most:
            with self.quietly():
                self.live.value = False

    def _timed(self, temperature: float) -> float:
        """The seconds that one token takes, and so about each of many."""
        self._write(temperature, 1)
        return self._seconds or 0.0

    def _write(self, temperature: float, length: int) -> Trace:
        start = perf_counter()
        trace = sample(self.source, self.prompt_ids, length, temperature=temperature, seed=self.seed.value)
        assert isinstance(trace, Trace)  # one text, not a list of them
        self._seconds = perf_counter() - start
        return trace

    def keep_text(self, temperature: float) -> None:
        """Write the text of what is shown, and keep it in the table."""
        self.busy(say("writing.busy", length=self.length.value))
        self.text = self._write(temperature, self.length.value)
        self._show_text(temperature)
        self.traces = [*self.traces, (temperature, self.seed.value, self.text)][-MOST_TEXTS:]
        self.texts.value, self.clear.layout.display = texts_table(self.traces), None

    def clear_texts(self) -> None:
        self.traces, self.texts.value, self.clear.layout.display = [], "", "none"

    def _show_text(self, temperature: float) -> None:
        style = "line-height:1.45;font-size:14px;overflow-wrap:anywhere"
        words = escape(say("writing.not_written", temperature=f"{temperature:g}"))
        if self.text is not None:
            before = visible_end(self.text.decode(self.prompt_ids), 60)
            after = visible_end(text_after(self.text.decode, self.prompt_ids, self.text.new_ids), 400)
            words = f'<span style="opacity:.7">{escape(before)}</span>{escape(after)}'
        self._text.value = as_written(f'<p style="{style};margin:0" aria-live="off">{words}</p>')
        milliseconds = f"{1000 * (self._seconds or 0):,.0f}"
        pace = say("writing.quick" if self.live.value else "writing.slow", milliseconds=milliseconds)
        self._pace.value = small(pace)


def small(words: str) -> str:
    return f'<p style="margin:0;font-size:12px;line-height:1.4">{escape(words)}</p>'


def texts_table(traces: Sequence[tuple[float, int, Trace]]) -> str:
    """The texts as HTML, one row each; bold from the first token that differs from the row above."""
    rows: list[tuple[str, str, str]] = []
    above: tuple[int, ...] | None = None
    for temperature, seed, trace in traces:
        same = len(trace.prompt_ids) if above is None else in_common(trace.ids, above)
        start = visible_end(trace.decode(trace.ids[:same]), 400)
        change = visible_end(text_after(trace.decode, trace.ids[:same], trace.ids[same:]), 400)
        rows.append((f"{temperature:g}", f"{seed}", Markup(f"{escape(start)}<b>{escape(change)}</b>")))
        above = trace.ids
    table = html_table(("T", say("writing.table_seed"), say("writing.table_text")), rows, left=(0, 1, 2))
    return f'<div style="margin-top:6px">{escape(say("writing.texts"))}</div>{table}'
