"""How an explorer moves on a page without a kernel; `on_page` runs in the notebook's kernel, when the site is built.

Where the play page has a part for it, that takes its place: then a link's end is all that is needed. Else it becomes a
flip-book: its main control is set to each of some positions, and what it shows there is kept.
"""

from typing import Any
from urllib.parse import urlencode

import ipywidgets as widgets

from lessons.explorers.base import Explorer
from lessons.models.language_model import LanguageModel

MOST_PAGES = 30  # of a flip-book whose control is a slider
BUNDLED = "bundled"
# By kind of explorer: the control that a flip-book moves.
MAIN = {
    "UnderflowExplorer": "length",
    "FineTuningExplorer": "choice",
    "DecoderExplorer": "right",
    "BeamExplorer": "shown",
    "TemperatureExplorer": "temperature",
    "LensExplorer": "blocks",
    "SpeculativeExplorer": "ahead",
    "RuleExplorer": "on",
}


def on_page(explorer: Explorer) -> dict[str, Any]:
    """{"link": …} of a state of the play page; {"control": …, "pages": …} of a flip-book; {} of what cannot move."""
    model = getattr(explorer, "lm", None) or getattr(explorer, "source", None)
    kind = type(explorer).__name__
    if kind in LINKS and isinstance(model, LanguageModel) and model.name == BUNDLED:
        return {"link": urlencode(LINKS[kind](explorer))}
    return flip_book(explorer, getattr(explorer, MAIN[kind])) if kind in MAIN else {}


def truncation(explorer: Explorer) -> dict[str, object]:
    on = [name for name, switch in explorer.switches.items() if switch.value]
    return {"tab": "draw", "prompt": explorer.prompt.value, "on": ",".join(on), "seed": explorer.seed.value} | {
        name: explorer.sliders[name].value for name in on
    }


# By kind of explorer: the state of the play page that shows the same; the names are those of `site/play/state.js`.
LINKS = {
    "NextTokenExplorer": lambda one: {"tab": "next", "prompt": one.prompt.value},
    "TruncationExplorer": truncation,
    "TemperatureExplorer": lambda one: {
        "tab": "draw",
        "prompt": one.prompt.value,
        "on": "temperature",
        "temperature": one.typed.value,
    },
    "BeamExplorer": lambda one: {
        "tab": "beam",
        "prompt": one.prompt.value,
        "beams": one.beams.value,
        "steps": one.steps.value,
        "ngram": one.ngram.value,
        "penalty": one.penalty.value,
    },
    "LensExplorer": lambda one: {"tab": "lens", "prompt": one.prompt.value, "blocks": one.blocks.value},
}


def flip_book(explorer: Explorer, control: widgets.Widget) -> dict[str, Any]:
    """What the explorer shows at each position of its control, which afterwards stands where it stood.

    {"control": {"name", "kind", "start"}, "pages": [{"label", "picture", "sentence"}]}
    """
    before, found = control.value, []
    positions = choices(control) or [(f"{value:g}", value) for value in spread(control)]
    for label, value in positions:
        control.value = value
        found.append({"label": label, "picture": picture(explorer), "sentence": explorer.sentence})
    control.value = before
    start = [value for _, value in positions].index(before)
    kind = "choice" if choices(control) else "slider"
    return {"control": {"name": control.description, "kind": kind, "start": start}, "pages": found}


def choices(control: widgets.Widget) -> list[tuple[str, Any]]:
    """(label, value) of each option of a list, or of a switch; [] of a slider."""
    if isinstance(control, widgets.ToggleButton):
        return [("✓", True), ("✗", False)]
    return [one if isinstance(one, tuple) else (str(one), one) for one in getattr(control, "options", ())]


def spread(control: widgets.Widget) -> list[float]:
    """Evenly spaced positions of a slider, its ends and where it stands among them."""
    count = round((control.max - control.min) / control.step)
    pages = min(count, MOST_PAGES - 1)
    places = {round(count * page / pages) for page in range(pages + 1)}
    values = {type(control.value)(control.min + place * control.step) for place in places}
    return sorted({*values, control.value})


def picture(explorer: Explorer) -> str:
    """What the explorer shows, as HTML: strips of a text, or texts side by side; then its drawing."""
    parts = [explorer.strips] if hasattr(explorer, "strips") else getattr(explorer, "texts", [])
    texts = [part.value for part in parts] if isinstance(parts, list) else []
    beside = "".join(f"<div>{text}</div>" for text in texts)
    drawn = str(explorer.drawing) or explorer._repr_mimebundle_().get("text/html", "")
    alone = bool(texts) and (getattr(explorer, "simple", False) or not explorer.drawing)
    return (f'<div class="pair">{beside}</div>' if texts else "") + ("" if alone else drawn)
