"""Every picture as a notebook shows it: cut to size by the inline backend, all of its writing inside, none overlapping."""

import io
from collections.abc import Iterator
from unicodedata import normalize

import numpy
import pandas
import pytest
from IPython.core.pylabtools import print_figure
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from lessons import plots
from lessons.plots.canvas import new_figure
from lessons.words.language import speak

pytestmark = pytest.mark.usefixtures("fonts")

WORDS = [" great", " man", " little", " very", " good", " young", " big", " large", " p", " certain", " woman", " king"]
LONG = [" incomprehensibilities", 40 * " ", "龍", normalize("NFD", "한국어"), "$x^2$", 60 * "long ", "\n", *WORDS[:5]]
FLAT = 1 / numpy.arange(2.0, 4002) / (1 / numpy.arange(2.0, 4002)).sum()  # (4000,) the likeliest first
STEEP = 0.5 ** numpy.arange(1.0, 41)  # (40,)
TEMPERATURES = numpy.array([0.05, 0.1, 0.2, 0.5, 1, 2, 5])


def tempered(shares: numpy.ndarray, temperature: float) -> numpy.ndarray:
    powers = (shares / shares.max()) ** (1 / temperature)
    return powers / powers.sum()


def history(steps: int) -> pandas.DataFrame:
    losses = 1 + 3 * numpy.exp(-numpy.arange(steps) / 4)
    return pandas.DataFrame(
        {"tokens": 2048.0 * numpy.arange(steps), "training_loss": losses, "validation_loss": losses * 1.05}
    )


def decoders() -> Figure:
    points = {"greedy_search()": (0.65, 0.3), "beam_search(num_beams=5, no_repeat_ngram_size=2)": (0.7, 0.5), "sample()": (0.9, 0.8),
              "sample(top_k=50)": (0.91, 0.79), "sample(top_p=0.9)": (0.9, 0.81), "sample(temperature=0.7)": (0.8, 0.7)}  # fmt: skip
    return plots.likelihood_and_diversity(points, real=(0.9, 0.82), chosen=["sample(top_k=50)"])


def two_texts() -> Figure:
    return plots.two_texts((WORDS, WORDS[:10]), (numpy.log(FLAT[:12]), numpy.log(STEEP[:10])))


