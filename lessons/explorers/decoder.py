"""Lesson 07's explorer: two decoders' texts side by side, and where all of them stand."""

from collections.abc import Iterable, Sequence
from html import escape

import ipywidgets as widgets
import pandas

from lessons.arithmetic.measures import repetition
from lessons.decoding.sampling import MOST_TEXTS
from lessons.decoding.steps import check_steps
from lessons.explorers.base import LABELLED, Explorer, slider
from lessons.models.language_model import LanguageModel
from lessons.plots.decoders import likelihood_and_diversity
from lessons.tables.decoders import NINE, Decoder, Text, check_decoders, measure, read_real, write_all
from lessons.words.arguments import check_count, check_model, check_text, check_texts
from lessons.words.language import say
from lessons.words.writing import html_table


class DecoderExplorer(Explorer):
    """Choose two decoders: their texts with their measures, and all decoders in a picture of likelihood against
    diversity.

    The model is called when the prompt or the seed changes; choosing decoders and leafing through their texts is free.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, seed, left, right, number: the controls; `number` says which of a decoder's texts is shown.
        written: {decoder: its texts}. real: continuations that no model wrote.
        measures: the table behind the picture, see `lessons.tables.decoders.measure`.
    """

    def __init__(
        self,
        lm: LanguageModel,
        prompt: str,
        decoders: Sequence[Decoder] = NINE,
        real_texts: Iterable[str] = (),
        samples: int = 30,
        max_new_tokens: int = 60,
    ) -> None:
        super().__init__(width=946)
        check_model(lm), check_text("prompt", prompt)
        check_count("samples", samples, MOST_TEXTS), check_steps(max_new_tokens)
        decoders, real_texts = check_decoders(decoders), check_texts("real_texts", real_texts)
        self.lm, self.decoders, self.samples, self.max_new_tokens = lm, decoders, samples, max_new_tokens
        self.real_texts = [text for text in real_texts if text.startswith(prompt)]
        names = [str(decoder) for decoder in decoders]
        self.prompt = widgets.Textarea(
            prompt,
            description=say("decoders.prompt"),
            continuous_update=False,
            layout=widgets.Layout(width="98%", height="56px"),
        )
        self.left = widgets.Dropdown(options=names, value=names[0], description=say("decoders.left"), **LABELLED)
        self.right = widgets.Dropdown(options=names, value=names[-1], description=say("decoders.right"), **LABELLED)
        self.number = slider(say("decoders.number"), 1, 1, max(2, samples))
        self.seed = slider(say("decoders.seed"), 0, 0, 99, continuous_update=False)
        self.texts = widgets.HTML()
        for control in (self.left, self.right):
            self.listen(control, self._draw)
        self.listen(self.number, self._show_texts)
        for control in (self.prompt, self.seed):
            self.listen(control, self._write)
        row = widgets.Layout(flex_flow="row wrap")
        self.lay_out(self.prompt, widgets.HBox([self.left, self.right, self.number, self.seed], layout=row), self.texts)
        self.attempt(self._write)

    def _write(self) -> None:
        prompt, length = self.prompt.value, self.max_new_tokens
        written = write_all(self.lm, prompt, self.decoders, length, self.samples, self.seed.value)
        real = read_real(self.lm, prompt, (text for text in self.real_texts if text.startswith(prompt)), length)
        self.written, self.real, self.measures = (
            written,
            real,
            measure(written | ({say("decoders.real"): real} if real else {})),
        )
        self._draw()

    def _draw(self) -> None:
        points = {name: (row["surprisal"], row["distinct_2"]) for name, row in self.measures.iterrows()}
        real = points.pop(say("decoders.real"), None)
        chosen = [self.left.value, self.right.value]
        self.show(
            likelihood_and_diversity(points, real, chosen), self._words(*(self.measures.loc[name] for name in chosen))
        )
        self._show_texts()

    def _show_texts(self) -> None:
        cells = "".join(self._cell(name) for name in (self.left.value, self.right.value))
        self.texts.value = f"<table style='width:98%;table-layout:fixed'><tr>{cells}</tr></table>"

    def _cell(self, name: str) -> str:
        text: Text = self.written[name][min(self.number.value, self.samples) - 1]
        heads = [say(f"decoders.{key}") for key in ("log_prob", "surprisal", "repetition")]
        rows = html_table(heads, [(f"{text.log_prob:.1f}", f"{text.surprisal:.2f}", f"{repetition(text.ids):.0%}")])
        style = "white-space:pre-wrap;line-height:1.5;margin:4px 0;max-width:60ch"
        shown = (
            f"<div style='{style}'><span style='color:#777'>{escape(self.prompt.value)}</span>{escape(text.text)}</div>"
        )
        return f"<td style='vertical-align:top;padding-right:18px'><b><code>{escape(name)}</code></b>{shown}{rows}</td>"

    def _words(self, left: pandas.Series, right: pandas.Series) -> str:
        facts = {}
        for side, row in (("left", left), ("right", right)):
            facts |= {
                side: row.name,
                f"{side}_surprisal": f"{row['surprisal']:.2f}",
                f"{side}_distinct": f"{row['distinct_2']:.0%}",
                f"{side}_different": f"{row['different']:.0f}",
                f"{side}_repetition": f"{row['repetition']:.0%}",
            }
        return say("decoders.sentence", samples=self.samples, **facts)
