"""Lesson 09's explorer: a rule, what it strikes out of the next tokens, and how much of the probability that was."""

import math

import ipywidgets as widgets
import torch

from lessons.arithmetic.probability import wide
from lessons.decoding.constrain import Constrained, constrain
from lessons.explorers import html
from lessons.explorers.base import AUTO, IN_A_ROW, Explorer
from lessons.explorers.running_text import RunningText
from lessons.explorers.struck_rows import Row, StruckRows
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Source, as_source, check_logits
from lessons.words.arguments import check_flag, check_text
from lessons.words.language import say
from lessons.words.tokens import text_after, visible
from lessons.words.writing import percent, visible_end

ROWS, OFFERED = 12, 6  # rows; so many of them for the likeliest tokens, cut or not
LEFT = {"flex": "1 1 400px", "min_width": "0", "padding": "0 12px 0 0"}
RIGHT = {"flex": "1 1 470px", "min_width": "0"}
Ids = tuple[int, ...]


class RuleExplorer(Explorer):
    """Write a text token by token under a rule: what may not follow is struck out, with the probability that it had.

    Clicking a bar takes the token, clicking a word of the text goes back there. The model is asked only for texts that
    it has not been asked for before.

    rule: a regular expression that the whole continuation must match; see `constrain`
    simple: no box for the text, and no buttons: the rule, its switch, and the bars

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, rule, on, back, restart: controls; on: whether the rule acts.
        tokens, words: the buttons that are bars and words of the text.
        new_ids: the tokens taken so far.
        offered, left: (V,) the probabilities of the next token as the model offers them, and as the rule leaves them
            (0 where cut).
        mass: the share of what was offered that is left.
    """

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str = "Once upon a time there was a",
        rule: str = " (king|queen) who had [a-z]+ (sons|daughters)",
        *,
        simple: bool = False,
    ) -> None:
        super().__init__()
        self.source, self.simple = as_source(lm), check_flag("simple", simple)
        check_text("prompt", prompt)
        constrain(self.source, check_text("rule", rule))  # raises for what is no rule
        self.asked: dict[Ids, torch.Tensor] = {}  # ids → (V,) probabilities
        self.new_ids: Ids = ()
        self.offered, self.left = torch.zeros(1), torch.zeros(1)
        self.prompt = text_box(prompt, say("rule.prompt"))
        self.rule = text_box(rule, say("rule.rule"))
        self.on = widgets.ToggleButton(True, description=say("rule.on"), icon="check", layout=AUTO)
        self.back = widgets.Button(description=say("rule.back"), icon="undo", layout=AUTO)
        self.restart = widgets.Button(description=say("rule.restart"), icon="refresh", layout=AUTO)
        self._lay_out()
        self.listen(self.prompt, self._begin)
        self.listen(self.rule, self._begin)
        self.listen(self.on, self._show)
        self.listen(self.back, lambda: self._go_to(len(self.prompt_ids) + max(0, len(self.new_ids) - 1)))
        self.listen(self.restart, self._begin)
        self.begin_with(self._begin, self._show)

    def _lay_out(self) -> None:
        scope = f"lessons-{self.model_id}"  # the class that tells this explorer's buttons from those of others
        self.add_class(scope)
        self._scope = scope
        self._choices = StruckRows(scope, self.listen, self.choose)
        self._text = RunningText(scope, self.listen, self._go_to)
        self.tokens, self.words = self._choices.rows.buttons, self._text.words.buttons
        buttons = widgets.HBox([self.on] if self.simple else [self.on, self.back, self.restart], layout=IN_A_ROW)
        boxes = [self.rule] if self.simple else [self.prompt, self.rule]
        self.lay_out_beside([*boxes, buttons, self._text.box], [self._choices.box], LEFT, RIGHT)

    def choose(self, row: int) -> None:
        """Go on with the token of that row. Raises ValueError if the rule forbids it."""
        token = self._order[row]
        if not self.left[token]:
            raise ValueError(say("rule.forbidden", token=visible(self.source.token(token))))
        self.follow((*self.new_ids, token))

    def _go_to(self, place: int) -> None:
        """Go back to the first `place` tokens of the text: at least to the prompt."""
        self.follow(self.new_ids[: max(0, place - len(self.prompt_ids))])

    def follow(self, new_ids: Ids) -> None:
        """Show what may follow these tokens, each of which has been asked about or is the next one."""
        self._ask((*self.prompt_ids, *new_ids))
        self.new_ids = new_ids
        self.attempt(self._show)  # a refused click changes nothing; from here on something has changed

    def _begin(self) -> None:
        constrained, prompt_ids = (
            constrain(self.source, self.rule.value),
            read_prompt_box(self.source, self.prompt.value),
        )
        self._ask(prompt_ids)
        self._constrained: Constrained = constrained
        self.prompt_ids, self.new_ids = prompt_ids, ()
        self._show()

    def _ask(self, ids: Ids) -> None:
        """Ask the model what comes after a text, unless it was asked before or the text has ended."""
        if ids in self.asked or (self.ended(ids) and ids[:-1] in self.asked):
            return
        if self.source.context is not None and len(ids) >= self.source.context:
            raise ValueError(say("rule.context_full", context=self.source.context))
        self.busy(say("explorers.reading"))
        with without_gradients():
            logits = self.source.session(ids).logits[0].cpu()
        check_logits(logits, len(self.new_ids), self.source)
        self.asked[ids] = wide(logits).softmax(-1)

    def ended(self, ids: Ids) -> bool:
        """Whether these ids end with an end-of-text token that was taken."""
        return len(ids) > 1 and ids[-1] in self.source.end_ids

    def _left(self, new_ids: Ids) -> torch.Tensor:
        """(V,) the probabilities after these tokens of those that may follow: not renormalised."""
        offered = self.asked[(*self.prompt_ids, *new_ids)]
        if not self.on.value:
            return offered
        mask = torch.zeros(len(offered), dtype=torch.bool)
        mask[self._constrained.allowed(self.prompt_ids, new_ids)] = True
        return offered.where(mask, 0)

    def _show(self) -> None:
        self.on.description = say("rule.on") if self.on.value else say("rule.is_off")
        self.on.icon = "check" if self.on.value else "times"
        if self.new_ids and self.ended(self.new_ids):
            self._order: list[int] = []
            self._choices.show_cut([], 1.0, 0, len(self.offered))
        else:
            self.offered, kept = self.asked[(*self.prompt_ids, *self.new_ids)], self._left(self.new_ids)
            self.mass = kept.sum().item()
            self.left = kept / self.mass if self.mass else kept
            self._show_rows()
        names, surprisals, titles = self._said()
        self._text.show(names, surprisals, titles, len(names))
        self.show_sentence(self._sentence())

    def _said(self) -> tuple[list[str], list[float | None], list[str]]:
        """Of each token of the text: what it is called, its surprisal if it was taken, what is said of it."""
        given, taken = len(self.prompt_ids), self._taken()
        surprisals = [None] * given + [-math.log(max(1e-300, share)) for share in taken]
        titles = [say("rule.given")] * given + [say("rule.taken", share=percent(share)) for share in taken]
        return [self.source.token(token) for token in (*self.prompt_ids, *self.new_ids)], surprisals, titles

    def _taken(self) -> list[float]:
        """The probability of each token taken, as the model offered it."""
        so_far = [(*self.prompt_ids, *self.new_ids[:place]) for place in range(len(self.new_ids))]
        return [self.asked[ids][token].item() for ids, token in zip(so_far, self.new_ids, strict=True)]

    def _show_rows(self) -> None:
        first = self.offered.topk(min(OFFERED, len(self.offered))).indices.tolist()
        may = self.left.topk(min(ROWS, len(self.left))).indices.tolist()
        others = [token for token in may if self.left[token] and token not in first]
        self._order = sorted([*first, *others[: ROWS - len(first)]], key=lambda token: -self.offered[token])
        rows = [self._row(token) for token in self._order]
        self._choices.show_cut(rows, self.mass, int((self.left > 0).sum()), len(self.left))

    def _row(self, token: int) -> Row:
        name, offered, left = self.source.token(token), self.offered[token].item(), self.left[token].item()
        numbers = {"token": visible(name), "offered": percent(offered)}
        title = say("rule.may", **numbers, left=percent(left)) if left else say("rule.may_not", **numbers)
        return Row(name, offered, left, title)

    def _sentence(self) -> str:
        new = visible_end(text_after(self.source.decode, self.prompt_ids, self.new_ids), 60)
        if self.new_ids and self.ended(self.new_ids):
            kept = math.prod(self._left(self.new_ids[:place]).sum().item() for place in range(len(self.new_ids)))
            return say("rule.ended", text=new, kept=f"{kept:.2g}")
        numbers = {
            "number": f"{int((self.left > 0).sum()):,}",
            "size": f"{len(self.left):,}",
            "share": percent(self.mass),
        }
        if not self.on.value:
            return say("rule.off", size=numbers["size"])
        if not self.mass:
            return say("rule.nothing", text=new)
        return say("rule.sentence" if self.new_ids else "rule.sentence_first", text=new, **numbers)

    def page(self) -> str:
        """Text, strip and rows."""
        return f'<div class="{self._scope}">{html.surprisal_strip(*self._said())}{self._choices.page()}</div>'