PICTURES = {
    "two_ways": lambda: plots.two_ways({(" the", " dog", "."): [0.5, 0.4, 0.3], (" a", " dog", "."): [0.4, 0.04, 0.3]}),
    "given_and_masked": lambda: plots.given_and_masked(
        [*map(str, range(1, 12)), "12 +"],
        0.5 ** numpy.arange(1, 13),
        numpy.ones(12) / 12,
        {"given": 0.5 ** numpy.arange(1, 13), "masked": numpy.ones(12) / 12},
    ),
    "next_token_bars": lambda: plots.next_token_bars(WORDS[:10], FLAT[:10], 3990),
    "next_token_bars, long": lambda: plots.next_token_bars(LONG, STEEP[:12], 123456, highlight=0),
    "next_token_bars, one": lambda: plots.next_token_bars([" a"], [1.0], 4095),
    "probability_by_rank": lambda: plots.probability_by_rank(FLAT),
    "probability_by_rank, steep": lambda: plots.probability_by_rank(STEEP),
    "probability_by_rank, sure": lambda: plots.probability_by_rank([0.62, *(0.38 * FLAT)]),
    "probability_by_rank, untrained": lambda: plots.probability_by_rank(numpy.linspace(1.001, 1, 64) / 64.032),
    "probability_by_rank, two": lambda: plots.probability_by_rank([0.52, 0.4, 0.075, *(0.005 * FLAT)]),
    "probability_by_rank, nearly certain": lambda: plots.probability_by_rank([0.995, *(0.005 * FLAT)]),
    "seconds_per_step": lambda: plots.seconds_per_step([0.004] * 120, numpy.linspace(0.004, 0.06, 120)),
    "seconds_per_step, alike": lambda: plots.seconds_per_step([0.01] * 120, [0.0101] * 120),
    "seconds_per_step, slow at first": lambda: plots.seconds_per_step([0.5, *[0.001] * 99], [0.5, *[0.002] * 99]),
    "next_token_shift": lambda: plots.next_token_shift(["On", "ce", *WORDS[:5]], numpy.log(FLAT[:6])),
    "next_token_shift, a continuation": lambda: plots.next_token_shift([*LONG, *WORDS], 20 * numpy.log(FLAT[:23]), first=9),
    "next_token_shift, two": lambda: plots.next_token_shift(LONG[:2], [-1.0]),
    "two_texts": two_texts,
    "draw_strips": lambda: plots.draw_strips({f"T = {t}": tempered(FLAT, t) for t in (0.5, 1, 2)}, [*LONG, *map(str, range(3988))], 0.4),
    "mass_by_rank": lambda: plots.mass_by_rank({f"T = {t}": tempered(FLAT, t) for t in (0.5, 0.7, 1, 1.5, 2)}),
    "temperature_bars": lambda: plots.temperature_bars(WORDS[:8], {t: tempered(FLAT, t)[:8] for t in (0.5, 1.0, 2.0)}, 3992),
    "temperature_bars, long": lambda: plots.temperature_bars(LONG[:8], {t: tempered(STEEP, t)[:8] for t in (0.1, 1.0, 5.0)}, 32),
    "temperature_curves": lambda: plots.temperature_curves(TEMPERATURES, [tempered(FLAT, t)[:5] for t in TEMPERATURES], WORDS[:5]),
    "entropy_curve": lambda: plots.entropy_curve(TEMPERATURES, numpy.linspace(0.1, 8, 7), 4096),
    "cumulative_cuts": lambda: plots.cumulative_cuts({"steep": tempered(FLAT, 0.5), "flat": FLAT}, k=50, shares=(0.9, 0.95)),
    "before_and_after": lambda: plots.before_and_after(WORDS[:10], FLAT, numpy.where(FLAT > FLAT[5], FLAT, 0), 1000 * FLAT),
    "before_and_after, long": lambda: plots.before_and_after(LONG, STEEP, STEEP),
    "loss_chart": lambda: plots.loss_chart(history(12), floor=2.22),
    "loss_chart, start": lambda: plots.loss_chart(history(1)),
    "surprisal_pair": lambda: plots.surprisal_pair(WORDS * 4, 9 * numpy.ones(48), numpy.linspace(0.1, 10, 48), numpy.ones(48)),
    "attention_patterns": lambda: plots.attention_patterns([" The", " wind", " was", " fair", " all", " day"], hidden=2),
    "lens_grid": lambda: plots.lens_grid(WORDS, [WORDS[:1] * 12, [*WORDS[1:], " a"]], [FLAT[:12], STEEP[:12]]),
    "lens_grid, long": lambda: plots.lens_grid(LONG, [LONG] * 13, [STEEP[:12]] * 13),
    "lens_grid, one": lambda: plots.lens_grid([" a"], [[" a"], [LONG[0]]], [[1.0], [0.5]]),
    "lens_curves": lambda: plots.lens_curves([[0.0, 0.9, 0.0], [0.3, 0.2, 0.1], [0.06, 0.04, 0.05]], WORDS[:3]),
    "lens_curves, long": lambda: plots.lens_curves([STEEP[5::-1], *[FLAT[:6]] * 30], LONG[:6]),
    "attention_pattern": lambda: plots.attention_pattern(numpy.tri(12) / numpy.arange(1, 13)[:, None], WORDS),
    "attention_pattern, long": lambda: plots.attention_pattern(numpy.eye(12), LONG, "h.3, head 1"),
    "attention_heads": lambda: plots.attention_heads(numpy.linspace(0, 1, 24).reshape(6, 4)),
    "attention_heads, GPT-2": lambda: plots.attention_heads(numpy.linspace(0, 1, 144).reshape(12, 12)),
    "parameter_parts": lambda: plots.parameter_parts({"token embeddings": 1_048_576, "MLPs": 3_153_408, "norms": 6_656}),
    "parameter_parts, long": lambda: plots.parameter_parts({name: 10**place for place, name in enumerate([50 * "long ", 20 * "한국어 ", "x"], 7)}),
    "surprisal_along": lambda: plots.surprisal_along({name: (WORDS * 4, [3, 0.2, 1] * 16) for name in ("beam_search(num_beams=5)", "a real page")}),
    "likelihood_and_diversity": decoders,
}  # fmt: skip


def as_shown(figure: Figure, **options) -> numpy.ndarray:
    """(height, width) the picture that IPython's inline backend makes of a figure, where there is ink."""
    picture = Image.open(io.BytesIO(print_figure(figure, fmt="png", bbox_inches="tight", **options)))
    return (numpy.asarray(picture.convert("RGB")) < 250).any(-1)


