"""Lesson 03's tree and explorer without a browser: setting a value is dragging, `click()` is clicking."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

import lessons
from lessons.decoding import beam_search, greedy_search
from lessons.decoding.library import generate_beams
from lessons.explorers.beam import compared
from lessons.explorers.cell_outputs import parts_of
from lessons.models.six_words import MarkovChain
from lessons.plots.beam import candidate_words, two_texts, verdict
from lessons.plots.growing_tree import WAS
from lessons.plots.tree import SIGNS, beam_tree
from lessons.plots.tree_grid import Grid
from lessons.words.language import speak

PROMPT = "The old man said to the boy"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def explorer(lm):
    return lessons.BeamExplorer(lm, PROMPT, beams=3, steps=6)


@pytest.fixture
def shut(lm, monkeypatch):
    """From the call on, reading the model is a failure."""

    def shut() -> None:
        monkeypatch.setattr(lm.model, "forward", lambda *arguments, **options: pytest.fail("the model was called"))

    return shut


def writing(drawing: str) -> list[str]:
    """All writing in a drawing but the titles that appear under the mouse."""
    return ["".join(element.itertext()) for element in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def titles(drawing: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(drawing).iter(f"{SVG}title")]


def test_the_tree_draws_every_candidate(chain):
    """Sixteen boxes, each with its token and the sign of its fate; numbers are the candidate's own and its path's."""
    tree = beam_search(chain, ".", 4, num_beams=2).tree
    drawing = beam_tree(tree, numbers="probability")
    assert len(titles(drawing)) == 16
    shown = writing(drawing)
    assert [shown.count(f"{SIGNS[fate]}.") for fate in ("finished", "dropped", "evicted")] == [2, 1, 1]
    assert "0.90 → 0.36" in shown
    assert "0.40 → 0.20" in shown
    assert len(titles(beam_tree(tree, until=2))) == 8


@pytest.mark.parametrize(("beams", "steps"), [(1, 1), (2, 4), (8, 12)])
def test_branches_do_not_cross(lm, beams, steps):
    """In each column the candidates stand in the order of their parents; none on another, all within the drawing."""
    tree = lessons.beam_search(lm, PROMPT, steps, num_beams=beams).tree
    grid = Grid(tree, tall=False)
    for step in tree.steps[1:]:
        order = sorted(step, key=lambda one: grid.place[one.step, one.rank])
        parents = [grid.place[one.step - 1, one.parent] for one in order]
        assert parents == sorted(parents)
    for step in tree.steps:
        heights = sorted(grid.place[one.step, one.rank] for one in step)
        assert all(below - above >= grid.row - 1e-6 for above, below in pairwise(heights))
        assert heights[0] > 0 and heights[-1] < grid.height


def test_markup_in_tokens_is_drawn_and_not_run():
    """A vocabulary with tags in it: the drawing is well-formed, and holds no tag of theirs, not even in titles."""
    words = ("<script>alert(1)</script>", '" onload="x', "&amp;")
    chain = MarkovChain(words, ((0.2, 0.5, 0.3), (0.3, 0.3, 0.4), (0.6, 0.2, 0.2)), ends=())
    found = beam_search(chain, [0], 3, num_beams=2)
    drawing = beam_tree(found.tree, words=lambda one: candidate_words(found.tree, one, chain.words.__getitem__))
    assert {element.tag for element in ElementTree.fromstring(drawing).iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "g", "rect", "path", "text", "tspan", "title")
    }
    assert "<script" not in drawing


def test_greedy_and_best_paths_are_marked(chain):
    """Greedy's "the dog runs ." gets a band of four pieces, the best text "a cat ." three black frames."""
    found, greedy = beam_search(chain, ".", 4, num_beams=2), greedy_search(chain, ".", 4)
    drawing = beam_tree(found.tree, best=found.new_ids, greedy=greedy.new_ids)
    assert len(re.findall(r'<path[^>]*stroke-width="9"', drawing)) == 4
    assert len(re.findall(r'<rect[^>]*stroke="#111" stroke-width="2.2"', drawing)) == 3
    assert {"best text", "greedy path"} <= set(writing(drawing))


def test_the_drawing_says_where_greedy_leaves():
    """A text that begins with "b" is nowhere in a search with one beam, which goes by "a"; one that begins so is."""
    chain = MarkovChain(
        ("start", "a", "b", "c", "d"),
        ((0, 0.6, 0.4, 0, 0), (0, 0, 0, 0.3, 0.7), (0, 0, 0, 0.5, 0.5), (0, 0.5, 0.5, 0, 0), (0, 0.3, 0.7, 0, 0)),
        ends=(),
    )
    tree = beam_search(chain, "start", 3, num_beams=1).tree
    away = beam_tree(tree, greedy=chain.encode("b c"))
    assert "Greedy’s text falls out of the beams at step 1, with “b”." in writing(away)
    assert not any("falls out" in words for words in writing(beam_tree(tree, greedy=chain.encode("a d b"))))


