"""Lesson 05's explorer: filters one after the other, each a switch and a slider, and what each of them leaves."""

from collections.abc import Sequence

import ipywidgets as widgets
import torch

from lessons.arithmetic.probability import likeliest_first
from lessons.decoding.drawing import draw_many, uniforms
from lessons.decoding.knobs import ORDERS, Cut, apply_knobs, cuts, knobs
from lessons.explorers.base import AUTO, Explorer
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Source, as_source, check_logits
from lessons.plots.truncation import TruncationPicture
from lessons.words.arguments import check_text, check_texts
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import percent

DRAWS = 1000
NAMED = 40  # tokens of which the picture may need the names
MOST_K = 200
# Each knob's slider: value at the start, least, most, step.
SLIDERS = {
    "repetition_penalty": (1.2, 1.0, 2.0, 0.05),
    "no_repeat_ngram_size": (2, 1, 4, 1),
    "temperature": (1.5, 0.1, 5.0, 0.05),
    "top_k": (50, 1, MOST_K, 1),
    "top_p": (0.9, 0.05, 1.0, 0.01),
    "min_p": (0.05, 0.01, 1.0, 0.01),
    "typical_p": (0.9, 0.05, 1.0, 0.01),
}
# What is said of a knob's effect, in the sentence and beside its strip.
KNOB_WORDS = {
    "cut": "truncation.knob_cut",
    "reshaped": "truncation.knob_reshaped",
    "nothing": "truncation.knob_nothing",
}
NOTES = {"cut": "truncation.note_cut", "reshaped": "truncation.note_reshaped", "nothing": "truncation.note_nothing"}


