"""What is cut off in a page is seen, and nothing else is taken for it."""

import json
from collections.abc import Iterator

import browsing
import numpy
import pytest
from cut_off import cut_off, keep_pictures, lay_out_books, reaches_the_edge
from PIL import Image

pytestmark = [pytest.mark.browser, pytest.mark.skipif(bool(browsing.missing()), reason=browsing.missing())]

BOX = 'width="120" height="40" viewBox="0 0 120 40" aria-label="a drawing" role="img"'
NARROW = "width:60px;white-space:nowrap"
# Nothing here is cut off, or the page says so.
WHOLE = {
    "as large as its letters": f'<svg {BOX}><text x="0" y="11" font-size="14">oven</text></svg>',
    "it shows what sticks out": f'<svg {BOX} style="overflow:visible"><text x="90" y="20">label</text></svg>',
    "a line along the edge": f'<svg {BOX}><rect width="120" height="40" fill="none" stroke="#000"/></svg>',
    "a hatched piece": f'<svg {BOX}><defs><pattern id="h" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M-1 1L1-1M0 6L6 0M5 7L7 5" stroke="#000"/></pattern></defs><rect width="90" height="30" fill="url(#h)"/></svg>',
    "three dots": f'<div style="{NARROW};overflow:hidden;text-overflow:ellipsis">a long label</div>',
    "it can be pushed": f'<div style="{NARROW};overflow:auto">a long label</div>',
    "unseen words for screen readers": '<div style="position:absolute;width:1px;overflow:hidden">words</div>',
    "a block with margins": '<div style="overflow:hidden"><p>words</p></div><p>more</p>',
    "boxes that shrink": '<div style="display:flex;width:160px"><div style="overflow:hidden;flex:1">a few words</div>'
    '<div style="overflow:hidden;flex:1">a few more</div></div>',
}
CUT = {
    "at the right": f'<svg {BOX}><text x="90" y="20">label</text></svg>',
    "at the left": f'<svg {BOX}><text x="30" y="20" text-anchor="end">label</text></svg>',
    "above": f'<svg {BOX}><text x="20" y="6">label</text></svg>',
    "a tail below": f'<svg {BOX}><text x="20" y="39">gap</text></svg>',
    "above what can be pushed": '<div style="overflow-x:auto" aria-label="a drawing"><svg width="90" height="20" '
    'style="overflow:visible"><text y="4">label</text></svg></div>',
    "in a box": f'<div style="{NARROW};overflow:hidden" aria-label="a drawing">a long label</div>',
}


@pytest.fixture(scope="module")
def page() -> Iterator[object]:
    with browsing.browser() as chromium:
        yield chromium.new_page(viewport={"width": 400, "height": 300})


def main(shown: str) -> str:
    return f'<main style="padding:60px;font:16px sans-serif">{shown}</main>'


@pytest.mark.parametrize("case", WHOLE)
def test_what_is_whole_is_not_complained_of(page, case):
    page.set_content(main(WHOLE[case]))
    assert cut_off(page) == []


@pytest.mark.parametrize("case", CUT)
def test_what_is_cut_off_is_found_and_the_page_left_as_it_was(page, case):
    page.set_content(main(CUT[case]))
    before = page.locator("main").inner_html()
    assert cut_off(page) == ["a drawing"]
    assert page.locator("main").inner_html() == before


def test_all_pictures_of_a_flip_book_are_looked_at(page):
    """Also those that are not shown at first; prose is left out."""
    pages = json.dumps([{"picture": f"<svg {BOX}></svg>"}, {"picture": CUT["above"]}])
    shown = '<figure style="overflow-x:auto"><div class="flipped"></div></figure>'
    book = f'<div class="flip-book">{shown}<script type="application/json">{pages}</script></div>'
    page.set_content(main(f'<p>prose</p><div class="output_area">{book}</div>'))
    assert cut_off(page) == []
    keep_pictures(page)
    lay_out_books(page)
    assert cut_off(page) == ["a drawing"]
    assert "prose" not in page.locator("main").inner_text()


def test_ink_at_the_edge_of_a_picture(tmp_path):
    """A label that goes on beyond the picture, at any side; a picture with a margin, dark or light, is whole."""
    for ground in (255, 20):
        pixels = numpy.full((30, 50, 3), ground, dtype=numpy.uint8)
        pixels[10:20, 10:40] = 128
        whole, cut = tmp_path / "whole.png", tmp_path / "cut.png"
        Image.fromarray(pixels).save(whole)
        assert not reaches_the_edge(whole)
        for side in ((slice(0, 12), 25), (slice(20, 30), 25), (15, slice(0, 12)), (15, slice(40, 50))):
            label = pixels.copy()
            label[side] = 255 - ground
            Image.fromarray(label).save(cut)
            assert reaches_the_edge(cut)
