"""An explorer in a page: its picture, its sentence, and its controls, moved as a student moves them."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from browsing import SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# How each explorer is made, after `browsing.SETUP`.
EXPLORERS = {
    "next-token": "explorer = lessons.NextTokenExplorer(lm)",
    "underflow": "explorer = lessons.UnderflowExplorer(lm)",
    "beam": "explorer = lessons.BeamExplorer(lm, beams=3, steps=5)",
    "temperature": "explorer = lessons.TemperatureExplorer(lm)",
    "truncation": 'explorer = lessons.TruncationExplorer(lm, on=("top_k", "top_p"))',
    # Another model beside the bundled one, without training: its weights a little shaken.
    "fine-tuning": """import torch
with torch.no_grad():
    for number, weight in enumerate(lm.model.parameters()):
        weight.add_(0.02 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)))
lm.model.save_pretrained("shaken"); lm.tokenizer.save_pretrained("shaken")
before, after = lessons.load(device="cpu"), lessons.load("shaken", device="cpu")
text = "Once upon a time there was a king who had a fair daughter, " * 4
explorer = lessons.FineTuningExplorer(before, after, [text])""",
    "lens": "explorer = lessons.LensExplorer(lm)",
    "rule": "explorer = lessons.RuleExplorer(lm)",
    "speculative": 'explorer = lessons.SpeculativeExplorer(lm, "So the prince went", lessons.first_blocks(lm, 4))',
    "decoder": 'explorer = lessons.DecoderExplorer(lm, "Once upon a time", samples=3, max_new_tokens=8)',
}
DIGEST = """async pictures => {
  const bytes = pictures[0].tagName === "IMG"
    ? await (await fetch(pictures[0].src)).arrayBuffer()
    : new TextEncoder().encode(pictures.map(picture => picture.outerHTML).join(""));
  return [bytes.byteLength, ...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].join(" ");
}"""
PLACE = "explorer => [explorer.closest('.jp-WindowedPanel-outer').scrollTop, explorer.getBoundingClientRect().top]"


class ShownExplorer:
    """An explorer under a cell.

    Attributes:
        box: the whole of it, as Playwright finds it.
    """

    def __init__(self, page: "Page", cell: "Locator", begun: bool = True) -> None:
        """begun: whether it has something to show, or says why it has not"""
        self.page, self.box = page, cell.locator(".jp-OutputArea-output .widget-vbox").first
        self.box.locator(".lessons-sentence" if begun else ".lessons-error, .lessons-sentence").first.wait_for()

    def picture(self) -> str:
        """Length and digest of the picture: of an image's file, or of the markup of all drawings, or of bars."""
        rows = self.box.locator(".lessons-rows")  # lesson 01's bars are buttons
        images = rows if rows.count() else self.box.locator("img.widget-image, svg")
        images.first.wait_for()
        return images.evaluate_all(DIGEST)

    @property
    def bars(self) -> "Locator":
        """The bars of lesson 01, each of them a button."""
        return self.box.locator(".lessons-rows button:visible")

    @property
    def words(self) -> "Locator":
        """The words of lesson 01's text, each of them a button."""
        return self.box.locator(".lessons-words button:visible")

    @property
    def pieces(self) -> "Locator":
        """The boxes of lesson 01's tree, each of them a button."""
        return self.box.locator(".lessons-pieces button:visible")

    def sentence(self) -> str:
        """The words under the picture."""
        return self.box.locator(".lessons-sentence").first.inner_text()

    def place(self) -> list[float]:
        """How far the notebook is scrolled, and where in the window the explorer begins, in pixels."""
        return self.box.evaluate(PLACE)

    def slider(self, label: str) -> "Locator":
        """The slider with this label, or in one row with a box to tick that has it."""
        labelled = f'.widget-slider:has(.widget-label:text-is("{label}"))'
        ticked = f'.widget-hbox:has(> .widget-checkbox:has-text("{label}")) .widget-slider'
        return self.box.locator(f"{labelled}, {ticked}").first

    def readout(self, label: str) -> str:
        """The number beside a slider."""
        return self.slider(label).locator(".widget-readout").inner_text()

    def drag(self, label: str, share: float, steps: int = 12) -> None:
        """Drag a slider's handle with the mouse to a share of its length; it moves in so many small steps, and is let
        go."""
        handle, rail = self.slider(label).locator(".noUi-handle"), self.slider(label).locator(".noUi-base")
        handle.scroll_into_view_if_needed()
        start, length = handle.bounding_box(), rail.bounding_box()
        y = start["y"] + start["height"] / 2
        self.page.mouse.move(start["x"] + start["width"] / 2, y)
        self.page.mouse.down()
        self.page.mouse.move(length["x"] + share * length["width"], y, steps=steps)
        self.page.mouse.up()

    def press(self, label: str, key: str, times: int = 1) -> None:
        """Press a key on a slider's handle, as somebody without a mouse does."""
        self.slider(label).locator(".noUi-handle").focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def type(self, label: str, text: str) -> None:
        """Write a text into the field of that label and press Enter, or leave the field if it has several lines."""
        field = (
            self.box.locator(".widget-text, .widget-textarea").filter(has_text=label).locator("input, textarea").first
        )
        field.fill(text)
        field.press("Enter" if field.evaluate("field => field.tagName") == "INPUT" else "Tab")

    def wait_until(self, what: Callable[[], bool]) -> float:
        """The seconds until something is so. Raises TimeoutError if it does not happen."""
        start = time.monotonic()
        while not what():
            if time.monotonic() - start > SECONDS:
                raise TimeoutError(f"nothing happened for {SECONDS} seconds; the sentence is: {self.sentence()}")
            self.page.wait_for_timeout(20)
        return time.monotonic() - start