def test_two_texts_side_by_side():
    """Bars are the log-probabilities; the title says which text is likelier and by how much."""
    figure = two_texts((["a", "b"], ["c"]), ([-1.0, -2.0], [-1.0]), names=("greedy", "beams"))
    assert [[bar.get_width() for bar in axes.patches] for axes in figure.axes] == [[-1.0, -2.0], [-1.0]]
    assert figure.get_suptitle() == "The text on the right is likelier, by a factor of 7.4"
    assert [axes.get_title() for axes in figure.axes] == ["greedy: −3.00 nats in all", "beams: −1.00 nats in all"]
    assert two_texts((["a"], ["a"]), ([-1.0], [-1.0])).get_suptitle() == "Both texts are equally likely"


def test_it_shows_the_search_of_the_plain_call(lm, explorer):
    """Text, score and tree are those of `beam_search`; the greedy text is that of `greedy_search`."""
    expected = lessons.beam_search(lm, PROMPT, 6, num_beams=3)
    assert (explorer.trace.ids, explorer.trace.score) == (expected.ids, expected.score)
    assert list(explorer.trace.tree) == list(expected.tree)
    assert explorer.greedy.ids == lessons.greedy_search(lm, PROMPT, 6).ids
    assert explorer.error == ""
    explorer.shown.value = 6
    assert f"{expected.score:.3f}".replace("-", "−") in explorer.sentence


def test_the_ending_is_told_at_the_last_step_only(lm, explorer):
    """Until then no winner, no table, no word about greedy's fate and no black line; also after a step back."""
    ending = "Greedy’s text "
    for step in (1, 3, 6, 5):
        explorer.shown.value = step
        told = step == 6
        assert (ending in explorer._title.value) == told == ("The best finished text" in explorer.sentence)
        assert (explorer._end.layout.display is None) == told == ("best text" in explorer._legend.value)
        assert ('stroke="#111"' in explorer.drawing) == told


def test_a_new_text_begins_anew_and_a_new_rule_does_not(explorer):
    """Who has seen the end sees the end of the next search, too; another text is another story."""
    assert explorer.shown.value == 1
    explorer.shown.value = 6
    explorer.beams.value, explorer.steps.value, explorer.penalty.value = 2, 7, 0.0
    assert (explorer.shown.value, explorer.shown.max) == (7, 7)
    explorer.shown.value = 3
    explorer.beams.value = 4
    assert explorer.shown.value == 3
    explorer.prompt.value = "The giant laughed"
    assert explorer.shown.value == 1 and "1 of 7" in explorer.sentence


def test_a_fate_is_the_one_that_was_known_then(chain):
    """ "a cat ." and others finish in step 3; what pushes one of them out comes in step 4, and is not foretold."""
    explorer = lessons.BeamExplorer(chain, ".", beams=2, steps=4)
    explorer.shown.value = 4
    (evicted,) = [one for step in explorer._tree for one in step if one.fate == "evicted"]
    for step in range(evicted.step + 1, 5):
        explorer.shown.value = step
        known = beam_search(chain, ".", 4, num_beams=2)
        ended = [one for level in known.tree.steps[:step] for one in level if one.fate in ("finished", "evicted")]
        best = sorted(ended, key=lambda one: -one.sum / (one.step + 1))[:2]
        now = explorer._tree[evicted.step][evicted.rank].fate
        assert now == ("finished" if evicted[:2] in [one[:2] for one in best] else "evicted")
    assert list(explorer._tree) == list(explorer.trace.tree)


def test_length_penalty_stopping_and_steps_never_call_the_model(lm, explorer, shut):
    """They judge and draw anew what was read, and give what a new search would give."""
    expected = lessons.beam_search(lm, PROMPT, 6, num_beams=3, length_penalty=-1.5, early_stopping="never")
    shut()
    explorer.penalty.value = -1.5
    explorer.early.value = "never"
    for step in (1, 3, 6):
        explorer.shown.value = step
        assert f"Step {min(step, len(explorer.trace.tree))} of" in explorer.sentence
    explorer.boxes[2].click()
    assert explorer.error == ""
    assert (explorer.trace.ids, explorer.trace.score) == (expected.ids, expected.score)


def test_the_player_goes_back_and_forward(explorer):
    """Buttons and slider move the same step; at the ends nothing more happens; fewer steps are drawn."""
    explorer.shown.value = 6
    whole = len(titles(explorer.drawing))
    explorer.back.click()
    assert (explorer.shown.value, explorer.play.value) == (5, 5)
    assert len(titles(explorer.drawing)) < whole
    for _ in range(9):
        explorer.back.click()
    assert explorer.shown.value == 1
    explorer.play.value = 4
    assert explorer.shown.value == 4
    for _ in range(9):
        explorer.forward.click()
    assert (explorer.shown.value, len(titles(explorer.drawing))) == (6, whole)


