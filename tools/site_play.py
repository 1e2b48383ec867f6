"""The play page of the built site: the page's frame, its words, the modules of `site/` and the model's own files.

The modules say words by the keys of `lessons/assets/words`, as Python does; the page brings along those that it needs.
"""

import json
import re
import shutil
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

import badges

from lessons.models.language_model import load
from lessons.tables.next_token import next_token_probabilities
from lessons.words.language import say, speak, words
from lessons.words.tokens import visible
from lessons.words.writing import percent

ROOT = Path(__file__).resolve().parents[1]
SOURCE, MODEL = ROOT / "site", ROOT / "lessons" / "assets" / "model"
MODEL_FILES = ("config.json", "tokenizer.json", "model.safetensors")
PROMPT, BARS = "Once upon a time there was a", 10  # as `state.js` and `next_token.js` begin
NAMES = {"en": "English", "ko": "한국어"}
KEY = re.compile(r'"(\w+\.\w+)"')
# Of each tab: its name, its question, a sentence, and the lesson about it.
TABS = {
    "next": ("play.tab_next", "play.question_next", "play.about_next", "01_next_token_tables"),
    "draw": ("play.tab_draw", "play.question_draw", "play.about_draw", "05_top_k_and_top_p"),
    "beam": ("play.tab_beam", "play.question_beam", "play.about_beam", "03_beam_vs_greedy"),
    "lens": ("play.tab_lens", "play.question_lens", "play.about_lens", "08_inside_the_model"),
}


def said(source: Path = SOURCE) -> list[str]:
    """The keys of all words that the modules say."""
    texts = (path.read_text(encoding="utf8") for path in sorted(source.rglob("*.js")))
    return sorted({key for text in texts for key in KEY.findall(text) if is_key(key)})


def is_key(key: str) -> bool:
    """Whether there are words for it."""
    file, entry = key.split(".")
    try:
        return entry in words(file)
    except FileNotFoundError:
        return False


def words_of(language: str) -> dict[str, str]:
    """The words of the modules in a language, by their keys."""
    return {key: words(key.split(".")[0])[key.split(".")[1]][language] for key in said()}


def play_page(language: str, lessons: list[badges.Lesson]) -> str:
    """The play page of a language."""
    speak(language)
    other = next(one for one in NAMES if one != language)
    titles = {lesson.path.stem: lesson.title for lesson in lessons}
    values = {name: escape(say(key)) for name, key in FRAME.items()} | {
        "language": language,
        "other": other,
        "other_name": NAMES[other],
        "first_lesson": f"{lessons[0].path.stem}.html",
        "tabs": "".join(tab(name, say(key)) for name, (key, *_) in TABS.items()),
        "question": escape(say(TABS["next"][1])),
        "about": escape(say(TABS["next"][2])),
        "first": first_picture(),
        "words": in_script(words_of(language)),
        "lesson_list": in_script({name: about(name, titles) for name in TABS}),
    }
    return Template((SOURCE / "play" / "page.html").read_text(encoding="utf8")).substitute(values)


# What the frame says, by the name of its place in page.html.
FRAME = {
    "title": "play.title",
    "description": "play.description",
    "skip": "play.skip",
    "lessons": "play.lessons",
    "install": "play.install",
    "theme": "play.theme",
    "tabs_name": "play.tabs",
    "arriving": "play.arriving",
    "foot": "play.foot",
    "noscript": "play.no_script",
}


def first_picture() -> str:
    """What the page shows before its script and the model have come: the first text, and its likeliest next tokens.

    A bar that is clicked so early is remembered; `next_token.js` draws the same bars.
    """
    table = next_token_probabilities(load(device="cpu"), PROMPT, choices=BARS)
    longest = table["probability"].iloc[0]
    rows = []
    for place, (token, probability) in enumerate(zip(table["token"], table["probability"], strict=True)):
        name = f'<span class="token">{escape(visible(token))}</span>'
        track = f'<span class="track"><span style="width:{probability / longest:.2%}"></span></span>'
        number = f'<span class="number">{percent(probability)}</span>'
        rows.append(f'<button type="button" data-early="{place}">{name}{track}{number}</button>')
    heading = f'<p class="heading">{escape(say("choices.choose"))}</p>'
    bars = f'<div class="choices">{heading}<div class="bars">{"".join(rows)}</div></div>'
    return f'<div class="next"><div class="words">{escape(PROMPT)} …</div>{bars}</div>'


def tab(name: str, words: str) -> str:
    return f'<button type="button" role="tab" id="tab-{name}" aria-controls="stage">{escape(words)}</button>'


def about(name: str, titles: dict[str, str]) -> dict[str, str]:
    """What the page says around a tab; the lesson about it, or the first one where that is not there."""
    _, question, sentence, stem = TABS[name]
    page = stem if stem in titles else next(iter(titles))
    lesson = say("play.lesson", title=titles[page])
    return {"question": say(question), "about": say(sentence), "lesson": lesson, "page": f"{page}.html"}


def in_script(value: object) -> str:
    """JSON that may stand in a page: nothing in it ends the script."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def write_play(site: Path, lessons: dict[str, list[badges.Lesson]]) -> None:
    """The play pages, their modules, and the model's files."""
    shutil.rmtree(site / "play", ignore_errors=True)
    shutil.copytree(SOURCE / "play", site / "play", ignore=shutil.ignore_patterns("page.html", "sw.js"))
    shutil.copytree(SOURCE / "model", site / "model", dirs_exist_ok=True)
    for name in MODEL_FILES:
        shutil.copy(MODEL / name, site / "model")
    for language, its in lessons.items():
        (site / language / "index.html").write_text(play_page(language, its), encoding="utf8")
    write_service_worker(site, list(lessons))


def write_service_worker(site: Path, languages: list[str]) -> None:
    """What keeps the play pages, so that they need no network; its version is that of the files."""
    paths = [*(site / language / "index.html" for language in languages)]
    paths += [path for folder in ("play", "model") for path in sorted((site / folder).iterdir())]
    digest = sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
    files = json.dumps([path.relative_to(site).as_posix() for path in paths])
    source = (SOURCE / "play" / "sw.js").read_text(encoding="utf8")
    (site / "sw.js").write_text(Template(source).substitute(version=digest, files=files), encoding="utf8")
