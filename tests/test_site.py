"""The built site: a play page, and run notebooks as pages that can be read without a kernel and whose explorers move;
and the check of pages finds what is wrong."""

import json
import re
from pathlib import Path

import badges
import browsing
import build_site
import check_site
import nbformat
import pytest
import run_notebooks
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

WORDS = {
    "en": (
        "# What is it?\n\n*5 minutes.* $$p_i = 1$$\n\n[on](01_on.ipynb#Why)",
        "## Why",
        "The tail",
        "0. [on](notebooks/en/01_on.ipynb)",
    ),
    "ko": (
        "# 무엇일까요?\n\n*5분.* $$p_i = 1$$\n\n[계속](01_on.ipynb#까닭)",
        "## 까닭",
        "꼬리",
        "0. [계속](notebooks/ko/01_on.ipynb)",
    ),
}
FIGURE = """import lessons; lessons.start()
figure, axes = lessons.plots.canvas.new_figure()
axes.set_title("{message}"); axes.set_xlabel("<rank>")
figure"""
EXPLORER = "lessons.NextTokenExplorer(lessons.load(), simple=True)"
FLIPPED = """for _ in range(1):
    explorer = lessons.UnderflowExplorer(lessons.load())
explorer"""
RULED = "lessons.RuleExplorer(lessons.load(), simple=True)"
LENS = "lessons.LensExplorer(lessons.load(), simple=True)"
FILTERS = "lessons.TruncationExplorer(lessons.load(), on=('top_p',))"
STILL_THERE = "explorer.probability.value, explorer.length.value"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site of a course of two lessons in two languages, with badges."""
    root = tmp_path_factory.mktemp("course")
    for language, (title, section, message, readme) in WORDS.items():
        cells = [new_markdown_cell(title, id="title"), new_code_cell(FIGURE.format(message=message), id="figure")]
        more = [new_markdown_cell(section, id="why"), new_code_cell(EXPLORER, id="explorer")]
        more += [new_code_cell(FLIPPED, id="flipped"), new_code_cell(STILL_THERE, id="still-there")]
        more += [new_code_cell(RULED, id="ruled"), new_code_cell(LENS, id="lens")]
        more.append(new_code_cell(FILTERS, id="filters"))
        folder = root / "notebooks" / language
        folder.mkdir(parents=True)
        nbformat.write(new_notebook(cells=cells), folder / "00_it.ipynb")
        nbformat.write(new_notebook(cells=[*cells, *more]), folder / "01_on.ipynb")
        name, *_ = badges.READMES[language]
        (root / name).write_text(f"# Start\n\n{readme}\n\n[how](CONTRIBUTING.md)", encoding="utf8")
    for name in ("CONTRIBUTING.md", "LICENSE"):
        (root / name).write_text("words", encoding="utf8")
    (root / "docs").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(badges, "ROOT", root)
        for path in root.glob("notebooks/*/*.ipynb"):
            book = nbformat.read(path, nbformat.NO_CONVERT)
            book.cells[0].source += f"\n\n{badges.badge('owner/name', path)}"
            nbformat.write(book, path)
        patch.setattr(build_site, "SITE", root / "_site")
        patch.setattr(run_notebooks, "KEPT", root / "executed")
        assert build_site.main([]) == 0
    return root / "_site"


def text(site: Path, name: str) -> str:
    return (site / name).read_text(encoding="utf8")


def test_a_built_site_has_no_fault(site):
    """Both languages' starts and lessons are there, and every link, picture and heading of them is in order."""
    assert sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html")) == [
        *(f"en/{name}.html" for name in ("00_it", "01_on", "index", "install")),
        "index.html",
        *(f"ko/{name}.html" for name in ("00_it", "01_on", "index", "install")),
    ]
    assert list(check_site.faults(site)) == []


