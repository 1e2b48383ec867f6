"""Lesson 03's explorer: a beam search as a tree, step by step, with greedy's way through it."""

from html import escape

import ipywidgets as widgets

from lessons.decoding.beam import finished_texts, judge, tree_of
from lessons.decoding.beams import grow_all
from lessons.decoding.greedy import greedy_search
from lessons.decoding.knobs import knobs
from lessons.decoding.library import Generated, generate_beams
from lessons.explorers.base import AUTO, IN_A_ROW, IN_ONE_LOOK, LABELLED, SHOWN, Explorer, slider
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.explorers.tree_pane import TreePane
from lessons.models.language_model import LanguageModel
from lessons.models.source import NextLogits, Source, as_source
from lessons.plots.beam import candidate_words, ending, fate_words, step_words, words_so_far
from lessons.plots.growing_tree import growing_tree, legend_in_words, places_of, roomy_grid, size_of
from lessons.records.beam_tree import Beams, BeamTrace, Candidate
from lessons.records.trace import Trace
from lessons.words.arguments import check_flag, check_text
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import html_table, minus, visible_end

MOST_BEAMS, MOST_STEPS = 8, 12
BESIDE = {"flex": "1 1 220px", "min_width": "0", "margin": "0 0 0 12px"}
TITLE, DETAILS = "margin:6px 0 2px;font-weight:bold;line-height:1.4", "margin:2px 0;max-width:60ch;line-height:1.45"


