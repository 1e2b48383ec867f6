"""Whatever is typed is shown as it was typed, and none of it is executed."""

import pytest

NASTY = "안녕 👩‍🚀 <script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"> & <b>bold</b>"


@pytest.mark.parametrize("name", ["next-token", "temperature", "truncation", "beam"])
def test_nothing_typed_is_executed(open_explorer, name):
    """Hangul, an emoji of three code points, a script and a picture that calls one: Python has them, the page is
    unharmed."""
    notebook, explorer = open_explorer(name, "print(explorer.prompt.value)")
    before = explorer.picture()
    explorer.type("Text", NASTY)
    explorer.wait_until(lambda: explorer.picture() != before)
    assert notebook.ask(3, lambda lines: lines == [NASTY]) == [NASTY]
    assert "taken" not in notebook.page.title()
    assert explorer.box.locator("script, b:has-text('bold'), img[src='x']").count() == 0
    assert notebook.errors() == []


def test_an_empty_text_is_refused_in_words_and_the_picture_stays(open_explorer):
    """A text that cannot be read: the rule and the way out stand under the controls, until the text is good again."""
    notebook, explorer = open_explorer("next-token")
    before = explorer.picture()
    explorer.type("Text", "")
    trouble = explorer.box.locator(".lessons-error")
    trouble.wait_for()
    assert "prompt" in trouble.inner_text().lower() or "text" in trouble.inner_text().lower()
    assert explorer.picture() == before
    explorer.type("Text", "The old king")
    explorer.wait_until(lambda: trouble.count() == 0)
    assert explorer.picture() != before and notebook.complaints == []


def test_a_typed_temperature_stays_what_it_is(open_explorer):
    """The slider has steps and the field has none: 1 is 1 from the start, and 2 stays 2, though the slider rounds
    it."""
    notebook, explorer = open_explorer("temperature")
    for temperature in ("1", "2", "0.3", "1"):
        explorer.type("T =", temperature)
        explorer.wait_until(lambda temperature=temperature: f"At temperature {temperature} " in explorer.sentence())
        notebook.page.wait_for_timeout(500)  # what the slider makes of it comes back later
        assert f"At temperature {temperature} " in explorer.sentence()
    assert notebook.errors() == []