def ink_is_cut(figure: Figure) -> bool:
    """Whether the notebook's picture has ink at its border, or its ink reaches less far than with much paper around."""
    shown, with_paper = as_shown(figure), as_shown(figure, pad_inches=1.5)
    borders = numpy.concatenate([shown[[0, -1]].ravel(), shown[:, [0, -1]].ravel()])
    reach = [numpy.ptp(numpy.argwhere(ink), axis=0) for ink in (shown, with_paper)]
    return bool(borders.any()) or bool(numpy.abs(reach[0] - reach[1]).max() > 3)


def written(figure: Figure, monkeypatch) -> list[tuple[str, Bbox]]:
    """All that is written in a figure, with the pixels that it takes; not what is slanted, whose boxes lie over each
    other where the words do not."""
    found: dict[object, tuple[str, Bbox]] = {}
    draw_text = Text.draw

    def text(self, renderer):
        draw_text(self, renderer)
        if self.get_visible() and self.get_text().strip() and self.get_rotation() % 90 == 0:
            found[self] = (self.get_text(), Text.get_window_extent(self, renderer))

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", text)
        FigureCanvasAgg(figure).draw()
    return list(found.values())


def overlaps(figure: Figure, monkeypatch) -> Iterator[str]:
    """What stands on something else: two texts, or a text and the line of an axis."""
    texts = [(words, shrunk(box)) for words, box in written(figure, monkeypatch)]
    for place, (words, box) in enumerate(texts):
        yield from (f"{words!r} on {other!r}" for other, beside in texts[place + 1 :] if box.overlaps(beside))
        for axes in figure.axes:
            sides = [spine for spine in axes.spines.values() if spine.get_visible()]
            if any(box.overlaps(spine.get_window_extent()) for spine in sides):
                yield f"{words!r} on an axis"


def shrunk(box: Bbox) -> Bbox:
    """The box without a pixel all around, and without the space between lines."""
    return Bbox([(box.x0 + 1, box.y0 + 0.12 * box.height), (box.x1 - 1, box.y1 - 0.12 * box.height)])


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", PICTURES)
def test_all_is_inside_and_nothing_overlaps(name, language, monkeypatch):
    """As a notebook shows it: nothing is cut off, no writing stands on other writing or on an axis."""
    speak(language)
    figure = PICTURES[name]()
    assert [] == list(overlaps(figure, monkeypatch))
    assert not ink_is_cut(figure)


def test_every_figure_is_among_them():
    """Each public function that draws one; drawings (SVG) are laid out by a browser, in tests/browser."""
    assert {*plots.__all__} - {"accepted_share", "beam_tree", "underflow_curves"} == {
        name.partition(",")[0] for name in PICTURES
    }


def test_the_shift_is_drawn():
    """By hand: three tokens, two columns; under the first token stands what is known of the second."""
    (axes,) = plots.next_token_shift([" a", " b", " c"], [-1.5, -2.25]).axes
    by_x: dict[float, list[str]] = {}
    for text in axes.texts:
        by_x.setdefault(text.get_position()[0], []).append(text.get_text())
    columns = {place: [words for words in found if words] for place, found in by_x.items()}
    assert ["␣a", "0", "−1.50", "column 0"] == columns[0]
    assert ["␣b", "1", "−2.25", "column 1"] == columns[1]
    assert ["␣c", "2"] == columns[2]


def planted(**place) -> tuple[Figure, Axes]:
    figure, axes = new_figure(3, 2, layout=None)
    axes.text(**place, s="here")
    return figure, axes


def test_what_is_planted_is_found(monkeypatch):
    """A text that the layout does not know is cut off; a text on a text, on an axis."""
    figure, axes = planted(x=0.5, y=0.5)
    assert not ink_is_cut(figure) and [] == list(overlaps(figure, monkeypatch))
    axes.text(1.5, 0.5, "far away on the right").set_in_layout(False)
    assert ink_is_cut(figure)
    figure, axes = planted(x=0.5, y=0.5)
    axes.text(0.51, 0.52, "there")
    assert ["'here' on 'there'"] == list(overlaps(figure, monkeypatch))
    assert ["'here' on an axis"] == list(overlaps(planted(x=0.5, y=-0.02)[0], monkeypatch))
