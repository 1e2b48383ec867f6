"""How an explorer moves on a page without a kernel; `on_page` runs in the notebook's kernel, when the site is built.

Where the play page has a part for it, that takes its place: then a link's end is all that is needed. Else it becomes a
flip-book: its controls, one or two, are set to each of some positions, and what it shows there is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from urllib.parse import urlencode

import ipywidgets as widgets

from lessons.explorers.base import Explorer
from lessons.models.language_model import LanguageModel
from lessons.plots.branches import in_common
from lessons.words.language import say
from lessons.words.tokens import visible

BUNDLED = "bundled"
MOST_STEPS = 25  # of a text under a rule
MOST_JUDGED = 14  # tokens of a text that two models wrote


@dataclass(frozen=True)
class Control:
    """What moves in a flip-book.

    Attributes:
        name: what it is called.
        kind: "slider", "choice" or "switch".
        positions: the values that it is set to; start: the one where it stands.
        put: sets it to a value.
        label: value → how it is written, of a switch what it is called, once it is put there.
    """

    name: str
    kind: str
    positions: Sequence[Any]
    start: Any
    put: Callable[[Any], None]
    label: Callable[[Any], str]


def on_page(explorer: Explorer) -> dict[str, Any]:
    """{"link": …, "simple": …} of a state that a part of the play page begins with; {"controls": …, "pages": …,
    "pictures": …} of a flip-book, with a "link" to the same on the play page if there is one; {} of what cannot move.
    """
    kind = type(explorer).__name__
    name = f"simple {kind}" if explorer.simple else kind
    model = getattr(explorer, "lm", None) or getattr(explorer, "source", None)
    known = kind in LINKS and isinstance(model, LanguageModel) and model.name == BUNDLED
    link = {"link": urlencode(LINKS[kind](explorer))} if known else {}
    if link and name in PARTS:
        return link | {"simple": explorer.simple}
    return link | flip_book(explorer, BOOKS[name](explorer)) if name in BOOKS else {}


def next_token(one: Explorer) -> dict[str, object]:
    def written(path: tuple[int, ...]) -> str:
        common = in_common(path, one.prompt_ids)
        return "" if path == one.prompt_ids else f"{common}:{'.'.join(map(str, path[common:]))}"

    at = 0 if one.place == len(one.path) else one.place
    also = "_".join(written(path) for path in one.paths if path != one.path)
    return {"tab": "next", "prompt": one.prompt.value, "path": written(one.path), "at": at, "also": also}


def beam(one: Explorer) -> dict[str, object]:
    controls = {name: getattr(one, name).value for name in ("prompt", "beams", "steps", "ngram", "penalty", "shown")}
    return {"tab": "beam", "box": "{}.{}".format(*one.chosen) if one.chosen else ""} | controls


def truncation(one: Explorer) -> dict[str, object]:
    on = ",".join(name for name, switch in one.switches.items() if switch.value)
    values = {name: slider.value for name, slider in one.sliders.items()}
    numbers = {"seed": one.seed.value, "draws": one.draws.value}
    return {"tab": "draw", "prompt": one.prompt.value, "on": on} | values | numbers


def temperature(one: Explorer) -> dict[str, object]:
    numbers = {"temperature": one.typed.value, "seed": one.seed.value, "draws": one.draws.value}
    return {"tab": "draw", "prompt": one.prompt.value, "on": "temperature", "tokens": one.length.value} | numbers


def lens(one: Explorer) -> dict[str, object]:
    place = 0 if one.place.value == one.columns else one.place.value
    return {"tab": "lens", "prompt": one.prompt.value, "blocks": one.blocks.value, "place": place}


# By kind of explorer: the state of the play page that shows the same; the names are those of `site/play/state.js`.
LINKS = {
    "NextTokenExplorer": next_token,
    "BeamExplorer": beam,
    "TemperatureExplorer": temperature,
    "TruncationExplorer": truncation,
    "LensExplorer": lens,
}
# Whose place a part of the play page takes. It has the same controls; other explorers have others, or fewer.
PARTS = {
    "simple NextTokenExplorer",
    "NextTokenExplorer",
    "simple BeamExplorer",
    "BeamExplorer",
    "TruncationExplorer",
    "LensExplorer",
}
# The controls of each flip-book: at most two, with about 60 pages together.
BOOKS: dict[str, Callable[[Any], list[Control]]] = {
    "simple UnderflowExplorer": lambda one: [moved(one.length, 30)],
    "UnderflowExplorer": lambda one: [moved(one.probability, (0.1, 0.3, 0.5, 0.51, 0.9)), moved(one.length, 12)],
    "simple BeamExplorer": lambda one: [moved(one.shown)],
    "BeamExplorer": lambda one: [moved(one.shown)],
    "simple TemperatureExplorer": lambda one: [moved(one.temperature, 60)],
    "TemperatureExplorer": lambda one: [moved(one.temperature, 30), written(one, moved(one.opened))],
    "simple TruncationExplorer": lambda one: [moved(one.sliders["top_p"], 50)],
    "simple FineTuningExplorer": lambda one: [moved(one.choice)],
    "FineTuningExplorer": lambda one: [moved(one.choice), moved(one.unfold)],
    "simple DecoderExplorer": lambda one: [moved(one.right)],
    "DecoderExplorer": lambda one: [moved(one.right), moved(one.number, 6)],
    "simple LensExplorer": lambda one: [moved(one.blocks)],
    "LensExplorer": lambda one: [moved(one.blocks, 8), moved(one.place)],
    "simple RuleExplorer": lambda one: [taken(one), moved(one.on)],
    "RuleExplorer": lambda one: [taken(one), moved(one.on)],
    "simple SpeculativeExplorer": lambda one: [moved(one.ahead, (1, 2, 4, 8)), judged(one)],
    "SpeculativeExplorer": lambda one: [moved(one.ahead, (1, 2, 4, 8)), judged(one)],
}


def moved(control: widgets.Widget, positions: int | Sequence[Any] = 60) -> Control:
    """A control of ipywidgets; of a slider, how many positions, or which; where it stands is always among them."""

    def put(value: Any) -> None:
        control.value = value

    if isinstance(control, widgets.ToggleButton):
        return Control("", "switch", (False, True), control.value, put, lambda _: control.description)
    if hasattr(control, "options"):
        named = (one if isinstance(one, tuple) else (one, one) for one in control.options)
        options = {value: label for label, value in named}
        return Control(control.description, "choice", list(options), control.value, put, options.__getitem__)
    values = spread(control, positions) if isinstance(positions, int) else positions
    return Control(control.description, "slider", with_start(values, control.value), control.value, put, "{:g}".format)


def spread(control: widgets.Widget, most: int) -> list[float]:
    """Evenly spaced positions of a slider, its ends among them."""
    count = round((control.max - control.min) / control.step)
    pages = min(count, most - 1)
    places = (control.min + round(count * page / pages) * control.step for page in range(pages + 1))
    if isinstance(control, widgets.FloatLogSlider):
        return [round(control.base**place, 3) for place in places]
    return [type(control.value)(round(place, 6)) for place in places]


def with_start(values: Sequence[Any], start: Any) -> list[Any]:
    """The values in order, with the one where a control stands instead of the nearest to it."""
    nearest = min(values, key=lambda value: abs(value - start))
    return sorted({start, *values} - ({nearest} - {start}))


def written(one: Explorer, control: Control) -> Control:
    """The same control, with a text at each of its positions, also where writing is too slow for a slider."""

    def put(value: Any) -> None:
        control.put(value)
        if one.text is None:
            one.attempt(lambda: one.keep_text(one.typed.value))
            one.attempt(one.clear_texts)

    return replace(control, put=put)


def taken(rule: Explorer) -> Control:
    """How many tokens of a text under a rule have been taken, each of them the likeliest that may follow."""
    path = rule.new_ids
    while len(path) < MOST_STEPS and rule.mass and not rule.ended(path):
        path = (*path, int(rule.left.argmax()))
        rule.follow(path)

    def put(number: int) -> None:
        rule.follow(path[:number])

    def label(number: int) -> str:
        return f"{number}: {visible(rule.source.token(path[number - 1]))}" if number else "0"

    return Control(say("site.taken"), "slider", range(len(path) + 1), 0, put, label)


def judged(one: Explorer) -> Control:
    """Which token of a text that two models wrote is looked at."""

    def put(place: int) -> None:
        steps = len(one.trace.steps)
        one.choose(next(number for number, piece in enumerate(one.pieces[1:]) if piece.place == min(place, steps - 1)))

    def label(place: int) -> str:
        return f"{place + 1}: {visible(one.trace.token(one.trace.steps[one.place].chosen))}"

    values = with_start(range(min(MOST_JUDGED, len(one.trace.steps))), one.place)
    return Control(say("site.looked_at"), "slider", values, one.place, put, label)


def flip_book(explorer: Explorer, controls: Sequence[Control]) -> dict[str, Any]:
    """What the explorer shows at each position of its controls, which afterwards stand where they stood.

    {"controls": [{"name", "kind", "start", "labels"}], "pages": [{"labels", "picture", "sentence"}], "pictures": […]}:
    pages in the order of the last control, then of the one before; pictures are HTML, each of them once
    """
    pages, pictures = [], {}
    for values in product(*(control.positions for control in controls)):
        put(controls, values)
        if explorer.error:
            raise RuntimeError(explorer.error)
        labels = [control.label(value) for control, value in zip(controls, values, strict=True)]
        picture = pictures.setdefault(shown(explorer), len(pictures))
        pages.append({"labels": labels, "picture": picture, "sentence": explorer.sentence})
    put(controls, [control.start for control in controls])
    return {"controls": described(controls, pages), "pages": pages, "pictures": list(pictures)}


def put(controls: Sequence[Control], values: Sequence[Any]) -> None:
    for control, value in zip(controls, values, strict=True):
        control.put(value)


def described(controls: Sequence[Control], pages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a page must know of the controls; `labels`: of their positions while the others stand at their first."""
    found, step = [], len(pages)
    for number, control in enumerate(controls):
        step //= len(control.positions)
        labels = [pages[place * step]["labels"][number] for place in range(len(control.positions))]
        start = list(control.positions).index(control.start)
        found.append({"name": control.name, "kind": control.kind, "start": start, "labels": labels})
    return found


def shown(explorer: Explorer) -> str:
    """What the explorer shows, as HTML."""
    bundle = explorer._repr_mimebundle_()
    return bundle.get("text/html") or bundle["image/svg+xml"]
