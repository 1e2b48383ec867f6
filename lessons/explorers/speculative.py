"""Lesson 10's explorer: a text that a draft and a model write together, and why a proposal was accepted."""

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets as widgets

from lessons.decoding.speculative import speculative
from lessons.explorers.base import IN_A_ROW, SHOWN, Explorer, slider
from lessons.explorers.buttons import PictureButtons
from lessons.explorers.html import beside
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.drafts import check_same_tokens, prompt_lookup
from lessons.models.source import NextLogits, Source, as_source
from lessons.plots.accepted import accepted_share
from lessons.plots.themes import DRAWN
from lessons.records.speculation import JudgedStep
from lessons.words.arguments import check_flag, check_text, check_whole
from lessons.words.judged import LOOKS, Piece, judged_text, legend, look_of
from lessons.words.language import say
from lessons.words.tokens import running, visible
from lessons.words.writing import as_written, percent, visible_end

MOST_AHEAD, MOST_TOKENS, GIVEN = 8, 60, 60  # proposals; new tokens; letters of the prompt that are shown
LEFT = {"flex": "1000 1 520px", "min_width": "0", "padding": "0 12px 0 0"}
RIGHT = {"flex": "1 0 452px", "max_width": "100%"}
WORDS = """{box}{{display:block;line-height:1.75;padding-top:2px}}
{box}>*{{display:inline-block;width:auto;min-width:4px;height:auto;margin:0 0 2px;padding:0;border:0;border-radius:2px;
overflow:visible;font-size:15px;line-height:1.45;white-space:pre;cursor:pointer}}
{box}>:hover{{text-decoration:underline}}"""


