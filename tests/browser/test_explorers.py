"""Every explorer in a real browser: dragged with the mouse, pressed with keys; its words are what Python computes."""

from dataclasses import dataclass

import browsing
import nbformat
import pytest
from shown_explorer import EXPLORERS, ShownExplorer


@dataclass(frozen=True)
class Case:
    """One of an explorer's sliders, and words of its sentence that Python computes by another route.

    words: prints them, from `explorer`'s controls and plain functions; what it prints must stand in the sentence.
    """

    slider: str
    words: str
    sentence_moves: bool = True


CASES = {
    "next-token": Case(
        "Bars",
        'top = lessons.next_token_probabilities(lm, explorer.prompt.value)["probability"][: explorer.bars.value]\n'
        'print(f"the {explorer.bars.value} shown hold {top.sum():.1%}")',
    ),
    "underflow": Case(
        "probability of each token",
        "import math\ntotal = explorer.length.value * math.log(explorer.probability.value)\n"
        'print(f"The sum of the logarithms is −{-total:.1f} nats")',
    ),
    "beam": Case("Step shown", 'print(f"Step {explorer.shown.value} of 5: of 6 candidates")'),
    "temperature": Case(
        "T",
        "import torch\nlogits = lm.model(torch.tensor([lm.encode(explorer.prompt.value)])).logits[0, -1]\n"
        "entropy = lessons.entropy(lessons.temperature_scale(logits, explorer.typed.value))\n"
        'print(f"Entropy: {entropy:.2f} of at most")',
    ),
    "truncation": Case(
        "top_p",
        "import torch\nlogits = lm.model(torch.tensor([lm.encode(explorer.prompt.value)])).logits[0, -1]\n"
        'kept = lessons.keep_top_p(lessons.keep_top_k(logits, explorer.sliders["top_k"].value), explorer.sliders["top_p"].value)\n'
        'print(f"{int(kept.isfinite().sum()):,} of {lm.vocabulary_size:,} tokens can be drawn")',
    ),
    "lens": Case(
        "Blocks passed",
        "import torch\nblocks = explorer.blocks.value\n"
        "output = lm.model(torch.tensor([lm.encode(explorer.prompt.value)]), output_hidden_states=True)\n"
        "state = output.hidden_states[blocks][0, -1]\n"
        "logits = lm.model.lm_head(state if blocks == 6 else lm.model.transformer.ln_f(state))\n"
        "token = lm.token(int(logits.argmax())).replace(' ', '␣')\n"
        'print(f"After {blocks} of 6 blocks the likeliest token")\nprint(f"is “{token}”")',
    ),
    "decoder": Case(
        "Text number",
        "greedy = lessons.greedy_search(lm, explorer.prompt.value, 8)\n"
        'print(f"{-greedy.log_prob / len(greedy.new_ids):.2f} nats per token")',
        sentence_moves=False,
    ),
}


@pytest.mark.parametrize("name", [name for name in EXPLORERS if name in CASES])
def test_a_slider_moves_the_picture_and_the_words_are_true(open_explorer, name):
    """Dragged and pressed, the picture is another each time, nothing jumps or fails, and the words are Python's."""
    case = CASES[name]
    notebook, explorer = open_explorer(name, case.words)
    explorer.slider(case.slider).scroll_into_view_if_needed()
    place, seen = explorer.place(), [(explorer.picture(), explorer.sentence(), explorer.readout(case.slider))]

    for move in (lambda: explorer.drag(case.slider, 0.7), lambda: explorer.press(case.slider, "ArrowLeft", times=2)):
        move()
        explorer.wait_until(lambda: explorer.readout(case.slider) != seen[-1][2])
        if name != "decoder":  # there the slider leafs through texts, and the picture stays
            explorer.wait_until(lambda: explorer.picture() != seen[-1][0])
        if case.sentence_moves:
            explorer.wait_until(lambda: explorer.sentence() != seen[-1][1])
        notebook.page.wait_for_timeout(300)  # the last of the small steps
        seen.append((explorer.picture(), explorer.sentence(), explorer.readout(case.slider)))

    assert place == explorer.place(), "the page jumped"
    assert not case.sentence_moves or len({sentence for _, sentence, _ in seen}) == 3
    for words in notebook.ask(3, lambda lines: all(words in explorer.sentence() for words in lines)):
        assert words in explorer.sentence()
    assert notebook.errors() == []


