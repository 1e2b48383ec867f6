"""What a page says while Python has not heard, has no time, or is gone."""

import pytest

AFTER = "box => getComputedStyle(box, '::after').content"
BEFORE = "box => getComputedStyle(box, '::before').content"
CHAIN = '"\uf127"'  # broken, as Font Awesome has it
SIZE = "explorer => [explorer.scrollWidth, explorer.scrollHeight]"
FAINTEST = """explorer => Math.min(...[...explorer.querySelectorAll(".lessons-shown")]
  .map(one => Number(getComputedStyle(one).opacity)))"""
# From then on the model reads only once the test has made a file.
HELD = """import time; from pathlib import Path
def held(*given):
    while not Path("go-on").exists():
        time.sleep(0.02)
lm.model.register_forward_pre_hook(held)"""


@pytest.mark.parametrize(("name", "label", "key"), [("next-token", "Text", "Tab"), ("temperature", "T =", "Enter")])
def test_a_box_says_what_has_it_read(open_explorer, name, label, key):
    """Only while somebody is in it; and nothing moves for that."""
    notebook, explorer = open_explorer(name)
    box = explorer.box.locator(".widget-text, .widget-textarea").filter(has_text=label).first
    field, size, before = box.locator("input, textarea"), explorer.box.evaluate(SIZE), explorer.sentence()
    assert box.evaluate(AFTER) == "none"
    field.click()
    field.press("End")
    field.press("5")
    assert f"press {key}" in box.evaluate(AFTER)
    assert explorer.box.evaluate(SIZE) == size and explorer.sentence() == before
    field.press(key)
    explorer.wait_until(lambda: explorer.sentence() != before)
    field.blur()
    assert box.evaluate(AFTER) == "none"
    assert notebook.errors() == []


def test_while_the_model_reads_words_say_so(open_explorer, lab):
    """The old picture is dimmed and what is under way is named, with nothing moved; then the new one is there."""
    notebook, explorer = open_explorer("next-token", HELD)
    notebook.ask(3)
    before, size, busy = explorer.sentence(), explorer.box.evaluate(SIZE), explorer.box.locator(".lessons-busy span")
    explorer.type("Text", "The old king")
    busy.wait_for()
    assert busy.inner_text() == "the model is reading…"
    explorer.wait_until(lambda: explorer.box.evaluate(FAINTEST) < 0.5)
    assert explorer.sentence() == before and explorer.box.evaluate(SIZE) == size
    (lab.root / "go-on").touch()
    explorer.wait_until(lambda: "The old king" in explorer.sentence())
    explorer.wait_until(lambda: busy.count() == 0 and explorer.box.evaluate(FAINTEST) == 1)
    assert notebook.errors() == []


def test_after_a_restart_words_say_what_to_do(open_explorer):
    """In place of ipywidgets' broken chains; run again, all is well."""
    notebook, explorer = open_explorer("next-token")
    assert explorer.box.evaluate(BEFORE) == "none"
    notebook.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    notebook.page.locator('.lm-Menu-item[data-command="kernelmenu:restart"]').click()
    notebook.page.locator(".jp-Dialog .jp-mod-accept").click()
    explorer.wait_until(lambda: "run the cells again" in explorer.box.evaluate(BEFORE))
    inside = explorer.box.locator(".jupyter-widgets-disconnected")
    assert inside.count() and CHAIN not in inside.evaluate_all(f"parts => parts.map({BEFORE})")
    assert explorer.box.evaluate(FAINTEST) < 0.5
    notebook.run(1, 2)
    explorer.wait_until(lambda: explorer.box.evaluate(BEFORE) == "none" and explorer.box.evaluate(FAINTEST) == 1)
    assert notebook.errors() == []
