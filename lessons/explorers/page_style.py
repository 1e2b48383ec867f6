"""What a page does for explorers by itself, while Python has no time to, or is gone: one style, its words in it."""

import json

from lessons.plots.themes import DARK_PAGES, SHEET, TURNED
from lessons.words.language import say

# Classes: of an explorer; of what its actions make; of an explorer whose controls say something else than what it
# shows; of words that something is under way, or went wrong; of controls with their consequence, on one screen.
EXPLORER, SHOWN, NOT_CURRENT = "lessons-explorer", "lessons-shown", "lessons-not-current"
BUSY, ERROR, IN_ONE_LOOK = "lessons-busy", "lessons-error", "lessons-in-one-look"
GONE = "jupyter-widgets-disconnected"  # ipywidgets' class of whatever has lost its kernel
# What takes less than this is neither dimmed nor named: it would only flicker.
AT_ONCE = "0.2s"


def page_style() -> str:
    """The style, in the language that is spoken, with that of dark pages.

    What is shown is dimmed where it is not current; what is under way is named over what stands below, so that nothing
    moves; a box in which somebody types says what has it read; and where Python is gone, words say what to do. All of
    these words stand on pale papers, which a dark page turns.
    """
    keys = say("explorers.press_enter"), say("explorers.press_tab"), say("explorers.gone")
    enter, tab, gone = (json.dumps(words, ensure_ascii=False) for words in keys)  # quoted as CSS quotes
    box = ":is(.widget-text,.widget-textarea)"
    papers = f".{ERROR}", f".{BUSY}>span", f".{IN_ONE_LOOK} {box}:focus-within::after", f".{EXPLORER}.{GONE}::before"
    on_dark = ",".join(f":is({','.join(DARK_PAGES)}) {paper}" for paper in papers)
    return f"""{SHEET}<style>.{NOT_CURRENT} .{SHOWN}{{opacity:.35;transition:opacity .1s {AT_ONCE}}}
.{BUSY}{{position:relative;height:0;z-index:7;animation:lessons-wait {AT_ONCE}}}
.{BUSY}>span{{position:absolute;left:0;top:2px;padding:4px 10px;color:#222;background:#eef3f8;border:1px solid #0072B2;
border-left-width:4px}}
@keyframes lessons-wait{{from,to{{visibility:hidden}}}}
.{IN_ONE_LOOK} {box}{{position:relative;overflow:visible}}
.{IN_ONE_LOOK} {box}:focus-within::after{{position:absolute;z-index:6;right:6px;top:100%;
padding:0 8px;white-space:nowrap;font-size:12px;line-height:18px;color:#222;background:#eef3f8;border:1px solid #0072B2;
pointer-events:none}}
.{IN_ONE_LOOK} .widget-text:focus-within::after{{content:{enter}}}
.{IN_ONE_LOOK} .widget-textarea:focus-within::after{{content:{tab}}}
.{EXPLORER} .{GONE}::before{{content:none}}
.{EXPLORER}.{GONE}::before{{content:{gone};display:block;font:inherit;padding:4px 10px;color:#7a2e00;background:#fff1e6;
border-left:4px solid #D55E00}}
.{EXPLORER}.{GONE} .{SHOWN}{{opacity:.35}}
{on_dark}{{{TURNED}}}
</style>"""
