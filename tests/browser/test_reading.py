"""Lesson 06's texts in a browser: a token that is pointed at, clicked or reached with Tab shows its numbers."""

QUESTION = """ids = before.encode(text)
for place in (2, 5):
    nats = [-float(lessons.token_log_probs(one, ids)[place]) for one in (before, after)]
    print(f"{nats[0]:.2f} nats before", f"{nats[1]:.2f} after", sep=";")"""


def test_a_token_shows_its_numbers(open_explorer):
    """With the mouse in one text, by click, and by key in the other one; where nothing is pointed at, words say so."""
    notebook, explorer = open_explorer("fine-tuning", QUESTION)
    page, lines = notebook.page, explorer.box.locator(".token .line:visible")
    third, sixth = (line.split(";") for line in notebook.ask(3))
    assert lines.count() == 0
    explorer.box.locator(".token.t2").first.hover()
    assert all(words in lines.inner_text() for words in third)
    assert explorer.box.locator(".token.t2").last.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.mouse.move(0, 0)
    explorer.box.locator(".token.t4").last.focus()
    page.keyboard.press("Tab")
    assert all(words in lines.inner_text() for words in sixth)
    explorer.box.locator(".token.t2").first.click()
    page.mouse.move(0, 0)
    assert all(words in lines.inner_text() for words in third)
    assert notebook.errors() == []


def test_the_chart_unfolds(open_explorer):
    """It is not there before, and there afterwards, with a column for each token."""
    notebook, explorer = open_explorer("fine-tuning")
    chart = explorer.box.locator("svg")
    assert not chart.is_visible()
    explorer.box.get_by_role("button", name="Chart of all tokens").press("Enter")
    chart.wait_for()
    assert chart.locator("circle").count() == 2 * explorer.box.locator(".token").count() // 2 + 2
    assert notebook.errors() == []
