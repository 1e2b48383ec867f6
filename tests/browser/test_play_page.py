"""The play page in Chromium, served below a path of its own as any host of files would: its numbers beside Python's,
links, keys, both themes, a telephone's width, and no network.

"Open this in the notebook" is taken at its word: its lines are run, and the explorer says what the page says.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import badges
import browsing
import check_site
import pytest
import site_play
from axe_playwright_python.sync_playwright import Axe
from cut_off import cut_off

from lessons.words.language import speak, with_particles
from lessons.words.tokens import running
from lessons.words.writing import percent

LINKS = {
    "next": "#",
    "next-branches": "#path=8%3A624.2193&also=8%3A624.844.823",
    "next-within-the-prompt": "#prompt=A+fox+said&path=2%3A600.12&at=2",
    "draw": "#tab=draw&temperature=0.7&draws=12&seed=3",
    "draw-all": "#tab=draw&on=repetition_penalty,no_repeat_ngram_size,temperature,top_k,top_p,min_p,typical_p&draws=1000"
    "&temperature=1.4&min_p=0.02",
    "beam": "#tab=beam&shown=3",
    "beam-told": "#tab=beam&beams=4&steps=5&ngram=2&penalty=0.5&shown=5",
    "lens": "#tab=lens&blocks=3&place=5",
    "lens-end": "#tab=lens&blocks=6&prompt=%EC%98%9B%EB%82%A0+king",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("host")
    site = root / "below" / "a path"
    languages = {
        language: [badges.read_lesson(path) for path in badges.notebooks(language)] for language in ("en", "ko")
    }
    for language in languages:
        (site / language).mkdir(parents=True)
    site_play.write_play(site, languages)
    with check_site.served(root) as host:
        yield f"{host}/below/a%20path"


@pytest.fixture(scope="module")
def chromium():
    with browsing.browser() as one:
        yield one


def new_page(chromium, **options: object):
    """A page of its own, without what an earlier one has kept; a busy machine has time."""
    page = chromium.new_page(service_workers="block", **options)
    page.set_default_timeout(browsing.SECONDS * 1000)
    return page


@pytest.fixture(scope="module")
def shared(chromium, address):
    """A page that stays: its model is loaded once. Whatever it asks for, and whatever its console says, is kept."""
    page = new_page(chromium, viewport={"width": 1366, "height": 768})
    page.heard, page.asked = [], []
    page.on("console", lambda message: hear(page, message))
    page.on("pageerror", lambda error: page.heard.append(str(error)))
    page.context.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()


def hear(page, message) -> None:
    """Keep what the console complains of; that service workers are blocked is Playwright's own word."""
    if message.type in ("error", "warning") and "by Playwright" not in message.text:
        page.heard.append(message.text)


def shown(page, address: str, link: str, language: str = "en") -> str:
    """What the page's sentence says at a link."""
    url = f"{address}/{language}/index.html"
    if page.url.split("#")[0] != url:
        page.goto(url)
    page.evaluate("link => { location.hash = link }", link or "#")
    return settled(page)


def settled(page) -> str:
    """The sentence, once the picture stands."""
    page.locator("#arriving").wait_for(state="hidden")
    for _ in range(2):  # what was clicked or set is heard of a moment later
        page.wait_for_function("() => document.querySelector('#stage').ariaBusy === 'false'")
        page.wait_for_timeout(60)
    assert page.locator("#trouble").is_hidden(), page.locator("#trouble").inner_text()
    return page.locator("#stage .sentence").inner_text()


# The text that is written beside the strips, which comes later than they do, ends so.
WRITTEN = "end => document.querySelector('#stage .written').textContent.endsWith(end)"


def run_lines(code: str) -> list[object]:
    """What each line of Python gives that gives something."""
    names: dict[str, object] = {}
    given = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.Expr):
            given.append(eval(compile(ast.Expression(node.value), "page", "eval"), names))
        else:
            exec(compile(ast.Module([node], []), "page", "exec"), names)
    return given