class TruncationExplorer(Explorer):
    """Switch filters on, drag them, change their order: what each cuts, what is left, and 1,000 draws over the theory.

    The model is asked when the text changes, never when a switch or a slider moves.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, order, seed, draw: controls; `switches` and `sliders`: those of each knob, by its name in `generate`.
        logits: (V,) what the model offers, the likeliest first; `offered`: as probabilities; `tokens`: the first names.
        cuts: what each knob that is on was offered and left (`decoding.knobs.Cut`), in the order in which they act.
        result: (V,) the probabilities that are drawn from.
        counts: (V,) how often each token came in 1,000 draws; None until drawn and after any change.
    """

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str = "Once upon a time there was a",
        on: tuple[str, ...] = ("top_k", "top_p"),
    ) -> None:
        super().__init__()
        check_text("prompt", prompt)
        switched_on = check_texts("on", on)
        for name in switched_on:
            if name not in SLIDERS:
                raise ValueError(say("truncation.no_knob", name=repr(name), names=", ".join(SLIDERS)))
        self.source = as_source(lm)
        self.counts: torch.Tensor | None = None
        self._make_controls(prompt, switched_on)
        self.listen(self.prompt, self._begin)
        self.listen(self.order, self._reorder)
        for control in (*self.switches.values(), *self.sliders.values(), self.seed):
            self.listen(control, self._filter)
        self.listen(self.draw, self._draw)
        self._rows = {name: widgets.HBox([self.switches[name], self.sliders[name]]) for name in SLIDERS}
        self._stack = widgets.VBox([])
        self.lay_out(widgets.VBox([self.prompt, self.order, self._stack, widgets.HBox([self.seed, self.draw])]))
        self.begin_with(self._begin, self._reorder)

    def _make_controls(self, prompt: str, on: Sequence[str]) -> None:
        self.prompt = text_box(prompt, say("truncation.prompt"))
        self.order = widgets.ToggleButtons(options=list(ORDERS), description=say("truncation.order"))
        self.switches = {
            name: widgets.Checkbox(name in on, description=name, indent=False, layout={"width": "190px"})
            for name in SLIDERS
        }
        self.sliders = {name: knob_slider(name) for name in SLIDERS}
        self.seed = widgets.BoundedIntText(0, 0, 10**6, description=say("truncation.seed"), layout={"width": "160px"})
        self.draw = widgets.Button(description=say("truncation.draw"), icon="random", layout=AUTO)

    def _begin(self) -> None:
        prompt_ids = read_prompt_box(self.source, self.prompt.value)
        with without_gradients():
            offered = self.source.session(prompt_ids).logits[0].cpu()  # (V,)
        check_logits(offered, 0, self.source)
        ids = likeliest_first(offered)
        place = torch.empty_like(ids).scatter(0, ids, torch.arange(len(ids)))  # of each id among the likeliest
        self.logits, self.prompt_places = offered[ids], place[list(prompt_ids)].tolist()
        self.offered = self.logits.double().softmax(-1)
        self.tokens = [self.source.token(token) for token in ids[:NAMED].tolist()]
        # subtle: a maximum below the value moves the value, which would draw what is not there yet
        with self.quietly():
            self.sliders["top_k"].max = min(MOST_K, len(ids))
        self._reorder()

    def _reorder(self) -> None:
        """Put the filters, and their strips in the picture, in the order in which they act."""
        stations = ORDERS[self.order.value]
        self._stack.children = [self._rows[name] for name in stations]
        self._picture = TruncationPicture(self.tokens, self.offered, stations)
        self._filter()

    def filtered(self, order: str) -> tuple[tuple[str, torch.Tensor], ...]:
        """(name, scores after it) for each knob that is on, when they act in this order."""
        values = {name: self.sliders[name].value for name, switch in self.switches.items() if switch.value}
        return apply_knobs(knobs(order, **values), self.logits, self.prompt_places)

    def _filter(self) -> None:
        for name, switch in self.switches.items():
            self.sliders[name].disabled = not switch.value
        done = cuts(self.logits, self.filtered(self.order.value))
        self.cuts, self.counts = done, None
        self.result = done[-1].result if done else self.offered
        self._show()

    def _draw(self) -> None:
        drawn = draw_many(self.result.log(), uniforms(self.seed.value, 1, DRAWS)[0])
        self.counts = drawn.bincount(minlength=len(self.result))
        self.attempt(self._show)

    def _show(self) -> None:
        by_name = {cut.name: cut for cut in self.cuts}
        stations = [by_name.get(name) for name in ORDERS[self.order.value]]
        left, size = self.cuts[-1].number if self.cuts else len(self.result), len(self.result)
        heading = say("truncation.heading_all", vocabulary=f"{size:,}")
        if left < size:
            heading = say("truncation.heading", number=f"{left:,}", vocabulary=f"{size:,}")
        strips, notes = [strip(cut) for cut in stations], [note(cut) for cut in stations]
        self._picture.update(strips, notes, self.result, heading, self.counts)
        self.show(self._picture, self._words(left))

    def _words(self, left: int) -> str:
        active = "; ".join(self._knob_words(cut) for cut in self.cuts) or say("truncation.no_knob_on")
        before, after = (percent(probabilities[0].item()) for probabilities in (self.offered, self.result))
        return say(
            "truncation.sentence",
            order=self.order.value,
            knobs=active,
            number=f"{left:,}",
            before=before,
            after=after,
            vocabulary=f"{len(self.result):,}",
            token=visible(self.tokens[0]),
            other=self._other_words(left),
            drawn=self._drawn_words(),
        ).strip()

    def _knob_words(self, cut: Cut) -> str:
        value, number, mass = f"{self.sliders[cut.name].value:g}", f"{cut.number:,}", f"{cut.mass:.1%}"
        return say(KNOB_WORDS[effect(cut)], name=cut.name, value=value, number=number, mass=mass)

    def _other_words(self, left: int) -> str:
        """What the other order would leave, if that is another number."""
        other = next(order for order in ORDERS if order != self.order.value)
        done = self.filtered(other) if self.switches["temperature"].value else ()
        number = int((done[-1][1] > -torch.inf).sum()) if done else left
        return say("truncation.other_order", order=other, number=f"{number:,}") if number != left else ""

    def _drawn_words(self) -> str:
        if self.counts is None:
            return ""
        likeliest = int(self.result.argmax())
        token = visible(self.tokens[likeliest]) if likeliest < len(self.tokens) else f"#{likeliest + 1}"
        expected = f"{DRAWS * self.result[likeliest].item():.0f}"
        return say("truncation.drawn", token=token, count=int(self.counts[likeliest]), expected=expected)


def knob_slider(name: str) -> widgets.Widget:
    """The slider of a knob, without a label: its switch bears the name."""
    value, least, most, step = SLIDERS[name]
    kind = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
    return kind(value=value, min=least, max=most, step=step, layout={"width": "420px", "max_width": "100%"})


def effect(cut: Cut) -> str:
    """What the knob did to what it was offered: "cut" some of it, "reshaped" it, or "nothing"."""
    if cut.removed:
        return "cut"
    return "nothing" if torch.equal(cut.offered, cut.result) else "reshaped"


def strip(cut: Cut | None) -> tuple[torch.Tensor, torch.Tensor | None] | None:
    """The picture at a knob's place: what it was offered, the cut part hatched; or what it made of it; or nothing."""
    if cut is None:
        return None
    return (cut.offered, cut.left) if effect(cut) == "cut" else (cut.result, None)


def note(cut: Cut | None) -> str:
    """What stands beside it."""
    if cut is None:
        return say("truncation.note_off")
    return say(NOTES[effect(cut)], number=f"{cut.number:,}", mass=f"{cut.mass:.1%}")