class BeamExplorer(Explorer):
    """Every candidate of a beam search with its fate, step by step: click a box, change the rules.

    It begins with the first step. How greedy's text fares, the best text and the table of finished texts are told when
    the last step is reached. The model is asked when text, beams, steps or n-gram size change, and by the button that
    compares with `generate`. Length penalty, early stopping and the step shown only judge and draw anew what was read.

    simple: the tree with its player, and nothing else

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, beams, steps, ngram, penalty, early, play, back, shown, forward, boxes, compare: the controls.
        trace: the best text, with its tree and hypotheses.
        greedy: the greedy text.
        drawing: the tree as shown.
        chosen: (step, rank) of the box that was clicked, from 0; None without one.
        details, comparison: the words about the chosen candidate, and about `generate`.
    """

    _beams: Beams

    def __init__(
        self,
        lm: Source | NextLogits,
        prompt: str = "In the middle of the forest there stood",
        beams: int = 3,
        steps: int = 6,
        *,
        simple: bool = False,
    ) -> None:
        super().__init__()
        check_text("prompt", prompt)
        self.lm, self.source, self.simple = lm, as_source(lm), check_flag("simple", simple)
        self._comparisons: dict[tuple[str, ...], str] = {}  # settings -> what was said about `generate`
        self.details, self.comparison = "", ""
        self.chosen: tuple[int, int] | None = None
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
        self.shown = slider(say("beam.shown"), 1, 1, 2)
        self.play = widgets.Play(value=1, min=1, max=2, interval=1600, show_repeat=False)
        widgets.link((self.play, "value"), (self.shown, "value"))
        self.back = widgets.Button(description=say("beam.back"), icon="step-backward", layout=AUTO)
        self.forward = widgets.Button(description=say("beam.forward"), icon="step-forward", layout=AUTO)
        self.compare = widgets.Button(description=say("beam.compare"), icon="check", layout=AUTO)
        self._pane = TreePane(self.drawn, lambda button, number: self.listen(button, lambda: self._choose(number)))
        self.boxes = self._pane.boxes

    def _lay_out(self) -> None:
        self._title, self._legend, self._table, self._comparison = (widgets.HTML().add_class(SHOWN) for _ in range(4))
        self._details = widgets.HTML(layout=BESIDE).add_class(SHOWN)
        judging = [self.beams, self.steps, self.ngram, self.penalty, self.early]
        for control, width in zip(judging, (200, 200, 270, 250, 190), strict=True):
            control.layout.flex, control.layout.width, control.layout.max_width = f"1 1 {width}px", "auto", "340px"
        shown = [] if self.simple else [self.shown]
        player = widgets.HBox([self.play, self.back, *shown, self.forward], layout=IN_A_ROW)
        tree = widgets.HBox([self._pane, self._details], layout=IN_A_ROW)
        comparing = [] if self.simple else [widgets.HBox([self.compare, self._comparison], layout=IN_A_ROW)]
        self._end = widgets.VBox([self._table, *comparing])
        settings = [] if self.simple else [self.prompt, widgets.HBox(judging, layout=IN_A_ROW)]
        look = [*settings, player, self._error_line, self._title, tree, self._legend, self._sentence_line]
        self.children = (widgets.VBox(look).add_class(IN_ONE_LOOK), self._end)

    def _listen(self) -> None:
        for control in (self.prompt, self.beams, self.steps, self.ngram):
            self.listen(control, self._search)
        for control in (self.penalty, self.early):
            self.listen(control, self._judge)
        self.listen(self.shown, self._show)
        self.listen(self.back, lambda: self._go(-1))
        self.listen(self.forward, lambda: self._go(1))
        self.listen(self.compare, self._ask_generate)

    def _search(self) -> None:
        """Read the model: all steps, so that no rule can ask for more. A new text begins with its first step."""
        ngram, steps = self.ngram.value, self.steps.value
        prompt_ids = read_prompt_box(self.source, self.prompt.value)
        beams = grow_all(self.lm, prompt_ids, steps, self.beams.value, knobs(no_repeat_ngram_size=ngram))
        self.greedy = greedy_search(self.lm, prompt_ids, steps, no_repeat_ngram_size=ngram)
        before, self._beams = vars(self).get("_beams"), beams
        self._judge(anew=before is None or before.prompt_ids != beams.prompt_ids)
        if not self.simple:
            self._ask_generate()

    def _judge(self, anew: bool = False) -> None:
        """Decide anew which finished text wins and where the search stops; whoever had seen the end still sees it."""
        told = not anew and self.shown.value == self.shown.max
        self.trace = finished_texts(self._beams, self.penalty.value, self.early.value, number=1)[0]
        self._said: dict[Candidate, str] = {}
        self._grid, last = roomy_grid(self.trace.tree), len(self.trace.tree)
        with self.quietly():
            self.shown.max = self.play.max = max(last, 2)  # subtle: a slider from 1 to 1 cannot be shown
            self.shown.value = 1 if anew else last if told else min(self.shown.value, last)
        self._pane.offer([self._name(one) for step in self.trace.tree for one in step])
        self._table.value = hypotheses_table(self.trace, self.greedy, self.penalty.value)
        never = say("beam.not_compared") if isinstance(self.lm, LanguageModel) else say("beam.no_generate")
        self._show_comparison(self._comparisons.get(self._settings(), never))
        self._before = 0 if anew else self.shown.value
        self._show()

    def _go(self, steps: int) -> None:
        self.shown.value += steps  # which stays within its range

    def _show(self) -> None:
        """Draw the search as far as the step shown; at the last one tell how it ended."""
        number, last = min(self.shown.value, len(self.trace.tree)), len(self.trace.tree)
        found = judge(self._beams.levels[:number], self._beams, self.penalty.value, self.early.value)
        self._tree, told, token = tree_of(self._beams, found), number == last, self.source.token
        best = self.trace.new_ids if told else ()
        self.drawing = growing_tree(self._tree, self._grid, token, best, self.greedy.new_ids, self._words)
        places = places_of(self._grid, self._tree)
        self._pane.show(
            self.drawing, size_of(self._grid, number), places, number - 1 if number > self._before else None
        )
        self._before, self._end.layout.display = number, None if told else "none"
        title = ending(self.trace, self.greedy, token) if told else say("beam.question")
        self._title.value = f'<p style="{TITLE}">{escape(title)}</p>'
        self._legend.value = legend_in_words(told)
        steps = self._tree[number - 1]
        self.show_sentence(step_words(self.trace, self.greedy, steps) if told else words_so_far(steps, last))
        self._show_details()

    def _choose(self, number: int) -> None:
        """Choose the candidate with this number, counted over all steps."""
        self.chosen = [(one.step, one.rank) for step in self._tree for one in step][number]
        self._show_details()

    def _show_details(self) -> None:
        """Say what became of the chosen candidate, if it is there."""
        there = {(one.step, one.rank): number for number, one in enumerate(one for step in self._tree for one in step)}
        if self.chosen not in there:
            self.chosen = None
        self._pane.ring(there[self.chosen] if self.chosen else None)
        self.details = self._words(self._tree[self.chosen[0]][self.chosen[1]]) if self.chosen else say("beam.click")
        self._details.value = f'<p role="status" style="{DETAILS}">{escape(self.details)}</p>'

    def _name(self, candidate: Candidate) -> str:
        token = visible(self.source.token(candidate.token))
        return say("beam.box", step=candidate.step + 1, place=candidate.rank + 1, token=token)

    def _words(self, candidate: Candidate) -> str:
        """A candidate and its fate; put into words once, for a tree has up to 192 of them at every step shown."""
        if candidate not in self._said:
            where = candidate_words(self.trace.tree, candidate, self.source.token)
            self._said[candidate] = f"{where} {fate_words(candidate, self._beams.num_beams, self.penalty.value)}"
        return self._said[candidate]

    def _settings(self) -> tuple[str, ...]:
        controls = (self.beams, self.steps, self.ngram, self.penalty, self.early)
        return (str(self._beams.prompt_ids), *(str(control.value) for control in controls))

    def _show_comparison(self, words: str) -> None:
        self.comparison = words
        self._comparison.value = f'<span style="line-height:1.6">{escape(words)}</span>'

    def _ask_generate(self) -> None:
        """Run `model.generate` with these settings, if there is one, and say whether it returns the same."""
        if isinstance(self.lm, LanguageModel):
            self.busy(say("beam.comparing"))
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
