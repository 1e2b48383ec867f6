"""What is cut off in a page, seen as pixels; by `check_site.py` and the tests of the play page.

A page is photographed as it is, and once more with everything shown that something cuts off without a sign: a drawing
at its box, a button at its border. Where the photographs differ something was cut. A font's box says nothing: it is
larger than its letters, and they may be cut all the same.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page

SEEN = 40  # of 255: how much a pixel differs that is seen to differ
BAND = 5  # rows without a difference between one spot and the next
FIRST = 6  # spots that are named

# A lesson's outputs alone, with all pictures of its flip-books one below the other.
PICTURES_ALONE = """() => {
  for (const book of document.querySelectorAll('.flip-book')) {
    const pictures = new Set(), shown = book.querySelector('.flipped');
    const note = (_, one) => (typeof one === 'string' && one.includes('</') ? pictures.add(one) && one : one);
    JSON.parse(book.querySelector('script').textContent, note);
    for (const picture of pictures) {
      const one = shown.cloneNode(false);
      one.innerHTML = picture;
      shown.before(one);
    }
  }
  const outputs = [...document.querySelectorAll('.output_area:has(figure, svg, .stage)')];
  if (outputs.length) document.querySelector('main').replaceChildren(...outputs);
}"""
ARRIVED = """() => !document.querySelector('[aria-busy="true"], [data-link] figure') &&
  [...document.querySelectorAll('.written')].every((one) => one.textContent)"""
# What cuts off, and neither ends in "…" nor can be scrolled.
MARK = """() => {
  const scrolls = (one, look) => /auto|scroll/.test(look.overflow) &&
    (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight);
  for (const one of document.querySelectorAll('main *:not(defs *)')) {
    const look = getComputedStyle(one), unseen = one.offsetWidth <= 1;
    if (look.overflow === 'visible' || look.textOverflow === 'ellipsis' || unseen || scrolls(one, look)) continue;
    one.dataset.uncovered = look.display;
  }
}"""
# Nothing else moves: a block keeps its margins to itself as before, and what may shrink shrinks as before.
UNCOVERED = """[data-uncovered] { overflow: visible !important; }
[data-uncovered="block"] { display: flow-root !important; }
:where([data-uncovered]) { min-width: 0; min-height: 0; }"""
UNMARK = "() => document.querySelectorAll('[data-uncovered]').forEach((one) => delete one.dataset.uncovered)"
# Of each spot, what the smallest of those is called that cut something off there: within a few pixels, or the nearest.
NAMES = """(spots) => spots.map(([left, top, right, bottom]) => {
  const cutting = [...document.querySelectorAll('[data-uncovered]')].map((one) => {
    const box = one.getBoundingClientRect(), x = box.left + scrollX, y = box.top + scrollY;
    const far = Math.max(x - right, left - x - box.width, 3) + Math.max(y - bottom, top - y - box.height, 3);
    return { one, far, area: box.width * box.height };
  });
  const [{ one } = { one: document.body }] = cutting.sort((a, b) => a.far - b.far || a.area - b.area);
  return (one.closest('[aria-label]')?.ariaLabel ?? one.textContent).trim().slice(0, 60);
})"""


def keep_pictures(page: "Page") -> None:
    """Leave of a lesson only what it shows, every picture of its flip-books and the parts that are played with."""
    page.evaluate(PICTURES_ALONE)
    for place in page.locator("[data-link]").all():
        place.scroll_into_view_if_needed()
    page.wait_for_function(ARRIVED)


def cut_off(page: "Page") -> Iterator[str]:
    """The beginning of the words of what is cut off in a page."""
    page.add_style_tag(content=f"main img {{ visibility: hidden; }} {UNCOVERED}")
    before = photograph(page)
    page.evaluate(MARK)
    found = list(spots(before, photograph(page)))
    yield from page.evaluate(NAMES, found[:FIRST])
    page.evaluate(UNMARK)


def photograph(page: "Page") -> numpy.ndarray:
    """(height, width, 3) the whole page, from 0 to 255."""
    picture = page.screenshot(full_page=True, animations="disabled")
    return numpy.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def spots(before: numpy.ndarray, after: numpy.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """(left, top, right, bottom) of where two photographs (height, width, 3) differ, one for each band of rows: in two
    by two pixels at least, for half of a thin line is missed by nobody."""
    height, width = (min(sizes) for sizes in zip(before.shape[:2], after.shape[:2], strict=True))
    differ = abs(before[:height, :width] - after[:height, :width]).max(-1) > SEEN
    differ = differ[1:, 1:] & differ[1:, :-1] & differ[:-1, 1:] & differ[:-1, :-1]
    rows = numpy.flatnonzero(differ.any(1))
    for band in numpy.split(rows, numpy.flatnonzero(numpy.diff(rows) > BAND) + 1):
        if len(band):
            columns = numpy.flatnonzero(differ[band].any(0))
            yield int(columns[0]), int(band[0]), int(columns[-1]) + 1, int(band[-1]) + 1


def reaches_the_edge(path: Path) -> bool:
    """Whether something in a picture reaches its edge, where it may go on unseen: the edge is not of one colour."""
    pixels = numpy.asarray(Image.open(path).convert("RGB")).astype(int)
    edge = numpy.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool((abs(edge - edge[0]) > SEEN).any())
