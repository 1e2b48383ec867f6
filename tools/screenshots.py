"""Pictures of every explorer as a browser shows it, in each language: in the light and the dark theme, and in a window
700 pixels wide.

    python tools/screenshots.py             # all of them into build/screenshots, the READMEs' into docs
    python tools/screenshots.py beam        # those of one explorer

With them comes a sheet for each explorer with all of its states (`contact_sheets.py`), in English.

They are for looking at: is anything cut off, too pale, in the way?
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import browsing
from browsing import ROOT, Lab, Notebook
from contact_sheets import sheets
from growing_tree import grown, write_gif
from PIL import Image
from shown_explorer import EXPLORERS, ShownExplorer

FOLDER = ROOT / "build" / "screenshots"
# Theme of JupyterLab, and width of the window.
LOOKS = {"light": ("JupyterLab Light", 1200), "dark": ("JupyterLab Dark", 1366), "narrow": ("JupyterLab Light", 700)}
# The pictures in README.md, by explorer and look; README.ko.md has them with "-ko" at the end of their names.
IN_README = {("next-token", "light"): "lesson-01.png", ("truncation", "dark"): "lesson-05-dark.png"}
# What is clicked for lesson 01's picture, by place: six bars, two other branches, and back into the first.
SIX = tuple(("bars", place) for place in (1, 0, 0, 0, 0, 2))
CLICKS = (*SIX, ("words", 9), ("bars", 2), ("bars", 0), ("bars", 1), ("words", 8), ("bars", 4), ("bars", 1))
CLICKS += (("pieces", 3), ("words", 10))


def shots(lab: Lab, names: list[str], language: str) -> Iterator[tuple[str, str, bytes]]:
    """(explorer, look, PNG bytes) for each explorer in each look."""
    start = f"lessons.start({language!r})"
    for look, (theme, width) in LOOKS.items():
        lab.set("apputils-extension/themes", theme=theme)
        with browsing.browser() as chromium:
            for name in names:
                page = chromium.new_page(viewport={"width": width, "height": 1800}, device_scale_factor=1.5)
                cells = browsing.SETUP, f"{start}; {EXPLORERS[name]}\nexplorer"
                notebook = Notebook(page, lab, lab.write(f"{name}-{look}-{language}", *cells))
                page.keyboard.press("Control+b")  # the list of files makes room
                notebook.run(1, 2)
                explorer = ShownExplorer(page, notebook.cell(2))
                if name == "next-token":
                    click(explorer)
                if name == "truncation":
                    throw(explorer)
                page.mouse.move(0, 0)
                page.wait_for_timeout(500)
                yield name, look, explorer.box.screenshot()
                page.close()
                lab.stop_kernels()


def click(explorer: ShownExplorer) -> None:
    """Go on with a few tokens, back, and on with others, as a student does."""
    for kind, place in CLICKS:
        before = explorer.sentence()
        getattr(explorer, kind).nth(place).click()
        explorer.wait_until(lambda before=before: explorer.sentence() != before)


def throw(explorer: ShownExplorer) -> None:
    """Draw one token, then ten more."""
    for place in (0, 1):
        before = explorer.sentence()
        explorer.box.locator("button:has(.fa-arrow-down), button:has(.fa-arrow-down) + button").nth(place).click()
        explorer.wait_until(lambda before=before: explorer.sentence() != before)


def smaller(png: bytes) -> bytes:
    """The picture in at most 128 colours, which is all that ours have, and a third of the bytes."""
    file = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def main(names: list[str]) -> int:
    """0; 1 if there is no browser, or no explorer of that name."""
    if browsing.missing() or set(names) - set(EXPLORERS):
        print(
            browsing.missing() or f"expected names out of {', '.join(EXPLORERS)}, got {' '.join(names)}",
            file=sys.stderr,
        )
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place, browsing.served_lab(Path(place)) as lab:
        for name, sheet in sheets(lab, names or list(EXPLORERS)):
            sheet.save(FOLDER / f"{name}-states.png")
            print(f"written: {name}, all states", flush=True)
        for language, ending in {"en": "", "ko": "-ko"}.items():
            for name, look, png in shots(lab, names or list(EXPLORERS), language):
                (FOLDER / f"{name}-{look}{ending}.png").write_bytes(smaller(png))
                if (name, look) in IN_README:
                    picture = ROOT / "docs" / IN_README[name, look]
                    picture.with_stem(picture.stem + ending).write_bytes(smaller(png))
                print(f"written: {name}, {look}, {language}", flush=True)
            if "beam" in (names or EXPLORERS):
                write_gif(grown(lab, language), ROOT / "docs" / f"lesson-03{ending}.gif")
                print(f"written: the tree as it grows, {language}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
