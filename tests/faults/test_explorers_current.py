"""What an explorer shows belongs to what its controls say, or it is marked as not current, with the reason.

Every explorer, every control, and every way of falling behind: never begun, made bad, interrupted, failed. Explorers
are compared with fresh ones of the same control values: the sentence, and every page that is shown. (The
picture is put in place in one call with the sentence; here it is not drawn, which takes most of the time.)
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import ClassVar

import ipywidgets as widgets
import pytest
from traitlets import TraitError

import lessons
from lessons.explorers.base import Explorer
from lessons.explorers.cell_outputs import parts_of
from lessons.explorers.page_style import BUSY, NOT_CURRENT, SHOWN
from lessons.tables.decoders import NINE
from lessons.words.language import speak, spoken

pytestmark = pytest.mark.fault

NAMES = [name for name in lessons.__all__ if name.endswith("Explorer")]
OF_THE_CHAIN = ("BeamExplorer", "TemperatureExplorer", "TruncationExplorer")
GOOD, OTHER, BAD = "the old king", "the fox and", ""
GOOD_WORDS, OTHER_WORDS = "the dog", "a cat"  # for the six-word chain


class Trouble:
    """What is to happen at the next reading of the model or drawing of a picture: an exception, or nothing.

    look: is called at each reading
    """

    def __init__(self) -> None:
        self.reading: type[BaseException] | None = None
        self.drawing: type[BaseException] | None = None
        self.look: Callable[[], None] = lambda: None

    def read(self, *given: object) -> None:
        self.look()
        if self.reading:
            raise self.reading("planted")

    @contextmanager
    def at(self, place: str, error: type[BaseException]) -> Iterator[None]:
        setattr(self, place, error)
        try:
            yield
        finally:
            setattr(self, place, None)


@pytest.fixture
def trouble(tiny_models, monkeypatch) -> Iterator[Trouble]:
    """Strikes where it is told to, in the model or in what shows the sentence."""
    trouble = Trouble()
    show_sentence = Explorer.show_sentence

    def show(explorer: Explorer, sentence: str) -> None:
        if trouble.drawing:
            raise trouble.drawing("planted")
        show_sentence(explorer, sentence)

    monkeypatch.setattr(Explorer, "show_sentence", show)
    monkeypatch.setattr("lessons.explorers.writing.QUICK", math.inf)  # however busy the machine is
    monkeypatch.setattr("lessons.explorers.writing.HOPEFUL", math.inf)
    hook = tiny_models["gpt2"].model.base_model.register_forward_pre_hook(trouble.read)
    yield trouble
    hook.remove()


class TroubledChain:
    """The six-word chain, in which trouble can strike."""

    def __init__(self, chain, trouble: Trouble) -> None:
        self.chain, self.trouble = chain, trouble
        self.encode, self.decode, self.end_ids = chain.encode, chain.decode, chain.end_ids

    def __call__(self, ids):
        self.trouble.read()
        return self.chain(ids)


@pytest.fixture
def make(tiny_models, chain, trouble) -> Callable[[str, str], Explorer]:
    """make(name, text): an explorer of that name with that text in its box."""
    lm, troubled = tiny_models["gpt2"], TroubledChain(chain, trouble)

    def make(name: str, text: str) -> Explorer:
        kind = getattr(lessons, name)
        if name == "UnderflowExplorer":
            explorer = kind(lm, text)
            explorer.source.value = "text"
            return explorer
        if name == "FineTuningExplorer":
            return kind(lm, lm, [text, "again and again"])
        if name == "NextTokenExplorer":
            explorer = kind(lm, text)
            if explorer.current:
                explorer.choose(1)  # so that there is a tree
            return explorer
        if name == "DecoderExplorer":
            return kind(lm, text, samples=2, max_new_tokens=3, decoders=NINE[:1] + NINE[4:6])
        if name == "BeamExplorer":
            return kind(troubled, text, beams=2, steps=3)
        return kind(troubled if name in OF_THE_CHAIN else lm, text)

    return make


def texts_of(name: str) -> tuple[str, str]:
    return (GOOD_WORDS, OTHER_WORDS) if name in OF_THE_CHAIN else (GOOD, OTHER)


def controls(explorer: Explorer) -> list[widgets.Widget]:
    """Whatever a student can move or click, in the order in which it was made; of many buttons alike the first two."""
    named = [value for value in vars(explorer).values() if isinstance(value, widgets.Widget)]
    several = [value for value in vars(explorer).values() if isinstance(value, dict | list)]
    listed = [one for some in several for one in (list(some.values()) if isinstance(some, dict) else some[:2])]
    kinds = (widgets.ValueWidget, widgets.Button)
    shows = (widgets.HTML, widgets.Image)
    return [one for one in (*named, *listed) if isinstance(one, kinds) and not isinstance(one, shows)]


def box(explorer: Explorer) -> widgets.Textarea:
    return next(one for one in controls(explorer) if isinstance(one, widgets.Textarea))


def moves(name: str, control: widgets.Widget) -> list[object]:
    """Other values of a control, good and bad; None for a click."""
    if isinstance(control, widgets.Button):
        return [None]
    if isinstance(control, widgets.Textarea):
        return [texts_of(name)[1], BAD]
    if isinstance(control, widgets.Checkbox | widgets.ToggleButton):
        return [not control.value]
    if isinstance(control, widgets.Dropdown | widgets.ToggleButtons):
        options = [option[1] if isinstance(option, tuple) else option for option in control.options]
        return [option for option in options if option != control.value][:1]
    if isinstance(control, widgets.FloatText):
        return [2.0, -1.0, math.nan]
    if isinstance(control, widgets.FloatLogSlider):
        return [0.5]
    return [control.min if control.value == control.max else min(control.value + 1, control.max)]


def move(control: widgets.Widget, value: object) -> None:
    if value is None:
        control.click()
    with suppress(TraitError):  # a list that does not offer it
        if value is not None:
            control.value = value


def shown(explorer: Explorer) -> list[str]:
    """All that an explorer's actions make: the sentence, pages (but for the class that names the explorer), and buttons
    that are part of a picture."""
    made = [part for part in parts_of(explorer) if SHOWN in getattr(part, "_dom_classes", ())]
    pages = [part.value.replace(explorer.model_id, "") for part in made if isinstance(part, widgets.HTML)]
    buttons = [one for part in made if isinstance(part, widgets.Box) for one in part.children]
    return [explorer.sentence, *pages, *(f"{one.description}: {one.tooltip}" for one in buttons if one.description)]


def with_values(explorer: Explorer) -> list[widgets.Widget]:
    """The controls that say something: all but buttons."""
    return [one for one in controls(explorer) if hasattr(one, "value")]


def number_of(explorer: Explorer, chosen: tuple[int, int]) -> int:
    """The number of a candidate's box in the tree, by its step and rank."""
    return [(one.step, one.rank) for step in explorer.trace.tree for one in step].index(chosen)