def test_newcomers_fade_in_and_then_the_pruned_ones_turn_grey(explorer):
    """A step forward moves its own column; a step back and another rule move nothing."""
    styles = explorer._pane._styles
    assert "lessons-step-0 {animation" in styles.value and f".{WAS} {{animation" in styles.value
    explorer.forward.click()
    assert "lessons-step-1 {animation" in styles.value and "lessons-step-0 {animation" not in styles.value
    assert "prefers-reduced-motion" in styles.value
    assert f'<g class="{WAS}" opacity="0">' in explorer.drawing
    explorer.penalty.value = 0.0
    assert "animation" not in styles.value
    explorer.back.click()
    assert "animation" not in styles.value


def test_a_box_that_is_clicked_is_told_in_words(explorer):
    """Token, what it continues, log-probability, sum and fate, and a ring; the choice stays while its box is there."""
    explorer.shown.value = 2
    assert explorer.details.startswith("Click a box")
    explorer.boxes[6 + 4].click()
    chosen = explorer.trace.tree[1][4]
    assert explorer.chosen == (1, 4)
    assert explorer.details.startswith("Step 2, candidate 5 of 6:")
    assert f"{chosen.log_prob:.3f}".replace("-", "−") in explorer.details
    assert f"{chosen.sum:.3f}".replace("-", "−") in explorer.details
    assert explorer.details.endswith("Pruned: 3 others have higher sums, so it ends here.")
    assert "lessons-box-10 {outline" in explorer._pane._ring.value
    explorer.shown.value = 4
    assert explorer.chosen == (1, 4)
    explorer.shown.value = 1
    assert explorer.chosen is None and "outline" not in explorer._pane._ring.value


def test_there_is_a_button_over_each_box_and_no_other(explorer):
    """Where the drawing has a box, the styles put a button; those of later steps are hidden; each has its words."""
    for step, count in ((1, 6), (3, 18), (6, 36)):
        explorer.shown.value = step
        styles = explorer._pane._styles.value
        placed = re.findall(r"lessons-box-(\d+) \{display:block;left:([\d.]+)px;top:([\d.]+)px", styles)
        assert [int(number) for number, _, _ in placed] == list(range(count))
        boxes = re.findall(r'<title>.*?</title><rect x="([\d.]+)" y="([\d.]+)"', explorer.drawing)
        assert sorted((left, top) for _, left, top in placed) == sorted(boxes)
    names = [button.description for button in explorer.boxes]
    assert len(names) == len(set(names)) == 36 and names[7].startswith("Step 2, candidate 2: “")
    explorer.beams.value = 2
    assert len(explorer.boxes) == 36  # buttons are kept for the next larger tree


def test_every_fate_can_be_told(chain):
    """On the six words all five occur, each with its reason."""
    explorer = lessons.BeamExplorer(chain, ".", beams=2, steps=4)
    explorer.shown.value = 4
    told = {}
    for button in explorer.boxes:
        button.click()
        step, rank = explorer.chosen
        told[explorer.trace.tree[step][rank].fate] = explorer.details.partition("). ")[2]
    assert (
        told["dropped"] == "Dropped: it ends the text, but only endings among the first 2 candidates of a step count."
    )
    assert told["evicted"] == "Evicted: its score, −2.76 / 4^1 = −0.691, was beaten by 2 other finished texts."
    assert told["finished"].startswith(
        "Finished (it ended, or this was the last step): its score, −2.56 / 4^1 = −0.641, is among the 2 best"
    )
    assert set(told) == {"kept", "pruned", "finished", "dropped", "evicted"}


def test_the_simple_one_has_the_tree_and_its_player(lm, monkeypatch):
    """Nothing else can be moved, and `generate` is not asked; the ending is told all the same."""
    monkeypatch.setattr(lm.model, "generate", lambda *given, **options: pytest.fail("generate was called"))
    explorer = lessons.BeamExplorer(lm, PROMPT, beams=3, steps=6, simple=True)
    parts = set(parts_of(explorer))
    assert {explorer.play, explorer.back, explorer.forward, *explorer.boxes} <= parts
    assert not {explorer.prompt, explorer.beams, explorer.shown, explorer.compare, explorer.early} & parts
    explorer.play.value = 6
    assert "Greedy’s text stays among the beams" in explorer._title.value and explorer._end.layout.display is None


