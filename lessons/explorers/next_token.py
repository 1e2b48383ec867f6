"""Lesson 01's explorer: see what the model offers next, choose any of it, go back, choose otherwise."""

import math
from collections.abc import Sequence

import ipywidgets as widgets
import torch

from lessons.explorers import html
from lessons.explorers.base import AUTO, IN_A_ROW, SHOWN, Explorer, slider
from lessons.explorers.branches import BranchTree
from lessons.explorers.choices import ChoiceRows
from lessons.explorers.running_text import RunningText
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.gradients import without_gradients
from lessons.models.language_model import LanguageModel
from lessons.models.source import check_logits
from lessons.plots.branches import Ids, in_common
from lessons.records.trace import Step, Trace
from lessons.words.arguments import check_flag, check_model, check_text
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import html_table, percent, visible_end

MOST_BARS = 20
LEFT = {"flex": "1 1 430px", "min_width": "0", "padding": "0 12px 0 0"}
RIGHT = {"flex": "1 1 470px", "min_width": "0"}
COLUMNS = (
    "next_token.table_step",
    "next_token.table_token",
    "next_token.table_probability",
    "next_token.table_rank",
    "next_token.table_surprisal",
    "next_token.table_entropy",
)


class NextTokenExplorer(Explorer):
    """Type a text, see its next-token distribution, click the bar of any token to go on with it.

    Clicking a word of the text goes back there, also into the prompt; later words wait in grey and can be clicked, too.
    Another token chosen there begins a new branch, and the tree keeps all branches. The model is asked only for texts
    that it has not been asked for before.

    With `simple` the prompt, the text and the rows to click are all that is shown.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, bars, back, restart: controls with names.
        tokens, words, pieces: the buttons that are bars, words of the text, boxes of the tree.
        path: ids of the present branch, to its end; place: how many of them count, the prompt's included.
        paths: ids of all branches.
        trace: the `Trace` of all choices on the present branch.
        shown: the `Step` whose distribution the picture shows (its `chosen` is the token taken there, or -1 at the
            end).
    """

    def __init__(
        self, lm: LanguageModel, prompt: str = "Once upon a time there was a", bars: int = 10, *, simple: bool = False
    ) -> None:
        super().__init__()
        check_model(lm)
        check_text("prompt", prompt)
        self.lm, self.simple = lm, check_flag("simple", simple)
        self.asked: dict[Ids, torch.Tensor] = {}  # ids -> logits (V,)
        self.steps: dict[Ids, Step] = {}  # ids -> how the last of them was chosen
        self.path: Ids = ()
        self.paths: list[Ids] = []
        self.prompt = text_box(prompt, say("next_token.prompt"))
        self.bars = slider(say("next_token.bars"), bars, 3, min(MOST_BARS, lm.vocabulary_size))
        self.back = widgets.Button(description=say("next_token.back"), icon="undo", layout=AUTO)
        self.restart = widgets.Button(description=say("next_token.restart"), icon="refresh", layout=AUTO)
        self._lay_out()
        self.listen(self.prompt, self._begin)
        self.listen(self.bars, self._show)
        self.listen(self.back, lambda: self.follow(self.path, max(1, self.place - 1)))
        self.listen(self.restart, self._begin)
        self.begin_with(self._begin, self._show)

    def _lay_out(self) -> None:
        scope = f"lessons-{self.model_id}"  # the class that tells this explorer's buttons from those of others
        self.add_class(scope)
        self._scope = scope
        self._choices = ChoiceRows(scope, self.listen, self.choose)
        self._text = RunningText(scope, self.listen, lambda place: self.follow(self.path, place))
        self._tree = BranchTree(scope, self.listen, self._go_to)
        self.tokens, self.words = self._choices.rows.buttons, self._text.words.buttons
        self.pieces = self._tree.pieces.buttons
        self.table = widgets.HTML().add_class(SHOWN)
        folded = widgets.Accordion([self.table], selected_index=None)
        folded.set_title(0, say("next_token.table"))
        row = widgets.HBox([self.back, self.restart, self.bars], layout=IN_A_ROW)
        more = widgets.VBox([widgets.HTML(html.surprisal_legend()), row, self._tree.box])
        self.lay_out_beside([self.prompt, self._text.box, more], [self._choices.box], LEFT, RIGHT)
        self.children = (*self.children, folded)
        for one in (more, folded):
            one.layout.display = "none" if self.simple else None

    @property
    def given(self) -> int:
        """How many tokens of the present branch are the prompt's: all, unless a branch began within the prompt."""
        return in_common(self.path, self.prompt_ids)

    def choose(self, row: int) -> None:
        """Go on from the text shown with the token of that row (0 is the likeliest); a branch of its own begins where
        none goes on with it yet."""
        ids = (*self.path[: self.place], self._order[row])
        known = (path for path in (self.path, *reversed(self.paths)) if path[: len(ids)] == ids)
        self.follow(next(known, ids), len(ids))

    def follow(self, path: Ids, place: int) -> None:
        """Make `path` the present branch, of which `place` tokens count."""
        for length in range(in_common(path, self.path), len(path)):
            self._ask(path[: length + 1])
        if not any(known[: len(path)] == path for known in self.paths):
            self.paths = [*(known for known in self.paths if known != path[: len(known)]), path]
        self.path, self.place = path, place
        steps = tuple(self.steps[path[:length]] for length in range(self.given + 1, len(path) + 1))
        self.trace = Trace(path[: self.given], steps, self.lm.decode, self.lm.token)
        self.attempt(self._show)  # a refused click changes nothing; from here on something has changed

    def _go_to(self, ids: Ids) -> None:
        """Go to the end of a text that is part of a branch: of the present one if it can be."""
        self.follow(next(path for path in (self.path, *self.paths) if path[: len(ids)] == ids), len(ids))

    def _begin(self) -> None:
        prompt_ids = read_prompt_box(self.lm, self.prompt.value)
        with without_gradients():
            logits = self.lm.model(input_ids=torch.tensor([prompt_ids], device=self.lm.device)).logits[0].float().cpu()
        check_logits(logits, 0, self.lm)  # (T, V)
        for place in range(len(prompt_ids)):
            ids = prompt_ids[: place + 1]
            self.asked[ids] = logits[place]
            if place:
                self.steps[ids] = Step(logits[place - 1], logits[place - 1], ids[-1])
        self.prompt_ids, self.path, self.paths = prompt_ids, prompt_ids, [prompt_ids]
        self.follow(prompt_ids, len(prompt_ids))

    def _ask(self, ids: Ids) -> None:
        """Ask the model what comes after a text, unless it was asked before; what comes before it was asked."""
        if ids in self.asked:
            return
        if self.lm.context is not None and len(ids) >= self.lm.context:
            raise ValueError(say("next_token.context_full", context=self.lm.context))
        self.busy(say("explorers.reading"))
        offered = self.asked[ids[:-1]]
        self.asked[ids], self.steps[ids] = self.lm.next_logits(ids), Step(offered, offered, ids[-1])

    def _show(self) -> None:
        ids, bars = self.path[: self.place], self.bars.value
        taken = self.path[self.place] if self.place < len(self.path) else -1
        self.shown = Step(self.asked[ids], self.asked[ids], taken)
        largest = self.shown.log_probs.exp().topk(bars)
        probabilities, self._order = largest.values.tolist(), largest.indices.tolist()
        names = [self.lm.token(token) for token in self._order]
        titles = [
            self._title(name, probability, rank)
            for rank, (name, probability) in enumerate(zip(names, probabilities, strict=True), 1)
        ]
        marked = self._order.index(taken) if taken in self._order else None
        others = say("next_token.everything_else", others=f"{len(self.shown.logits) - bars:,}")
        self._choices.show(names, probabilities, titles, others, marked)
        self._text.show(*self._said(), self.place)
        self._tree.show(self.paths, self.prompt_ids, (self.path, self.place), self.lm.decode, self._log_prob)
        self.table.value = self._table()
        self.show_sentence(self._sentence(ids, names[0], probabilities))

    def _log_prob(self, ids: Ids, start: int) -> float:
        return sum(self.steps[ids[:length]].log_prob for length in range(start + 1, len(ids) + 1))

    def _said(self) -> tuple[list[str], list[float | None], list[str]]:
        """Of each token of the present branch: what it is called, its surprisal, what is said of it."""
        names = [self.lm.token(token) for token in self.path]
        steps = [self.steps[self.path[:length]] for length in range(2, len(names) + 1)]
        titles = [
            self._title(name, math.exp(one.log_prob), one.rank) for name, one in zip(names[1:], steps, strict=True)
        ]
        return names, [None, *(one.surprisal for one in steps)], [say("next_token.given"), *titles]

    def _title(self, name: str, probability: float, rank: int) -> str:
        """What is said of a token."""
        surprisal = f"{-math.log(probability):.2f}" if probability else "∞"
        return say(
            "next_token.tooltip",
            token=visible(name),
            probability=percent(probability),
            rank=f"{rank:,}",
            surprisal=surprisal,
        )

    def _sentence(self, ids: Ids, token: str, probabilities: Sequence[float]) -> str:
        share, entropy, count = sum(probabilities), self.shown.entropy, len(probabilities)
        return say(
            "next_token.sentence",
            text=visible_end(self.lm.decode(ids), 30),
            token=visible(token),
            probability=percent(probabilities[0]),
            n=count,
            share=f"{share:.1%}",
            rest=f"{max(0.0, 1 - share):.1%}",  # subtle: shares may add up to a hair more than 1
            others=f"{len(self.shown.logits) - count:,}",
            entropy=f"{entropy:.2f}",
            equal=f"{math.exp(entropy):,.0f}",
        )

    def _table(self) -> str:
        """All choices of the present branch, the last that counts in bold."""
        if not self.trace.steps:
            return ""
        rows = [
            (
                f"{number}",
                visible(self.lm.token(one.chosen)),
                percent(math.exp(one.log_prob)),
                f"{one.rank:,}",
                f"{one.surprisal:.2f}",
                f"{one.entropy:.2f}",
            )
            for number, one in enumerate(self.trace.steps, 1)
        ]
        return html_table([say(column) for column in COLUMNS], rows, highlight=self.place - self.given - 1)

    def page(self) -> str:
        """Text, strip and rows."""
        names, surprisals, titles = self._said()
        text = html.surprisal_strip(names[: self.place], surprisals[: self.place], titles[: self.place])
        return f'<div class="{self._scope}">{text}{self._choices.page()}</div>'
