"""What is cut off in a page, seen as pixels; by `check_site.py` and the tests of the play page.

A page is photographed with all that cuts something off without a sign, as drawings do at their box and buttons at their
border, and once more with all of that shown. Where the photographs differ something was cut. A font's box says nothing:
it is larger than its letters, and they may be cut all the same.
"""

import io
from collections.abc import Iterator
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from playwright.sync_api import Page

SEEN = 40  # of 255: how much a pixel differs that is seen to differ
REACH = 60  # pixels from a border in which what it cut off is looked for
BAND = 5  # rows without a difference between one spot and the next
FIRST = 6  # spots that are named

Box = tuple[int, int, int, int]  # left, top, right, bottom

# A lesson's outputs alone.
PICTURES_ALONE = """() => {
  const outputs = [...document.querySelectorAll('.output_area:has(figure, svg, .stage)')];
  if (outputs.length) document.querySelector('main').replaceChildren(...outputs);
}"""
# All pictures of its flip-books, each in a figure of its own: of one that scrolls browsers draw only so many pixels.
ALL_PAGES = """() => {
  for (const book of document.querySelectorAll('.flip-book')) {
    const pictures = new Set(), figure = book.querySelector('figure');
    const note = (_, one) => (typeof one === 'string' && one.includes('</') ? pictures.add(one) && one : one);
    JSON.parse(book.querySelector('script').textContent, note);
    for (const picture of pictures) {
      const one = figure.cloneNode(true);
      one.querySelector('.flipped').innerHTML = picture;
      figure.before(one);
    }
  }
}"""
ARRIVED = """() => !document.querySelector('[aria-busy="true"], [data-link] figure')"""
# What cuts off, and neither ends in "…" nor can be scrolled: what it is called, and its box. A drawing within a drawing
# is left out, for browsers tell no box of it.
MARK = """() => {
  const scrolls = (one, look) => /auto|scroll/.test(look.overflow) &&
    (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight);
  const found = [];
  for (const one of document.querySelectorAll('main *:not(defs *, svg svg)')) {
    const look = getComputedStyle(one), unseen = one.offsetWidth <= 1, box = one.getBoundingClientRect();
    if (look.overflow === 'visible' || look.textOverflow === 'ellipsis' || unseen || scrolls(one, look)) continue;
    one.dataset.cuts = look.display;
    const name = (one.closest('[aria-label]')?.ariaLabel ?? one.textContent).trim().slice(0, 60);
    const [left, top] = [box.left + scrollX, box.top + scrollY];
    found.push([name, [left, top, left + box.width, top + box.height]]);
  }
  return found;
}"""
# Nothing moves: what does not scroll keeps its children's margins, and shrinks, as if it did.
CUTTING = """[data-cuts] { overflow: clip !important; }
[data-cuts="block"] { display: flow-root !important; }
:where([data-cuts]) { min-width: 0; min-height: 0; }
main img { visibility: hidden; }"""
SHOWING = "[data-cuts] { overflow: visible !important; }"
RESTORE = """(styles) => {
  for (const style of styles) style.remove();
  for (const one of document.querySelectorAll('[data-cuts]')) delete one.dataset.cuts;
}"""


def keep_pictures(page: "Page") -> None:
    """Leave of a lesson only what it shows, and let the parts that are played with come."""
    page.evaluate(PICTURES_ALONE)
    for place in page.locator("[data-link]").all():
        place.scroll_into_view_if_needed()


def lay_out_books(page: "Page") -> None:
    """Show every picture of the flip-books, one below the other."""
    page.evaluate(ALL_PAGES)


def cut_off(page: "Page") -> list[str]:
    """What the things are called that cut something off in a page, or how their words begin; once all is there."""
    page.wait_for_function(ARRIVED)
    found = page.evaluate(MARK)
    styles = [page.add_style_tag(content=CUTTING)]
    before = photograph(page)
    styles.append(page.add_style_tag(content=SHOWING))
    after = photograph(page)
    page.evaluate(RESTORE, styles)
    cutting = [
        (name, (floor(left), floor(top), ceil(right), ceil(bottom))) for name, (left, top, right, bottom) in found
    ]
    differ = difference(before, after)
    differ &= around([box for _, box in cutting], differ.shape)
    return [nearest(spot, cutting) for spot in spots(differ)][:FIRST]


def photograph(page: "Page") -> Image.Image:
    """The whole page."""
    return Image.open(io.BytesIO(page.screenshot(full_page=True, animations="disabled"))).convert("RGB")


def difference(before: Image.Image, after: Image.Image) -> numpy.ndarray:
    """(height, width) where two photographs differ."""
    red, green, blue = ImageChops.difference(before, after).split()
    return numpy.asarray(ImageChops.lighter(ImageChops.lighter(red, green), blue)) > SEEN


def around(boxes: list[Box], shape: tuple[int, ...]) -> numpy.ndarray:
    """(height, width) what lies around any of the boxes: within one letters differ by a hair at times."""
    outside = numpy.zeros(shape, dtype=bool)
    for left, top, right, bottom in boxes:
        inside = outside[max(0, top) : bottom, max(0, left) : right].copy()
        outside[max(0, top - REACH) : bottom + REACH, max(0, left - REACH) : right + REACH] = True
        outside[max(0, top) : bottom, max(0, left) : right] = inside
    return outside


def spots(differ: numpy.ndarray) -> Iterator[Box]:
    """Where photographs differ (height, width) in two by two pixels at least, for half of a thin line is missed by
    nobody: one spot for each band of rows."""
    differ = differ[1:, 1:] & differ[1:, :-1] & differ[:-1, 1:] & differ[:-1, :-1]
    rows = numpy.flatnonzero(differ.any(1))
    for band in numpy.split(rows, numpy.flatnonzero(numpy.diff(rows) > BAND) + 1):
        if len(band):
            columns = numpy.flatnonzero(differ[band].any(0))
            yield int(columns[0]), int(band[0]), int(columns[-1]) + 2, int(band[-1]) + 2


def nearest(spot: Box, cutting: list[tuple[str, Box]]) -> str:
    """What that is called which cut off a spot: of the boxes that it sticks out of the nearest, the smallest."""

    def far(box: Box) -> tuple[int, int]:
        gap = sum(max(0, box[side] - spot[side + 2], spot[side] - box[side + 2]) for side in (0, 1))
        return gap, (box[2] - box[0]) * (box[3] - box[1])

    def sticks_out(box: Box) -> bool:
        return spot[0] < box[0] or spot[1] < box[1] or spot[2] > box[2] or spot[3] > box[3]

    return min((far(box), name) for name, box in cutting if sticks_out(box))[1]


def reaches_the_edge(path: Path) -> bool:
    """Whether something in a picture reaches its edge, where it may go on unseen: the edge is not of one colour."""
    pixels = numpy.asarray(Image.open(path).convert("RGB")).astype(int)
    edge = numpy.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool((abs(edge - edge[0]) > SEEN).any())
