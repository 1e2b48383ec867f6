"""Lesson 03's tree in a browser: it is played, its boxes are clicked and reached by key, and a narrow page says so."""

QUESTION = """best, greedy = lessons.beam_search(lm, explorer.prompt.value, 5, 3), lessons.greedy_search(lm, explorer.prompt.value, 5)
print(f"a log-probability of −{-best.log_prob:.2f}; greedy search ends at −{-greedy.log_prob:.2f}")
print(explorer.chosen)
print(explorer.details)"""
# Whether each button lies over the box of the drawing that has its words.
APART = """explorer => {
  const drawn = [...explorer.querySelectorAll("svg g > title")].map(one => one.parentElement.querySelector("rect"));
  const buttons = [...explorer.querySelectorAll(".lessons-box")].filter(one => one.offsetParent);
  const corners = one => Object.values(one.getBoundingClientRect().toJSON()).slice(0, 4).map(Math.round).join();
  const places = new Set(drawn.map(corners));
  return buttons.filter(one => !places.has(corners(one))).length + Math.abs(drawn.length - buttons.length);
}"""


def test_the_tree_is_played_to_its_ending(open_explorer):
    """Play goes to the last step; only there the ending is told, and its numbers are Python's."""
    notebook, explorer = open_explorer("beam", QUESTION)
    assert "Step 1 of 5" in explorer.sentence() and "greedy search ends" not in explorer.sentence()
    explorer.box.locator(".jupyter-widget-play button, .widget-play button").first.click()
    explorer.wait_until(lambda: "Step 5 of 5" in explorer.sentence())
    explorer.box.get_by_text("Greedy’s text falls out of the beams at step 5").wait_for()
    explorer.box.get_by_text("greedy, for comparison").wait_for()
    assert explorer.box.evaluate(APART) == 0
    explorer.box.locator(".lessons-box:visible").nth(8).click()
    explorer.box.locator("p", has_text="Step 2, candidate 3 of 6").wait_for()
    numbers, chosen, details = notebook.ask(3)
    assert numbers in explorer.sentence() and chosen == "(1, 2)" and details in explorer.box.inner_text()
    assert notebook.errors() == []


def test_boxes_are_reached_by_key_and_a_narrow_page_says_that_the_tree_is_wider(open_explorer):
    """The newest column is in sight without scrolling; with Tab the first one comes in sight."""
    notebook, explorer = open_explorer("beam")
    hint = explorer.box.locator(".lessons-wider")
    notebook.page.set_viewport_size({"width": 640, "height": 900})
    assert not hint.is_visible()
    explorer.press("Step shown", "End")
    explorer.wait_until(lambda: "Step 5 of 5" in explorer.sentence())
    hint.wait_for()
    boxes, pane = explorer.box.locator(".lessons-box:visible"), hint.locator("xpath=..")
    right = pane.bounding_box()["x"] + pane.bounding_box()["width"]
    last = boxes.last.bounding_box()
    assert last["x"] + last["width"] <= right + 1
    boxes.first.press("Enter")
    explorer.box.locator("p", has_text="Step 1, candidate 1 of 6").wait_for()
    assert boxes.first.bounding_box()["x"] >= pane.bounding_box()["x"] - 1
    assert notebook.errors() == []
