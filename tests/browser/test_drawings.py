"""Drawings (SVG) as a browser lays them out: all writing inside, none on other writing."""

import itertools
import math
from collections.abc import Callable

import browsing
import pytest

from lessons import plots
from lessons.arithmetic.floats import PRECISIONS, running_product
from lessons.plots.svg import Svg, drawing, text
from lessons.words.language import speak

BOXES = """svg => [...svg.querySelectorAll("text")].filter(one => one.textContent.trim()).map(one => {
  const {left, right, top, bottom} = one.getBoundingClientRect();
  return [one.textContent, left, right, top, bottom];
})"""
FALLS = [(0.98, 805), (0.9, 180), (0.9, 976), (0.9, 1066), (0.8, 475), (0.7, 260), (0.5, 1000), (0.5, 400), (0.5, 1200),
         (0.2, 11), (0.1, 250), (0.0451, 400), (0.053, 400), (0.045, 35), (0.01, 20), (0.004, 1118), (0.3, 3)]  # fmt: skip


def falling(probability: float, steps: int) -> Svg:
    """The product of so many equal factors in three precisions."""
    products = {bits: running_product([probability] * steps, bits) for bits in PRECISIONS}
    return plots.underflow_curves([math.log(probability)] * steps, products)


DRAWINGS: dict[str, Callable[[], Svg]] = {
    f"underflow_curves, {probability} {steps}": lambda fall=(probability, steps): falling(*fall)
    for probability, steps in FALLS
}


@pytest.fixture(scope="module")
def page():
    with browsing.browser() as chromium:
        yield chromium.new_page(viewport={"width": 1230, "height": 530}, device_scale_factor=2)


def overlaps(page, svg: Svg) -> list[str]:
    """What of the writing is outside, or stands on other writing (by more than a pixel, and the space between lines)."""
    page.set_content(f'<body style="margin:0">{svg}</body>')
    picture = page.locator("svg")
    place, texts = picture.bounding_box(), picture.evaluate(BOXES)
    right, bottom = place["x"] + place["width"], place["y"] + place["height"]
    found = [
        f"{words!r} is outside" for words, x0, x1, y0, y1 in texts if x0 < 0 or y0 < 0 or x1 > right or y1 > bottom
    ]
    for one, other in itertools.combinations(texts, 2):
        wide, high = min(one[2], other[2]) - max(one[1], other[1]), min(one[4], other[4]) - max(one[3], other[3])
        if wide > 1 and high > 0.25 * min(one[4] - one[3], other[4] - other[3]):
            found.append(f"{one[0]!r} on {other[0]!r}")
    return found


@pytest.mark.parametrize("language", ["en", "ko"])
def test_all_writing_is_inside_and_apart(page, language):
    speak(language)
    found = {name: overlaps(page, draw()) for name, draw in DRAWINGS.items()}
    speak("en")
    assert {} == {name: complaints for name, complaints in found.items() if complaints}


def test_what_is_planted_is_found(page):
    beside = [text(10, 40, "here"), text(60, 40, "there")]
    assert [] == overlaps(page, drawing(100, 60, "", beside))
    assert ["'here' on 'there'"] == overlaps(page, drawing(100, 60, "", [text(10, 40, "here"), text(20, 42, "there")]))
    assert ["'here' is outside"] == overlaps(page, drawing(100, 60, "", [text(90, 40, "here")]))
