"""Lesson 06's explorer: one text, read by a model before and after training, token by token."""

import math
from collections.abc import Sequence

import ipywidgets as widgets
import numpy

from lessons.explorers import html
from lessons.explorers.base import LABELLED, SHOWN, WIDE, Explorer, slider
from lessons.explorers.text_boxes import read_text_box, text_box
from lessons.models.language_model import LanguageModel
from lessons.models.scoring import token_log_probs
from lessons.plots.fine_tuning import surprisal_pair
from lessons.texts.grammar import Grammar
from lessons.words.arguments import check_kind, check_model, check_some, check_texts
from lessons.words.language import say
from lessons.words.tokens import text_after, visible
from lessons.words.writing import Markup, html_table, percent, visible_end

WINDOW = 44  # tokens that the picture shows at a time


class FineTuningExplorer(Explorer):
    """Choose or type a text; see how surprising each token is to both models, and, in its picture, to one who knows the
    language.

    Both models must cut texts into the same tokens. They read a text once, when it changes; the slider only moves the
    window.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        choice, text, start: the controls: a text from the list, any text, the first token in the picture.
        tokens: the text's tokens but the first, which nothing predicts.
        surprisals: {"before", "after"} and, if the grammar is known, "truth": (number of tokens,) nats each.
    """

    def __init__(
        self, before: LanguageModel, after: LanguageModel, texts: Sequence[str], grammar: Grammar | None = None
    ) -> None:
        super().__init__(width=1056)
        check_model(before, "before")
        check_model(after, "after")
        texts = check_some("texts", check_texts("texts", texts))
        if grammar is not None:
            check_kind("grammar", grammar, Grammar, "Grammar, None")
        self.models, self.grammar = {"before": before, "after": after}, grammar
        names = [(f"{place}: {visible_end(text[:60], 60)}", text) for place, text in enumerate(texts, 1)]
        self.choice = widgets.Dropdown(
            options=names, description=say("fine_tuning.choose"), style=LABELLED["style"], layout=WIDE
        )
        self.text = text_box(texts[0], say("fine_tuning.text"), height=92)
        self.start = slider(say("fine_tuning.from_token"), 0, 0, 1)
        self.strips = widgets.HTML().add_class(SHOWN)
        self.choice.observe(lambda _: self._choose(), names="value")  # which changes the text
        self.listen(self.text, self._read)
        self.listen(self.start, self._draw)
        self.lay_out(self.choice, self.text, self.strips, self.start)
        self.begin_with(self._read, self._draw)

    def _choose(self) -> None:
        self.text.value = self.choice.value

    def _read(self) -> None:
        lm = self.models["after"]
        ids = read_text_box(lm, self.text.value)
        if len(ids) < 2:
            raise ValueError(say("fine_tuning.two_tokens"))
        pieces = [lm.token(token) for token in ids]
        surprisals = {name: -token_log_probs(model, ids).numpy() for name, model in self.models.items()}
        if self.grammar is not None:
            texts = [text_after(lm.decode, ids[:place], [token]) for place, token in enumerate(ids)]
            surprisals["truth"] = numpy.array(self.grammar.surprisals(texts)[1:])
        self.first, self.tokens, self.surprisals = pieces[0], pieces[1:], surprisals
        self.strips.value = self._strips()
        with self.quietly():
            self.start.max = max(1, len(self.tokens) - WINDOW)
        self._draw()

    def _draw(self) -> None:
        window = slice(self.start.value, self.start.value + WINDOW)
        shown = {name: values[window] for name, values in self.surprisals.items()}
        self.show(surprisal_pair(self.tokens[window], **shown), self._words())

    def _words(self) -> str:
        before, after = self.surprisals["before"], self.surprisals["after"]
        gains = before - after
        most, least = int(gains.argmax()), int(gains.argmin())
        words = say(
            "fine_tuning.explorer_sentence",
            before=f"{before.sum():.1f}",
            before_each=f"{before.mean():.2f}",
            after=f"{after.sum():.1f}",
            after_each=f"{after.mean():.2f}",
            gained=visible(self.tokens[most]),
            gained_by=f"{max(0, gains[most]):.1f}",
            lost=visible(self.tokens[least]),
            lost_by=f"{max(0, -gains[least]):.1f}",
        )
        truth = self.surprisals.get("truth")
        if truth is None:
            return words
        if math.isinf(truth.sum()):
            first = self.tokens[int(numpy.isinf(truth).argmax())]
            return f"{words} {say('fine_tuning.explorer_impossible', token=visible(first))}"
        return f"{words} {say('fine_tuning.explorer_truth', truth=f'{truth.sum():.1f}')}"

    def _strips(self) -> str:
        """The text as each model reads it, side by side."""
        headings = (say("fine_tuning.before_label"), say("fine_tuning.after_label"))
        strips = [self._strip(self.surprisals["before"].tolist()), self._strip(self.surprisals["after"].tolist())]
        return html_table(headings, [strips], left=(0, 1), fill=True) + html.surprisal_legend()

    def _strip(self, surprisals: Sequence[float]) -> Markup:
        titles = [
            say("fine_tuning.strip_title", probability=percent(math.exp(-surprisal)), surprisal=f"{surprisal:.2f}")
            for surprisal in surprisals
        ]
        tokens = [self.first, *self.tokens]
        return html.surprisal_strip(tokens, [None, *surprisals], [say("fine_tuning.given"), *titles])
