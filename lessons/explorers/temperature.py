"""Lesson 04's explorer: one distribution at every temperature, and texts that differ by nothing else."""

from collections.abc import Sequence
from html import escape
from math import exp, inf, log, log10

import ipywidgets as widgets
import torch

from lessons.arithmetic.filters import temperature_scale, temperature_sweep
from lessons.arithmetic.probability import entropy
from lessons.decoding.sampling import sample
from lessons.explorers.base import AUTO, IN_A_ROW, LABELLED, Explorer, slider
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Source, as_source, check_logits
from lessons.plots.temperature import TemperaturePicture
from lessons.records.trace import Trace
from lessons.words.arguments import check_number, check_text, check_whole
from lessons.words.language import say
from lessons.words.tokens import text_after, visible
from lessons.words.writing import Markup, html_table, percent, visible_end

COLDEST, HOTTEST = 0.05, 5.0  # the ends of the slider; any temperature can be typed
STEP = 0.01  # of the slider, in powers of ten; T = 1 is one of its steps
MOST_TEXTS = 6
NARROW = {"width": "160px"}


class TemperatureExplorer(Explorer):
    """Drag the temperature and see the distribution sharpen and flatten; have texts written from the same numbers.

    The model is asked when the text changes and when a text is to be written, never when the slider moves.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, temperature, typed, seed, length, write, clear: the controls; `typed` takes a temperature as a number.
        logits: (V,) what the model offers, the likeliest first; `tokens`: the names of the likeliest.
        probabilities: (V,) at the temperature shown, in the same order; `entropy`: theirs, in nats.
        traces: (temperature, seed, `Trace`) of the texts written.
    """

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str = "Once upon a time there was a",
        temperature: float = 1.0,
        bars: int = 8,
    ) -> None:
        super().__init__()
        check_text("prompt", prompt)
        check_number("temperature", temperature)
        self.source, self.bars = as_source(lm), check_whole("bars", bars, 1)
        self.traces: list[tuple[float, int, Trace]] = []
        self._make_controls(prompt, temperature)
        self.listen(self.prompt, self._begin)
        self.temperature.observe(lambda _: self._follow_slider(), names="value")  # which changes what was typed
        self.listen(self.typed, self._show)
        self.listen(self.write, self._write)
        self.listen(self.clear, self._clear)
        writing = widgets.HBox([self.seed, self.length, self.write, self.clear], layout=IN_A_ROW)
        self.lay_out(widgets.VBox([self.prompt, widgets.HBox([self.temperature, self.typed], layout=IN_A_ROW)]))
        self.children = (*self.children, writing, self.texts)
        self.begin_with(self._begin, self._show)

    def _make_controls(self, prompt: str, temperature: float) -> None:
        self.prompt = text_box(prompt, say("temperature.prompt"))
        self.temperature = widgets.FloatLogSlider(
            temperature,
            min=round(log10(COLDEST), 2),
            max=log10(HOTTEST),
            step=STEP,
            description=say("temperature.temperature"),
            readout_format=".2f",
            **LABELLED,
        )
        self.typed = widgets.FloatText(temperature, description=say("temperature.typed"), step=0.1, layout=NARROW)
        self.seed = widgets.BoundedIntText(0, 0, 10**6, description=say("temperature.seed"), layout=NARROW)
        self.length = slider(say("temperature.length"), 20, 5, 60)
        self.write = widgets.Button(description=say("temperature.write"), icon="pencil", layout=AUTO)
        self.clear = widgets.Button(description=say("temperature.clear"), icon="trash", layout=AUTO)
        self.texts = widgets.HTML()

    def _begin(self) -> None:
        prompt_ids = read_prompt_box(self.source, self.prompt.value)
        with without_gradients():
            offered = self.source.session(prompt_ids).logits[0].cpu().double()  # (V,)
        check_logits(offered, 0, self.source)
        logits, ids = offered.sort(descending=True, stable=True)
        tokens = [self.source.token(token) for token in ids[: self.bars].tolist()]
        temperatures = torch.logspace(log10(COLDEST), log10(HOTTEST), 81, dtype=torch.float64)
        probabilities, entropies = temperature_sweep(logits, temperatures, len(tokens))
        self._picture = TemperaturePicture(tokens, logits.softmax(-1), temperatures, probabilities, entropies)
        self.prompt_ids, self.logits, self.tokens = prompt_ids, logits, tokens
        self._show()

    def _follow_slider(self) -> None:
        """The slider was moved. In a browser it also moves what was typed to the nearest of its steps: that is none."""
        typed, moved = self.typed.value, self.temperature.value
        if not 0 < typed < inf or abs(log10(moved / typed)) > 0.6 * STEP:
            self.typed.value = round(moved, 3)  # whose change shows the picture

    def _show(self) -> None:
        temperature = self.typed.value
        scaled = temperature_scale(self.logits, temperature)
        self.probabilities, self.entropy = scaled.softmax(-1), entropy(scaled).item()
        self._picture.update(temperature, self.probabilities, self.entropy)
        self.show(self._picture, self._words(temperature))
        if COLDEST <= temperature <= HOTTEST and abs(self.temperature.value - temperature) > 0.001:
            self.temperature.value = temperature  # typed: the slider follows

    def _words(self, temperature: float) -> str:
        n, size, share = len(self.tokens), len(self.logits), self.probabilities[: len(self.tokens)].sum().item()
        return say(
            "temperature.sentence",
            temperature=f"{temperature:g}",
            token=visible(self.tokens[0]),
            n=n,
            probability=percent(self.probabilities[0].item()),
            offered=percent(self.logits.softmax(-1)[0].item()),
            share=f"{share:.1%}",
            others=f"{size - n:,}",
            rest=f"{1 - share:.1%}",
            entropy=f"{self.entropy:.2f}",
            most=f"{log(size):.2f}",
            equal=f"{exp(self.entropy):,.0f}",
        )

    def _write(self) -> None:
        temperature, seed = self.typed.value, self.seed.value
        trace = sample(self.source, self.prompt_ids, self.length.value, temperature=temperature, seed=seed)
        assert isinstance(trace, Trace)  # one text, not a list of them
        self.traces = [*self.traces, (temperature, seed, trace)][-MOST_TEXTS:]
        self.texts.value = texts_table(self.traces)

    def _clear(self) -> None:
        self.traces, self.texts.value = [], ""


def texts_table(traces: Sequence[tuple[float, int, Trace]]) -> str:
    """The texts as HTML, one row each; bold from the first token that differs from the row above."""
    rows: list[tuple[str, str, str]] = []
    above: tuple[int, ...] | None = None
    for temperature, seed, trace in traces:
        same = len(trace.prompt_ids) if above is None else length_in_common(trace.ids, above)
        start = visible_end(trace.decode(trace.ids[:same]), 400)
        change = visible_end(text_after(trace.decode, trace.ids[:same], trace.ids[same:]), 400)
        rows.append((f"{temperature:g}", f"{seed}", Markup(f"{escape(start)}<b>{escape(change)}</b>")))
        above = trace.ids
    table = html_table(("T", say("temperature.table_seed"), say("temperature.table_text")), rows, left=(0, 1, 2))
    return f'<div style="margin-top:6px">{escape(say("temperature.texts"))}</div>{table}'


def length_in_common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts share from their beginning on.

    >>> length_in_common([5, 7, 9], [5, 7, 8, 9])
    2
    """
    return next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))
