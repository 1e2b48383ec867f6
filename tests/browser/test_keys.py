"""Every explorer with keys alone: all of it is reached, its main thing is done, and the focus stays where it was."""

import pytest
from shown_explorer import EXPLORERS

# What a key can reach, numbered as it stands in the page.
REACHABLE = """explorer => {
  const all = 'button, input, textarea, select, [tabindex="0"], [contenteditable="true"]';
  const seen = [...explorer.querySelectorAll(all)]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.tabIndex >= 0);
  seen.forEach((one, number) => { one.dataset.key = number; });
  return seen.map(one => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 30)}`);
}"""
HERE = "() => Number(document.activeElement.dataset.key ?? -1)"
HANDLE = ".noUi-handle:visible >> nth={}"
# For each: what has the focus, the keys, and where something changes then.
STEPS = {
    "next-token": [(".lessons-rows button >> nth=1", "Enter", ".lessons-sentence")],
    "underflow": [(HANDLE.format(1), "ArrowRight", ".lessons-sentence")],
    "beam": [
        ("button:has(.fa-step-forward) >> nth=0", "Enter", ".lessons-sentence"),
        (".lessons-box:visible >> nth=4", "Enter", "p[role=status]:not(.lessons-sentence)"),
    ],
    "temperature": [
        (HANDLE.format(0), "ArrowRight", ".lessons-sentence"),
        ("button:has(.fa-arrow-down)", "Enter", ".lessons-sentence"),
    ],
    "truncation": [
        (".widget-checkbox:has-text('top_p') input", "Space", ".lessons-sentence"),
        ("button:has(.fa-arrow-down)", "Enter", ".lessons-sentence"),
    ],
    "fine-tuning": [("button:has(.fa-bar-chart)", "Enter", ":scope")],
    "lens": [
        (".lessons-cell:visible >> nth=3", "Enter", ".lessons-sentence"),
        (HANDLE.format(0), "ArrowRight", ".lessons-sentence"),
    ],
    "rule": [
        (".lessons-rows button >> nth=6", "Enter", ".lessons-sentence"),  # the first that the rule allows
        ("button:has(.fa-check)", "Enter", ".lessons-sentence"),
    ],
    "decoder": [("select >> nth=1", "Space ArrowUp Enter", ".lessons-sentence")],
}
BY_SLIDER = [(HANDLE.format(0), "ArrowRight", ".lessons-sentence")]


@pytest.mark.parametrize("name", EXPLORERS)
def test_keys_alone_do_everything(open_explorer, name):
    """Tab reaches each control and each part of the picture that can be pressed, Shift and Tab go back."""
    notebook, explorer = open_explorer(name)
    page, box = notebook.page, explorer.box
    parts = box.evaluate(REACHABLE)
    for key, first in (("Tab", 0), ("Shift+Tab", len(parts) - 1)):
        box.locator(f'[data-key="{first}"]').focus()
        reached = set()
        for _ in range(2 * len(parts)):  # a box that scrolls is reached, too, and is no part
            reached.add(page.evaluate(HERE))
            page.keyboard.press(key)
        assert [part for number, part in enumerate(parts) if number not in reached] == []
    for selector, keys, where in STEPS.get(name, BY_SLIDER):
        part, changes = box.locator(selector), box.locator(where).first
        part.focus()
        box.evaluate(REACHABLE)
        here, before = page.evaluate(HERE), changes.inner_text()
        for key in keys.split():
            page.keyboard.press(key)
        explorer.wait_until(lambda changes=changes, before=before: changes.inner_text() != before)
        assert here == page.evaluate(HERE) >= 0
    assert notebook.errors() == []
