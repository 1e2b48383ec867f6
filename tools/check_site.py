"""Whether every page of a site can be read: links, pictures, headings, and its width on a telephone.

    python tools/check_site.py _site

Links, pictures' words and edges, and headings are looked up in the files; that pictures show, that nothing is cut off,
and that nothing sticks out at 400 pixels' width is seen in Chromium, if it is there.
"""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import browsing
from cut_off import cut_off, keep_pictures, lay_out_books, reaches_the_edge

NARROW, WIDE = 400, 1200  # pixels


class Page(HTMLParser):
    """What a page links to and holds.

    Attributes:
        links: addresses of links and pictures; ids: what can be linked to; headings: their levels.
        pictures: addresses of pictures; silent: those without words.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links, self.ids, self.headings, self.pictures, self.silent = [], set(), [], [], []
        self.feed(path.read_text(encoding="utf8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        self.links += [known[name] for name in ("href", "src") if known.get(name)]
        self.ids |= {unquote(known["id"])} if known.get("id") else set()  # nbconvert writes Hangul as %EC…
        self.pictures += [known["src"]] if tag == "img" else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        words = (
            known.get("alt")
            if tag == "img"
            else known.get("aria-label")
            if known.get("role") == "img"
            else "none needed"
        )
        if not (words or "").strip() or "<Figure" in (words or ""):
            self.silent.append(known.get("src", tag))


def faults(folder: Path) -> Iterator[str]:
    """What is wrong with the files of a site."""
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(folder)
        for link in page.links:
            file, _, mark = unquote(link).partition("#")
            target = (path.parent / file).resolve() if file else path.resolve()
            if re.match(r"[a-z]+:", link):
                continue
            if not target.exists():
                yield f"{name}: {link} leads nowhere"
            elif mark and target in pages and mark not in pages[target].ids:
                yield f"{name}: {link} leads to a page that has no such heading"
        yield from (f"{name}: a picture without words: {picture}" for picture in page.silent)
        yield from (f"{name}: {picture} goes on beyond its edge" for picture in page.pictures if is_cut(path, picture))
        if page.headings and page.headings[0] != 1:
            yield f"{name}: the first heading is of level {page.headings[0]}"
        yield from (
            f"{name}: level {after} follows {before}" for before, after in pairwise(page.headings) if after > before + 1
        )


def is_cut(page: Path, address: str) -> bool:
    """Whether a figure of a page is cut off. Those of its own folder are figures; others are photographs of screens."""
    path = page.parent / unquote(address)
    return not address.startswith("..") and path.suffix == ".png" and path.exists() and reaches_the_edge(path)


class Quiet(SimpleHTTPRequestHandler):
    """A server that writes no log."""

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served, as any host of files would."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


MISSING = "[...document.images].filter(picture => !picture.naturalWidth).map(picture => picture.getAttribute('src'))"
CUT = """[...document.querySelectorAll('figure')]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && !one.dataset.wider).map(one => one.innerText.slice(0, 60))"""
TOO_WIDE = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def faults_seen(folder: Path) -> Iterator[str]:
    """What a reader sees of it: pictures that do not show or are cut off, pages that must be pushed sideways, scripts'
    complaints."""
    with browsing.browser() as chromium, served(folder) as address:
        page = chromium.new_page()
        page.set_default_timeout(browsing.SECONDS * 1000)
        complaints: list[str] = []
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        for path in sorted(folder.glob("*/*.html")):  # the front page only leads to the first of them
            name = path.relative_to(folder)
            page.set_viewport_size({"width": NARROW, "height": 800})
            page.goto(f"{address}/{name.as_posix()}")
            yield from (f"{name}: {picture} does not show" for picture in page.evaluate(MISSING))
            yield from (f"{name}: a figure is cut off, and nothing says so: {words}" for words in page.evaluate(CUT))
            wide, narrow = page.evaluate(TOO_WIDE)
            if wide > narrow:
                yield f"{name}: {wide} pixels wide on a screen of {narrow}"
            keep_pictures(page)
            yield from (f"{name}: cut off on a telephone: {words}" for words in cut_off(page))
            page.set_viewport_size({"width": WIDE, "height": 800})
            lay_out_books(page)
            yield from (f"{name}: cut off: {words}" for words in cut_off(page))
            yield from (f"{name}: the browser says: {complaint}" for complaint in complaints)
            complaints.clear()


def main(arguments: list[str]) -> int:
    """0; 1 if a page has a fault, which is named."""
    folder = Path(arguments[0])
    found = list(faults(folder))
    if browsing.missing():
        print(f"Not looked at in a browser: {browsing.missing()}")
    else:
        found += faults_seen(folder)
    print("\n".join(found) or f"{len(list(folder.rglob('*.html')))} pages: every link, picture and heading is in order")
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
