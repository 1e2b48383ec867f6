"""Every explorer on a student's screen: control and consequence in one look, nothing cut, words that can be read.

All of them stand in one notebook, whose window becomes smaller, and whose page becomes dark.
"""

import browsing
import pytest
from axe_playwright_python.sync_playwright import Axe
from shown_explorer import EXPLORERS

from lessons.plots.themes import DRAWN, TURNED

WINDOWS = {(1366, 768): 530, (1280, 720): 482, (700, 900): 900}  # (width, height): the height of the notebook's pane
# Of what stands in an explorer: its box; what is wider than its place; words of buttons and labels that are cut off.
LOOK = """explorer => {
  const {width, height} = explorer.querySelector(".lessons-in-one-look").getBoundingClientRect();
  const output = explorer.closest(".jp-OutputArea-output");
  const seen = [...explorer.querySelectorAll("button, .widget-label, .widget-html-content, label")]
    .filter(one => one.offsetParent && one.textContent.trim());
  const cut = seen.filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX != "auto")
    .map(one => one.textContent.trim().slice(0, 60));
  return {width, height, cut, wider: output.scrollWidth - output.clientWidth};
}"""
DARKEN = "() => document.body.setAttribute('data-jp-theme-light', 'false')"
GROUNDS = f"""explorer => [...explorer.querySelectorAll(".{DRAWN}")].map(one => [
  getComputedStyle(one).filter, one.parentElement.closest(".{DRAWN}") !== null])"""
LIGHTEN = "() => document.body.setAttribute('data-jp-theme-light', 'true')"

# Not ours to mend: ipywidgets names a slider by the label before it, and leaves the handle itself without a name.
# And its player's buttons have a sign and no words; Back and Forward beside them have.
OF_IPYWIDGETS = {("aria-input-field-name", "noUi-handle"), ("button-name", "fa-play"), ("button-name", "fa-stop")}


@pytest.fixture(scope="module")
def page(lab):
    """A notebook with a cell for each explorer, all of them run."""
    with browsing.browser() as chromium:
        page = chromium.new_page(viewport={"width": 1366, "height": 768}, device_scale_factor=1.5)
        cells = [browsing.SETUP, *(f"{code}\nexplorer" for code in EXPLORERS.values())]
        notebook = browsing.Notebook(page, lab, lab.write("panes", *cells))
        page.keyboard.press("Control+b")  # the list of files makes room
        notebook.run(1, len(cells))
        yield notebook
    lab.stop_kernels()


def explorer(page, name):
    """The explorer of that name, in sight."""
    cell = page.cell(2 + [*EXPLORERS].index(name))
    box = cell.locator(".jp-OutputArea-output .widget-vbox").first
    box.scroll_into_view_if_needed()
    box.locator(".lessons-sentence").wait_for()
    return box


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: f"{window[0]}x{window[1]}")
@pytest.mark.parametrize("name", EXPLORERS)
def test_control_and_consequence_are_in_one_look(page, name, window, record_property):
    page.page.set_viewport_size({"width": window[0], "height": window[1]})
    box = explorer(page, name)
    look, before = box.evaluate(LOOK), None
    while look != before:  # a page that has become narrower lays itself out more than once
        page.page.wait_for_timeout(300)
        look, before = box.evaluate(LOOK), look
    record_property(f"{name} in a window of {window[0]} x {window[1]}", f"{look['width']:.0f} x {look['height']:.0f}")
    assert look["cut"] == []
    assert look["wider"] <= 0
    assert look["height"] <= WINDOWS[window]


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_dark_page_turns_every_drawing_once(page, name):
    page.page.evaluate(DARKEN)
    grounds = explorer(page, name).evaluate(GROUNDS)
    page.page.evaluate(LIGHTEN)
    assert grounds
    assert {(TURNED.removeprefix("filter:"), False)} == {tuple(one) for one in grounds}


@pytest.mark.parametrize("name", EXPLORERS)
def test_nothing_serious_is_found_by_axe(page, name):
    """axe-core's rules for what assistive technology and weak eyes need, contrast on a light page among them."""
    page.page.set_viewport_size({"width": 1366, "height": 768})
    box = explorer(page, name)
    box.evaluate("box => box.id = 'under-axe'")
    found = Axe().run(page.page, context="#under-axe").response["violations"]
    box.evaluate("box => box.removeAttribute('id')")
    serious = [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
        if not any(one["id"] == rule and part in node["html"] for rule, part in OF_IPYWIDGETS)
    ]
    assert serious == []
