"""Whatever is typed is shown as it was typed, and none of it is executed."""

import pytest

NASTY = "안녕 👩‍🚀 <script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"> & <b>bold</b>"
SOURCES = {
    "next-token": ("explorer = lessons.NextTokenExplorer(lm)", "Text"),
    "temperature": ("explorer = lessons.TemperatureExplorer(lm)", "Text"),
    "truncation": ("explorer = lessons.TruncationExplorer(lm)", "Text"),
    "beam": ("explorer = lessons.BeamExplorer(lm, beams=2, steps=3)", "Text"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_typed_is_executed(open_explorer, name):
    """Hangul, an emoji of three code points, a script and a picture that calls one: Python has them, the page is unharmed."""
    source, label = SOURCES[name]
    notebook, explorer = open_explorer(f"typed-{name}", source, "print(explorer.prompt.value)")
    before = explorer.picture()
    explorer.type(label, NASTY)
    explorer.wait_until(lambda: explorer.picture() != before)
    notebook.run(3, 3)
    assert notebook.output(3).strip() == NASTY
    assert "taken" not in notebook.page.title()
    assert explorer.box.locator("script, b:has-text('bold'), img[src='x']").count() == 0
    assert notebook.errors() == []


def test_an_empty_text_is_refused_in_words_and_the_picture_stays(open_explorer):
    """A text that cannot be read: the rule and the way out stand under the controls, until the text is good again."""
    notebook, explorer = open_explorer("typed-empty", "explorer = lessons.NextTokenExplorer(lm)")
    before = explorer.picture()
    explorer.type("Text", "")
    trouble = explorer.box.locator(".lessons-error")
    trouble.wait_for()
    assert "prompt" in trouble.inner_text().lower() or "text" in trouble.inner_text().lower()
    assert explorer.picture() == before
    explorer.type("Text", "The old king")
    explorer.wait_until(lambda: trouble.count() == 0)
    assert explorer.picture() != before and notebook.complaints == []
