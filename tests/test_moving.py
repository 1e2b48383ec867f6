"""How explorers move in the built site: every kind of them does, and a flip-book leaves its explorer as it was."""

import moving
import pytest

import lessons

MADE = {
    "UnderflowExplorer": lambda lm: lessons.UnderflowExplorer(lm, simple=True),
    "FineTuningExplorer": lambda lm: lessons.FineTuningExplorer(
        lm, None, ["Once upon a time", "A fox ran"], simple=True
    ),
    "DecoderExplorer": lambda lm: lessons.DecoderExplorer(lm, "Once", samples=1, max_new_tokens=4, simple=True),
    "SpeculativeExplorer": lambda lm: lessons.SpeculativeExplorer(lm, "Once upon a time", lm, 12),
    "RuleExplorer": lambda lm: lessons.RuleExplorer(lm),
}


def test_every_explorer_moves():
    """As a part of the play page, or as a flip-book."""
    kinds = {name for name in lessons.__all__ if name.endswith("Explorer")}
    assert kinds == {*moving.LINKS, *MADE}
    assert {*MADE} <= {*moving.MAIN}


@pytest.mark.parametrize("kind", MADE)
def test_a_flip_book_has_a_page_for_each_position(lm, kind):
    """Each with its label, its picture and its sentence; the control stands again where it stood."""
    explorer = MADE[kind](lm)
    control, sentence = getattr(explorer, moving.MAIN[kind]), explorer.sentence
    before = control.value
    book = moving.on_page(explorer)
    labels = [one["label"] for one in book["pages"]]
    assert len(set(labels)) == len(labels) >= 2
    assert all(one["picture"] and one["sentence"] for one in book["pages"])
    assert len({(one["picture"], one["sentence"]) for one in book["pages"]}) >= 2
    assert (control.value, explorer.sentence, explorer.error) == (before, sentence, "")
    assert book["pages"][book["control"]["start"]]["sentence"] == sentence


@pytest.mark.parametrize("kind", moving.LINKS)
def test_a_part_of_the_play_page_begins_with_the_explorer_s_text(lm, kind):
    explorer = getattr(lessons, kind)(lm, "A fox said")
    assert "prompt=A+fox+said" in moving.on_page(explorer)["link"]
