"""Names of tokens in pictures: short, and of letters that the picture's fonts have, so that none is an empty box."""

import warnings
from unicodedata import normalize

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from lessons import plots
from lessons.plots.canvas import new_figure, png
from lessons.plots.names import LONGEST, token_name, width_of
from lessons.words.tokens import visible

pytestmark = pytest.mark.usefixtures("fonts")

# Letters that no font here has, decomposed Hangul, a token that spells nothing, formulas, runs, length, the unseen.
NASTY = [
    "龍",
    "ゼ",
    "🙂",
    normalize("NFD", "한국어"),
    "",
    "$5 to $",
    "$x",
    "_a",
    80 * " ",
    31 * "\n",
    60 * "long ",
    "\u200b\r\xad",
]
SHARES = numpy.arange(40.0, 0.0, -1.0) / 820  # of 40 tokens, the likeliest first
PICTURES = {
    "next_token_bars": lambda: plots.next_token_bars(NASTY, SHARES[:12], 28),
    "temperature_bars": lambda: plots.temperature_bars(NASTY, {0.5: SHARES[:12], 1.0: SHARES[:12]}, 28),
    "temperature_curves": lambda: plots.temperature_curves([0.5, 1, 2], [SHARES[:5]] * 3, NASTY[:5]),
    "draw_strips": lambda: plots.draw_strips({"T = 1": SHARES, "T = 2": SHARES}, [*NASTY, *map(str, range(28))], 0.03),
    "before_and_after": lambda: plots.before_and_after(NASTY, SHARES, SHARES),
    "two_texts": lambda: plots.two_texts((NASTY, NASTY), (numpy.log(SHARES[:12]), numpy.log(SHARES[:12]))),
    "surprisal_pair": lambda: plots.surprisal_pair(NASTY, -numpy.log(SHARES[:12]), -numpy.log(SHARES[:12])),
}  # fmt: skip


def test_names_by_hand():
    """What cannot be drawn has its number; what comes often is counted; of a long name the end is left out."""
    shown = ["U+9F8D", "U+30BC", "U+1F642", "한국어", "", "$5␣to␣$", "$x", "_a", "␣×80", "↵×31"]
    assert shown == [token_name(token) for token in NASTY[:10]]
    assert token_name(NASTY[10]).endswith("…") and width_of(token_name(NASTY[10])) <= LONGEST
    assert "\\u200bU+000D\\u00ad" == token_name(NASTY[11])
    assert "␣␣␣␣␣␣␣" == token_name(7 * " ")
    assert len({token_name(number * " ") for number in range(1, 100)}) == 99


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_every_name_can_be_drawn(text):
    """Whatever a token spells, its name is short, and matplotlib misses none of its letters, in bold neither."""
    figure, axes = new_figure(3, 1)
    axes.text(0, 0, token_name(text), parse_math=False)
    axes.text(0, 0.5, token_name(text), parse_math=False, weight="bold")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png(figure)
    assert width_of(token_name(text)) <= LONGEST


def test_matplotlib_warns_of_what_is_not_named(recwarn):
    """The test above can fail: the same letters as they are."""
    figure, axes = new_figure(3, 1)
    axes.text(0, 0, visible(NASTY[0]))
    png(figure)
    assert "missing from" in str(recwarn.pop(UserWarning).message)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_names_tokens_so(name):
    """No warning, no error of a formula, and nothing is so long that the picture's layout collapses."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = PICTURES[name]()
        assert (png(made) if isinstance(made, Figure) else made.png()).startswith(b"\x89PNG")


def test_a_token_with_an_underline_is_in_the_legend():
    """matplotlib leaves out labels that begin with one."""
    (axes,) = plots.temperature_curves([0.5, 1, 2], [SHARES[:3]] * 3, ["_a", "$x$", "b"]).axes
    names = [text.get_text().strip() for text in axes.get_legend().get_texts()]
    assert ["_a", "$x$", "b"] == names[:3]