class Fresh:
    """What a fresh explorer shows that was brought to the same controls without any trouble; each is made once."""

    known: ClassVar[dict[tuple, list[str]]] = {}

    def __init__(self, name: str, make: Callable[[str, str], Explorer]) -> None:
        self.name, self.make = name, make

    def like(self, explorer: Explorer, clicked: int | None) -> list[str]:
        wanted = [one.value for one in with_values(explorer)]
        paths, here = getattr(explorer, "paths", []), [getattr(explorer, name, None) for name in ("path", "place")]
        chosen = getattr(explorer, "chosen", None)
        key = (self.name, repr(wanted), repr(paths), repr(here), chosen, clicked)
        if key not in self.known:
            fresh = self.make(self.name, box(explorer).value)
            if paths:
                fresh.restart.click()
                for path in paths:
                    fresh.follow(path, len(path))
                fresh.follow(*here)
            for control, value in zip(with_values(fresh), wanted, strict=True):
                move(control, value)
            if chosen is not None:
                fresh.boxes[number_of(fresh, chosen)].click()
            if clicked is not None and not paths:
                controls(fresh)[clicked].click()
                for control, value in zip(with_values(fresh), wanted, strict=True):  # a button may move other controls
                    move(control, value)
            assert fresh.current and fresh.error == explorer.error  # a click can be refused
            self.known[key] = shown(fresh)
            fresh.release()
        return self.known[key]


