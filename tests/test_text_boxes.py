"""The explorers' text boxes: line ends are kept, Hangul is composed, errors speak to who types; words read aloud."""

import colorsys
import re
from unicodedata import normalize

import ipywidgets as widgets
import pytest
from explorer_names import WITH_A_PROMPT
from matplotlib.colors import to_rgb

import lessons
from lessons.explorers.text_boxes import read_prompt_box, read_text_box
from lessons.plots.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, ink
from lessons.plots.next_token import probability_by_rank
from lessons.plots.strips import draw_strips
from lessons.words.hangul import composed
from lessons.words.language import speak


def opened(name: str, lm, prompt: str):
    options = {"samples": 1, "max_new_tokens": 3} if name == "DecoderExplorer" else {}
    return getattr(lessons, name)(lm, prompt, **options)


@pytest.mark.parametrize("name", WITH_A_PROMPT)
def test_line_ends_are_kept_and_shown(tiny_models, name):
    """A box of one line would lose them, and with them the model's ids."""
    lm, text = tiny_models["gpt2"], "the old king\nthe fox\n"
    explorer = opened(name, lm, text)
    assert isinstance(explorer.prompt, widgets.Textarea) and text == explorer.prompt.value
    explorer.prompt.value = "and again\n"
    assert "" == explorer.error
    if name == "NextTokenExplorer":
        assert tuple(lm.encode("and again\n")) == explorer.trace.prompt_ids
        assert "again↵" in explorer.sentence and "↵" in [word.description for word in explorer.words]
    if name == "BeamExplorer":
        assert tuple(lm.encode("and again\n")) == explorer.trace.prompt_ids
        assert "↵" in explorer.drawn.value


@pytest.mark.parametrize("name", ["NextTokenExplorer", "UnderflowExplorer"])
def test_typed_hangul_is_composed_and_given_hangul_is_not(tiny_models, name):
    """What Python gives stays as it is; what is typed becomes NFC, as models have learnt it."""
    lm, apart = tiny_models["gpt2"], normalize("NFD", "한국어")
    explorer = getattr(lessons, name)(lm, apart)
    box = explorer.text if name == "UnderflowExplorer" else explorer.prompt
    assert apart == box.value
    box.value = apart + "!"
    assert "한국어!" == box.value == composed(apart + "!")
    if name == "NextTokenExplorer":
        assert tuple(lm.encode("한국어!")) == explorer.trace.prompt_ids


@pytest.mark.parametrize("name", WITH_A_PROMPT)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_errors_of_a_box_speak_to_who_types(tiny_models, name, language):
    """No Python in them: what to do with the text in the box. Python's own calls are still told how to cut it."""
    speak(language)
    lm = tiny_models["gpt2"]
    explorer = opened(name, lm, "the old")
    for text, words in (("", ("the box", "입력란")), ("the old king " * 60, ("the box", "입력란"))):
        explorer.prompt.value = text
        assert words[language == "ko"] in explorer.error
        assert "lm." not in explorer.error and "ids[" not in explorer.error
    with pytest.raises(ValueError, match=r"lm\.encode\(prompt\)\[-63:\]"):
        lessons.greedy_search(lm, "the old king " * 60)


def test_numbers_in_the_errors_of_a_box(tiny_models):
    """A context of 64: 64 tokens are one too many for a prompt, 65 for a text."""
    lm = tiny_models["gpt2"]
    each = len(lm.encode(" king"))
    full = " king" * (64 // each)
    assert 64 == len(lm.encode(full)) == len(read_text_box(lm, full))
    with pytest.raises(ValueError, match=r"has 64 tokens, .* at most 64 .* by 1 tokens"):
        read_prompt_box(lm, full)
    with pytest.raises(ValueError, match=rf"has {64 + each} tokens, .* at most 64: .* by {each} tokens"):
        read_text_box(lm, full + " king")
    with pytest.raises(ValueError, match=r"or <\|endoftext\|> to begin from nothing"):
        read_prompt_box(lm, "")


def test_sentence_and_error_are_read_aloud(chain):
    """A screen reader says what the picture shows when it changes, and at once what went wrong."""
    explorer = lessons.TruncationExplorer(chain, "the")
    assert 'role="status" aria-live="polite"' in explorer._sentence_line.value
    explorer.prompt.value = ""
    assert re.search(r'class="lessons-error" role="alert"', explorer._error_line.value)


def contrast(colour: str) -> float:
    """With white, as WCAG 2.1 defines it, in plain numbers."""
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("colour", [BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY])
def test_words_are_dark_enough(colour):
    """At least 4.5 : 1, of the same hue, and only as dark as that takes."""
    assert contrast(ink(colour)) >= 4.5
    hues = [colorsys.rgb_to_hsv(*to_rgb(one))[0] for one in (colour, ink(colour))]
    assert hues[0] == pytest.approx(hues[1], abs=0.01)
    assert contrast(colour) >= 4.5 or contrast(ink(colour)) < 4.7


def test_coloured_words_beside_pictures_are_dark_enough():
    """The token drawn beside its strip, and the likeliest token's share: both were 3.9 : 1."""
    figures = [draw_strips({"T = 1": [0.5, 0.3, 0.2]}, ["a", "b", "c"], 0.6), probability_by_rank([0.5, 0.3, 0.2])]
    outside = [text for figure in figures for text in figure.axes[0].texts if text.get_color() != "white"]
    assert {ink(RED)} < {text.get_color() for text in outside}
    assert all(contrast(text.get_color()) >= 4.5 for text in outside)
