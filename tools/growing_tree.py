"""The tree of lesson 03 as it grows, for README: from the first step to the ending, as a GIF."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import browsing
from browsing import Lab, Notebook
from PIL import Image
from shown_explorer import ShownExplorer

if TYPE_CHECKING:
    from playwright.sync_api import Locator

STEPS = 6
EXPLORER = f"explorer = lessons.BeamExplorer(lm, steps={STEPS}, simple=True)\nexplorer"
MOMENTS = {
    650: 700,
    60_000: 1200,
}  # ms after a step: all candidates are there, the pruned ones are grey; how long shown
LAST = 6000  # ms that the ending is shown
AT_A_MOMENT = """time => document.getAnimations().filter(one => one.animationName)
  .forEach(one => {one.pause(); one.currentTime = time})"""
COLOURS = 256


def grown(lab: Lab, language: str) -> list[Image.Image]:
    """Two pictures of each step, all of one size."""
    lab.set("apputils-extension/themes", theme="JupyterLab Light")
    with browsing.browser() as chromium:
        page = chromium.new_page(viewport={"width": 1230, "height": 1700}, device_scale_factor=1.5)
        cells = browsing.SETUP, f"lessons.start({language!r}); {EXPLORER}"
        notebook = Notebook(page, lab, lab.write(f"growing-{language}", *cells))
        page.keyboard.press("Control+b")  # the list of files makes room
        notebook.run(1, 2)
        explorer = ShownExplorer(page, notebook.cell(2))
        explorer.box.scroll_into_view_if_needed()
        back, forward = (explorer.box.locator("button.jupyter-button:has(i)").nth(place) for place in (-2, -1))
        for button in [forward] * (STEPS - 1):
            go(explorer, button)
        page.mouse.move(0, 0)
        whole = explorer.box.bounding_box()  # with the ending, which makes it longer
        for button in [back] * (STEPS - 1):
            go(explorer, button)
        pictures = []
        for step in range(STEPS):
            if step:
                go(explorer, forward)
            for moment in MOMENTS:
                page.evaluate(AT_A_MOMENT, moment)
                pictures.append(Image.open(BytesIO(page.screenshot(clip=whole))).convert("RGB"))
        page.close()
        lab.stop_kernels()
        return pictures


def go(explorer: ShownExplorer, button: "Locator") -> None:
    """Press a button by key, so that no mouse stands in the picture, and wait for what it shows."""
    before = explorer.sentence()
    button.press("Enter")
    explorer.wait_until(lambda: explorer.sentence() != before)
    explorer.page.evaluate("document.activeElement.blur()")
    explorer.page.wait_for_timeout(300)


def write_gif(pictures: list[Image.Image], path: Path) -> None:
    """The pictures one after the other, again and again, in the colours of the last one."""
    palette = pictures[-1].quantize(COLOURS)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    pauses = [*MOMENTS.values()] * STEPS
    pauses[-1] = LAST
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:], duration=pauses, loop=0)