def check(explorer: Explorer, fresh: Fresh, clicked: int | None = None) -> None:
    """The rule; `clicked`: the number of a button that was just clicked, whose work is to be seen."""
    assert "Traceback" not in explorer.error or "planted" in explorer.error
    assert explorer.current == (NOT_CURRENT not in explorer._dom_classes)
    if explorer.current:
        assert fresh.like(explorer, clicked) == shown(explorer)
    else:
        assert explorer.error
        assert bool(explorer.sentence) == ("not current" in explorer._error_line.value)
        assert not {"image/svg+xml", "text/html"} & set(explorer._repr_mimebundle_())


def restored(explorer: Explorer, name: str, fresh: Fresh) -> None:
    """A good text makes all well again, once no other control says what cannot be."""
    if name == "TemperatureExplorer":
        explorer.typed.value = 1.5
    explorer_box = box(explorer)
    explorer_box.value = next(text for text in texts_of(name) if text != explorer_box.value)
    if name == "UnderflowExplorer" and explorer.source.value == "equal":
        explorer.source.value = "text"
    assert explorer.current and not explorer.error
    check(explorer, fresh)
    explorer.release()


STRUCK = {
    "interrupted while reading": ("reading", KeyboardInterrupt),
    "interrupted while drawing": ("drawing", KeyboardInterrupt),
    "failed while reading": ("reading", ZeroDivisionError),
    "refused while drawing": ("drawing", ValueError),
}


def fall_behind(name: str, how: str, make: Callable, trouble: Trouble, place: int, value: object) -> Explorer:
    """An explorer after the fall, whose control number `place` was moved meanwhile or afterwards."""
    text, _ = texts_of(name)
    explorer = make(name, BAD if how == "never begun" else text)
    control = controls(explorer)[place]
    if how == "made bad":
        box(explorer).value = BAD
    with trouble.at(*STRUCK[how]) if how in STRUCK else nullcontext(), suppress(KeyboardInterrupt):
        move(control, value)
    return explorer


@pytest.mark.parametrize("how", ["never begun", "made bad", *STRUCK])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_belongs_to_the_controls(make, trouble, name, how):
    """Each control is moved, then the next one: the picture follows, or says that it does not."""
    fresh, first = Fresh(name, make), make(name, BAD if how == "never begun" else texts_of(name)[0])
    for place, control in enumerate(controls(first)):
        for value in moves(name, control):
            explorer = fall_behind(name, how, make, trouble, place, value)
            check(explorer, fresh, place if value is None and not explorer.error else None)
            there = controls(explorer)
            other = next(one for one in there[place + 1 :] + there if moves(name, one))
            move(other, moves(name, other)[0])
            check(explorer, fresh, there.index(other) if isinstance(other, widgets.Button) else None)
            restored(explorer, name, fresh)
    first.release()


def test_an_old_picture_under_a_new_text_is_found(make):
    """Planted: an explorer that forgets what it owes draws the old text's numbers under an empty box."""
    fresh, explorer = Fresh("TemperatureExplorer", make), make("TemperatureExplorer", GOOD_WORDS)
    explorer.prompt.value = BAD
    explorer._owed = None
    explorer.typed.value = 2.0
    assert not explorer.error and "At temperature 2 " in explorer.sentence
    with pytest.raises(AssertionError):
        check(explorer, fresh)


