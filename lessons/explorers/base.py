"""What all explorers share: controls, a picture that they change, one sentence that says it in words, and a line for
what went wrong.

An explorer holds no arithmetic. A subclass makes its controls, tells `listen` which method each of them calls, and in
that method calls one pure function and shows its drawing and one sentence. Setting a control's `.value` from Python
does the same as dragging it. Only ipywidgets' core controls are used, and only what versions 7.7 and 8 have in common:
a part of a picture that can be clicked is a button laid over it or styled as it.

What is shown belongs to what the controls say. Where an action was refused, interrupted or failed, it does not: then
the explorer is not `current`, and what it shows is dimmed, with the reason under the controls, until it is made up for.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets as widgets

from lessons.explorers.cell_outputs import belongs_to_running_cell, close_all
from lessons.explorers.page_style import BUSY, ERROR, EXPLORER, IN_ONE_LOOK, NOT_CURRENT, SHOWN, page_style
from lessons.plots.svg import Svg
from lessons.words.arguments import check_number, check_whole
from lessons.words.hangul import composed
from lessons.words.language import say

Action = Callable[[], None]

ERROR_STYLE = "color:#7a2e00;background:#fff1e6;border-left:4px solid #D55E00;padding:4px 10px;white-space:pre-wrap"
SENTENCE_STYLE = "margin:4px 0;max-width:76ch;line-height:1.45"
LARGEST = 10**18  # that a slider is given
# Looks are plain dicts, of which ipywidgets makes each control a layout of its own: nothing is shared by two controls.
WIDE, AUTO, IN_A_ROW = {"width": "98%"}, {"width": "auto"}, {"flex_flow": "row wrap"}
# Beside each other in a notebook on a laptop; one under the other where both together have less than 330 + 560 pixels.
LEFT, RIGHT = {"flex": "1 1 330px", "min_width": "0"}, {"flex": "1000 1 560px", "min_width": "0"}
# Labels as wide as their words, in both languages.
LABELLED = {"style": {"description_width": "initial"}, "layout": {"width": "340px", "max_width": "100%"}}
OWN_ERRORS = (ValueError, TypeError, OSError)  # what lessons raises on purpose: rule, value, way out


class Explorer(widgets.VBox):
    """Controls over a picture.

    Attributes:
        drawing: the picture, an SVG, of explorers that have one; `drawn`: the control that holds it.
        sentence: what the picture shows, in words (plain text).
        error: the message of what went wrong last; empty when all is well.
        current: whether what is shown belongs to what the controls say.
        simple: whether it has only the controls that a lesson begins with.
    """

    children: tuple[widgets.Widget, ...]
    simple: bool = False

    # ipywidgets 7 would show the widget only, without the picture for places that have no widgets
    _ipython_display_ = None

    def __init__(self) -> None:
        self.sentence, self.error = "", ""
        self._attempts, self._trouble, self._quiet = 0, "", False
        self._owed: Action | None = None  # what makes the picture current again
        self._begin_anew: Action = lambda: None
        self._show_anew: Action = lambda: None
        self.drawing, self.drawn = Svg(), widgets.HTML().add_class(SHOWN)
        self._sentence_line = widgets.HTML().add_class(SHOWN)
        self._error_line = widgets.HTML()
        super().__init__()
        self.add_class(EXPLORER)
        self._shared_by_all = {*vars(self), "_shared_by_all"}  # names; a subclass adds its controls and numbers later
        belongs_to_running_cell(self)

    def release(self) -> None:
        """Close all controls and forget pictures and numbers: the cell was run again, another explorer stands there."""
        # subtle: not all controls are laid out, as in the simple explorers
        close_all(self, *(part for part in vars(self).values() if isinstance(part, widgets.Widget)))
        self.drawing = Svg()
        # subtle: a notebook keeps this object as the result of its cell
        self.children, self.drawn.value = (), ""
        for name in set(vars(self)) - self._shared_by_all:
            delattr(self, name)

    def lay_out_beside(
        self,
        controls: Sequence[widgets.Widget],
        shown: Sequence[widgets.Widget] = (),
        left: Mapping[str, str] = LEFT,
        right: Mapping[str, str] = RIGHT,
    ) -> None:
        """Controls at the left, the error line below them; at the right what they change, the sentence last.

        shown: instead of the drawing
        left, right: the layouts of both sides, where they are to share the width otherwise
        """
        at_left = widgets.VBox([*controls, self._error_line], layout={"overflow": "visible"} | dict(left))
        at_right = widgets.VBox([*(shown or [self.drawn]), self._sentence_line], layout=dict(right))
        self.children = (widgets.HBox([at_left, at_right], layout=IN_A_ROW).add_class(IN_ONE_LOOK),)

    @property
    def current(self) -> bool:
        return self._owed is None

    def begin_with(self, begin: Action, show: Action) -> None:
        """Begin. `begin` reads the model for what the controls say, and shows it; `show` shows it anew from what was
        read: arithmetic. Both show all there is, so that one of them makes up for whatever has failed.
        """
        self._begin_anew, self._show_anew = begin, show
        self.attempt(begin)

    def listen(self, control: widgets.Widget, action: Action) -> None:
        """Call `action()` whenever the control's value changes (a button: when it is clicked), with errors shown."""

        def changed(_: object) -> None:
            if self._quiet:
                return
            if isinstance(control, widgets.Textarea) and control.value != composed(control.value):
                control.value = composed(control.value)  # which is a change
            else:
                self.attempt(action)

        if isinstance(control, widgets.Button):
            control.on_click(lambda _: self.attempt(action, button=True))
        else:
            control.observe(changed, names="value")

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Within, the explorer moves its own controls, and none of their actions is called."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def attempt(self, action: Action, button: bool = False) -> bool:
        """Run `action()`, after what makes up for an earlier failure; what goes wrong is shown under the controls, and
        the last good picture stays, marked as not current. True if all went well.

        button: whether a button was clicked; no control says anything new, so where that is refused the picture is true

        An action that moves another control starts that one's action within its own: what went wrong there stays shown.
        """
        if not self._attempts:
            self._trouble = ""
        before, owed = self._trouble, None if self._attempts or action == self._begin_anew else self._owed
        went_well = (owed in (None, action) or self._run(owed)) and self._run(action, button)
        return went_well and self._trouble == before

    def _run(self, action: Action, button: bool = False) -> bool:
        """Whether `action()` went well; shows what went wrong, and notes what is owed from then on."""
        before, failed, refused, self._attempts = self._trouble, True, False, self._attempts + 1
        try:
            if action == self._begin_anew:
                self.busy(say("explorers.reading"))
            action()
            failed = False
        except OWN_ERRORS as error:
            self._trouble, refused = str(error), button and action != self._begin_anew
        except Exception:  # not foreseen: a student can read the last line, a teacher the rest
            self._trouble = traceback.format_exc()
        except KeyboardInterrupt:
            self._trouble = say("explorers.interrupted")
            raise
        finally:
            self._attempts -= 1
            if failed and not refused:
                self._owed = self._begin_anew if self._begin_anew in (action, self._owed) else self._show_anew
            elif self._trouble == before and action in (self._owed, self._begin_anew):
                self._owed = None
            self._show_error(self._trouble)
        return not failed

    def show_drawing(self, drawing: Svg, sentence: str) -> None:
        """Put the drawing and the sentence in place of the last ones."""
        self.drawing = drawing
        self.drawn.value = drawing._repr_html_()
        self.show_sentence(sentence)

    def busy(self, words: str) -> None:
        """Say what has begun, and dim what it will replace, until the action ends. The page shows it unless that is
        soon: it was sent before the kernel had no time to answer."""
        self._error_line.value = f'{page_style()}<div class="{BUSY}" role="status"><span>{escape(words)}</span></div>'
        self.add_class(NOT_CURRENT)

    def show_sentence(self, sentence: str) -> None:
        """Put the sentence under the picture; a screen reader reads it out."""
        self.sentence = sentence
        spoken = 'class="lessons-sentence" role="status" aria-live="polite"'
        self._sentence_line.value = f'<p {spoken} style="{SENTENCE_STYLE}">{escape(sentence)}</p>'

    def _show_error(self, message: str) -> None:
        """Put the message under the controls, and dim what is shown if it is not current."""
        self.error, line = message, page_style()
        if not self.current and self.sentence:
            message = f"{message}\n{say('explorers.not_current')}"
        if message:
            line += f'<div class="{ERROR}" role="alert" style="{ERROR_STYLE}">{escape(message)}</div>'
        self._error_line.value = line
        (self.remove_class if self.current else self.add_class)(NOT_CURRENT)

    def page(self) -> str:
        """What it shows as HTML, for places where widgets cannot run; "" if the drawing is all of it."""
        return ""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The live widget; and the present picture and sentence for places where widgets cannot run."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        words = self.sentence if self.current else self.error
        bundle: dict[str, Any] = {"text/plain": words, "application/vnd.jupyter.widget-view+json": view}
        if self.drawing and self.current:
            bundle["image/svg+xml"] = str(self.drawing)
        if self.current and self.children and (page := self.page()):  # not released
            bundle["text/html"] = page
        return bundle


def slider(
    description: str, value: float, least: float, most: float, step: float = 1, continuous_update: bool = True
) -> widgets.Widget:
    """A slider of whole numbers if `step` is one, of floats otherwise; a value beyond an end stands at that end.

    continuous_update: whether it reports while it is dragged, or only once it is let go

    Raises TypeError or ValueError for what is no number.
    """
    kind: type[widgets.Widget]
    if isinstance(step, int):
        kind = widgets.IntSlider
        check_whole(description, value, -LARGEST, LARGEST)
    else:
        kind = widgets.FloatSlider
        check_number(description, value)
    return kind(
        value, min=least, max=most, step=step, description=description, continuous_update=continuous_update, **LABELLED
    )
