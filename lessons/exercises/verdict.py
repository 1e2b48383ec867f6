"""What a student is shown: a verdict, a hint, an answer; each as text and as HTML, with all strange text escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lessons.words.language import say
from lessons.words.writing import as_written

Status = Literal["solved", "unwritten", "wrong", "changed", "crashed", "endless", "form"]

GREEN, GREY, VERMILION = "#009E73", "#888888", "#D55E00"  # Okabe & Ito's, but for the grey
# The mark, the heading and the colour of each status.
LOOKS: dict[Status, tuple[str, str, str]] = {
    "solved": ("✓", "exercises.solved", GREEN),
    "unwritten": ("…", "exercises.unwritten", GREY),
    "wrong": ("✗", "exercises.wrong", VERMILION),
    "changed": ("✗", "exercises.changed", VERMILION),
    "crashed": ("✗", "exercises.crashed", VERMILION),
    "endless": ("✗", "exercises.endless", VERMILION),
    "form": ("✗", "exercises.form", VERMILION),
}
# Code keeps its own light ground, so that its colours can be read on a dark page, too.
CODE = "margin:4px 0;padding:6px 10px;white-space:pre-wrap;font-family:monospace;font-size:13px;color:#24292f;"
CODE += "background:#f6f8fa;border-radius:4px"
PRE = "margin:0;white-space:pre-wrap;font-family:monospace;font-size:13px;background:transparent;color:inherit"


@dataclass(frozen=True)
class Folded:
    """What is there to be opened, in a page that needs no kernel: a label, sentences, and perhaps code."""

    label: str
    sentences: Sequence[str]
    code: str = ""

    def html(self) -> str:
        summary = f'<summary style="cursor:pointer">{escape(self.label)}</summary>'
        inside = paragraphs(self.sentences) + code_block(self.code)
        return f'<details style="margin:4px 0">{summary}<div style="padding:0 0 4px 16px">{inside}</div></details>'


def coloured(code: str) -> str:
    """Python as HTML in colours; without the tags it is the code, letter for letter."""
    html = highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True, noclasses=True))
    return html.removesuffix("\n")


def code_block(code: str) -> str:
    """Lines of Python on their own ground; nothing for none."""
    return f'<pre style="{CODE}">{coloured(code)}</pre>' if code else ""


def paragraphs(sentences: Sequence[str]) -> str:
    return "".join(f'<div style="margin:4px 0;max-width:76ch">{escape(sentence)}</div>' for sentence in sentences)


@dataclass(frozen=True)
class Shown:
    """A heading, sentences, and lines of code or numbers, each with a label.

    Attributes:
        heading: one line.
        sentences: what there is to say.
        facts: (label, text in a fixed width); no label is "".
        code: lines of Python, coloured in HTML.
        folded: hints and an answer, closed until they are opened; in text, where nothing can be folded, only `more`.
        more: how to ask for what is folded in HTML, where it is not said already.
        colour: of the line beside it.
    """

    heading: str
    sentences: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    colour: str = "#0072B2"
    code: str = ""
    folded: Sequence[Folded] = ()
    more: str = ""

    def __repr__(self) -> str:
        width = max((len(label) for label, _ in self.facts), default=0)
        lines = [self.heading, *(f"  {sentence}" for sentence in self.sentences)]
        for label, text in self.facts:
            first, *more = text.splitlines() or [""]
            indent = f"  {label:{width}}  " if width else "  "
            lines += [indent + first, *(" " * len(indent) + line for line in more)]
        lines += [f"  {line}".rstrip() for line in self.code.splitlines()]
        lines += [f"  {self.more}"] if self.more else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        folded = "".join(part.html() for part in self.folded)
        rows = "".join(row(label, text) for label, text in self.facts)
        table = f'<table style="border-collapse:collapse;margin:4px 0">{rows}</table>' if rows else ""
        style = f"border-left:4px solid {self.colour};padding:2px 12px;margin:4px 0;line-height:1.5;word-break:keep-all"
        parts = f"<b>{escape(self.heading)}</b>{paragraphs(self.sentences)}{table}{code_block(self.code)}{folded}"
        return as_written(f'<div class="lessons-verdict" style="{style}">{parts}</div>')


def row(label: str, text: str) -> str:
    """One fact as a row of a table."""
    style = "text-align:left;vertical-align:top;font-size:13px;padding:1px 12px 1px 0"
    head = f'<th scope="row" style="{style}">{escape(label)}</th>'
    return f'<tr>{head}<td style="text-align:left"><pre style="{PRE}">{escape(text)}</pre></td></tr>'


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """The answer to an answer; true if the exercise is solved.

    Attributes:
        name: the exercise.
        status: "solved", "unwritten", "wrong", "changed" (an argument was written into), "crashed", "endless", or
            "form" (what was given is no function, or takes other arguments).
        mistake: the known mistake that was recognised; None if it is none of them.
    """

    name: str = ""
    status: Status = "wrong"
    mistake: str | None = None

    def __bool__(self) -> bool:
        return self.status == "solved"


def verdict(
    name: str,
    title: str,
    status: Status,
    sentences: Sequence[str] = (),
    facts: Sequence[tuple[str, str]] = (),
    mistake: str | None = None,
    folded: Sequence[Folded] = (),
) -> Verdict:
    """A verdict with the heading that belongs to its status."""
    mark, heading, colour = LOOKS[status]
    return Verdict(
        f"{mark} {say(heading, title=title)}",
        tuple(sentences),
        tuple(facts),
        colour,
        folded=tuple(folded),
        more=say("exercises.more", name=name) if folded and status != "unwritten" else "",
        name=name,
        status=status,
        mistake=mistake,
    )