def test_the_reason_stays_until_the_text_is_mended(make):
    """An emptied prompt: whatever slider is moved, the reason stays and the picture is marked, also in Korean."""
    speak("ko")
    explorer = make("TemperatureExplorer", GOOD_WORDS)
    before = explorer.sentence
    explorer.prompt.value = BAD
    for temperature in (0.5, 2.0):
        explorer.temperature.value = temperature
        assert "입력란에 글을 쓰세요" in explorer.error
        assert "현재 결과가 아님" in explorer._error_line.value
        assert before == explorer.sentence and explorer.error == explorer._repr_mimebundle_()["text/plain"]
    explorer.prompt.value = OTHER_WORDS
    assert explorer.current and not explorer.error and "alert" not in explorer._error_line.value
    assert 2.0 == explorer.typed.value and "2" in explorer.sentence


def test_a_refused_value_does_not_have_the_model_read_again(make, monkeypatch):
    """A temperature of 0 is refused; with the next one the picture is drawn anew from what was read."""
    explorer = make("TemperatureExplorer", GOOD_WORDS)
    explorer.live.value = False  # a text is written by the model
    monkeypatch.setattr(TroubledChain, "__call__", lambda *given: pytest.fail("the model was read"))
    explorer.typed.value = 0.0
    assert not explorer.current and "temperature must be greater than 0" in explorer.error
    explorer.temperature.value = 0.5
    assert explorer.current and "" == explorer.error


def test_a_refused_click_leaves_the_picture_true(tiny_models):
    """Where the context is full no token can be added: the picture is still that of the controls, no branch is lost."""
    lm = tiny_models["gpt2"]
    explorer = lessons.NextTokenExplorer(lm, " king" * (lm.context - 2))
    paths = len(explorer.paths)
    for _ in range(40):
        explorer.tokens[0].click()
    assert "context" in explorer.error and explorer.current
    ids = explorer.trace.ids
    explorer.back.click()
    assert "" == explorer.error and (ids, paths) == (explorer.trace.ids, len(explorer.paths))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", NAMES)
def test_while_the_model_reads_words_say_so(make, trouble, name, language):
    """Whatever has the model read: at that moment the page has been told that it is busy, and what it shows is dimmed;
    afterwards it is neither. (Only the text that is written anew while T moves is not named: it is quick.)"""
    speak(language)
    explorer, seen = make(name, texts_of(name)[0]), []
    live = getattr(explorer, "live", None)
    if live is not None:
        live.value = False
    trouble.look = lambda: seen.append(is_busy(explorer))
    for control in sorted(controls(explorer), key=lambda one: not isinstance(one, widgets.Textarea)):
        if moves(name, control) and control is not live:
            move(control, moves(name, control)[0])
            assert not is_busy(explorer) and explorer.current
    assert seen and all(seen)
    explorer.release()


def is_busy(explorer: Explorer) -> bool:
    """Whether words say what is under way, in the language that is spoken, and what is shown is dimmed."""
    words = {"en": ("reading…", "writing", "searching"), "ko": ("읽는 중…", "쓰는 중…", "찾는 중…")}[spoken()]
    line = explorer._error_line.value
    named = f'class="{BUSY}" role="status"' in line and any(word in line for word in words)
    return named and NOT_CURRENT in explorer._dom_classes


def test_an_interrupt_is_said_and_passed_on(make, trouble):
    """The control has its new value, the picture is marked, and the cell is interrupted as the student wished."""
    explorer = make("NextTokenExplorer", GOOD)
    with pytest.raises(KeyboardInterrupt), trouble.at("reading", KeyboardInterrupt):
        explorer.prompt.value = OTHER
    assert OTHER == explorer.prompt.value and not explorer.current
    assert explorer.error.startswith("interrupted") and "not current" in explorer._error_line.value
    explorer.bars.value = 5
    assert explorer.current and OTHER in explorer.sentence