@pytest.mark.parametrize(("language", "message"), [("en", "The tail"), ("ko", "꼬리")])
def test_a_figure_is_a_file_and_says_itself_in_words(site, language, message):
    """A picture stands beside its page, and its alternative text is what it says: title and axes, escaped."""
    page = text(site, f"{language}/00_it.html")
    assert f'<img alt="{message} (&lt;rank&gt;)" src="00_it/figure-0.png"' in page
    assert (site / language / "00_it" / "figure-0.png").read_bytes().startswith(b"\x89PNG")


def test_an_explorer_is_shown_and_where_it_moves(site):
    """Its present picture and its sentence, for whoever has no script; and the state that the play page's part begins
    with."""
    page = text(site, "en/01_on.html")
    sentence = re.search(r'aria-label="([^"]+)" role="img"><div class="lessons-', page)[1]
    assert "<span>␣great</span>" in page and "background-size" in page
    assert "the likeliest next token is" in sentence and page.count(sentence) == 2
    assert re.search(r'data-link="tab=next&amp;prompt=Once\+upon\+a\+time\+there\+was\+a[^"]*" data-simple', page)
    assert "../play/embed.js" in page and "widget-view" not in page
    assert "<script" not in text(site, "en/00_it.html")


def test_an_explorer_that_the_play_page_has_not_becomes_a_flip_book(site):
    """A picture and a sentence for each position of its controls; afterwards the explorer stands where it stood. (The
    cell has a variable of the name `_`.)"""
    page = text(site, "ko/01_on.html")
    book = page[page.index('class="flip-book"') :].partition("data-link=")[0]
    kept = json.loads(re.search(r'<script type="application/json">(.*?)</script>', book, re.DOTALL)[1])
    pages, pictures = kept["pages"], kept["pictures"]
    assert 20 <= len(pages) <= 60
    assert len(pictures) == len({one["sentence"] for one in pages}) == len(pages)
    (_, first), (most, second) = re.findall(r'max="(\d+)" min="0" type="range" value="(\d+)"', book)[:2]
    labels = pages[int(first) * (int(most) + 1) + int(second)]["labels"]
    assert f">({', '.join(labels)})</pre>" in page.replace("\n", "")
    assert "노트북을 실행하면" not in book


def test_a_run_is_kept_until_something_changes(site, tmp_path, monkeypatch):
    """A notebook that was run is not run again; one that was changed is."""
    root = site.parent
    monkeypatch.setattr(run_notebooks, "KEPT", root / "executed")
    kept = sorted((root / "executed").glob("*.ipynb"))
    assert len(kept) == 4
    path = root / "notebooks" / "en" / "00_it.ipynb"
    before = run_notebooks.fingerprint(path)
    assert any(before in one.name for one in kept)
    book = nbformat.read(path, nbformat.NO_CONVERT)
    book.cells[1].source += "  # changed"
    changed = tmp_path / "en" / path.name
    changed.parent.mkdir()
    nbformat.write(book, changed)
    assert run_notebooks.fingerprint(changed) != before


def test_a_page_leads_on(site):
    """Language, neighbours, the notebook itself, Colab, links to headings of other lessons; formulas need no script."""
    page = text(site, "ko/00_it.html")
    assert 'lang="en" hreflang="en" href="../en/00_it.html"' in page
    assert '→ <a href="01_on.html">' in page and "←" not in page
    assert 'href="00_it.ipynb" download' in page and (site / "ko" / "00_it.ipynb").exists()
    assert (
        'href="https://colab.research.google.com/github/owner/name/blob/main/notebooks/ko/00_it.ipynb">Colab에서 열기</a>'
        in page
    )
    assert 'href="01_on.html#' in page and "<math" in page and "$$" not in page
    assert 'href="../ko/01_on.html"' in text(site, "ko/install.html")


