"""Figures (images) on a dark page: a sheet of white paper would glare there."""

import browsing
from shown_explorer import EXPLORERS

from lessons.plots.themes import TURNED

# A figure of ours, and one of somebody else's.
FIGURES = """from matplotlib.figure import Figure
other = Figure()
other.subplots().plot([0, 1])
display(lessons.plots.probability_by_rank([0.5, 0.25, 0.125, 0.125]), other)"""
FILTERS = """light => {
  document.body.setAttribute("data-jp-theme-light", light);
  return [...document.querySelectorAll(".jp-RenderedImage img")].map(one => getComputedStyle(one).filter);
}"""


def test_a_dark_page_turns_our_figures_and_no_others(open_notebook):
    """By the style of any explorer, or of any drawing, on the page."""
    notebook = open_notebook("figures", browsing.SETUP, f"{EXPLORERS['underflow']}\nexplorer", FIGURES)
    notebook.run(1, 3)
    notebook.cell(3).locator(".jp-RenderedImage img").nth(1).wait_for()
    filters = [notebook.page.evaluate(FILTERS, light) for light in ("true", "false", "true")]
    assert filters == [["none", "none"], [TURNED.removeprefix("filter:"), "none"], ["none", "none"]]
    assert notebook.errors() == []
