"""Lesson 01's explorer: see what the model offers next, choose any of it, go back, choose otherwise."""

import math
from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets
import torch

from lessons.explorers import html
from lessons.explorers.base import IN_A_ROW, LABELLED, SHOWN, Explorer, slider
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.gradients import without_gradients
from lessons.models.language_model import LanguageModel
from lessons.models.source import check_logits
from lessons.plots.next_token import NextTokenBars
from lessons.records.trace import Step, Trace
from lessons.words.arguments import check_model, check_text
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import html_table, percent, visible_end

MOST_BARS = 20
COLUMNS = (
    "next_token.table_step",
    "next_token.table_token",
    "next_token.table_probability",
    "next_token.table_rank",
    "next_token.table_surprisal",
    "next_token.table_entropy",
)


class NextTokenExplorer(Explorer):
    """Type a text, see its next-token distribution, click any token to go on with it.

    The step slider goes back to any earlier choice; clicking another token there begins a new branch, and the branch
    left behind can be had again from the list. The model is asked only for texts that it has not been asked for before.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, bars, step, branches: the controls.
        trace: the `Trace` of all choices on this branch.
        shown: the `Step` whose distribution the picture shows (its `chosen` is the token taken there, or -1 at the
            end).
    """

    def __init__(self, lm: LanguageModel, prompt: str = "Once upon a time there was a", bars: int = 10) -> None:
        super().__init__()
        check_model(lm)
        check_text("prompt", prompt)
        self.lm = lm
        self.asked: dict[tuple[int, ...], torch.Tensor] = {}  # ids -> logits (V,)
        self.pictures: dict[int, NextTokenBars] = {}
        self.prompt = text_box(prompt, say("next_token.prompt"))
        self.bars = slider(say("next_token.bars"), bars, 3, min(MOST_BARS, lm.vocabulary_size))
        self.step = slider(say("next_token.step"), 0, 0, 1)
        self.back = widgets.Button(description=say("next_token.back"), icon="undo")
        self.restart = widgets.Button(description=say("next_token.restart"), icon="refresh")
        self.branches = widgets.Dropdown(description=say("next_token.branches"), **LABELLED)
        self.tokens = [widgets.Button(layout={"width": "auto", "min_width": "76px"}) for _ in range(MOST_BARS)]
        self.strip, self.table = widgets.HTML().add_class(SHOWN), widgets.HTML().add_class(SHOWN)
        self._listen()
        grid = widgets.Box(self.tokens, layout={**IN_A_ROW, "max_width": "792px"}).add_class(SHOWN)
        self.lay_out(
            self.prompt,
            widgets.HBox([self.bars, self.step, self.back, self.restart], layout=IN_A_ROW),
            self.strip,
            widgets.HTML(f"<b>{say('next_token.choose')}</b>"),
            grid,
        )
        self.children = (*self.children, self.table, self.branches)
        self.begin_with(self._begin, self._show_branch)

    def _listen(self) -> None:
        self.listen(self.prompt, self._begin)
        self.listen(self.bars, self._show)
        self.listen(self.step, self._show)
        self.listen(self.back, self._go_back)
        self.listen(self.restart, self._begin)
        self.listen(self.branches, self._change_branch)
        for place, button in enumerate(self.tokens):
            self.listen(button, partial(self.choose, place))

    def choose(self, place: int) -> None:
        """Go on from the step shown with its token number `place` (0 is the likeliest); later choices become a branch
        of their own."""
        ids = (*self.trace.ids[: len(self.prompt_ids) + self.step.value], self._order[place])
        self._ask(ids)
        self._follow(ids, step=len(ids) - len(self.prompt_ids))

    def _begin(self) -> None:
        self.prompt_ids = read_prompt_box(self.lm, self.prompt.value)
        with without_gradients():
            ids = torch.tensor([self.prompt_ids], device=self.lm.device)
            logits = self.lm.model(input_ids=ids).logits[0].float().cpu()  # (T, V)
        check_logits(logits, 0, self.lm)
        self.prompt_steps = [
            Step(logits[place], logits[place], token) for place, token in enumerate(self.prompt_ids[1:])
        ]
        self.asked[self.prompt_ids] = logits[-1]
        self.paths: list[tuple[int, ...]] = []
        self._follow(self.prompt_ids, step=0)

    def _ask(self, ids: tuple[int, ...]) -> None:
        if self.lm.context is not None and len(ids) >= self.lm.context:
            raise ValueError(say("next_token.context_full", context=self.lm.context))
        if ids not in self.asked:
            self.asked[ids] = self.lm.next_logits(ids)

    def _follow(self, ids: tuple[int, ...], step: int) -> None:
        """Make `ids` the branch shown, at its choice number `step`."""
        length = len(self.prompt_ids)
        steps = [
            Step(self.asked[ids[:place]], self.asked[ids[:place]], ids[place]) for place in range(length, len(ids))
        ]
        self.trace = Trace(self.prompt_ids, tuple(steps), self.lm.decode, self.lm.token)
        self.paths = [path for path in self.paths if path != ids[: len(path)]] if ids not in self.paths else self.paths
        if not any(path[: len(ids)] == ids for path in self.paths):
            self.paths.append(ids)
        self._move(step, len(steps))
        self.attempt(self._show)

    def _move(self, step: int, most: int) -> None:
        """Set the step slider without drawing: its range is never empty, as a slider from 0 to 0 cannot be shown."""
        length = len(self.trace.ids)
        with self.quietly():
            self.step.max, self.step.value = max(1, most), step
            self.branches.options = [(visible_end(self.lm.decode(path), 60), path) for path in self.paths]
            self.branches.value = next((path for path in self.paths if path[:length] == self.trace.ids), None)

    def _go_back(self) -> None:
        self.step.value = max(0, self.step.value - 1)

    def _change_branch(self) -> None:
        if self.branches.value is not None:
            self._follow(self.branches.value, step=len(self.branches.value) - len(self.prompt_ids))

    def _show_branch(self) -> None:
        """Show the step shown, on the branch that the list says."""
        if (self.branches.value or self.trace.ids)[: len(self.trace.ids)] == self.trace.ids:
            self._show()
        else:
            self._change_branch()

    def _show(self) -> None:
        step = min(self.step.value, len(self.trace.steps))
        ids = self.trace.ids[: len(self.prompt_ids) + step]
        taken = self.trace.steps[step].chosen if step < len(self.trace.steps) else -1
        self.shown = Step(self.asked[ids], self.asked[ids], taken)
        bars = self.bars.value
        largest = self.shown.log_probs.exp().topk(bars)
        probabilities, self._order = largest.values.tolist(), largest.indices.tolist()
        names = [self.lm.token(token) for token in self._order]
        self._label_buttons(names, probabilities)
        if bars not in self.pictures:
            self.pictures[bars] = NextTokenBars(bars)
        highlight = self._order.index(taken) if taken in self._order else None
        picture = self.pictures[bars].update(names, probabilities, len(self.shown.logits) - bars, highlight)
        self.show(picture, self._words(ids, names[0], probabilities))
        self.strip.value = self._strip(step) + html.surprisal_legend()
        self.table.value = self._table(step)

    def _label_buttons(self, names: Sequence[str], probabilities: Sequence[float]) -> None:
        for place, button in enumerate(self.tokens):
            shown = place < len(names)
            button.layout.display = None if shown else "none"
            if shown:
                button.description = f"{visible(names[place])}  {percent(probabilities[place])}"

    def _words(self, ids: tuple[int, ...], token: str, probabilities: Sequence[float]) -> str:
        share, entropy, count = sum(probabilities), self.shown.entropy, len(probabilities)
        return say(
            "next_token.sentence",
            text=visible_end(self.lm.decode(ids), 30),
            token=visible(token),
            probability=percent(probabilities[0]),
            n=count,
            share=f"{share:.1%}",
            rest=f"{1 - share:.1%}",
            others=f"{len(self.shown.logits) - count:,}",
            entropy=f"{entropy:.2f}",
            equal=f"{math.exp(entropy):,.0f}",
        )

    def _strip(self, step: int) -> str:
        steps = [*self.prompt_steps, *self.trace.steps[:step]]
        tokens = [self.lm.token(token) for token in self.trace.ids[: len(self.prompt_ids) + step]]
        titles = [
            say(
                "next_token.tooltip",
                probability=percent(math.exp(one.log_prob)),
                rank=f"{one.rank:,}",
                surprisal=f"{one.surprisal:.2f}",
            )
            for one in steps
        ]
        return html.surprisal_strip(
            tokens, [None, *(one.surprisal for one in steps)], [say("next_token.given"), *titles]
        )

    def _table(self, step: int) -> str:
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
        return html_table([say(column) for column in COLUMNS], rows, highlight=step)
