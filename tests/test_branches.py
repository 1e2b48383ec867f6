"""The tree of texts that were tried: what they have in common stands once."""

import re

from hypothesis import given
from hypothesis import strategies as st

from lessons.plots.branches import branch_lines, in_common, lay_out, stems, tree_width

IDS = st.lists(st.integers(0, 2), min_size=1, max_size=6).map(tuple)


def pieces(found):
    return [(stem.ids[stem.start :], stem.parent, stem.row, stem.is_end) for stem in found]


def test_a_tree_by_hand():
    """Three texts after the prompt (1, 2): two part after 3, and one of them once more."""
    paths = [(1, 2, 3, 4), (1, 2, 5), (1, 2, 3, 6, 7)]
    assert [
        ((1, 2), -1, 0, False),
        ((3,), 0, 0, False),
        ((4,), 1, 0, True),
        ((6, 7), 1, 1, True),
        ((5,), 0, 2, True),
    ] == pieces(stems(paths, (1, 2), ()))


def test_a_piece_ends_where_the_text_stands():
    """One text, of which two tokens after the prompt count."""
    assert [((1,), -1), ((2, 3), 0), ((4,), 1)] == [
        piece[:2] for piece in pieces(stems([(1, 2, 3, 4)], (1,), (1, 2, 3)))
    ]


def test_a_branch_within_the_prompt_makes_the_root_shorter():
    """The rest of the prompt is a branch of its own."""
    assert [((1,), -1), ((2, 3), 0), ((9,), 0)] == [
        piece[:2] for piece in pieces(stems([(1, 2, 3), (1, 9)], (1, 2, 3), ()))
    ]


@given(st.lists(IDS, min_size=1, max_size=8))
def test_each_text_stands_in_the_tree_once(texts):
    """From the root to each end the pieces make one of the texts; two pieces that grow from one begin differently."""
    paths = list(dict.fromkeys((0, *text) for text in texts))
    paths = [path for path in paths if not any(path == other[: len(path)] for other in paths if other != path)]
    found = stems(paths, (0,), ())
    assert sorted(paths) == sorted(stem.ids for stem in found if stem.is_end)
    for number, stem in enumerate(found):
        assert stem.parent < number and (stem.parent < 0 or found[stem.parent].ids == stem.ids[: stem.start])
        firsts = [child.ids[child.start] for child in found if child.parent == number]
        assert len(firsts) == len(set(firsts))
        if stem.parent >= 0:
            siblings = [other for other in found if other.parent == stem.parent and other != stem]
            assert all(in_common(stem.ids, other.ids) == stem.start for other in siblings)
    rows = [stem.row for stem in found if stem.is_end]
    assert list(range(len(paths))) == rows


def test_boxes_do_not_overlap_and_numbers_stand_behind_them():
    """Boxes begin behind those that they grow from; each end has its number right of it, within the drawing."""
    found = stems([(1, 2, 3, 4), (1, 2, 5), (1, 2, 3, 6, 7)], (1, 2), ())
    boxes = lay_out(found, ["once upon", "a", "king", "queen who", "the"])
    for stem, (left, top, _) in zip(found, boxes, strict=True):
        if stem.parent >= 0:
            assert left > sum(boxes[stem.parent][::2])
        assert top == boxes[0][1] + 26 * stem.row
    drawn = branch_lines(found, boxes, [0.0, -1.0, -2.5, -3.0, -4.25], {0, 1, 2})
    places = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>(−[\d.]+)</text>', drawn)
    assert ["−2.50", "−3.00", "−4.25"] == [number for _, _, number in places]
    ends = [box for stem, box in zip(found, boxes, strict=True) if stem.is_end]
    for (x, y, _), (left, top, width) in zip(places, ends, strict=True):
        assert left + width < float(x) < tree_width(boxes) - 40 and top < float(y) < top + 26