@pytest.mark.browser
@pytest.mark.skipif(bool(browsing.missing()), reason=browsing.missing())
def test_explorers_move_in_a_page(site):
    """On a telephone: the play page's part takes the place of the picture, with the few controls that the explorer has;
    the flip-books show other pictures with other words, by keys alone. axe finds nothing serious in the page, light or
    dark."""
    with browsing.browser() as chromium, check_site.served(site) as address:
        page = chromium.new_page(viewport={"width": 400, "height": 800})
        page.set_default_timeout(browsing.SECONDS * 1000)
        page.goto(f"{address}/en/01_on.html")
        for number, keys in ((0, ("ArrowRight", "ArrowLeft")), (1, ("ArrowRight", "Space"))):
            turn_by_keys(page.locator(".flip-book").nth(number), keys)
        assert "#tab=lens" in page.locator(".flip-book + .there a").get_attribute("href")  # more of the same
        part, filters = page.locator("[data-link]").all()
        part.scroll_into_view_if_needed()
        part.locator(".there").wait_for()
        words, bars = part.locator(".words button"), part.locator(".bars button")
        before = words.count()
        assert part.locator("button:visible").count() == before + bars.count()
        bars.first.click()
        words.nth(before).wait_for()
        assert part.locator("figure").count() == 0
        assert "path=" in part.locator(".there a").get_attribute("href")
        filters.scroll_into_view_if_needed()
        filters.locator(".there").wait_for()
        assert filters.locator(".switch:visible").all_inner_texts() == ["top_p"]  # the others are folded away
        assert filters.locator(".field input").nth(1).input_value() == "0"  # nothing was drawn yet
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page).response["violations"]
            serious = [f"{one['id']}: {node['html'][:150]}" for one in found if one["impact"] in ("serious", "critical") for node in one["nodes"]]  # fmt: skip
            assert (scheme, serious) == (scheme, [])


def turn_by_keys(book, keys: tuple[str, ...]) -> None:
    """One key for each control: what is shown is another picture, its words are those of its sentence, and a slider
    says its place as it is written beside it."""
    controls = book.locator("input")
    assert controls.count() == len(keys)
    book.scroll_into_view_if_needed()
    controls.first.focus()
    for number, key in enumerate(keys):
        before = book.locator("figcaption").inner_text(), book.locator(".flipped").inner_html()
        book.page.keyboard.press(key)
        after = book.locator("figcaption").inner_text(), book.locator(".flipped").inner_html()
        assert before[0] != after[0] and before[1] != after[1]
        assert book.locator(".flipped").get_attribute("aria-label") == after[0].strip()
        if controls.nth(number).get_attribute("type") == "range":
            label = book.locator("label").nth(number).locator("output").inner_text()
            assert controls.nth(number).get_attribute("aria-valuetext") == label
        book.page.keyboard.press("Tab")


PLANTED = {
    "leads nowhere": '<h1>One</h1><a href="gone.html">gone</a>',
    "has no such heading": '<h1 id="one">One</h1><a href="#two">two</a>',
    "a picture without words": '<h1>One</h1><img src="data:," alt=" ">',
    "the first heading is of level 2": "<h2>Two</h2>",
    "level 3 follows 1": "<h1>One</h1><h3>Three</h3>",
}


@pytest.mark.parametrize("complaint", PLANTED)
def test_a_planted_fault_is_found(tmp_path, complaint):
    """A page with one thing wrong gets one complaint, with the page's name."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "page.html").write_text(PLANTED[complaint], encoding="utf8")
    (found,) = check_site.faults(tmp_path)
    assert found.startswith("en/page.html: ") and complaint in found


@pytest.mark.browser
@pytest.mark.skipif(bool(browsing.missing()), reason=browsing.missing())
def test_the_browser_sees_what_files_do_not_show(tmp_path):
    """A picture that is no picture, a page wider than a telephone, a script that fails."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "broken.png").write_text("no picture", encoding="utf8")
    page = '<h1>One</h1><img src="broken.png" alt="x"><div style="width:900px">wide</div><script>fail()</script>'
    page += '<figure style="overflow:auto"><div style="width:600px">a map</div></figure>'
    (tmp_path / "en" / "page.html").write_text(page, encoding="utf8")
    found = "\n".join(check_site.faults_seen(tmp_path))
    assert "broken.png does not show" in found
    assert "pixels wide on a screen of 400" in found
    assert "a figure is cut off, and nothing says so: a map" in found