@pytest.mark.parametrize(("name", "language"), [(name, ("en", "ko")[place % 2]) for place, name in enumerate(LINKS)])
def test_the_notebook_says_what_the_page_says(shared, address, name, language):
    """The lines that the page offers for the notebook, run: the explorer says the page's sentence, to the last digit."""
    said = shown(shared, address, LINKS[name], language)
    speak(language)
    given = run_lines(shared.locator("#links code").text_content())
    explorer = given[-1]
    assert explorer.error == ""
    assert said == explorer.sentence
    if name.startswith("next"):
        bars = shared.locator("#stage .bars .number").all_inner_texts()
        assert bars == [percent(one) for one in given[0]["probability"]]
    if name.startswith("draw"):
        drawn, text = given[0], given[1]
        assert len(drawn) == len(explorer.thrown())
        shared.wait_for_function(WRITTEN, arg=running(text)[-20:])


def test_particles_are_python_s(shared, address):
    """The Korean page chooses particles as `with_particles` does."""
    shown(shared, address, "", "ko")
    texts = [f"{word}[{pair}]" for word in ("온도", "로짓", "'smal'", "“king”", "bf16", "step", "서울", "12%", "␣p", "n = 3", "ng", "L") for pair in ("은/는", "을/를", "으로/로", "이라는/라는")]  # fmt: skip
    made = shared.evaluate("async texts => { const words = await import('../play/words.js'); return texts.map(words.withParticles) }", texts)  # fmt: skip
    assert made == [with_particles(text) for text in texts]


def test_clicks_are_links(shared, address, chromium):
    """A bar goes on, a word leads back, another bar begins a branch; the address shows the same to somebody else; Back
    and Forward go through the steps."""
    shown(shared, address, "")
    said = [settled(shared)]
    for part in (".bars button >> nth=0", ".bars button >> nth=2", ".words button >> nth=8", ".bars button >> nth=4"):
        shared.locator(f"#stage {part}").click()
        said.append(settled(shared))
    assert len(set(said)) == 4 and said[1] == said[3]
    assert shared.locator("#stage .over button").count() == 4  # the root, what is common, two ends
    link = shared.url
    shared.go_back()
    assert settled(shared) == said[3]
    shared.go_forward()
    assert settled(shared) == said[4]
    friend = new_page(chromium)
    friend.goto(link)
    assert settled(friend) == said[4]
    assert (
        friend.locator("#stage .over button").all_inner_texts()
        == shared.locator("#stage .over button").all_inner_texts()
    )
    friend.close()


def test_the_first_bars_can_be_clicked_before_the_model_has_come(chromium, address):
    """They stand in the page itself, are those that the model then says, and a click on one waits for it."""
    page = new_page(chromium)
    held = []
    page.context.route("**/model.safetensors", lambda route: held.append(route))
    page.goto(f"{address}/en/index.html", wait_until="domcontentloaded")
    first = page.locator("#stage .bars button").all_inner_texts()
    assert len(first) == 10
    page.wait_for_function("() => document.scripts.length && performance.getEntriesByName('started').length")
    page.locator("#stage .bars button").nth(3).click()
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    page.wait_for_url(re.compile("#path="))
    settled(page)
    page.locator("#stage .words button").nth(7).click()
    settled(page)
    assert page.locator("#stage .bars button").all_inner_texts() == first
    assert "taken" in page.locator("#stage .bars button").nth(3).get_attribute("class")
    page.close()


