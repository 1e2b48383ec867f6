"""The site: all lessons run and written as pages that need no kernel, in _site; not committed.

    python tools/build_site.py                        # both languages
    python tools/build_site.py 01_next_token_tables   # these lessons run anew, the others as they stand in _site

Its front page is the play page (site_play.py), its second one tells how to install. A notebook runs once, and again
when it or the package has changed; its outputs are the page's. Afterwards tools/check_site.py looks at every page.
"""

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import badges
import check_site
import nbformat
from run_notebooks import forget, run
from site_pages import NAMES, Place, install_page, lesson_page, style
from site_play import write_play

SITE = badges.ROOT / "_site"
# Leads on to the play page, in the reader's language where it is one of ours.
FRONT = """<!doctype html>
<meta charset="utf-8"><title>lessons</title>
<script>location.replace((navigator.language.startsWith("ko") ? "ko" : "en") + "/index.html" + location.hash)</script>
<noscript><meta http-equiv="refresh" content="0; url=en/index.html"></noscript>
<a href="en/index.html">lessons</a> <a href="ko/index.html" lang="ko">한국어</a>
"""


def run_language(language: str, wanted: list[str], workplace: Path) -> list[tuple[Place, nbformat.NotebookNode]]:
    """The run notebooks of a language, one after the other: a lesson may find what the one before it has left."""
    folder = workplace / language  # the notebook's language is the name of its folder
    folder.mkdir()
    lessons = [badges.read_lesson(path) for path in badges.notebooks(language)]
    done = []
    for lesson in lessons:
        if lesson.path.stem in wanted:
            forget(lesson.path)
        if not wanted or lesson.path.stem in wanted:
            print(f"{language}/{lesson.path.stem}", flush=True)
            done.append((Place(language, lessons, lesson), run(lesson.path, folder)))
    return done


def write(place: Place, notebook: nbformat.NotebookNode) -> None:
    """One lesson's page, with its pictures and the notebook itself beside it."""
    folder = SITE / place.language
    shutil.rmtree(folder / place.lesson.path.stem, ignore_errors=True)
    (folder / place.name).write_text(lesson_page(place, notebook, folder), encoding="utf8")
    shutil.copy(place.lesson.path, folder)


def write_starts() -> None:
    """What is not a lesson: the play pages, how to install, the style, and what the READMEs show and link to."""
    (SITE / "index.html").write_text(FRONT, encoding="utf8")
    (SITE / "style.css").write_text(style(), encoding="utf8")
    shutil.copytree(badges.ROOT / "docs", SITE / "docs", dirs_exist_ok=True)
    for name in ("CONTRIBUTING.md", "LICENSE"):
        shutil.copy(badges.ROOT / name, SITE)
    lessons = {language: [badges.read_lesson(path) for path in badges.notebooks(language)] for language in NAMES}
    for language, (readme, _, _) in badges.READMES.items():
        place = Place(language, lessons[language])
        text = (badges.ROOT / readme).read_text(encoding="utf8")
        (SITE / language / place.name).write_text(install_page(place, text), encoding="utf8")
    write_play(SITE, lessons)


def main(wanted: list[str]) -> int:
    """0; 1 if a page has a fault, which is named."""
    for language in NAMES:
        (SITE / language).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as workplace, ThreadPoolExecutor() as side_by_side:
        for pages in side_by_side.map(lambda language: run_language(language, wanted, Path(workplace)), NAMES):
            # written here, one by one: the language that is spoken is one for all threads
            for place, notebook in pages:
                write(place, notebook)
    write_starts()
    print(f"The site stands in {SITE.relative_to(badges.ROOT)}: open {SITE.name}/index.html.")
    return check_site.main([str(SITE)])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
