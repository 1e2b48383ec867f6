"""Pages of the built site: a run notebook, or a README, becomes a file of HTML that needs no script and no network."""

import re
from base64 import b64decode
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

import badges
from latex2mathml.converter import convert as mathml
from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from lessons.words.language import say, speak

PLACE = Path(__file__).parent / "site"
WIDGET = "application/vnd.jupyter.widget-view+json"
NAMES = {"en": "English", "ko": "한국어"}
FORMULA = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """Where a page stands: in which language, among which lessons. A page without a lesson is the language's start."""

    language: str
    lessons: list[badges.Lesson]
    lesson: badges.Lesson | None = None

    @property
    def other(self) -> str:
        return next(language for language in NAMES if language != self.language)

    @property
    def name(self) -> str:
        return f"{self.lesson.path.stem}.html" if self.lesson else "index.html"


def style() -> str:
    """The style sheet of all pages."""
    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
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


def lesson_page(place: Place, notebook: NotebookNode, folder: Path) -> str:
    """The page of a run notebook; its pictures are written into `folder/NAME`."""
    speak(place.language)
    name = place.lesson.path.stem
    notebook.metadata.pop("widgets", None)  # controls without a kernel behind them
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = FORMULA.sub(lambda match: mathml(match[1].strip(), display="block"), cell.source)
        else:
            cell.outputs = [
                in_html(output, folder / name / f"{cell.id}-{number}.png") for number, output in enumerate(cell.outputs)
            ]
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    download = f'<a href="{name}.ipynb" download>{say("site.download")}</a>'
    return page(place, with_links(body), download)


def in_html(output: NotebookNode, file: Path) -> NotebookNode:
    """An output with its picture as a file beside the page, told in words; anything else as it is."""
    data = output.get("data", {})
    words = escape(data.get("text/plain", ""))
    note = f'<span class="live">{say("site.explorer")}</span>' if WIDGET in data else ""
    if "image/svg+xml" in data:
        picture = f'<div role="img" aria-label="{words}">{data["image/svg+xml"]}</div>'
    elif WIDGET in data and "text/html" in data:
        picture = f'<div role="img" aria-label="{words}">{data["text/html"]}</div>'
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
    output.data = NotebookNode({"text/html": f"<figure>{picture}{caption}</figure>"})
    return output


def with_links(body: str) -> str:
    """The same with links between notebooks as links between pages, and badges, pictures from elsewhere, as words."""
    body = re.sub(r"<img[^>]*colab-badge[^>]*>", say("site.colab"), body)
    return re.sub(
        r'href="([\w.-]+)\.ipynb(#[^"]*)?"(?! download)', lambda match: f'href="{match[1]}.html{match[2] or ""}"', body
    )


def start_page(place: Place, readme: str) -> str:
    """The start of a language: its README, with links to pages instead of notebooks."""
    speak(place.language)
    body = with_links(markdown2html(readme))
    body = re.sub(r'href="notebooks/(\w+)/([\w.-]+)\.ipynb"', r'href="../\1/\2.html"', body)
    body = re.sub(r'href="README(?:\.(\w+))?\.md"', lambda match: f'href="../{match[1] or "en"}/index.html"', body)
    return page(place, re.sub(r'(href|src)="(docs/[^"]*|[A-Z]+(?:\.md)?)"', r'\1="../\2"', body))
