"""Lesson 03's explorer: a beam search as a tree, step by step, with greedy's way through it."""

from html import escape
from typing import Any

import ipywidgets as widgets

from lessons.decoding.beam import finished_texts
from lessons.decoding.beams import grow_all
from lessons.decoding.greedy import greedy_search
from lessons.decoding.knobs import knobs
from lessons.decoding.library import Generated, generate_beams
from lessons.explorers.base import AUTO, IN_A_ROW, LABELLED, SHOWN, Explorer, slider
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.language_model import LanguageModel
from lessons.models.source import NextLogits, Source, as_source
from lessons.plots.beam import candidate_words, fate_words, step_words
from lessons.plots.svg import Svg
from lessons.plots.tree import NAMES, SIGNS, beam_tree
from lessons.records.beam_tree import BeamTrace, Candidate
from lessons.records.trace import Trace
from lessons.words.arguments import check_text
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import html_table, minus, visible_end

MOST_BEAMS, MOST_STEPS = 8, 12


class BeamExplorer(Explorer):
    """Every candidate of a beam search with its fate: step through it, ask any candidate, change the rules.

    The model is asked when text, beams, steps or n-gram size change, and by the button that compares with `generate`.
    Length penalty, early stopping and the step shown only judge and draw anew what was read.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, beams, steps, ngram, penalty, early, play, back, shown, forward, candidate, compare: the controls.
        trace: the best text, with its tree and hypotheses.
        greedy: the greedy text.
        drawing: the tree as shown.
        details, comparison: the words about the chosen candidate, and about `generate`.
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
        self.lm, self.source = lm, as_source(lm)
        self._comparisons: dict[tuple[str, ...], str] = {}  # settings -> what was said about `generate`
        self.details, self.comparison, self.drawing = "", "", Svg()
        self._make_controls(prompt, beams, steps)
        self._lay_out()
        self._listen()
        self.begin_with(self._search, self._judge)

    def _make_controls(self, prompt: str, beams: int, steps: int) -> None:
        self.prompt = text_box(prompt, say("beam.prompt"))
        self.beams = slider(say("beam.beams"), beams, 1, MOST_BEAMS, continuous_update=False)
        self.steps = slider(say("beam.steps"), steps, 1, MOST_STEPS, continuous_update=False)
        self.ngram = slider(say("beam.ngram"), 0, 0, 4, continuous_update=False)
        self.penalty = slider(say("beam.penalty"), 1.0, -2.0, 3.0, 0.1)
        options = [("False", False), ("True", True), ("never", "never")]
        self.early = widgets.Dropdown(options=options, value=False, description=say("beam.early"), **LABELLED)
        self.shown, self.play = slider(say("beam.shown"), 1, 1, 2), widgets.Play(value=1, min=1, max=2, interval=900)
        widgets.link((self.play, "value"), (self.shown, "value"))
        self.back = widgets.Button(description=say("beam.back"), icon="step-backward", layout=AUTO)
        self.forward = widgets.Button(description=say("beam.forward"), icon="step-forward", layout=AUTO)
        self.candidate = widgets.Dropdown(description=say("beam.details"), **LABELLED)
        self.compare = widgets.Button(description=say("beam.compare"), icon="check", layout=AUTO)

    def _lay_out(self) -> None:
        self._tree, self._details, self._table, self._comparison = (widgets.HTML().add_class(SHOWN) for _ in range(4))
        reading = widgets.HBox([self.beams, self.steps, self.ngram], layout=IN_A_ROW)
        judging = widgets.HBox([self.penalty, self.early], layout=IN_A_ROW)
        player = widgets.HBox([self.play, self.back, self.shown, self.forward], layout=IN_A_ROW)
        self.lay_out(widgets.VBox([self.prompt, reading, judging]), player, self._tree)
        comparing = widgets.HBox([self.compare, self._comparison], layout=IN_A_ROW)
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
        prompt_ids = read_prompt_box(self.source, self.prompt.value)
        beams = grow_all(self.lm, prompt_ids, steps, self.beams.value, knobs(no_repeat_ngram_size=ngram))
        self.greedy = greedy_search(self.lm, prompt_ids, steps, no_repeat_ngram_size=ngram)
        self._beams = beams
        self._judge(to_the_end=True)
        self._ask_generate()

    def _judge(self, to_the_end: bool = False) -> None:
        """Decide anew which finished text wins and where the search stops."""
        before = None if to_the_end else (self.shown.value, self.shown.max)
        self.trace = finished_texts(self._beams, self.penalty.value, self.early.value, number=1)[0]
        last = len(self.trace.tree)
        step = last if before is None or before[0] == before[1] else min(before[0], last)
        with self.quietly():
            self.shown.max = self.play.max = max(last, 2)  # subtle: a slider from 1 to 1 cannot be shown
            self.shown.value = step
        self._table.value = hypotheses_table(self.trace, self.greedy, self.penalty.value)
        never = say("beam.not_compared") if isinstance(self.lm, LanguageModel) else say("beam.no_generate")
        self._show_comparison(self._comparisons.get(self._settings(), never))
        self._show()

    def _go(self, steps: int) -> None:
        self.shown.value += steps  # which stays within its range

    def _show(self) -> None:
        """Draw the steps up to the one shown, and offer its candidates."""
        step = self.trace.tree[min(self.shown.value, len(self.trace.tree)) - 1]
        rank = min(self.candidate.value or 0, len(step) - 1)
        with self.quietly():
            self.candidate.options = [(self._label(one), one.rank) for one in step]
            self.candidate.value = rank
        self.show_sentence(step_words(self.trace, self.greedy, step))
        self._show_candidate()

    def _show_candidate(self) -> None:
        """Draw the tree with the chosen candidate marked, and say what became of it."""
        tree, number = self.trace.tree, min(self.shown.value, len(self.trace.tree))
        chosen = tree[number - 1][self.candidate.value]
        self.drawing = beam_tree(
            tree,
            self.source.token,
            number,
            best=self.trace.new_ids,
            greedy=self.greedy.new_ids,
            selected=chosen,
            words=self._words,
        )
        self.details = self._words(chosen)
        self._tree.value = self.drawing._repr_html_()
        self._details.value = f'<p style="margin:2px 0;max-width:90ch;line-height:1.45">{escape(self.details)}</p>'

    def _label(self, candidate: Candidate) -> str:
        token = visible(self.source.token(candidate.token))
        return f"{candidate.rank + 1}. {SIGNS[candidate.fate]}{token} ({say(NAMES[candidate.fate])})"

    def _words(self, candidate: Candidate) -> str:
        """A candidate and its fate."""
        where = candidate_words(self.trace.tree, candidate, self.source.token)
        return f"{where} {fate_words(candidate, self._beams.num_beams, self.penalty.value)}"

    def _settings(self) -> tuple[str, ...]:
        controls = (self.beams, self.steps, self.ngram, self.penalty, self.early)
        return (str(self._beams.prompt_ids), *(str(control.value) for control in controls))

    def _show_comparison(self, words: str) -> None:
        self.comparison = words
        self._comparison.value = f'<span style="line-height:1.6">{escape(words)}</span>'

    def _ask_generate(self) -> None:
        """Run `model.generate` with these settings, if there is one, and say whether it returns the same."""
        if isinstance(self.lm, LanguageModel):
            generated = generate_beams(
                self.lm,
                self._beams.prompt_ids,
                self._beams.most_steps,
                self._beams.num_beams,
                self.ngram.value,
                self.penalty.value,
                self.early.value,
            )
            words = compared(self.trace, generated)
            self._comparisons[self._settings()] = words
            self._show_comparison(words)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The live widget; and the tree for places where widgets cannot run."""
        drawing = {"image/svg+xml": str(self.drawing)} if self.current else {}
        return super()._repr_mimebundle_(**options) | drawing


