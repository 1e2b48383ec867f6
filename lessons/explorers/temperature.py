"""Lesson 04's explorer: one distribution at every temperature, draws from it, and the text that comes of them."""

from math import exp, inf, log, log10
from typing import Any

import ipywidgets as widgets
import torch

from lessons.arithmetic.filters import temperature_scale, temperature_sweep
from lessons.arithmetic.probability import entropy
from lessons.explorers.base import AUTO, IN_A_ROW, IN_ONE_LOOK, SHOWN
from lessons.explorers.draws import FALLING, THROWN
from lessons.explorers.html import beside
from lessons.explorers.strip_pages import FLAT, STRIPS, strip_html, strip_page
from lessons.explorers.temperature_slider import AXIS, COLDEST, HOTTEST, is_moved, temperature_slider, within
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.explorers.writing import WritingExplorer
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Source, as_source, check_logits
from lessons.plots.canvas import BLUE
from lessons.plots.names import token_name
from lessons.plots.share_rows import WHOLE, WIDTH, share_rows
from lessons.plots.strip_rows import stacked
from lessons.plots.svg import drawing
from lessons.plots.temperature import COLOURS
from lessons.plots.temperature_axis import FOOT, MARGIN, PLOT, TOP, entropy_way, now, over_slider, probability_curves
from lessons.words.arguments import check_flag, check_number, check_text, check_whole
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import percent

WIDE, NAMED = 660.0, 40  # pixels of a strip in a wide window; tokens of which strips may need the names
OTHERS = "#6d6d6d"  # the bars of tokens that have no curve
LABEL = {"width": f"{MARGIN}px", "margin": "0", "flex": "0 0 auto"}


