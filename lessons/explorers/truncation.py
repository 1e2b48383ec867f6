"""Lesson 05's explorer: filters one after the other, each a switch, a slider and a strip; and draws from the rest."""

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import torch

from lessons.arithmetic.probability import likeliest_first
from lessons.decoding.knobs import ORDERS, apply_knobs, cuts, knobs
from lessons.explorers.base import AUTO, IN_A_ROW, IN_ONE_LOOK, SHOWN
from lessons.explorers.draws import FALLING, THROWN, DrawingExplorer
from lessons.explorers.filter_rows import MOST_K, ROW, SLIDER, SLIDERS, SWITCH, FilterRow, knob_words
from lessons.explorers.strip_pages import FLAT, MARGIN, NOTE, STRIPS, strip_html, strip_page
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Source, as_source, check_logits
from lessons.plots.names import token_name
from lessons.plots.share_rows import WIDTH, share_rows
from lessons.plots.strip_rows import funnel, pieces, stacked, strip
from lessons.plots.svg import drawing
from lessons.words.arguments import check_flag, check_text, check_texts
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import percent

NAMED, BARS = 40, 10  # tokens of which strips may need the names, and which have a bar
LABEL = {"width": f"{SWITCH + SLIDER}px", "margin": "0 4px 0 0", "flex": "0 0 auto"}