def hypotheses_table(trace: BeamTrace, greedy: Trace, penalty: float) -> str:
    """The finished texts, the best one first and in bold, and greedy's below them, as HTML."""
    rows = [(text.text, text.sum, text.length, text.score) for text in trace.hypotheses]
    length = len(greedy.new_ids)
    name = f"{greedy.text} ({say('beam.table_greedy')})"
    rows.append((name, greedy.log_prob, length, greedy.log_prob / length**penalty))
    score = say("beam.table_score", penalty=minus(f"{penalty:g}"))
    headings = [say("beam.table_text"), say("beam.table_sum"), say("beam.table_length"), score]
    shown = [
        (visible_end(text, 90), minus(f"{total:.3f}"), f"{length}", minus(f"{score:.4f}"))
        for text, total, length, score in rows
    ]
    return html_table(headings, shown, left=(0,), highlight=0)


def compared(trace: BeamTrace, generated: Generated) -> str:
    """Whether `generate` returned the same text with the same score, in words."""
    same, tokens = generated.ids == trace.ids, len(trace.new_ids)
    if generated.score is None and same:
        return say("beam.equal_greedy", tokens=tokens)
    score = float("nan") if generated.score is None else generated.score
    scores = {"theirs": minus(f"{score:.5f}"), "ours": minus(f"{trace.score:.5f}")}
    if same and abs(score - trace.score) < 1e-4 * max(1.0, abs(score)):
        return say("beam.equal", tokens=tokens, **scores)
    return say("beam.unequal", text=visible_end(trace.decode(generated.ids), 60), **scores)