def test_by_keys_alone(shared, address):
    """Tabs by arrows; bars, sliders, boxes and cells by Tab; who has the focus keeps it."""
    before = shown(shared, address, "")
    shared.locator("#stage .bars button").first.focus()
    shared.keyboard.press("Enter")
    assert settled(shared) != before
    focus = "() => document.activeElement.closest('.bars, .unseen, .grid, [role=tablist], .slider, .filter')?.className ?? ''"
    assert shared.evaluate(focus) == "bars"
    shared.locator("#tab-next").focus()
    for tab, reached in (("draw", "slider"), ("beam", "over unseen"), ("lens", "grid")):
        shared.keyboard.press("ArrowRight")
        said = settled(shared)
        assert shared.evaluate("() => document.activeElement.id") == f"tab-{tab}"
        for _ in range(60):
            shared.keyboard.press("Tab")
            if reached in shared.evaluate(focus):
                break
        here = shared.evaluate("() => document.activeElement.getAttribute('aria-label')")
        shared.keyboard.press("ArrowLeft" if reached == "slider" else "Enter")
        changed = settled(shared)
        assert shared.evaluate("() => document.activeElement.getAttribute('aria-label')") == here
        assert changed != said or tab == "beam"
        shared.locator(f"#tab-{tab}").focus()


def test_an_empty_text_is_refused_in_words(shared, address):
    """What the box refuses is said as the notebook says it, and a good text makes up for it."""
    shown(shared, address, "#tab=lens")
    box = shared.locator("#stage textarea")
    box.fill("")
    box.press("Enter")
    trouble = shared.locator("#trouble")
    trouble.wait_for()
    assert "type a text into the box" in trouble.inner_text()
    box.fill("A fox")
    box.press("Enter")
    trouble.wait_for(state="hidden")


# Words that are cut off, and what is wider than the page.
LOOK = """() => {
  const seen = [...document.querySelectorAll('button, label, summary, p, h1, .note, .name')]
    .filter(one => one.offsetParent && one.textContent.trim() && !one.closest('.over, .grid'));
  const cut = seen.filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display != 'inline')
    .map(one => one.textContent.trim().slice(0, 60));
  return {cut, wider: document.documentElement.scrollWidth - document.documentElement.clientWidth};
}"""


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("en", "light", 1366), ("ko", "dark", 1366), ("en", "dark", 400), ("ko", "light", 400)],
)
def test_nothing_is_cut_and_nothing_serious_is_found_by_axe(shared, address, language, theme, width):
    shared.set_viewport_size({"width": width, "height": 800})
    for link in ("next-branches", "draw-all", "beam-told", "lens"):
        shown(shared, address, LINKS[link], language)
        shared.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        look = shared.evaluate(LOOK)
        assert (link, look["cut"], max(0, look["wider"]), cut_off(shared)) == (link, [], 0, [])
        found = Axe().run(shared).response["violations"] if (language, width) != ("ko", 1366) else []
        serious = [f"{one['id']}: {node['html'][:150]}" for one in found if one["impact"] in ("serious", "critical") for node in one["nodes"]]  # fmt: skip
        assert (link, serious) == (link, [])
    shared.set_viewport_size({"width": 1366, "height": 768})


def test_strips_fit_a_page_that_was_turned(chromium, address):
    """Names that have room in a piece of a strip: on a page made narrow the same as on one that was narrow before."""
    page = new_page(chromium, viewport={"width": 700, "height": 800})
    strips = "() => [...document.querySelectorAll('#stage .strip-page')].map(one => one.innerHTML)"
    shown(page, address, LINKS["draw"])
    wide = page.evaluate(strips)
    page.set_viewport_size({"width": 320, "height": 800})
    page.wait_for_function(f"wide => String(({strips})()) !== String(wide)", arg=wide)
    narrow = page.evaluate(strips)
    page.reload()
    settled(page)
    assert page.evaluate(strips) == narrow
    page.close()


def test_the_theme_is_the_system_s_or_as_chosen(chromium, address):
    page = new_page(chromium, color_scheme="dark")
    page.goto(f"{address}/en/index.html")
    theme = "() => document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.locator("#theme").click()
    assert page.evaluate(theme) == "light"
    page.reload()
    assert page.evaluate(theme) == "light"
    page.close()