def test_lesson_01_from_its_top(open_notebook):
    """The real notebook, run cell by cell to its first explorer: a bar is clicked, and the text goes on with it."""
    path = "notebooks/en/01_next_token_tables.ipynb"
    cells = nbformat.read(browsing.ROOT / path, nbformat.NO_CONVERT).cells
    place = next(
        place for place, cell in enumerate(cells) if cell.cell_type == "code" and "NextTokenExplorer(" in cell.source
    )
    notebook = open_notebook(path)
    notebook.run(0, place)
    explorer = ShownExplorer(notebook.page, notebook.cell(place))
    before, words = (explorer.picture(), explorer.sentence()), explorer.words.count()
    explorer.bars.first.click()
    explorer.wait_until(lambda: explorer.sentence() != before[1])
    assert explorer.picture() != before[0]
    explorer.wait_until(lambda: words + 1 == explorer.words.count())  # buttons come after the sentence
    assert explorer.box.locator(".widget-slider:visible, .lessons-pieces:visible").count() == 0, "it is the simple one"
    assert notebook.errors() == []


def test_words_and_boxes_of_the_tree_are_clicked(open_explorer):
    """With the mouse: a bar, back to the prompt, another bar, and by its box the first branch again."""
    _, explorer = open_explorer("next-token")
    prompt, said = explorer.words.count(), [explorer.sentence()]
    for button in (explorer.bars.nth(1), explorer.words.nth(prompt - 1), explorer.bars.nth(3), explorer.pieces.nth(1)):
        button.click()
        explorer.wait_until(lambda: explorer.sentence() != said[-1])
        said.append(explorer.sentence())
    assert said[0] == said[2] and said[1] == said[4] != said[3]
    explorer.wait_until(lambda: 3 == explorer.pieces.count())


DETAILS = "button => getComputedStyle(button, '::after').content"


def test_a_text_is_written_and_branches_are_made_with_keys_alone(open_explorer):
    """Tab and Enter: a bar goes on, a word goes back, a grey word goes forward, a box of the tree returns; what the mouse
    is told of each the keys are told, too."""
    question = "print(explorer.place, len(explorer.path), len(explorer.paths), len(explorer.prompt_ids))"
    notebook, explorer = open_explorer("next-token", question)
    keyboard = notebook.page.keyboard

    def press(button) -> str:
        before = explorer.sentence()
        button.focus()
        keyboard.press("Shift+Tab")
        keyboard.press("Tab")  # the page sees that keys are in use
        told = button.evaluate(DETAILS)
        keyboard.press("Enter")
        explorer.wait_until(lambda: explorer.sentence() != before)
        return told

    prompt = explorer.words.count()
    assert "rank 2, surprisal" in press(explorer.bars.nth(1))
    press(explorer.bars.nth(0))
    explorer.wait_until(lambda: prompt + 2 == explorer.words.count())  # buttons come after the sentence
    assert "probability" in press(explorer.words.nth(prompt))  # one back
    assert prompt + 2 == explorer.words.count(), "later words stay"
    press(explorer.words.nth(prompt + 1))  # and forward again
    press(explorer.words.nth(prompt - 1))
    press(explorer.bars.nth(3))
    explorer.wait_until(lambda: (3, prompt + 1) == (explorer.pieces.count(), explorer.words.count()))
    assert "log-probability −" in press(explorer.pieces.nth(1))
    explorer.wait_until(lambda: prompt + 2 == explorer.words.count())
    assert [f"{prompt + 2} {prompt + 2} 2 {prompt}"] == notebook.ask(3)
    assert notebook.errors() == []