class TruncationExplorer(DrawingExplorer):
    """Switch filters on, drag them, change their order: what each cuts, what is left, and draws beside the theory.

    The model is asked when the text changes, never when a switch or a slider moves.

    simple: top_p alone, on the axis of its strip: no text, no other filters, no draws.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, more, order, seed, draws: controls; `switches` and `sliders`: those of each knob, by its name in
            `generate`; `throws`: the buttons that draw 1, 10 or 1,000 tokens more.
        logits: (V,) what the model offers, the likeliest first; `offered`: as probabilities; `tokens`: the first names.
        cuts: what each knob that is on was offered and left (`decoding.knobs.Cut`), in the order in which they act.
        result: (V,) the probabilities that are drawn from.
        counts: (V,) how often each token was drawn; None before the first draw.
    """

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str = "Once upon a time there was a",
        on: tuple[str, ...] = ("top_k", "top_p"),
        *,
        simple: bool = False,
    ) -> None:
        super().__init__()
        check_text("prompt", prompt)
        switched_on = check_texts("on", on)
        for name in switched_on:
            if name not in SLIDERS:
                raise ValueError(say("truncation.no_knob", name=repr(name), names=", ".join(SLIDERS)))
        self.simple, self.source = check_flag("simple", simple), as_source(lm)
        self._used: set[str] = set()
        self._make_controls(prompt, ("top_p",) if simple else switched_on)
        self._lay_out_simply() if simple else self._lay_out()
        self.listen(self.prompt, self._begin)
        self.listen(self.order, self._filter)
        for control in (*self.switches.values(), *self.sliders.values(), self.seed):
            self.listen(control, self._filter)
        self.listen(self.more, self._fold)
        self.listen(self.draws, self._fall)
        self.begin_with(self._begin, self._filter)

    def _make_controls(self, prompt: str, on: Sequence[str]) -> None:
        self.prompt = text_box(prompt, say("truncation.prompt"), height=34)
        self._rows = {name: FilterRow(name, name in on, self.model_id) for name in SLIDERS}
        self.switches = {name: row.switch for name, row in self._rows.items()}
        self.sliders = {name: row.slider for name, row in self._rows.items()}
        self.more = widgets.ToggleButton(False, description=say("truncation.more"), icon="caret-down", layout=AUTO)
        wide = {"description_width": "initial"}
        self.order = widgets.Dropdown(
            options=list(ORDERS), description=say("truncation.order"), style=wide, layout={"width": "310px"}
        )
        self.make_draws()
        self._offer, self._drawn_from = strip_page(), strip_page()
        self._shares = widgets.HTML(layout={"margin": "0"}).add_class(SHOWN)

    def _lay_out(self) -> None:
        """One row a filter, between what the model offers and what is drawn from; before and after beside them."""
        self._chain = widgets.VBox(layout=FLAT)
        throws = widgets.HBox([*self.throws.values(), end_of_row(say("truncation.drawn_from"))], layout=LABEL)
        offered = widgets.HBox([end_of_row(say("truncation.offered"))], layout=LABEL)
        self._first, self._last = (
            widgets.HBox([label, page], layout=ROW)
            for label, page in ((offered, self._offer), (throws, self._drawn_from))
        )
        below = widgets.HBox([self.more, self.order, self.seed, self.draws], layout=IN_A_ROW)
        left = {"flex": "1000 1 640px", "min_width": "0", "overflow": "visible"}
        right = {"flex": f"1 0 {WIDTH:.0f}px", "max_width": "100%"}
        chain = widgets.VBox([self._chain, below, self._error_line, self._sentence_line], layout=left)
        beside = widgets.HBox([chain, widgets.VBox([self._shares], layout=right)], layout=ROW | {"grid_gap": "0 12px"})
        in_one_look = widgets.VBox([self.prompt, beside], layout=FLAT).add_class(IN_ONE_LOOK)
        self.children = (widgets.HTML(STRIPS + FALLING, layout={"display": "none"}), in_one_look)

    def _lay_out_simply(self) -> None:
        """The slider on the axis of its strip."""
        row = self._rows["top_p"]
        row.slider.description, row.slider.style.description_width = "top_p", f"{MARGIN - 14}px"
        row.slider.readout, row.slider.layout.width = False, "auto"
        row.slider.layout.margin = f"0 {NOTE + 2}px 0 calc(1% - 1px)"  # the slider begins at 0.01, the strip at 0
        row.page.layout.margin, row.page.layout.flex = f"0 0 0 {MARGIN}px", "0 0 auto"
        self._value = widgets.HTML(layout={"margin": f"0 0 0 {MARGIN}px"})
        shown = [self._value, row.slider, row.page, self._error_line, self._sentence_line]
        in_one_look = widgets.VBox(shown, layout=FLAT).add_class(IN_ONE_LOOK)
        self.children = (widgets.HTML(STRIPS, layout={"display": "none"}), in_one_look)

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
        self.names = list(map(token_name, self.tokens))
        self._offered = pieces(self.offered, self.names)
        # subtle: a maximum below the value moves the value, which would draw what is not there yet
        with self.quietly():
            self.sliders["top_k"].max = min(MOST_K, len(ids))
        self._filter()

    def filtered(self, order: str) -> tuple[tuple[str, torch.Tensor], ...]:
        """(name, scores after it) for each knob that is on, when they act in this order."""
        values = {name: self.sliders[name].value for name, switch in self.switches.items() if switch.value}
        return apply_knobs(knobs(order, **values), self.logits, self.prompt_places)

    def _filter(self) -> None:
        done = cuts(self.logits, self.filtered(self.order.value))
        self.cuts = done
        self.result = done[-1].result if done else self.offered
        self._drawn_from.remove_class(THROWN)
        self._show()

    def _fold(self) -> None:
        """Show the filters that are on, or were when the others were folded away; or all, in the order they act in."""
        on = {name for name, switch in self.switches.items() if switch.value}
        self._used = on | (self._used if self.more.value else set())
        self._show()

    def _fall(self) -> None:
        """Numbers were thrown: the last one is seen falling."""
        self._drawn_from.add_class(THROWN)
        self._show()

    def _show(self) -> None:
        self._show_filters() if self.simple else self._show_all()
        self.show_sentence(self._words(self.cuts[-1].number if self.cuts else len(self.result)))

    def _show_filters(self) -> None:
        by_name = {cut.name: cut for cut in self.cuts}
        for name, row in self._rows.items():
            row.show(by_name.get(name), self.names, alone=self.simple)
        if self.simple:
            value = self.sliders["top_p"].value
            self._value.value = f"<b>top_p = {value:.2f}</b>"

    def _show_all(self) -> None:
        """The whole chain, what was drawn from what it left, and before and after."""
        self._show_filters()
        self._used |= {name for name, switch in self.switches.items() if switch.value}
        stations = ORDERS[self.order.value]
        for name, row in self._rows.items():
            row.box.layout.display = None if self.more.value or name in self._used else "none"
        self._chain.children = [self._first, *(self._rows[name].box for name in stations), self._last]
        note = say("truncation.note_left", number=f"{len(self.offered):,}")
        self._offered_drawn = strip(self._offered, f"hatch-{self.model_id}") + funnel(self._offered)
        self._offer.value = strip_html(self._offered_drawn, self._offered, say("truncation.offered"), note)
        self._show_draws()

    def _show_draws(self) -> None:
        self._result_drawn, left = self.throw_onto(self.result, f"hatch-{self.model_id}-left")
        self.count(self.result)
        note = say("truncation.note_left", number=f"{int((self.result > 0).sum()):,}")
        self._drawn_from.value = strip_html(self._result_drawn, left, say("truncation.drawn_from"), note)
        heads = say("truncation.bars"), say("truncation.as_offered"), say("truncation.as_left")
        gone = say("truncation.cut")
        height, parts = share_rows(
            self.tokens[:BARS], self.offered, self.result, heads, self.counts, self.last, gone=gone
        )
        self._shares_drawn = (WIDTH, height, "".join(parts))
        self._shares.value = drawing(WIDTH, height, say("truncation.before_after"), parts)._repr_html_()

    def _words(self, left: int) -> str:
        if self.simple:
            return self._simple_words(left)
        active = "; ".join(knob_words(cut, self.sliders[cut.name].value) for cut in self.cuts)
        before, after = (percent(probabilities[0].item()) for probabilities in (self.offered, self.result))
        return say(
            "truncation.sentence",
            order=self.order.value,
            knobs=active or say("truncation.no_knob_on"),
            number=f"{left:,}",
            before=before,
            after=after,
            vocabulary=f"{len(self.result):,}",
            token=visible(self.tokens[0]),
            other=self._other_words(left),
            drawn=self.drawn_words(self.result),
        ).strip()

    def _simple_words(self, left: int) -> str:
        mass, value = self.offered[self.result > 0].sum().item(), f"{self.sliders['top_p'].value:g}"
        numbers = {"number": f"{left:,}", "vocabulary": f"{len(self.result):,}"}
        return say("truncation.simple", value=value, mass=f"{mass:.1%}", **numbers)

    def _other_words(self, left: int) -> str:
        """What the other order would leave, if that is another number."""
        other = next(order for order in ORDERS if order != self.order.value)
        done = self.filtered(other) if self.switches["temperature"].value else ()
        number = int((done[-1][1] > -torch.inf).sum()) if done else left
        return say("truncation.other_order", order=other, number=f"{number:,}") if number != left else ""

    def page(self) -> str:
        """The strip that is alone, as wide as there is room."""
        return f"{STRIPS}{self._rows['top_p'].page.value}" if self.simple else ""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The live widget; and the strips, with before and after, for places where widgets cannot run."""
        if self.current and self.children:  # not released
            used = [self._rows[name] for name in ORDERS[self.order.value] if self.switches[name].value]
            rows = [(row.name, row.drawn) for row in used]
            if not self.simple:
                offered = say("truncation.offered"), self._offered_drawn
                rows = [offered, *rows, (say("truncation.drawn_from"), self._result_drawn)]
            self.drawing = stacked([], rows, [] if self.simple else [self._shares_drawn], self.sentence)
        return super()._repr_mimebundle_(**options)


def end_of_row(words: str) -> widgets.HTML:
    """Words at the right, before a strip."""
    look = {"margin": "0 8px 0 auto"}
    return widgets.HTML(f'<span style="white-space:nowrap">{words}</span>', layout=look)
