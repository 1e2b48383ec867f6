"""Lesson 04's explorer: one distribution at every temperature, and texts that differ by nothing else."""

import math
from collections.abc import Sequence
from html import escape

import ipywidgets as widgets
import torch
from torch import Tensor

from lessons.decoding.sampling import sample
from lessons.decoding.source import NextLogits, Source, as_source, read_prompt
from lessons.explorers.base import LABELLED, Explorer, slider
from lessons.filters import temperature_scale
from lessons.language import say
from lessons.plots.next_token import percent
from lessons.plots.temperature import TemperaturePicture
from lessons.probability import entropy
from lessons.tables import visible_end
from lessons.tokens import visible
from lessons.trace import Trace

COLDEST, HOTTEST = 0.05, 5.0
MOST_TEXTS = 6


def temperature_curves(logits: Tensor, temperatures: Tensor, leading: int) -> tuple[Tensor, Tensor]:
    """(m, leading) probabilities of the first tokens, and (m,) entropies in nats, of logits (V,) at each of m temperatures."""
    scaled = [temperature_scale(logits, temperature) for temperature in temperatures.tolist()]
    probabilities = torch.stack([scores.softmax(-1)[:leading] for scores in scaled])
    return probabilities, torch.stack([entropy(scores) for scores in scaled])


class TemperatureExplorer(Explorer):
    """Drag the temperature and see the distribution sharpen and flatten; have texts written from the same random numbers.

    The model is asked when the text changes and when a text is to be written, never when the slider moves.

    Attributes:
        prompt, temperature, typed, seed, length, write, clear: the controls. `typed` takes any number, `temperature` 0.05 to 5.
        logits: (V,) what the model offers, the likeliest first; `tokens`: the names of the likeliest.
        probabilities: (V,) at the temperature shown, in the same order; `entropy`: theirs, in nats.
        traces: (temperature, seed, `Trace`) of the texts written.
    """

    def __init__(self, lm: Source | NextLogits, prompt: str = "Once upon a time there was a", temperature: float = 1.0, bars: int = 8) -> None:
        super().__init__()
        self.source, self.bars = as_source(lm), bars
        self.traces: list[tuple[float, int, Trace]] = []
        self.prompt = widgets.Text(prompt, description=say("temperature.prompt"), continuous_update=False, layout=widgets.Layout(width="98%"))
        self.temperature = widgets.FloatLogSlider(value=temperature, min=math.log10(COLDEST), max=math.log10(HOTTEST), step=0.01,
                                                  readout_format=".2f", description=say("temperature.temperature"), **LABELLED)
        self.typed = widgets.FloatText(temperature, description=say("temperature.typed"), step=0.1, layout=widgets.Layout(width="160px"))
        self.seed = widgets.BoundedIntText(0, 0, 10**6, description=say("temperature.seed"), layout=widgets.Layout(width="160px"))
        self.length = slider(say("temperature.length"), 20, 5, 60)
        self.write = widgets.Button(description=say("temperature.write"), icon="pencil", layout=widgets.Layout(width="auto"))
        self.clear = widgets.Button(description=say("temperature.clear"), icon="trash", layout=widgets.Layout(width="auto"))
        self.texts = widgets.HTML()
        self._listen()
        in_a_row = widgets.Layout(flex_flow="row wrap")
        self.lay_out(widgets.VBox([self.prompt, widgets.HBox([self.temperature, self.typed], layout=in_a_row)]))
        self.children = (*self.children, widgets.HBox([self.seed, self.length, self.write, self.clear], layout=in_a_row), self.texts)
        self.attempt(self._begin)

    def _listen(self) -> None:
        self.listen(self.prompt, self._begin)
        self.listen(self.temperature, self._follow_slider)
        self.listen(self.typed, self._show)
        self.listen(self.write, self._write)
        self.listen(self.clear, self._clear)

    def _begin(self) -> None:
        prompt_ids = read_prompt(self.source, self.prompt.value)
        with torch.inference_mode():
            offered = self.source.session(prompt_ids).logits[0].double().cpu()  # (V,)
        logits, ids = offered.sort(descending=True, stable=True)
        leading = min(self.bars, len(logits))
        tokens = [self.source.token(token) for token in ids[:leading].tolist()]
        temperatures = torch.logspace(math.log10(COLDEST), math.log10(HOTTEST), 81, dtype=torch.float64)
        probabilities, entropies = temperature_curves(logits, temperatures, leading)
        self._picture = TemperaturePicture(tokens, logits.softmax(-1), temperatures, probabilities, entropies)
        self.prompt_ids, self.logits, self.tokens = prompt_ids, logits, tokens
        self._show()

    def _follow_slider(self) -> None:
        self.typed.value = round(self.temperature.value, 3)  # whose change shows the picture

    def _show(self) -> None:
        temperature = self.typed.value
        scaled = temperature_scale(self.logits, temperature)
        self.probabilities, self.entropy = scaled.softmax(-1), entropy(scaled).item()
        self._picture.update(temperature, self.probabilities, self.entropy)
        self.show(self._picture, self._words(temperature))
        if COLDEST <= temperature <= HOTTEST and abs(self.temperature.value - temperature) > 0.001:
            self.temperature.value = temperature  # typed: the slider follows

    def _words(self, temperature: float) -> str:
        n, others = len(self.tokens), len(self.logits) - len(self.tokens)
        share = self.probabilities[:n].sum().item()
        return say("temperature.sentence", temperature=f"{temperature:g}", token=visible(self.tokens[0]), probability=percent(self.probabilities[0].item()),
                   offered=percent(self.logits.softmax(-1)[0].item()), n=n, share=f"{share:.1%}", others=f"{others:,}", rest=f"{1 - share:.1%}",
                   entropy=f"{self.entropy:.2f}", most=f"{math.log(len(self.logits)):.2f}", equal=f"{math.exp(self.entropy):,.0f}")

    def _write(self) -> None:
        temperature, seed = self.typed.value, self.seed.value
        trace = sample(self.source, self.prompt_ids, self.length.value, temperature=temperature, seed=seed)
        self.traces = [*self.traces, (temperature, seed, trace)][-MOST_TEXTS:]
        self.texts.value = texts_table(self.traces)

    def _clear(self) -> None:
        self.traces, self.texts.value = [], ""


def texts_table(traces: Sequence[tuple[float, int, Trace]]) -> str:
    """The texts as HTML, one row each; bold from the first token that differs from the row above."""
    cell = "padding:2px 10px;vertical-align:top;text-align:left"
    rows, above = "", ()
    for temperature, seed, trace in traces:
        same = next((place for place, pair in enumerate(zip(trace.ids, above, strict=False)) if pair[0] != pair[1]), len(trace.ids) if above else len(trace.prompt_ids))
        start, change = trace.decode(trace.ids[:same]), trace.decode(trace.ids[same:])
        text = f"{escape(visible_end(start, 200))}<b>{escape(visible_end(change, 400))}</b>"
        rows += f'<tr><td style="{cell}">{temperature:g}</td><td style="{cell}">{seed}</td><td style="{cell};max-width:70ch">{text}</td></tr>'
        above = trace.ids
    head = "".join(f'<th style="{cell}">{escape(heading)}</th>' for heading in ("T", say("temperature.table_seed"), say("temperature.table_text")))
    return f'<div style="margin-top:6px">{escape(say("temperature.texts"))}</div><table style="font-size:14px;line-height:1.4"><tr>{head}</tr>{rows}</table>'
