"""How explorers move in the built site: every kind of them does, and a flip-book leaves its explorer as it was."""

from itertools import product
from urllib.parse import parse_qs

import moving
import pytest

import lessons
from lessons.words.language import say

TEXTS = ["Once upon a time", "A fox ran"]
RULE = " (king|queen) who"
MADE = {
    "UnderflowExplorer": lambda lm, simple: lessons.UnderflowExplorer(lm, simple=simple),
    "BeamExplorer": lambda lm, simple: lessons.BeamExplorer(lm, beams=2, steps=3, simple=simple),
    "TemperatureExplorer": lambda lm, simple: of_short_texts(lessons.TemperatureExplorer(lm, "A fox", simple=simple)),
    "TruncationExplorer": lambda lm, simple: lessons.TruncationExplorer(lm, "Once upon", simple=simple),
    "FineTuningExplorer": lambda lm, simple: lessons.FineTuningExplorer(lm, None, TEXTS, simple=simple),
    "DecoderExplorer": lambda lm, simple: lessons.DecoderExplorer(
        lm, "Once", samples=1 if simple else 3, max_new_tokens=5, simple=simple
    ),
    "LensExplorer": lambda lm, simple: lessons.LensExplorer(lm, "Once upon a", simple=simple),
    "RuleExplorer": lambda lm, simple: lessons.RuleExplorer(lm, "Once there was a", RULE, simple=simple),
    "SpeculativeExplorer": lambda lm, simple: lessons.SpeculativeExplorer(
        lm, "So the prince", lessons.first_blocks(lm, 5), 12, simple=simple
    ),
}


def of_short_texts(explorer):
    explorer.length.value = 5
    return explorer


KINDS = sorted(name for name in lessons.__all__ if name.endswith("Explorer"))


def page_at(book: dict, places) -> dict:
    """The page at which the controls stand at these places."""
    number = 0
    for control, place in zip(book["controls"], places, strict=True):
        number = number * len(control["labels"]) + place
    return book["pages"][number]


