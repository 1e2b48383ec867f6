"""Predictions as controls: what is chosen or typed is kept, and shown beside the answer."""

import json
import re
from pathlib import Path

import pytest

import lessons
from lessons.classroom.predict import BETWEEN
from lessons.words.language import speak, words

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def test_a_chosen_guess_stands_beside_the_answer(capsys):
    prediction = lessons.predict("mine", ["less", "more"])
    assert prediction.guess == ""
    prediction.beside("9.8 %")
    prediction.control.value = "more"
    assert prediction.guess == "more"
    assert "Your guess: more" in prediction.children[1].value
    prediction.beside("9.8 %")
    alone, both = capsys.readouterr().out.splitlines()
    assert alone == "The answer: 9.8 %. You made no guess this time."
    assert both == "Your guess: more. The answer: 9.8 %."


def test_an_answer_can_be_typed():
    prediction = lessons.predict("mine", ["how many tokens"])
    prediction.control.value = " <b>7</b> "
    assert prediction.guess == "<b>7</b>"
    assert "&lt;b&gt;7" in prediction.children[1].value
    prediction.control.value = ""
    assert prediction.children[1].value.count("guess") == 0


def test_choices_come_from_the_words_in_the_language_spoken():
    for language in ("en", "ko"):
        speak(language)
        for name, said in words("predictions").items():
            control = lessons.predict(name).control
            assert [*getattr(control, "options", [control.description])] == said[language].split(BETWEEN)
    speak("en")


def test_a_name_that_nobody_knows():
    with pytest.raises(ValueError, match="no prediction of the lessons is called 'mine'"):
        lessons.predict("mine")
    with pytest.raises(ValueError, match="choices"):
        lessons.predict("mine", [])


def test_both_languages_offer_as_many_choices():
    for name, said in words("predictions").items():
        assert len(said["en"].split(BETWEEN)) == len(said["ko"].split(BETWEEN)), name


@pytest.mark.parametrize("edition", ["en", "ko"])
def test_every_prediction_is_made_in_one_lesson_and_shown_beside_its_answer(edition):
    made = []
    for path in sorted((NOTEBOOKS / edition).glob("*.ipynb")):
        code = "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text("utf8"))["cells"])
        names = re.findall(r'lessons\.predict\("([\w-]+)"\)', code)
        assert code.count(".beside(") == len(names), path.name
        made += names
    assert sorted(made) == sorted(words("predictions"))
