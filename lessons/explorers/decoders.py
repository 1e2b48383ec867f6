"""Lesson 07's explorer: two decoders' texts side by side, and where all of them stand."""

from collections.abc import Iterable, Sequence
from html import escape

import ipywidgets as widgets
import pandas

from lessons.arithmetic.measures import repetition
from lessons.decoding.drawing import MOST_TEXTS
from lessons.decoding.steps import check_steps
from lessons.explorers.base import IN_A_ROW, LABELLED, SHOWN, Explorer, slider
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.language_model import LanguageModel
from lessons.plots.decoders import likelihood_and_diversity
from lessons.tables.decoders import NINE, Decoder, Text, check_decoders, measure, read_real, write_all
from lessons.words.arguments import check_count, check_model, check_text, check_texts
from lessons.words.language import say
from lessons.words.writing import Markup, html_table


class DecoderExplorer(Explorer):
    """Choose two decoders: their texts with their measures, and all decoders in a picture of likelihood against
    diversity.

    The model is called when the prompt or the seed changes; choosing decoders and leafing through their texts is free.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, seed, left, right, number: the controls; `number` says which of a decoder's texts is shown.
        written: {decoder: its texts}.
        real: continuations that no model wrote.
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
        check_model(lm)
        check_text("prompt", prompt)
        check_count("samples", samples, MOST_TEXTS)
        check_steps(max_new_tokens)
        self.lm, self.samples, self.max_new_tokens = lm, samples, max_new_tokens
        self.decoders = check_decoders(decoders)
        self.real_texts = [text for text in check_texts("real_texts", real_texts) if text.startswith(prompt)]
        names = [str(decoder) for decoder in self.decoders]
        self.prompt = text_box(prompt, say("decoders.prompt"))
        self.left = widgets.Dropdown(options=names, value=names[0], description=say("decoders.left"), **LABELLED)
        self.right = widgets.Dropdown(options=names, value=names[-1], description=say("decoders.right"), **LABELLED)
        self.number = slider(say("decoders.number"), 1, 1, max(2, samples))
        self.seed = slider(say("decoders.seed"), 0, 0, 99, continuous_update=False)
        self.texts = widgets.HTML().add_class(SHOWN)
        for control in (self.left, self.right):
            self.listen(control, self._draw)
        self.listen(self.number, self._show_texts)
        for control in (self.prompt, self.seed):
            self.listen(control, self._write)
        choices = widgets.HBox([self.left, self.right, self.number, self.seed], layout=IN_A_ROW)
        self.lay_out(self.prompt, choices, self.texts)
        self.begin_with(self._write, self._draw)

    def _write(self) -> None:
        prompt, length = self.prompt.value, self.max_new_tokens
        read_prompt_box(self.lm, prompt)
        written = write_all(self.lm, prompt, self.decoders, length, self.samples, self.seed.value)
        real = read_real(self.lm, prompt, (text for text in self.real_texts if text.startswith(prompt)), length)
        measures = measure(written | ({say("decoders.real"): real} if real else {}))
        self.written, self.real, self.measures = written, real, measures  # all of them, or none if one went wrong
        self._draw()

    def _draw(self) -> None:
        columns = (self.measures.index, self.measures["surprisal"], self.measures["distinct_2"])
        points = {name: (surprisal, share) for name, surprisal, share in zip(*columns, strict=True)}
        real = points.pop(say("decoders.real"), None)
        left, right = self.left.value, self.right.value
        picture = likelihood_and_diversity(points, real, [left, right])
        self.show(picture, self._words(self.measures.loc[left], self.measures.loc[right]))
        self._show_texts()

    def _show_texts(self) -> None:
        """The chosen decoders' texts side by side, each with its measures below."""
        names = (self.left.value, self.right.value)
        headings = [Markup(f"<code>{escape(name)}</code>") for name in names]
        self.texts.value = html_table(headings, [[self._text(name) for name in names]], left=(0, 1), fill=True)

    def _text(self, name: str) -> Markup:
        text: Text = self.written[name][min(self.number.value, self.samples) - 1]
        headings = (say("decoders.log_prob"), say("decoders.surprisal"), say("decoders.repetition"))
        numbers = (f"{text.log_prob:.1f}", f"{text.surprisal:.2f}", f"{repetition(text.ids):.0%}")
        prompt = f"<span style='opacity:.7'>{escape(self.prompt.value)}</span>"
        style = "white-space:pre-wrap;line-height:1.5;margin:4px 0;max-width:60ch"
        return Markup(f"<div style='{style}'>{prompt}{escape(text.text)}</div>{html_table(headings, [numbers])}")

    def _words(self, left: pandas.Series, right: pandas.Series) -> str:
        facts: dict[str, str] = {}
        for side, row in (("left", left), ("right", right)):
            facts |= {
                side: str(row.name),
                f"{side}_surprisal": f"{row['surprisal']:.2f}",
                f"{side}_distinct": f"{row['distinct_2']:.0%}",
                f"{side}_different": f"{row['different']:.0f}",
                f"{side}_repetition": f"{row['repetition']:.0%}",
            }
        return say("decoders.sentence", samples=self.samples, **facts)