class TemperatureExplorer(WritingExplorer):
    """Drag the temperature and see the distribution sharpen and flatten, and what the same random numbers make of it.

    The slider lies under the axis of the curves. The model is asked when the text changes and when a text is written:
    at every move where that takes no longer than 0.3 seconds, else by the button.

    simple: the slider and the bars alone: no text to type, no curves, no draws, nothing written.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, temperature, typed, opened, seed, draws, length, live, write, clear: the controls; `typed` takes a
            temperature as a number, `opened` shows the entropy's curve; `throws`: buttons that draw 1, 10, 1,000 more.
        logits: (V,) what the model offers, the likeliest first; `tokens`: the names of the likeliest.
        probabilities: (V,) at the temperature shown, in the same order; `entropy`: theirs, in nats.
        counts: (V,) how often each token was drawn.
        text: the `Trace` of the text at this temperature; `traces`: (temperature, seed, `Trace`) of those kept.
    """

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str = "Once upon a time there was a",
        temperature: float = 1.0,
        bars: int = 8,
        *,
        simple: bool = False,
    ) -> None:
        super().__init__()
        check_text("prompt", prompt)
        check_number("temperature", temperature)
        self.source, self.bars = as_source(lm), check_whole("bars", bars, 1)
        self.simple = check_flag("simple", simple)
        self._make_controls(prompt, temperature)
        self._lay_out_simply() if simple else self._lay_out()
        self.listen(self.prompt, self._begin)
        self.temperature.observe(lambda _: self._follow_slider(), names="value")  # which changes what was typed
        for control in (self.typed, self.opened, self.seed, self.length, self.live):
            self.listen(control, self._show)
        self.listen(self.draws, self._fall)
        self.listen(self.write, lambda: self.keep_text(self.typed.value))
        self.listen(self.clear, self.clear_texts)
        self.begin_with(self._begin, self._show)

    def _make_controls(self, prompt: str, temperature: float) -> None:
        self.prompt = text_box(prompt, say("temperature.prompt"), height=34)
        self.temperature = temperature_slider(temperature)
        small = {"description_width": "initial"}
        self.typed = widgets.FloatText(
            temperature, description=say("temperature.typed"), step=0.1, style=small, layout={"width": "110px"}
        )
        self.opened = widgets.ToggleButton(False, icon="line-chart", layout=AUTO)
        self.opened.tooltip = say("temperature.opened_tooltip")
        self.make_draws()
        self.draws.value = 1  # the first number is that of the text's first token
        self.make_writing()
        self._curves, self._shares = (widgets.HTML(layout={"margin": "0"}).add_class(SHOWN) for _ in range(2))
        self._strip_at_one, self._strip = strip_page(), strip_page()
        self._strip_at_one.layout.margin = self._strip.layout.margin = "0 6px 0 0"  # as wide as the curves

    def _lay_out(self) -> None:
        """Curves, slider, strips; beside them bars, and the text."""
        reading = widgets.HBox([self.typed, self.opened], layout=IN_A_ROW | {"margin": f"0 0 0 {MARGIN - 6}px"})
        self._label = widgets.HTML(layout=LABEL).add_class(SHOWN)
        at_one = widgets.HTML(label_of(1.0), layout=LABEL)
        rows = ((at_one, self._strip_at_one), (self._label, self._strip))
        strips = [widgets.HBox(row, layout=FLAT) for row in rows]
        throws = widgets.HBox([*self.throws.values(), self.seed, self.draws], layout=IN_A_ROW)
        left = [self._curves, self.temperature, reading, *strips, throws, self._error_line]
        writing = widgets.HBox([self.write, self.clear, self.length, self.live], layout=IN_A_ROW)
        right = [self._shares, writing, self._text, self._pace]
        columns = widgets.HBox(
            [
                widgets.VBox(left, layout={"flex": "1000 1 560px", "min_width": "0", "overflow": "visible"}),
                widgets.VBox(right, layout={"flex": f"1 0 {WIDTH:.0f}px", "max_width": "100%"}),
            ],
            layout=FLAT | IN_A_ROW | {"grid_gap": "0 14px"},
        )
        style = widgets.HTML(STRIPS + FALLING, layout={"display": "none"})
        in_one_look = widgets.VBox([self.prompt, columns], layout=FLAT).add_class(IN_ONE_LOOK)
        self.children = (style, in_one_look, self._sentence_line, self.texts)

    def _lay_out_simply(self) -> None:
        self._shares.layout.margin = f"0 0 0 {MARGIN - 46}px"
        shown = (self._curves, self.temperature, self._error_line, self._shares, self._sentence_line)
        self.children = (widgets.VBox(shown, layout=FLAT | {"max_width": "720px"}).add_class(IN_ONE_LOOK),)

    def _begin(self) -> None:
        prompt_ids = read_prompt_box(self.source, self.prompt.value)
        with without_gradients():
            offered = self.source.session(prompt_ids).logits[0].cpu().double()  # (V,)
        check_logits(offered, 0, self.source)
        logits, ids = offered.sort(descending=True, stable=True)
        self.tokens = [self.source.token(token) for token in ids[: max(NAMED, self.bars)].tolist()]
        self.names = list(map(token_name, self.tokens))
        temperatures = torch.logspace(log10(COLDEST), log10(HOTTEST), 81, dtype=torch.float64)
        probabilities, entropies = temperature_sweep(logits, temperatures, min(len(COLOURS), len(self.tokens)))
        drawn = self.names[: probabilities.shape[1]]
        self._still = {
            False: probability_curves(AXIS, temperatures, probabilities, drawn),
            True: entropy_way(AXIS, temperatures, entropies, log(len(logits))),
        }
        self.prompt_ids, self.logits, self.at_one = prompt_ids, logits, logits.softmax(-1)
        self._show()

    def _follow_slider(self) -> None:
        """The slider was moved. In a browser it also moves what was typed to the nearest of its steps: that is none."""
        typed, moved = self.typed.value, self.temperature.value
        if not 0 < typed < inf or is_moved(moved, typed):
            self.typed.value = round(moved, 3)  # whose change shows the picture

    def _fall(self) -> None:
        """Numbers were thrown: the last one is seen falling."""
        self._strip.add_class(THROWN)
        self._show_all()

    def _show(self) -> None:
        self._strip.remove_class(THROWN)
        self._show_all()

    def _show_all(self) -> None:
        temperature = self.typed.value
        scaled = temperature_scale(self.logits, temperature)
        self.probabilities, self.entropy = scaled.softmax(-1), entropy(scaled).item()
        self.temperature.value = within(temperature)  # typed: the slider follows
        if not self.simple:
            self.count(self.probabilities)
            self._show_curves(temperature)
            self._show_strips(temperature)
        else:
            self._curves.value = over_slider(AXIS.ticks(14), say("temperature.axis_words"), 18)
        self._show_bars(temperature)
        self.show_sentence(self._words(temperature))
        if not self.simple:
            self.write_live(temperature)

    def _show_curves(self, temperature: float) -> None:
        """The curves, or that of the entropy, with a dot on each at this temperature."""
        first, most = self.probabilities[: len(COLOURS)].tolist(), log(len(self.logits))
        shares, colours = [*first, 1 - sum(first)], [*COLOURS[: len(first)], "#767676"]
        if self.opened.value:
            shares, colours = [self.entropy / most], [BLUE]
        self.opened.description = say("temperature.entropy", entropy=f"{self.entropy:.2f}", most=f"{most:.2f}")
        moving = now(AXIS, temperature, shares, colours)
        words = say("temperature.entropy_words" if self.opened.value else "temperature.curves_words")
        drawn, height = self._still[self.opened.value] + moving + AXIS.ticks(TOP + PLOT + 15), TOP + PLOT + FOOT
        self._curves_drawn = [(480.0, float(height), drawn)]
        self._curves.value = over_slider(drawn, words, height)

    def _show_strips(self, temperature: float) -> None:
        """The same random numbers on the tokens side by side, at T = 1 and at this temperature."""
        self._label.value = label_of(temperature)
        shown = ((self._strip_at_one, self.at_one, 1.0), (self._strip, self.probabilities, temperature))
        self._strips: list[tuple[str, str]] = []
        for page, probabilities, at in shown:
            drawn, parts = self.throw_onto(probabilities, f"hatch-{self.model_id}-{len(self._strips)}", WIDE)
            self._strips.append((f"T = {at:g}", drawn))
            page.value = strip_html(drawn, parts, f"T = {at:g}")

    def _show_bars(self, temperature: float) -> None:
        bars, whole = min(self.bars, len(self.tokens)), 420.0 if self.simple else WHOLE
        title = percent(self.probabilities[0].item())
        heads = (
            say("temperature.bars", temperature=f"{temperature:g}", probability=title),
            say("temperature.offered"),
            say("temperature.now", temperature=f"{temperature:g}"),
        )
        colours = [*COLOURS[:bars], *[OTHERS] * (max(0, bars - len(COLOURS)) + 1)]
        height, parts = share_rows(
            self.tokens[:bars], self.at_one, self.probabilities, heads, self.counts, self.last, colours, whole
        )
        width = WIDTH + whole - WHOLE
        self._bars_drawn = (width, height, "".join(parts))
        self._bars = drawing(width, height, heads[0], parts)
        self._shares.value = self._bars._repr_html_()

    def _words(self, temperature: float) -> str:
        n, size = min(self.bars, len(self.tokens)), len(self.logits)
        share = self.probabilities[:n].sum().item()
        ends = {"temperature": f"{temperature:g}", "coldest": f"{COLDEST:g}", "hottest": f"{HOTTEST:g}"}
        beyond = say("temperature.beyond", **ends) if AXIS.beyond(temperature) else ""
        words = say(
            "temperature.sentence",
            temperature=f"{temperature:g}",
            token=visible(self.tokens[0]),
            n=n,
            probability=percent(self.probabilities[0].item()),
            offered=percent(self.at_one[0].item()),
            share=f"{share:.1%}",
            others=f"{size - n:,}",
            rest=f"{max(0.0, 1 - share):.1%}",  # subtle: shares may add up to a hair more than 1
        )
        if not self.simple:
            numbers = {"entropy": f"{self.entropy:.2f}", "most": f"{log(size):.2f}"}
            words += " " + say("temperature.sentence_entropy", equal=f"{exp(self.entropy):,.0f}", **numbers)
        return " ".join(filter(None, (words, self.drawn_words(self.probabilities), beyond)))

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The live widget; and curves, strips and bars for places where widgets cannot run."""
        if self.current and self.children:  # not released
            curves, strips = ([], []) if self.simple else (self._curves_drawn, self._strips)
            self.drawing = stacked(curves, strips, [self._bars_drawn], self.sentence)
        return super()._repr_mimebundle_(**options)

    def page(self) -> str:
        """As it is laid out: curves and strips beside bars, and the text if it was written."""
        if self.simple:
            return self._bars
        left = stacked(self._curves_drawn, self._strips, [], self.sentence, MARGIN + 14)
        return beside(left, f"{self._bars}{self._text.value if self.text else ''}", widths=(480, 330))


def label_of(temperature: float) -> str:
    return f'<span style="white-space:nowrap">T = {temperature:g}</span>'