def test_the_story_it_begins_with_has_a_turn(lm):
    """With the bundled model greedy's path falls out of the beams, and the beams find the likelier text."""
    explorer = lessons.BeamExplorer(lm, simple=True)
    explorer.shown.value = explorer.shown.max
    assert "Greedy’s text falls out of the beams at step 5" in explorer._title.value
    assert "the beams found the likelier text" in explorer.sentence


def test_the_comparison_with_generate_is_computed(lm, explorer):
    """After a search it was run; after another length penalty it was not, until the button is pressed."""
    assert explorer.comparison.startswith("✔ model.generate with these settings was just run: it returns the same")
    explorer.penalty.value = 0.0
    assert explorer.comparison == "Not compared with model.generate for these settings yet."
    explorer.compare.click()
    assert explorer.comparison.startswith("✔")
    explorer.penalty.value = 1.0
    assert explorer.comparison.startswith("✔")  # known from before
    explorer.beams.value = 1
    assert "greedy search and gives no score" in explorer.comparison


def test_a_difference_from_generate_would_be_said(lm):
    """Planted: another text, or another score, is not called the same."""
    good, other = (lessons.beam_search(lm, PROMPT, 6, num_beams=beams) for beams in (4, 4))
    five, six = (generate_beams(lm, good.prompt_ids, steps, num_beams=4) for steps in (5, 6))
    assert compared(good, six).startswith("✔")
    assert compared(other, five).startswith("✘")
    object.__setattr__(other, "score", other.score + 0.01)
    assert compared(other, six).startswith("✘")


def test_the_table_holds_all_finished_texts_and_greedy(explorer):
    """Sum, length and score of each, the winner first, escaped."""
    for text in explorer.trace.hypotheses:
        assert f"{text.score:.4f}".replace("-", "−") in explorer._table.value
    assert explorer._table.value.count("<tr") == 1 + len(explorer.trace.hypotheses) + 1
    assert "greedy, for comparison" in explorer._table.value


def test_a_chain_can_be_explored(chain):
    """Any source will do; what has no `generate` says so."""
    explorer = lessons.BeamExplorer(chain, ".", beams=2, steps=2)
    assert chain.decode(explorer.trace.new_ids) == "a cat"
    assert explorer.comparison == "This source is no transformers model: there is no generate to compare with."
    explorer.shown.value = 2
    assert "the beams found the likelier text" in explorer.sentence
    explorer.compare.click()
    assert explorer.error == ""


def test_verdicts(chain):
    """Likelihoods are compared only for texts of one length."""
    greedy = greedy_search(chain, ".", 2)
    assert verdict(beam_search(chain, ".", 2, num_beams=1), greedy) == "same"
    assert verdict(beam_search(chain, ".", 2, num_beams=2), greedy) == "wins"
    assert verdict(beam_search(chain, ".", 4, num_beams=2), greedy_search(chain, ".", 4)) == "shorter"
    assert verdict(beam_search(chain, ".", 4, num_beams=2), greedy) == "longer"


def test_an_error_is_shown_and_the_last_good_tree_stays(explorer, lm):
    """Empty and too long prompts, more steps than fit: rule and value, nothing lost; the next good text mends it."""
    good, trace = explorer.drawn.value, explorer.trace
    for prompt, message in (("", "at least one token"), ("a " * 3000, "at most")):
        explorer.prompt.value = prompt
        assert message in explorer.error
        assert explorer.drawn.value == good
        assert explorer.trace is trace
    explorer.prompt.value = "<script>alert(1)</script> <img src=x>"
    assert explorer.error == ""
    shown = "".join(
        widget.value for widget in (explorer._pane._tree, explorer._details, explorer._table, explorer._sentence_line)
    )
    assert "<script" not in shown
    assert "<img" not in shown


def test_one_beam_one_step(lm):
    """The smallest tree of all: two candidates in one column."""
    explorer = lessons.BeamExplorer(lm, PROMPT, beams=1, steps=1)
    explorer.forward.click()
    explorer.back.click()
    assert explorer.error == ""
    assert len(titles(explorer.drawing)) == 2


def test_a_place_without_widgets_gets_the_tree(explorer):
    """The bundle for display holds the live widget, the drawing and the sentence."""
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml", "application/vnd.jupyter.widget-view+json"}
    assert bundle["text/plain"] == explorer.sentence
    ElementTree.fromstring(bundle["image/svg+xml"])


def test_it_speaks_korean(lm):
    """Every word of it."""
    speak("ko")
    explorer = lessons.BeamExplorer(lm, PROMPT, beams=2, steps=3)
    assert explorer.error == ""
    assert "3단계 중 1단계" in explorer.sentence
    explorer.shown.value = 3
    assert "3단계 중 3단계" in explorer.sentence
    assert "완성" in explorer._legend.value
    assert explorer.comparison.startswith("✔ 같은 설정으로")
