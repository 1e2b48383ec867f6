"""What all pages have in common: one file that needs nothing else, for white paper, dark screens and narrow ones."""

import re
from html import escape
from pathlib import Path

from lessons.classroom.grading.table import UNWRITABLE
from lessons.words.language import spoken

MOST_LETTERS = 50  # of a file's name, which may have 255 bytes: four for some letters

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1f2328; --soft: #f3f4f6; --line: #c9d1d9; --muted: #57606a;
  --good: #00664b; --bad: #9a3a00; --link: #0b5cad }
@media (prefers-color-scheme: dark) { :root { --ground: #16191d; --ink: #e6edf3; --soft: #22272e; --line: #444c56;
  --muted: #a3adb8; --good: #56d0a8; --bad: #ffa36f; --link: #7cb8ff } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 56rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif; word-break: keep-all;
  overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 .25rem } h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem }
h3 { font-size: 1rem; margin: 0 } p { margin: .4rem 0 } a { color: var(--link) }
.muted { color: var(--muted) } .good { color: var(--good) } .bad { color: var(--bad) }
article { border-left: 4px solid var(--line); padding: .1rem 0 .1rem 1rem; margin: 1.25rem 0 }
article.good { border-color: var(--good); color: inherit } article.bad { border-color: var(--bad); color: inherit }
article.good h3 { color: var(--good) } article.bad h3 { color: var(--bad) }
pre { margin: .25rem 0; padding: .6rem .8rem; background: var(--soft); border-radius: 6px; overflow-x: auto;
  white-space: pre-wrap; font: .85rem/1.5 ui-monospace, "Noto Sans Mono CJK KR", monospace }
dl { margin: .5rem 0 } dt { color: var(--muted); font-size: .9rem } dd { margin: 0 0 .4rem }
summary { cursor: pointer; color: var(--link) }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .9rem }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }
td.mark, thead th { white-space: nowrap }
th[scope=row] { font-weight: 500; min-width: 7.5rem; position: sticky; left: 0; background: var(--ground) }
ul { padding-left: 1.2rem; margin: .4rem 0 }
@media print { details > * { display: block } }
"""


def page(title: str, body: str) -> str:
    """A whole page in the language in use; `body` is HTML."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{escape(title)}</title><style>{STYLE}</style>"
    return (
        f'<!doctype html>\n<html lang="{spoken()}"><head>{head}</head>\n<body>\n<main>{body}</main>\n</body></html>\n'
    )


def write_page(html: str, file: Path) -> None:
    file.write_text(html, encoding="utf8", errors=UNWRITABLE)


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text; nothing for none."""
    return f"<p{f' class={kind}' if kind else ''}>{escape(text)}</p>" if text else ""


def file_name(name: str) -> str:
    """A file's name for somebody's page: letters and digits as they are, anything else as a line."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:MOST_LETTERS] or "_"
