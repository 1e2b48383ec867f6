"""One sheet for each explorer: the states that it can be in, one under the other, in three looks: to be looked at."""

import re
from collections.abc import Iterator
from io import BytesIO

import browsing
from browsing import Lab, Notebook
from PIL import Image, ImageDraw
from shown_explorer import EXPLORERS, ShownExplorer

# Theme of JupyterLab, and width of the window.
COLUMNS = {"light": ("JupyterLab Light", 1366), "dark": ("JupyterLab Dark", 1280), "narrow": ("JupyterLab Light", 700)}
BOX = "next(one for one in vars(explorer).values() if type(one).__name__ == 'Textarea')"
BY_TEXT = "if hasattr(explorer, 'probability') and hasattr(explorer, 'text'): explorer.source.value = 'text'"  # of 02
STATES = {
    "simple": "{simple}",
    "full": "{full}",
    "somebody types": "{full}",
    "busy": "{full}\nexplorer.busy('the model is reading…')",
    "an error, and stale": f"{{full}}\n{BY_TEXT}\n{BOX}.value = ''",
    "never begun": "{never}",
}
MARGIN, LABEL = 16, 18  # pixels


def sheets(lab: Lab, names: list[str]) -> Iterator[tuple[str, Image.Image]]:
    """(explorer, sheet) for each explorer."""
    for name in names:
        columns = []
        for look, (theme, width) in COLUMNS.items():
            lab.set("apputils-extension/themes", theme=theme)
            with browsing.browser() as chromium:
                page = chromium.new_page(viewport={"width": width, "height": 1800})
                notebook = Notebook(page, lab, lab.write(f"{name}-{look}-states", browsing.SETUP, *cells(name)))
                page.keyboard.press("Control+b")  # the list of files makes room
                columns.append([(f"{state}, {look}", picture) for state, picture in pictures(notebook)])
            lab.stop_kernels()
        yield name, sheet(columns)


def cells(name: str) -> list[str]:
    """The code that shows an explorer in each state; one that begins with no prompt cannot begin."""
    full = EXPLORERS[name]
    never = re.sub(r'Explorer\(lm(, "[^"]*")?', 'Explorer(lm, ""', full)
    simple = f"{full.removesuffix(')')}, simple=True)"
    return [f"{code.format(full=full, simple=simple, never=never)}\nexplorer" for code in STATES.values()]


def pictures(notebook: Notebook) -> Iterator[tuple[str, Image.Image]]:
    """(state, picture) of each state."""
    for number, state in enumerate(STATES, 2):
        notebook.run(1 if number == 2 else number, number)
        box = ShownExplorer(notebook.page, notebook.cell(number), begun=state != "never begun").box
        if state == "somebody types" and box.locator("textarea:visible").count():
            box.locator("textarea:visible").first.focus()
        notebook.page.wait_for_timeout(600)
        yield state, Image.open(BytesIO(box.screenshot()))


def sheet(columns: list[list[tuple[str, Image.Image]]]) -> Image.Image:
    """The pictures in columns, each under its name."""
    widths = [max(picture.width for _, picture in column) + MARGIN for column in columns]
    heights = [sum(picture.height + LABEL + MARGIN for _, picture in column) for column in columns]
    paper = Image.new("RGB", (sum(widths), max(heights)), "#bdbdbd")
    pen = ImageDraw.Draw(paper)
    for place, column in enumerate(columns):
        x, y = sum(widths[:place]), 0
        for name, picture in column:
            pen.text((x, y), name, fill="black")
            paper.paste(picture, (x, y + LABEL))
            y += picture.height + LABEL + MARGIN
    return paper
