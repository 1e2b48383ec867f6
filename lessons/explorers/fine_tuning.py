"""Lesson 06's explorer: one text, read by a model before and after training, token by token."""

import math
from collections.abc import Sequence

import ipywidgets as widgets
import numpy

from lessons.explorers.base import LABELLED, SHOWN, WIDE, Explorer
from lessons.explorers.html import surprisal_legend
from lessons.explorers.read_twice import read_twice
from lessons.explorers.text_boxes import read_text_box, text_box
from lessons.models.language_model import LanguageModel
from lessons.models.scoring import token_log_probs
from lessons.plots.fine_tuning import READERS
from lessons.plots.surprisal_chart import surprisal_chart
from lessons.texts.grammar import Grammar
from lessons.words.arguments import check_flag, check_kind, check_model, check_some, check_texts
from lessons.words.language import say
from lessons.words.tokens import text_after, visible
from lessons.words.writing import percent, visible_end


class FineTuningExplorer(Explorer):
    """Choose or type a text; see how surprising each token is to both models, and, in its picture, to one who knows the
    language.

    Both models must cut texts into the same tokens. They read a text once, when it changes. A token that the mouse or
    the Tab key points at shows its numbers.

    after: None where nothing is trained yet: then one model reads
    simple: one control, the list of texts; and no picture

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        choice, text, unfold: the controls: a text from the list, any text, whether the picture is there.
        tokens: the text's tokens but the first, which nothing predicts.
        surprisals: {"before", "after"} and, if the grammar is known, "truth": (number of tokens,) nats each.
    """

    def __init__(
        self,
        before: LanguageModel,
        after: LanguageModel | None,
        texts: Sequence[str],
        grammar: Grammar | None = None,
        *,
        simple: bool = False,
    ) -> None:
        super().__init__()
        self.models = {"before": check_model(before, "before")}
        if after is not None:
            self.models["after"] = check_model(after, "after")
        texts = check_some("texts", check_texts("texts", texts))
        if grammar is not None:
            check_kind("grammar", grammar, Grammar, "Grammar, None")
        self.grammar = grammar
        names = [(f"{place}: {visible_end(text[:60], 60)}", text) for place, text in enumerate(texts, 1)]
        self.choice = widgets.Dropdown(
            options=names, description=say("fine_tuning.choose"), style=LABELLED["style"], layout=WIDE
        )
        self.text = text_box(texts[0], say("fine_tuning.text"), height=150)
        self.unfold = widgets.ToggleButton(
            False, description=say("fine_tuning.unfold"), icon="bar-chart", layout={"width": "auto"}
        )
        self.strips = widgets.HTML().add_class(SHOWN)
        self.simple = check_flag("simple", simple)
        self._lay_out()
        self.choice.observe(lambda _: self._choose(), names="value")  # which changes the text
        self.listen(self.text, self._read)
        self.listen(self.unfold, self._fold)
        self.begin_with(self._read, self._draw)

    def _lay_out(self) -> None:
        """The texts beside their controls; below them the picture, once it is wanted."""
        legend, controls = widgets.HTML(surprisal_legend()), [self.choice, self.text, self.unfold]
        self.lay_out_beside(controls[:1] if self.simple else controls, [self.strips, legend])
        if not self.simple:
            self.children = (*self.children, self.drawn)

    def page(self) -> str:
        """The texts; below them the picture, if it is unfolded."""
        return f"{self.strips.value}{surprisal_legend()}{self.drawing if self.unfold.value else ''}"

    def _choose(self) -> None:
        self.text.value = self.choice.value

    def _fold(self) -> None:
        self.drawn.layout.display = None if self.unfold.value else "none"

    def _read(self) -> None:
        lm = [*self.models.values()][-1]
        ids = read_text_box(lm, self.text.value)
        if len(ids) < 2:
            raise ValueError(say("fine_tuning.two_tokens"))
        pieces = [lm.token(token) for token in ids]
        surprisals = {name: -token_log_probs(model, ids).numpy() for name, model in self.models.items()}
        if self.grammar is not None:
            texts = [text_after(lm.decode, ids[:place], [token]) for place, token in enumerate(ids)]
            surprisals["truth"] = numpy.array(self.grammar.surprisals(texts)[1:])
        self.first, self.tokens, self.surprisals = pieces[0], pieces[1:], surprisals
        self._draw()

    def _draw(self) -> None:
        self._fold()
        readers = {say(READERS[name]): self.surprisals[name].tolist() for name in self.models}
        hint = say("fine_tuning.point") if "after" in self.models else say("fine_tuning.point_at_one")
        numbers = [self._numbers(place) for place in range(len(self.tokens))]
        self.strips.value = read_twice(readers, self.first, self.tokens, numbers, hint)
        self.show_drawing(surprisal_chart(self.tokens, **self.surprisals), self._words())

    def _numbers(self, place: int) -> str:
        """What is said of a token."""
        nats = {name: float(values[place]) for name, values in self.surprisals.items()}
        token, before = visible(self.tokens[place]), nats["before"]
        words = {"token": token, "before": f"{before:.2f}", "chance": percent(math.exp(-before))}
        if "after" not in nats:
            return say("fine_tuning.numbers_of_one", **words)
        after = nats["after"]
        words |= {"after": f"{after:.2f}", "chance_after": percent(math.exp(-after))}
        said = say("fine_tuning.numbers", difference=f"{after - before:+.2f}".replace("-", "−"), **words)
        if "truth" not in nats or math.isinf(nats["truth"]):
            return said
        truth = f"{nats['truth']:.2f}"
        return f"{said} {say('fine_tuning.explorer_truth', truth=truth)}"

    def _words(self) -> str:
        before, after = self.surprisals["before"], self.surprisals.get("after")
        facts = {"before": f"{before.sum():.1f}", "before_each": f"{before.mean():.2f}"}
        if after is None:
            most = int(before.argmax())
            token, nats = visible(self.tokens[most]), f"{before[most]:.1f}"
            return say("fine_tuning.sentence_of_one", **facts, token=token, nats=nats)
        gains = before - after
        most, least = int(gains.argmax()), int(gains.argmin())
        facts |= {
            "after": f"{after.sum():.1f}",
            "after_each": f"{after.mean():.2f}",
            "gained": visible(self.tokens[most]),
            "gained_by": f"{max(0, gains[most]):.1f}",
            "lost": visible(self.tokens[least]),
            "lost_by": f"{max(0, -gains[least]):.1f}",
        }
        return f"{say('fine_tuning.explorer_sentence', **facts)} {self._truth()}".strip()

    def _truth(self) -> str:
        """What one who knows the language would pay for the text, in a sentence; or where the text breaks off."""
        truth = self.surprisals.get("truth")
        if truth is None:
            return ""
        if math.isinf(truth.sum()):
            first = self.tokens[int(numpy.isinf(truth).argmax())]
            return say("fine_tuning.explorer_impossible", token=visible(first))
        return say("fine_tuning.explorer_truth", truth=f"{truth.sum():.1f}")
