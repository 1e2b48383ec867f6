"""Lesson 07's explorer: two decoders' texts side by side, and where all of them stand."""

from collections.abc import Iterable, Sequence
from html import escape

import ipywidgets as widgets
import pandas

from lessons.arithmetic.measures import repetition
from lessons.decoding.drawing import MOST_TEXTS
from lessons.decoding.steps import check_steps
from lessons.explorers.base import IN_A_ROW, IN_ONE_LOOK, SHOWN, Explorer, slider
from lessons.explorers.html import beside, surprisal_legend
from lessons.explorers.prose import only_in, prose
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.language_model import LanguageModel
from lessons.plots.decoder_map import decoder_map
from lessons.plots.decoders import SIDES
from lessons.tables.decoders import NINE, Decoder, Text, check_decoders, measure, read_real, write_all
from lessons.words.arguments import check_count, check_flag, check_model, check_text, check_texts
from lessons.words.language import say
from lessons.words.tokens import text_after
from lessons.words.writing import minus

CARD = {"flex": "1 1 280px", "min_width": "0", "margin": "0 8px 0 0"}
LINE = "margin:4px 0;font-size:13px;line-height:1.4"
LEGEND = "display:flex;flex-wrap:wrap;column-gap:20px;align-items:baseline"
CHOICE = {"style": {"description_width": "initial"}, "layout": {"width": "98%"}}


class DecoderExplorer(Explorer):
    """Choose two decoders: their texts with their measures, and all decoders in a picture of likelihood against
    diversity.

    The model is called when the prompt or the seed changes; choosing decoders and leafing through their texts is free.

    simple: the two texts, and one control that chooses the decoder of the right one

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
        *,
        simple: bool = False,
    ) -> None:
        super().__init__()
        check_model(lm)
        check_text("prompt", prompt)
        check_count("samples", samples, MOST_TEXTS)
        check_steps(max_new_tokens)
        self.lm, self.samples, self.max_new_tokens, self.simple = (
            lm,
            samples,
            max_new_tokens,
            check_flag("simple", simple),
        )
        self.decoders = check_decoders(decoders)
        self.real_texts = [text for text in check_texts("real_texts", real_texts) if text.startswith(prompt)]
        self._make_controls(prompt)
        self._lay_out()
        for control in (self.left, self.right):
            self.listen(control, self._draw)
        self.listen(self.number, self._show_texts)
        for control in (self.prompt, self.seed):
            self.listen(control, self._write)
        self.begin_with(self._write, self._draw)

    def _make_controls(self, prompt: str) -> None:
        names = [str(decoder) for decoder in self.decoders]
        self.prompt = text_box(prompt, say("decoders.prompt"))
        self.left = widgets.Dropdown(options=names, value=names[0], description=say("decoders.left"), **CHOICE)
        self.right = widgets.Dropdown(options=names, value=names[-1], description=say("decoders.right"), **CHOICE)
        self.number = slider(say("decoders.number"), 1, 1, max(2, self.samples))
        self.seed = slider(say("decoders.seed"), 0, 0, 99, continuous_update=False)

    def _lay_out(self) -> None:
        """Each text under the control that chooses its decoder, both beside the picture."""
        self.texts = [widgets.HTML().add_class(SHOWN) for _ in range(2)]
        left: widgets.Widget = self.left
        if self.simple:
            left = widgets.HTML(named(self.left.value))
        cards = [
            widgets.VBox([control, text], layout=CARD)
            for control, text in zip((left, self.right), self.texts, strict=True)
        ]
        self.drawn.layout.flex, self.drawn.layout.min_width, self.drawn.layout.max_width = "1 1 400px", "0", "520px"
        settings = [] if self.simple else [self.prompt, widgets.HBox([self.number, self.seed], layout=IN_A_ROW)]
        pair = widgets.HBox([*([] if self.simple else [self.drawn]), *cards], layout=IN_A_ROW)
        look = [*settings, self._error_line, pair, widgets.HTML(legend()), self._sentence_line]
        self.children = (widgets.VBox(look).add_class(IN_ONE_LOOK),)

    def _write(self) -> None:
        prompt, length = self.prompt.value, self.max_new_tokens
        prompt_ids = read_prompt_box(self.lm, prompt)
        self.busy(say("decoders.writing", texts=len(self.decoders) * self.samples))
        written = write_all(self.lm, prompt, self.decoders, length, self.samples, self.seed.value)
        real = read_real(self.lm, prompt, (text for text in self.real_texts if text.startswith(prompt)), length)
        measures = measure(written | ({say("decoders.real"): real} if real else {}))
        self.written, self.real, self.measures = written, real, measures  # all of them, or none if one went wrong
        self._prompt_ids = prompt_ids
        self._pieces: dict[tuple[int, ...], list[str]] = {}
        self._draw()

    def _draw(self) -> None:
        columns = (self.measures.index, self.measures["surprisal"], self.measures["distinct_2"])
        points = {name: (surprisal, share) for name, surprisal, share in zip(*columns, strict=True)}
        real = points.pop(say("decoders.real"), None)
        left, right = self.left.value, self.right.value
        self._show_texts()
        words = self._words(self.measures.loc[left], self.measures.loc[right])
        self.show_drawing(decoder_map(points, real, [left, right]), words)

    def _show_texts(self) -> None:
        """The chosen decoders' texts side by side, each with its measures below."""
        place = min(self.number.value, self.samples) - 1
        pair = [self.written[name][place] for name in (self.left.value, self.right.value)]
        for shown, text, other, colour in zip(self.texts, pair, pair[::-1], SIDES, strict=True):
            shown.value = self._card(text, other, colour)

    def _card(self, text: Text, other: Text, colour: str) -> str:
        """A text with its measures; underlined what the other one does not have."""
        surprisals, marked = [-one for one in text.log_probs], only_in(text.ids, other.ids)
        written = prose(self.lm.decode(self._prompt_ids), self._cut(text.ids), surprisals, marked, colour)
        numbers = say(
            "decoders.numbers",
            log_prob=minus(f"{text.log_prob:.1f}"),
            surprisal=f"{text.surprisal:.2f}",
            repetition=f"{repetition(text.ids):.0%}",
        )
        below = f'<p style="{LINE}">{escape(numbers)}</p>'
        return f'<div style="border-top:4px solid {colour};padding-top:4px">{written}{below}</div>'

    def _cut(self, ids: tuple[int, ...]) -> list[str]:
        """What each token adds to the text before it; found once for each text, for a choice leaves one of two."""
        if ids not in self._pieces:
            texts = ((*self._prompt_ids, *ids[:place]) for place in range(len(ids)))
            self._pieces[ids] = [
                text_after(self.lm.decode, text, [token]) for text, token in zip(texts, ids, strict=True)
            ]
        return self._pieces[ids]

    def page(self) -> str:
        """The texts under their decoders' names; below them the picture."""
        pairs = zip((self.left, self.right), self.texts, strict=True)
        texts = beside(*(named(control.value) + text.value for control, text in pairs))
        return f"{texts}{legend()}{'' if self.simple else self.drawing}"

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
        return say(
            "decoders.sentence_of_two" if self.samples == 1 else "decoders.sentence", samples=self.samples, **facts
        )


def named(decoder: str) -> str:
    """What stands over a text."""
    return f'<p style="margin:2px 0"><b>{escape(decoder)}</b></p>'


def legend() -> str:
    """What colours and lines mean."""
    words = f'<span style="{LINE}">{escape(say("decoders.underlined"))}</span>'
    return f'<div style="{LEGEND}">{surprisal_legend()}{words}</div>'
