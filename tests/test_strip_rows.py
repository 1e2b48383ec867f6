"""Strips and bars of explorers as SVG: every piece says what it is, and what is drawn is where it belongs."""

import re
from xml.etree import ElementTree

import numpy
import pytest

from lessons.plots.share_rows import FEW, WIDTH, share_rows
from lessons.plots.strip_rows import ONLY_WIDE, ROW, axis, framed, funnel, needles, passed_by, pieces, stacked, strip
from lessons.plots.strips import RANKS
from lessons.plots.svg import drawing

HEADS = ("Title", "grey", "blue")
SVG = "{http://www.w3.org/2000/svg}"


def read(drawn: str) -> ElementTree.Element:
    """The drawing, if it is well-formed XML."""
    return ElementTree.fromstring(framed(drawn, 'a "strip" & more'))


def test_tokens_too_narrow_to_be_seen_are_one_piece_for_each_group_of_ranks():
    """By hand: 0.5, 0.3, then 18 of 0.01 have pieces of their own; 200 of 0.0001 are ranks 21–100 and 101–220."""
    shares = [0.5, 0.3, *[0.01] * 18, *[0.0001] * 200]
    found = pieces(shares, ["<b>", "cat"])
    assert 22 == len(found)
    assert ["<b>: 50.0% (rank 1)", "cat: 30.0% (rank 2)"] == [piece.words for piece in found[:2]]
    assert ["ranks 21–100: 0.8%", "ranks 101–220: 1.2%"] == [piece.words for piece in found[-2:]]
    assert [0, 1, 1, 2, 2, 3] == [found[place].group for place in (0, 1, 9, 10, 20, 21)]
    assert sum(shares) == pytest.approx(sum(piece.share for piece in found))
    starts = numpy.cumsum([0, *(piece.share for piece in found)])[:-1]
    assert starts.tolist() == pytest.approx([piece.start for piece in found])


def test_what_is_cut_is_a_piece_of_its_own_and_what_is_0_is_none():
    """Ranks 2 and 3 are cut, between others that stay; the last token has no probability."""
    found = pieces([0.4, 0.004, 0.004, 0.592, 0.0], [], [True, False, False, True, False])
    assert [(0, 1, True), (1, 3, False), (3, 4, True)] == [(piece.first, piece.last, piece.kept) for piece in found]


def test_a_strip_is_well_formed_coloured_by_rank_and_escaped():
    """What a token spells is writing, not markup; a cut piece is filled with the strip's own hatch."""
    root = read(strip(pieces([0.7, 0.2, 0.1], ["<b>&", "x", "y"], [True, True, False]), "mine"))
    boxes = [box for box in root.iter(f"{SVG}rect") if box.find(f"{SVG}title") is not None]
    assert ["70.00%", "20.00%", "10.00%"] == [box.get("width") for box in boxes]
    assert [RANKS[0], RANKS[1], "url(#mine)"] == [box.get("fill") for box in boxes]
    assert "<b>&: 70.0% (rank 1)" == boxes[0].find(f"{SVG}title").text
    assert ["<b>&", "x"] == [text.text for text in root.iter(f"{SVG}text")]
    assert ["mine"] == [pattern.get("id") for pattern in root.iter(f"{SVG}pattern")]


def test_a_name_is_written_only_where_it_fits():
    """In a strip of 330 pixels 5 % are 16: room for a letter, not for a word; in a wide window the word fits."""
    found = pieces([0.9, 0.05, 0.05], ["a", "a", "incomprehensible"])
    narrow, wide = (strip(found, "mine", width) for width in (330, 3300))
    named = [re.findall(r">([^<]+)</text>", one) for one in (narrow, wide)]
    assert [["a", "a"], ["a", "a", "incomprehensible"]] == named
    assert (0, 1) == (narrow.count(ONLY_WIDE), wide.count(ONLY_WIDE))


def test_what_is_left_widens_to_the_whole_of_the_next_strip():
    """Also where the first token is cut: from 40 to 90 % down to 0 to 100 %."""
    found = pieces([0.4, 0.5, 0.1], [], [False, True, False])
    assert "M40.00 0H90.00L100 18H0Z" in funnel(found)
    assert 'aria-label="a &quot;strip&quot; &amp; more"' in framed(passed_by(), 'a "strip" & more')
    assert ["0%", "20%", "40%", "60%", "80%", "100%"] == [text.text for text in read(axis()).iter(f"{SVG}text")]


@pytest.mark.parametrize(("uniform", "side"), [(0.1, "start"), (0.9, "end")])
def test_the_last_needle_has_its_token_lit_and_its_words_inside(uniform, side):
    """Those thrown before it are short; its words stand where they do not leave the strip."""
    root = read(needles([0.25, uniform], 0.05, 0.9, "<b>"))
    before, lit = root.findall(f"{SVG}rect")
    assert ("25.00%", "5.00%", "90.00%") == (before.get("x"), lit.get("x"), lit.get("width"))
    words = root.find(f"{SVG}text")
    assert (f"u = {uniform:.3f} → <b>", side) == (words.text, words.get("text-anchor"))


def bars(counts, lit=None) -> list[str]:
    """All that is written in a drawing of three tokens and two others."""
    height, parts = share_rows(
        ["a", "<b>", "c"], [0.4, 0.3, 0.1, 0.1, 0.1], [0.5, 0.375, 0.125, 0, 0], HEADS, counts, lit, gone="cut"
    )
    root = ElementTree.fromstring(drawing(WIDTH, height, "bars", parts))
    return [text.text for text in root.iter(f"{SVG}text")] + ["○"] * len(list(root.iter(f"{SVG}circle")))


def test_a_few_draws_are_rings_and_many_are_counts_beside_what_was_expected():
    """Of 8 draws each has a ring, up to five in a row and then the number; of 800 the theory has 400, 300, 100, 0."""
    assert {*HEADS, "50.0%", "37.5%", "12.5%", "cut", "all others (2)"} <= set(bars(None))
    few = bars([7, 1, 0, 0, 0])
    assert (6, True, True) == (few.count("○"), "7" in few, "drawn: 8" in few)
    many = bars([390, 310, 100, 0, 0], lit=1)
    assert {"390 (400)", "310 (300)", "100 (100)", "0 (0.0)", "of 800 drawn (expected)"} <= set(many)
    assert FEW < 800 and "○" not in many


def test_rows_alone_are_one_drawing():
    """For a page without widgets: a row each, and what stands under them."""
    root = ElementTree.fromstring(stacked([], [("top_k", strip(pieces([1.0], ["a"]), "x"))] * 2, [(50, 30, "")], "two"))
    assert f"0 0 660 {10 + 2 * ROW + 30}" == root.get("viewBox")
    assert 3 == len(root.findall(f"{SVG}svg"))
