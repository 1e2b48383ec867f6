"""A prediction as a control: made before the cell that answers it, and shown again beside the answer."""

from collections.abc import Iterable
from html import escape

import ipywidgets as widgets

from lessons.words.arguments import check_some, check_text, check_texts
from lessons.words.language import say, spoken, words

BETWEEN = " | "  # choices, as the words of a prediction have them; a single one is the label of a box to type into


class Prediction(widgets.VBox):
    """Choices of which one is taken, or a box for an answer in the student's own words. Nothing depends on it.

    Attributes:
        control: the buttons, or the box.
        guess: what was chosen or typed; "" before.
    """

    def __init__(self, choices: list[str]) -> None:
        kept = widgets.HTML()
        if len(choices) > 1:
            style = {"button_width": "auto"}
            self.control = widgets.ToggleButtons(options=choices, value=None, style=style)
        else:
            self.control = widgets.Text(
                description=choices[0], continuous_update=False, style={"description_width": "initial"}
            )

        def keep(_: object) -> None:
            said = say("predict.kept", guess=self.guess) if self.guess else ""
            kept.value = f'<span role="status" aria-live="polite">{escape(said)}</span>'

        self.control.observe(keep, names="value")
        super().__init__([self.control, kept])

    @property
    def guess(self) -> str:
        return (self.control.value or "").strip()

    def beside(self, answer: object) -> None:
        """Prints the guess and the answer.

        >>> Prediction(["less", "more"]).beside("9.8 %")
        The answer: 9.8 %. You made no guess this time.
        """
        key = "predict.beside" if self.guess else "predict.answer_alone"
        print(say(key, guess=self.guess, answer=answer))


def predict(name: str, choices: Iterable[str] | None = None) -> Prediction:
    """A prediction to be made.

    name: of the lessons' own predictions, whose choices are known in both languages
    choices: of one of your own; a single one is what stands before a box to type into

    Raises TypeError for what is no text, ValueError for an unknown name without choices, for no choices at all, and for
    half of a character.
    """
    check_text("name", name)
    if choices is not None:
        return Prediction(check_some("choices", check_texts("choices", choices)))
    known = words("predictions")
    if name not in known:
        raise ValueError(say("predict.unknown", name=repr(name), names=", ".join(known)))
    return Prediction(known[name][spoken()].split(BETWEEN))
