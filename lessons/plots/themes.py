"""One drawing for light and for dark pages: it has no ground of its own, and a dark page turns its lightness round.

So ink is drawn for white paper only. The hue of a colour stays what it is, and words keep their contrast: what has 4.5
with white has more than 4.5 with JupyterLab's black.
"""

from lessons.words.writing import DRAWN

DARK_PAGES = ('[data-jp-theme-light="false"]', ".vscode-dark", '[theme="dark"]')  # JupyterLab's, VS Code's, Colab's
TURNED = "filter:invert(1) hue-rotate(180deg)"
# What JupyterLab calls the image of a figure (`canvas.Picture`): black paper, turned, gives way to the page's ground.
FIGURE = f"{DARK_PAGES[0]} img.jp-needs-light-background{{{TURNED};mix-blend-mode:screen}}"
SHEET = f"<style>{','.join(f'{page} .{DRAWN}' for page in DARK_PAGES)}{{{TURNED}}}{FIGURE}</style>"
