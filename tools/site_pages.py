"""Pages of the built site: a run notebook, or a README, becomes a file of HTML that can be read without a script.

Explorers move: parts of the play page take the place of their pictures, or a flip-book does.
"""

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import badges
from latex2mathml.converter import convert as mathml
from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter
from site_play import in_script, words_of

from lessons.words.language import say, speak

PLACE = Path(__file__).parent / "site"
WIDGET = "application/vnd.jupyter.widget-view+json"
NAMES = {"en": "English", "ko": "한국어"}
NARROW, LEAST_WIDTH = 340, re.compile(r"min-width:(\d+)px")  # pixels
SECTION = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
STYLE_OF_PARTS = '<link rel="stylesheet" href="../play/parts.css">'
WORDS_OF_PARTS = (
    '<script type="application/json" id="words">{words}</script><script type="module" src="../play/embed.js"></script>'
)
FLIP_BOOK = '<script type="module" src="../play/flip_book.js"></script>'
FORMULA = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """Where a page stands: in which language, among which lessons. The page without a lesson tells how to install."""

    language: str
    lessons: list[badges.Lesson]
    lesson: badges.Lesson | None = None

    @property
    def other(self) -> str:
        return next(language for language in NAMES if language != self.language)

    @property
    def name(self) -> str:
        return f"{self.lesson.path.stem}.html" if self.lesson else "install.html"


def style() -> str:
    """The style sheet of all pages."""
    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("xcode", "github-dark"))
    ours = (PLACE / "style.css").read_text(encoding="utf8")
    return f"{ours}\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def page(place: Place, body: str, actions: str = "") -> str:
    """A whole page around its body: navigation, the other language, the lessons before and after."""
    speak(place.language)
    known = [None, *place.lessons]
    here = known.index(place.lesson)
    before, after = known[here - 1] if here > 1 else None, known[here + 1] if here + 1 < len(known) else None
    values = {
        "language": place.language,
        "title": escape(place.lesson.title if place.lesson else say("site.title")),
        "root": "..",
        "home": "index.html",
        "start": say("site.start"),
        "install": say("play.install"),
        "scripts": scripts(body, place.language),
        "on_page": table_of_contents(body),
        "contents": say("site.contents"),
        "navigation": say("site.navigation"),
        "lessons": "".join(f"<li>{link(lesson, here=lesson == place.lesson)}</li>" for lesson in place.lessons),
        "other": place.other,
        "other_name": NAMES[place.other],
        "translated": f"../{place.other}/{place.name}",
        "neighbours": " ".join(
            f"<span>{sign}{link(lesson)}</span>" for sign, lesson in (("← ", before), ("→ ", after)) if lesson
        ),
        "actions": f'<p class="actions">{actions}</p>' if actions else "",
        "body": body,
    }
    return Template((PLACE / "page.html").read_text(encoding="utf8")).substitute(values)


def link(lesson: badges.Lesson, here: bool = False) -> str:
    return f'<a href="{lesson.path.stem}.html"{" aria-current=page" if here else ""}>{escape(lesson.title)}</a>'


def table_of_contents(body: str) -> str:
    """Links to the page's sections; "" if there are few."""
    found = [(mark, re.sub(r"<[^>]+>|¶", "", words).strip()) for mark, words in SECTION.findall(body)]
    if len(found) < 3:
        return ""
    items = "".join(f'<li><a href="#{mark}">{words}</a></li>' for mark, words in found)
    return f'<details class="on-page"><summary>{say("site.on_page")}</summary><ol>{items}</ol></details>'


def scripts(body: str, language: str) -> str:
    """What makes the explorers of a page move."""
    parts = (
        f"{STYLE_OF_PARTS}{WORDS_OF_PARTS.format(words=in_script(words_of(language)))}" if "data-link=" in body else ""
    )
    return parts + (FLIP_BOOK if 'class="flip-book' in body else "")


def lesson_page(place: Place, notebook: NotebookNode, folder: Path) -> str:
    """The page of a run notebook; its pictures are written into `folder/NAME`."""
    speak(place.language)
    name = place.lesson.path.stem
    notebook.metadata.pop("widgets", None)  # controls without a kernel behind them
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = FORMULA.sub(lambda match: mathml(match[1].strip(), display="block"), cell.source)
        else:
            moving = cell.metadata.pop("moving", {})
            cell.outputs = [
                in_html(output, folder / name / f"{cell.id}-{number}.png", moving)
                for number, output in enumerate(cell.outputs)
            ]
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    body = re.sub(r'<pre\b|<math\b(?=[^>]*"block")', r'\g<0> tabindex="0"', body)  # what may scroll is reached by key
    download = f'<a href="{name}.ipynb" download>{say("site.download")}</a>'
    return page(place, with_links(body), download)


