"""Lesson 03's explorer: a beam search as a tree, step by step, with greedy's way through it."""

from collections import Counter
from collections.abc import Sequence
from html import escape

import ipywidgets as widgets

from lessons.decoding.beam import finished_texts
from lessons.decoding.beams import grow_all
from lessons.decoding.greedy import greedy_search
from lessons.decoding.knobs import knobs
from lessons.explorers.base import LABELLED, Explorer, slider
from lessons.explorers.beam_words import compared, table_of, verdict
from lessons.models.source import NextLogits, Source, as_source
from lessons.plots.beam import candidate_words
from lessons.plots.tree import FRAMES, SIGNS, Svg, beam_tree
from lessons.records.beam_tree import Candidate
from lessons.words.arguments import check_text
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import minus

MOST_BEAMS, MOST_STEPS = 8, 12
BUTTON = widgets.Layout(width="auto")


class BeamExplorer(Explorer):
    """Every candidate of a beam search with its fate: step through it, ask any candidate, change the rules.

    The model is asked when text, beams, steps or n-gram size change, and by the button that compares with `generate`.
    Length penalty, early stopping and the step shown only judge and draw anew what was read.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, beams, steps, ngram, penalty, early, play, back, shown, forward, candidate, compare: the controls.
        trace: the best text, with its tree and hypotheses; greedy: the greedy text.
        drawing: the tree as shown; details: the words about the chosen candidate; comparison: those about `generate`.
    """

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str = "Once upon a time there was a king who had",
        beams: int = 4,
        steps: int = 8,
    ) -> None:
        super().__init__()
        check_text("prompt", prompt)
        self.lm, self.source, self._moving = lm, as_source(lm), False
        self._comparisons: dict[tuple[object, ...], str] = {}
        self.details, self.comparison, self.drawing = "", "", Svg()
        self._make_controls(prompt, beams, steps)
        self._lay_out()
        self._listen()
        self.attempt(self._search)

    def _make_controls(self, prompt: str, beams: int, steps: int) -> None:
        wide = widgets.Layout(width="98%")
        self.prompt = widgets.Text(prompt, description=say("beam.prompt"), continuous_update=False, layout=wide)
        slow = {"continuous_update": False}  # the model is read again
        self.beams = slider(say("beam.beams"), beams, 1, MOST_BEAMS, **slow)
        self.steps = slider(say("beam.steps"), steps, 1, MOST_STEPS, **slow)
        self.ngram = slider(say("beam.ngram"), 0, 0, 4, **slow)
        self.penalty = slider(say("beam.penalty"), 1.0, -2.0, 3.0, 0.1)
        options = [("False", False), ("True", True), ("never", "never")]
        self.early = widgets.Dropdown(options=options, value=False, description=say("beam.early"), **LABELLED)
        self.shown, self.play = slider(say("beam.shown"), 1, 1, 2), widgets.Play(value=1, min=1, max=2, interval=900)
        widgets.link((self.play, "value"), (self.shown, "value"))
        self.back = widgets.Button(description=say("beam.back"), icon="step-backward", layout=BUTTON)
        self.forward = widgets.Button(description=say("beam.forward"), icon="step-forward", layout=BUTTON)
        self.candidate = widgets.Dropdown(description=say("beam.details"), **LABELLED)
        self.compare = widgets.Button(description=say("beam.compare"), icon="check", layout=BUTTON)

    def _lay_out(self) -> None:
        row = {"layout": widgets.Layout(flex_flow="row wrap")}
        self._tree, self._details, self._table, self._comparison = (widgets.HTML() for _ in range(4))
        reading = widgets.HBox([self.beams, self.steps, self.ngram], **row)
        judging = widgets.HBox([self.penalty, self.early], **row)
        player = widgets.HBox([self.play, self.back, self.shown, self.forward], **row)
        self.lay_out(widgets.VBox([self.prompt, reading, judging]), player, self._tree)
        comparing = widgets.HBox([self.compare, self._comparison], **row)
        above = [child for child in self.children if child is not self.picture]  # the picture is the tree, not an image
        self.children = (*above, self.candidate, self._details, self._table, comparing)

    def _listen(self) -> None:
        for control in (self.prompt, self.beams, self.steps, self.ngram):
            self.listen(control, self._search)
        for control in (self.penalty, self.early):
            self.listen(control, self._judge)
        self.listen(self.shown, self._show)
        self.listen(self.candidate, self._show_candidate)
        self.listen(self.back, lambda: self._go(-1))
        self.listen(self.forward, lambda: self._go(1))
        self.listen(self.compare, self._ask_generate)

    def _search(self) -> None:
        """Read the model: all steps, so that no rule can ask for more."""
        ngram, steps = self.ngram.value, self.steps.value
        beams = grow_all(self.lm, self.prompt.value, steps, self.beams.value, knobs(no_repeat_ngram_size=ngram))
        self.greedy = greedy_search(self.lm, self.prompt.value, steps, no_repeat_ngram_size=ngram)
        self._beams = beams
        self._judge(to_the_end=True)
        if hasattr(self.lm, "model"):
            self._ask_generate()

    def _judge(self, to_the_end: bool = False) -> None:
        """Decide anew which finished text wins and where the search stops."""
        before = None if to_the_end else (self.shown.value, self.shown.max)
        self.trace = finished_texts(self._beams, self.penalty.value, self.early.value, number=1)[0]
        last = len(self.trace.tree)
        step = last if before is None or before[0] == before[1] else min(before[0], last)
        self._moving = True  # subtle: a slider from 1 to 1 cannot be shown, so there is room for 2
        self.shown.max = self.play.max = max(last, 2)
        self.shown.value = step
        self._moving = False
        self._table.value = self._hypotheses()
        self._say_comparison(self._comparisons.get(self._settings(), say(f"beam.{self._no_comparison()}")))
        self._show()

    def _go(self, steps: int) -> None:
        self.shown.value += steps  # which stays within its range

    def _show(self) -> None:
        """Draw the steps up to the one shown, and offer its candidates."""
        if self._moving:
            return
        step = self.trace.tree[min(self.shown.value, len(self.trace.tree)) - 1]
        rank = min(self.candidate.value or 0, len(step) - 1)
        self._moving = True
        self.candidate.options = [(self._label(one), one.rank) for one in step]
        self.candidate.value = rank
        self._moving = False
        self.say_in_words(self._words(step))
        self._show_candidate()

    def _show_candidate(self) -> None:
        """Draw the tree with the chosen candidate marked, and say what became of it."""
        if self._moving:
            return
        tree, number = self.trace.tree, min(self.shown.value, len(self.trace.tree))
        chosen = tree[number - 1][self.candidate.value]
        paths = {"best": self.trace.new_ids, "greedy": self.greedy.new_ids}
        self.drawing = beam_tree(tree, self.source.token, number, selected=chosen, words=self._say, **paths)
        self.details = self._say(chosen)
        self._tree.value = self.drawing._repr_html_()
        self._details.value = f'<p style="margin:2px 0;max-width:90ch;line-height:1.45">{escape(self.details)}</p>'

    def _label(self, candidate: Candidate) -> str:
        token = visible(self.source.token(candidate.token))
        return f"{candidate.rank + 1}. {SIGNS[candidate.fate]}{token} ({say(f'beam.{candidate.fate}')})"

    def _say(self, candidate: Candidate) -> str:
        """A candidate and its fate in words."""
        penalty, length = self.penalty.value, candidate.step + 1
        numbers = {"sum": minus(f"{candidate.sum:.2f}"), "score": minus(f"{candidate.sum / length**penalty:.3f}")}
        why = {"beams": self._beams.num_beams, "length": length, "penalty": minus(f"{penalty:g}"), **numbers}
        where = candidate_words(self.trace.tree, candidate, self.source.token)
        return f"{where} {say(f'beam.{candidate.fate}_why', **why)}"

    def _words(self, step: Sequence[Candidate]) -> str:
        counts = Counter(one.fate for one in step)
        named = [say("beam.count", number=counts[fate], fate=say(f"beam.{fate}")) for fate in FRAMES if counts[fate]]
        ours, theirs = len(self.trace.new_ids), len(self.greedy.new_ids)
        return say(
            "beam.sentence", step=step[0].step + 1, steps=len(self.trace.tree), candidates=len(step),
            counts=", ".join(named), score=minus(f"{self.trace.score:.3f}"),
            log_prob=minus(f"{self.trace.log_prob:.2f}"), greedy=minus(f"{self.greedy.log_prob:.2f}"),
            verdict=say(f"beam.{verdict(self.trace, self.greedy)}", ours=ours, theirs=theirs),
        )  # fmt: skip

    def _hypotheses(self) -> str:
        """The finished texts as a table, with greedy's below."""
        penalty = self.penalty.value
        rows = [(text.text, text.sum, text.length, text.score) for text in self.trace.hypotheses]
        greedy = self.greedy.log_prob, len(self.greedy.new_ids)
        rows.append((f"{self.greedy.text} ({say('beam.table_greedy')})", *greedy, greedy[0] / greedy[1] ** penalty))
        heads = [say(f"beam.table_{key}", penalty=minus(f"{penalty:g}")) for key in ("text", "sum", "length", "score")]
        return table_of(heads, rows)

    def _settings(self) -> tuple[object, ...]:
        controls = (self.beams, self.steps, self.ngram, self.penalty, self.early)
        return (self._beams.prompt_ids, *(str(control.value) for control in controls))

    def _no_comparison(self) -> str:
        return "not_compared" if hasattr(self.lm, "model") else "no_generate"

    def _say_comparison(self, words: str) -> None:
        self.comparison = words
        self._comparison.value = f'<span style="line-height:1.6">{escape(words)}</span>'

    def _ask_generate(self) -> None:
        """Run `model.generate` with these settings and say whether it returns the same."""
        if hasattr(self.lm, "model"):
            rules = {"length_penalty": self.penalty.value, "early_stopping": self.early.value}
            words = compared(
                self.lm, self.trace, self._beams.most_steps, self._beams.num_beams, self.ngram.value, rules
            )
            self._comparisons[self._settings()] = words
            self._say_comparison(words)

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        """The live widget; and the tree for places where widgets cannot run."""
        return super()._repr_mimebundle_(**options) | {"image/svg+xml": str(self.drawing)}
