"""Lesson 02's explorer: a product of probabilities hits the floor of each precision, the sum of logarithms does not."""

import ipywidgets as widgets
import numpy

from lessons.arithmetic.floats import PRECISIONS, lost_at, running_product
from lessons.explorers.base import WIDE, Explorer, slider
from lessons.explorers.text_boxes import read_text_box, text_box
from lessons.models.language_model import LanguageModel
from lessons.models.scoring import token_log_probs
from lessons.plots.underflow import bits, power_of_ten, underflow_curves
from lessons.words.arguments import check_flag, check_model, check_text
from lessons.words.language import say
from lessons.words.writing import minus, scientific

MOST_TOKENS = 1200  # enough for 64 bits to lose a product of halves, at 1,075
TEXT = (
    "Once upon a time there was a king who had three daughters, and the youngest of them was so beautiful "
    "that the sun, who has seen so much, wondered whenever it shone in her face."
)


class UnderflowExplorer(Explorer):
    """Multiply equal probabilities, or those of a text's tokens: in 16, 32 and 64 bits, and as a sum of logarithms.

    The model is asked when the text changes, never when a slider moves. `simple` leaves one control, the length.

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        source, probability, length, text: the controls. `source` is "equal" or "text".
        log_probs: (T,) of the T tokens shown, in nats.
        products: their running products (T,) by precision.
        lost: by precision, the token from which on the product is wrong, or None.
        sum: the sum of the log-probabilities, in nats.
    """

    def __init__(
        self, lm: LanguageModel, text: str = TEXT, probability: float = 0.5, length: int = 400, *, simple: bool = False
    ) -> None:
        super().__init__()
        check_model(lm)
        check_text("text", text)
        self.simple = check_flag("simple", simple)
        self.lm, self._equal_length = lm, length
        self._asked: dict[str, numpy.ndarray] = {}  # text -> log-probabilities (T,)
        self._make_controls(text, probability, length)
        self.listen(self.source, self._change_source)
        self.listen(self.text, self._change_source)
        self.listen(self.probability, self._show)
        self.listen(self.length, self._show)
        controls = [self.length] if simple else [self.source, self.text, self.probability, self.length]
        self.lay_out_beside(controls, [self.drawn])
        self.begin_with(self._change_source, self._show)

    def _make_controls(self, text: str, probability: float, length: int) -> None:
        options = [(say("underflow.equal"), "equal"), (say("underflow.text"), "text")]
        self.source = widgets.ToggleButtons(
            options=options,
            description=say("underflow.source"),
            style={"description_width": "initial", "button_width": "auto"},
            layout=WIDE,
        )
        self.text = text_box(text, say("underflow.typed"), height=72)
        self.probability = slider(say("underflow.probability"), probability, 0.01, 0.99, 0.01)
        self.length = slider(say("underflow.length"), length, 1, MOST_TOKENS)

    def _change_source(self) -> None:
        """Show the controls that matter now; read the text if it has not been read yet."""
        by_text = self.source.value == "text"
        self.text.layout.display = None if by_text else "none"
        self.probability.layout.display = "none" if by_text else None
        if by_text:
            self._text_log_probs = self._read(self.text.value)
        most = len(self._text_log_probs) if by_text else MOST_TOKENS
        with self.quietly():  # subtle: a maximum below the value moves the value, which would draw
            self.length.max, self.length.value = most, most if by_text else self._equal_length
        self._show()

    def _read(self, text: str) -> numpy.ndarray:
        """(T,) the log-probabilities of a text's tokens but the first."""
        if text not in self._asked:
            ids = read_text_box(self.lm, text)
            if len(ids) < 2:
                raise ValueError(say("underflow.too_short", tokens=len(ids)))
            self._asked[text] = token_log_probs(self.lm, ids).numpy()
        return self._asked[text]

    def _show(self) -> None:
        by_text, count = self.source.value == "text", self.length.value
        if not by_text:
            self._equal_length = count
        equal = numpy.full(count, numpy.log(self.probability.value))
        self.log_probs = self._text_log_probs[:count] if by_text else equal
        self.products = {name: running_product(numpy.exp(self.log_probs), name) for name in PRECISIONS}
        self.lost = {name: lost_at(self.products[name], self.log_probs) for name in PRECISIONS}
        self.sum = float(self.log_probs.sum())
        self.show_drawing(underflow_curves(self.log_probs, self.products), self._words(by_text))

    def _words(self, by_text: bool) -> str:
        fates = say("underflow.and").join(self._fate(name) for name in PRECISIONS)
        numbers = {"tokens": f"{len(self.log_probs):,}", "fates": fates, "sum": minus(f"{self.sum:,.1f}")}
        power = power_of_ten(self.sum / numpy.log(10))
        if by_text:
            surprisal = f"{-self.sum / len(self.log_probs):.2f}"
            return say("underflow.sentence_text", power=power, surprisal=surprisal, **numbers)
        return say("underflow.sentence_equal", power=power, probability=f"{self.probability.value:.2f}", **numbers)

    def _fate(self, precision: str) -> str:
        """What became of the product in this precision, in words."""
        at, value = self.lost[precision], float(self.products[precision][-1])
        if at is None:
            return say("underflow.fate_alive", bits=bits(precision), value=scientific(value))
        if value == 0:
            return say("underflow.fate_zero", bits=bits(precision), at=f"{at:,}")
        return say("underflow.fate_stuck", bits=bits(precision), at=f"{at:,}", value=scientific(value))
