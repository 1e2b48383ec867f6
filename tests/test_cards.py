"""Texts set as texts."""

import pytest

import lessons


def test_a_card_for_each_text_with_its_heading():
    cards = lessons.show_texts({"T = 1": "Once <b>upon</b> a time\nthere was", "T = 2": "from $5 to $"})
    html = cards._repr_html_()
    assert html.count("flex:1 1") == 2
    assert "Once &lt;b&gt;upon&lt;/b&gt; a time\nthere was" in html
    assert "pre-wrap" in html and "overflow-wrap:break-word" in html  # line ends stay, words are not torn
    assert "mathjax_ignore" in html
    assert repr(cards) == "T = 1: Once <b>upon</b> a time\nthere was\n\nT = 2: from $5 to $"


def test_texts_without_headings():
    cards = lessons.show_texts(["one", "two"])
    assert str(cards) == "one\n\ntwo"
    assert "bold" not in cards._repr_html_()


@pytest.mark.parametrize("odd", ["one text", 3, [3], {"a": 3}, {3: "a"}])
def test_what_is_no_texts_is_refused(odd):
    with pytest.raises(TypeError, match="texts"):
        lessons.show_texts(odd)