class SpeculativeExplorer(Explorer):
    """Drag how many tokens the draft proposes at a time, and click a token: why was it accepted, or what came instead?

    Both models are asked when the text, a number or the seed changes; a click asks nobody.

    draft: as in `speculative`; None: what followed the last tokens earlier in the text, `prompt_lookup`
    simple: the number of proposals alone, over the text and the bars

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, ahead, temperature, seed: controls; `words`: the buttons of the text's tokens.
        trace: the `SpeculativeTrace` of the text; `place`: which of its steps the bars show.
    """

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str = "So the prince went",
        draft: Source | NextLogits | None = None,
        max_new_tokens: int = 40,
        *,
        simple: bool = False,
    ) -> None:
        super().__init__()
        check_text("prompt", prompt)
        self.most = check_whole("max_new_tokens", max_new_tokens, 1, MOST_TOKENS)
        self.source = as_source(lm)
        self.guesser = as_source(prompt_lookup(self.source) if draft is None else draft)
        check_same_tokens(self.source, self.guesser)
        self.simple = check_flag("simple", simple)
        self._make_controls(prompt)
        for control in (self.prompt, self.ahead, self.temperature, self.seed):
            self.listen(control, self._begin)
        self._lay_out()
        self.begin_with(self._begin, self._show)

    def _make_controls(self, prompt: str) -> None:
        self.prompt = text_box(prompt, say("speculative.prompt"), height=34)
        self.ahead = slider(say("speculative.ahead"), 4, 1, MOST_AHEAD, continuous_update=False)
        self.temperature = slider(say("speculative.temperature"), 0.7, 0.2, 2.0, 0.1, continuous_update=False)
        self.ahead.layout.width = "440px" if self.simple else "340px"
        self.temperature.layout.width = "245px"  # in one row with the others
        wide = {"description_width": "initial"}
        self.seed = widgets.BoundedIntText(
            0, 0, 10**6, description=say("speculative.seed"), style=wide, layout={"width": "118px"}
        )
        scope = f"lessons-{self.model_id}"
        self.add_class(scope)
        self._words = JudgedWords(scope, self.listen, self.choose)
        self.words = self._words.buttons.buttons

    def _lay_out(self) -> None:
        """The controls over the text; the bars of one token beside it."""
        if self.simple:
            for control in (self.prompt, self.temperature, self.seed):
                control.layout.display = "none"
        controls = widgets.HBox([self.ahead, self.temperature, self.seed], layout=IN_A_ROW)
        self.drawn.layout.max_width = "100%"
        self.lay_out_beside([self.prompt, controls, self._words.box, self._sentence_line], [self.drawn], LEFT, RIGHT)
        beside = self.children[0].children[1]
        beside.children = (self.drawn,)

    def _begin(self) -> None:
        prompt_ids = read_prompt_box(self.source, self.prompt.value)
        self.busy(say("speculative.busy"))
        self.trace = speculative(
            self.source,
            self.guesser,
            prompt_ids,
            self.most,
            self.ahead.value,
            temperature=self.temperature.value,
            seed=self.seed.value,
        )
        fates = [step.fate for _, step in self.trace.numbered()]
        self.place = fates.index("corrected") if "corrected" in fates else 0
        self.pieces = self.trace.pieces()
        self._show()

    def choose(self, piece: int) -> None:
        """Show the bars of a token of the text: of the piece at that place, counted from the first new token."""
        self.place = self.pieces[piece + 1].place
        self.attempt(self._show)

    def _show(self) -> None:
        number, step = list(self.trace.numbered())[self.place]
        guess = None if step.guess is None else step.guess.token
        sentence = self._sentence(number, step)
        self._words.show(self.pieces, self.place)
        drawing = accepted_share(self.trace.token, step.p, step.q, guess, step.chosen)
        self.show_drawing(drawing, sentence)

    def page(self) -> str:
        """The text, and the bars of the token that is shown."""
        return beside(judged_text(self.pieces, self.place), self.drawing)

    def _sentence(self, number: int, step: JudgedStep) -> str:
        """What became of the chosen token, what its pass brought, and what all passes did."""
        one = self.trace.passes[number - 1]
        key = {"accepted": "speculative.accepted", "corrected": "speculative.corrected", "extra": "speculative.extra"}
        proposed = step.chosen if step.guess is None else step.guess.token
        words = say(
            key[step.fate],
            chosen=visible(self.trace.token(step.chosen)),
            proposed=visible(self.trace.token(proposed)),
            ratio=percent(min(1.0, (step.p[proposed] / step.q[proposed]).item())),
        )
        passed = say("speculative.pass", number=number, proposed=len(one.guesses), accepted=one.accepted)
        tokens, passes = len(self.trace.steps), len(self.trace.passes)
        rate = percent(self.trace.accepted / self.trace.judged) if self.trace.judged else "–"
        total = say("speculative.total", tokens=tokens, passes=passes, a_pass=f"{tokens / passes:.2f}", rate=rate)
        return f"{words} {passed} {total}"


class JudgedWords:
    """The tokens of a text that two models wrote, each of them a button.

    Attributes:
        box: all of it.
        buttons: the tokens.
        given: what stands before them, the style, and what the marks mean, as HTML.
    """

    def __init__(
        self, scope: str, listen: Callable[[widgets.Widget, Callable[[], None]], None], press: Callable[[int], None]
    ) -> None:
        """scope, listen, press: as in `PictureButtons`"""
        self.buttons = PictureButtons(scope, "lessons-judged", listen, press)
        self.buttons.box.add_class(DRAWN)
        self.given = widgets.HTML().add_class(SHOWN)
        self.box = widgets.VBox([self.given, self.buttons.box])
        self._still = WORDS.format(box=self.buttons.rule) + self.buttons.details()

    def show(self, pieces: Sequence[Piece], place: int) -> None:
        """Show the pieces, the first of which was given; those of a step stand out."""
        given, *others = pieces
        self.buttons.put([running(piece.token) for piece in others], [piece.title for piece in others])
        rules = [self._still, self.buttons.nth_on(len(others), "display:none")]
        for number, piece in enumerate(others):
            rules.append(self.buttons.nth(number, look_of(piece, place)))
        words = f'<span style="{LOOKS["given"]};font-size:15px">{escape(visible_end(given.token, GIVEN))}</span>'
        sheet = f"<style>{''.join(rules)}</style>"
        self.given.value = as_written(f'{sheet}{legend()}<div class="{DRAWN}">{words}</div>')