def shown_at(book: dict, places) -> tuple[str, str]:
    page = page_at(book, places)
    return book["pictures"][page["picture"]], page["sentence"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_explorer_moves(kind):
    """In both of its sizes: as a part of the play page, or as a flip-book."""
    for name in (kind, f"simple {kind}"):
        assert name in moving.PARTS or name in moving.BOOKS
        assert name not in moving.PARTS or kind in moving.LINKS


@pytest.mark.parametrize("name", moving.BOOKS)
def test_a_flip_book(lm, name):
    """It has a page for each position of its controls, and no control that does nothing; each picture is kept once, and
    the explorer stands again where it stood."""
    kind = name.removeprefix("simple ")
    explorer = MADE[kind](lm, name != kind)
    before = moving.shown(explorer), explorer.sentence
    book = moving.flip_book(explorer, moving.BOOKS[name](explorer))
    sizes = [len(one["labels"]) for one in book["controls"]]
    places = [*product(*map(range, sizes))]
    assert len(places) == len(book["pages"]) <= 64 and min(sizes) >= 2
    assert len({*book["pictures"]}) == len(book["pictures"]) == 1 + max(page["picture"] for page in book["pages"])
    assert all(book["pictures"]) and all(page["sentence"] for page in book["pages"])
    for number, size in enumerate(sizes):
        others = product(*(range(other) if place != number else [0] for place, other in enumerate(sizes)))
        rows = [[(*one[:number], place, *one[number + 1 :]) for place in range(size)] for one in others]
        assert any(len({shown_at(book, place) for place in row}) > 1 for row in rows), book["controls"][number]
    assert (moving.shown(explorer), explorer.sentence, explorer.error) == (*before, "")
    assert shown_at(book, [one["start"] for one in book["controls"]]) == before


@pytest.mark.parametrize("kind", moving.LINKS)
def test_a_link_begins_with_the_explorer_s_text(lm, kind):
    explorer = getattr(lessons, kind)(lm, "A fox said")
    if kind == "TemperatureExplorer":
        of_short_texts(explorer)
    assert "prompt=A+fox+said" in moving.on_page(explorer)["link"]


def test_a_part_begins_where_the_explorer_stands(lm):
    """With all its values, also those of filters that are off; and it is told how many controls there are."""
    explorer = lessons.TruncationExplorer(lm, "A fox", on=("min_p",))
    explorer.sliders["top_k"].value, explorer.seed.value, explorer.draws.value = 7, 3, 11
    state = {name: values[0] for name, values in parse_qs(moving.on_page(explorer)["link"]).items()}
    assert state == {"tab": "draw", "prompt": "A fox", "on": "min_p", "seed": "3", "draws": "11"} | {
        name: str(slider.value) for name, slider in explorer.sliders.items()
    }
    beams = lessons.BeamExplorer(lm, beams=2, steps=3, simple=True)
    beams.shown.value = 2
    assert "shown=2" in moving.on_page(beams)["link"] and moving.on_page(beams)["simple"]
    assert not moving.on_page(lessons.BeamExplorer(lm, beams=2, steps=3))["simple"]


def test_a_branch_of_the_next_token_is_in_the_link(lm):
    """In the words of the play page: how many tokens are the prompt's, and the ids of the others."""
    explorer = lessons.NextTokenExplorer(lm, "A fox")
    given = len(explorer.prompt_ids)
    explorer.choose(0)
    explorer.follow(explorer.path, given)
    explorer.choose(1)
    state = parse_qs(moving.on_page(explorer)["link"])
    first, second = explorer.paths[0][-1], explorer.path[-1]
    assert (state["path"], state["also"], state["at"]) == ([f"{given}:{second}"], [f"{given}:{first}"], ["0"])


def test_another_model_has_no_part(lm, monkeypatch):
    """What the play page cannot reckon is a flip-book, or nothing."""
    monkeypatch.setattr(moving, "BUNDLED", "another")
    assert "pages" in moving.on_page(lessons.BeamExplorer(lm, beams=2, steps=3))
    assert moving.on_page(lessons.NextTokenExplorer(lm, "A fox")) == {}


def test_a_text_under_a_rule_is_written_to_its_end(lm):
    """Each step takes the likeliest token that the rule leaves; without the rule the same text is offered all tokens."""
    explorer = lessons.RuleExplorer(lm, "Once there was a", RULE)
    trace = lessons.greedy_search(lessons.constrain(lm, RULE), "Once there was a", 25)
    book = moving.flip_book(explorer, moving.BOOKS["RuleExplorer"](explorer))
    labels = book["controls"][0]["labels"]
    assert [label.partition(": ")[2] for label in labels[1:]] == [
        moving.visible(lm.token(token)) for token in trace.new_ids
    ]
    ended = say("rule.ended", text="", kept="").partition(" “")[0]
    assert shown_at(book, (len(labels) - 1, 1))[1].startswith(ended)
    assert shown_at(book, (1, 0))[1] == say("rule.off", size=f"{lm.vocabulary_size:,}")


def test_the_text_of_two_models_has_its_marks(lm):
    """Accepted and rejected tokens look different, and the one that is looked at stands out."""
    explorer = MADE["SpeculativeExplorer"](lm, False)
    book = moving.flip_book(explorer, moving.BOOKS["SpeculativeExplorer"](explorer))
    assert {"accepted", "rejected", "corrected"} <= {piece.kind for piece in explorer.pieces}
    pictures = [book["pictures"][page["picture"]] for page in book["pages"]]
    for picture in pictures:
        assert "outline:2px solid #b5179e" in picture and "<svg" in picture
    assert any("line-through" in picture for picture in pictures)


def test_a_text_stands_beside_the_curves_at_every_temperature(lm):
    """Curves of the tokens, or of the entropy; also where writing is too slow for a slider."""
    explorer = MADE["TemperatureExplorer"](lm, False)
    explorer.live.value = False
    book = moving.flip_book(explorer, moving.BOOKS["TemperatureExplorer"](explorer))
    curves, entropies = (shown_at(book, (0, place))[0] for place in (0, 1))
    assert say("temperature_axis.rest") in curves and say("temperature_axis.uniform") in entropies
    assert all("A fox</span>" in picture for picture in book["pictures"])
    assert explorer.traces == []