def in_html(output: NotebookNode, file: Path, moving: dict[str, Any]) -> NotebookNode:
    """An output with its picture as a file beside the page, told in words; anything else as it is.

    moving: how an explorer moves, as `moving.on_page` has it
    """
    data = output.get("data", {})
    words = escape(data.get("text/plain", ""))
    note = f'<span class="live">{say("site.explorer")}</span>' if WIDGET in data else ""
    drawn = data.get("text/html", "") if WIDGET in data else ""
    if drawn or "image/svg+xml" in data:
        # what keys can reach is no one image
        role = "group" if "tabindex" in drawn else "img"
        picture = f'<div role="{role}" aria-label="{words}">{drawn or data["image/svg+xml"]}</div>'
    elif "image/png" in data:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b64decode(data["image/png"]))
        size = output.metadata.get("image/png", {})
        wide = f' width="{size["width"]}"' if "width" in size else ""
        picture = f'<img src="{file.parent.name}/{file.name}" alt="{words}"{wide}>'
    else:
        return output
    # What an explorer says under its picture is its words; a figure says its own in it.
    caption = f"<figcaption>{words} {note}</figcaption>" if note else ""
    figure = figure_of(picture, caption)
    if WIDGET in data and "pages" in moving:
        figure = flip_book(**moving)
    elif WIDGET in data and "link" in moving:
        simple = " data-simple" if moving["simple"] else ""
        figure = f'<div data-link="{escape(moving["link"])}"{simple}>{figure}</div>'
    output.data = NotebookNode({"text/html": figure})
    return output


def figure_of(picture: str, caption: str, others: Sequence[str] = ()) -> str:
    """A figure, which says that it can be pushed sideways if it, or one of those that will take its place, is wide."""
    wider = f' tabindex="0" data-wider="{escape(say("site.wider"))}"' if any(map(is_wide, [picture, *others])) else ""
    return f"<figure{wider}>{picture}{caption}</figure>"


def is_wide(picture: str) -> bool:
    """Whether a picture, or a part of it, shrinks no further than to what is wider than a telephone."""
    return picture.startswith("<img") or any(int(least) > NARROW for least in LEAST_WIDTH.findall(picture))


def flip_book(controls: list[dict[str, Any]], pages: list[dict[str, Any]], pictures: list[str], link: str = "") -> str:
    """A figure that its controls move; they are there once the script is. `link`: of the same on the play page."""
    place = 0
    for control in controls:
        place = place * len(control["labels"]) + control["start"]
    words, start = escape(pages[place]["sentence"]), pictures[pages[place]["picture"]]
    picture = f'<div class="flipped" role="group" aria-label="{words}">{start}</div>'
    caption = f'<figcaption><span role="status">{words}</span></figcaption>'
    moved = "".join(f'<label class="flip-control">{control_of(one)}</label>' for one in controls)
    kept = in_script({"pages": pages, "pictures": pictures})
    there = f'<a href="index.html" data-state="{escape(link)}">{escape(say("play.there"))}</a>'
    more = f'<p class="there">{there if link else escape(say("site.in_notebook"))}</p>'
    return (
        f'<div class="flip-book"><div class="flip-controls" hidden>{moved}</div>{figure_of(picture, caption, pictures)}'
        f'<script type="application/json">{kept}</script></div>{more}'
    )


def control_of(control: dict[str, Any]) -> str:
    """A slider, a list or a box to tick, with its name."""
    name, start, labels = escape(control["name"]), control["start"], [escape(one) for one in control["labels"]]
    if control["kind"] == "switch":
        ticked = " checked" if start else ""
        return f'<span><input type="checkbox"{ticked}> <span class="written">{labels[start]}</span></span>'
    if control["kind"] == "choice":
        options = "".join(
            f'<option value="{place}"{" selected" if place == start else ""}>{label}</option>'
            for place, label in enumerate(labels)
        )
        return f"<span>{name}</span> <select>{options}</select>"
    return (
        f'<span>{name}</span> <input type="range" min="0" max="{len(labels) - 1}" value="{start}">'
        f'<output class="written">{labels[start]}</output>'
    )


def with_links(body: str) -> str:
    """The same with links between notebooks as links between pages, and badges, pictures from elsewhere, as words."""
    body = re.sub(r"<img[^>]*colab-badge[^>]*>", say("site.colab"), body)
    return re.sub(
        r'href="([\w.-]+)\.ipynb(#[^"]*)?"(?! download)', lambda match: f'href="{match[1]}.html{match[2] or ""}"', body
    )


def install_page(place: Place, readme: str) -> str:
    """How to install, in a language: its README, with links to pages instead of notebooks."""
    speak(place.language)
    body = with_links(markdown2html(readme))
    body = re.sub(r'href="notebooks/(\w+)/([\w.-]+)\.ipynb"', r'href="../\1/\2.html"', body)
    body = re.sub(r'href="README(?:\.(\w+))?\.md"', lambda match: f'href="../{match[1] or "en"}/install.html"', body)
    return page(place, re.sub(r'(href|src)="(docs/[^"]*|[A-Z]+(?:\.md)?)"', r'\1="../\2"', body))