def test_no_network_is_needed_once_it_was_there(chromium, address, record_property):
    """After the first visit both languages open and work without a network; all that is kept is the page's own."""
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(browsing.SECONDS * 1000)
    page.goto(f"{address}/en/index.html")
    said = settled(page)
    page.evaluate("async () => { const one = await navigator.serviceWorker.ready; while (one.active.state != 'activated') await new Promise(done => setTimeout(done, 20)) }")  # fmt: skip
    kept = page.evaluate("async () => (await (await caches.open((await caches.keys())[0])).keys()).map(one => one.url)")
    assert all(url.startswith(address) for url in kept)
    context.set_offline(True)
    page.goto(f"{address}/ko/index.html#tab=beam")
    settled(page)
    page.goto(f"{address}/en/")
    assert settled(page) == said
    page.locator("#stage .bars button").first.click()
    assert settled(page) != said
    context.close()
    size = sum(path.stat().st_size for path in Path(site_play.MODEL).iterdir() if path.name in site_play.MODEL_FILES)
    record_property("what the play page loads of the model", f"{size / 1e6:.1f} MB")


def test_nothing_is_asked_of_anybody_else_and_the_console_is_quiet(shared, address):
    """Over all that the tests before did with the page."""
    host = "/".join(address.split("/")[:3])
    assert len(shared.asked) > 20
    assert [url for url in shared.asked if not url.startswith((host, "data:", "blob:"))] == []
    assert shared.heard == []


def test_how_long_it_takes(chromium, address, record_property):
    """Measured, and never asserted: first paint, model ready, a token, a slider → picture, a beam search."""
    page = new_page(chromium)
    start = perf_counter()
    page.goto(f"{address}/en/index.html")
    settled(page)
    record_property("play page: opened until the model is ready", f"{perf_counter() - start:.2f} s")
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    record_property("play page: first paint", f"{paint:.0f} ms")
    assert page.locator("#stage .bars button").count() == 10
    for name, link in {"draw": "#tab=draw", "lens": "#tab=lens"}.items():
        shown(page, address, link)
        record_property(f"play page: slider → picture, {name}", f"{page.evaluate(SLIDE):.1f} ms (median)")
    for name, work in WORK.items():
        record_property(f"play page: {name}", f"{page.evaluate(work):.1f} ms")
    page.close()


# What the page does within a frame for a slider's move, as a browser hands it over: computing, drawing, laying out and
# painting. A message that is posted in a frame comes after it; a timer may end before it, or wait.
SLIDE = """async () => {
  const slider = document.querySelector('#stage .filter:not([hidden]) input[type=range]:not(:disabled), #stage .slider input');
  const { port1, port2 } = new MessageChannel(), times = [];
  for (let move = 0; move < 21; move++) {
    await new Promise(requestAnimationFrame);
    const start = performance.now();
    slider.value = Number(slider.min) + ((slider.max - slider.min) * ((move * 5) % 21)) / 20;
    slider.dispatchEvent(new Event('input'));
    await new Promise((done) => { port1.onmessage = done; port2.postMessage(0); });
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 30));
  }
  return times.sort((one, other) => one - other)[10];
}"""
LOAD = "const { Model } = await import('../play/model.js'); const model = await new Model('../model/').ready;"
WORK = {
    "a token": f"""async () => {{ {LOAD}
  const ids = model.encode('Once upon a time there was a');
  await model.ask('rows', ids, ids.length - 1);
  const start = performance.now();
  for (let token = 0; token < 20; token++) {{ ids.push(300 + token); await model.ask('rows', [...ids], ids.length - 1); }}
  return (performance.now() - start) / 20;
}}""",
    "5 beams, 8 steps, and greedy": f"""async () => {{ {LOAD}
  const ids = model.encode('In the middle of the forest there stood'), start = performance.now();
  await model.ask('beams', ids, {{ num_beams: 5, max_new_tokens: 8 }});
  return performance.now() - start;
}}""",
}
