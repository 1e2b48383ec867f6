"""The modules of `site/model` as they are written: each has its twin in Python, says nothing itself, and knows no page."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from words_files import ENTRIES

FOLDER = Path(__file__).parents[1] / "site" / "model"
SOURCES = {path.name: path.read_text(encoding="utf8") for path in sorted(FOLDER.glob("*.js"))}
EXPORT = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\nexport (?:function\*?|async function|class|const) (\w+)", re.DOTALL)
EXPORTS = {name: words for source in SOURCES.values() for words, name in EXPORT.findall(source)}


def test_every_export_is_described():
    assert {*EXPORTS} == {
        *re.findall(r"^export (?:async )?(?:function\*?|class|const) (\w+)", "\n".join(SOURCES.values()), re.M)
    }


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_every_export_names_its_twin(name):
    """`Python: package.module.name`, which is there."""
    found = re.search(r"Python: ([\w.]+\w)", EXPORTS[name])
    assert found, f"{name} names no twin"
    package, *path = found[1].split(".")
    place = import_module(package)
    for depth, part in enumerate(path):
        if not hasattr(place, part):
            import_module(".".join([package, *path[: depth + 1]]))
        place = getattr(place, part)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_form(name):
    """At most 250 lines of 120 columns, two spaces deep; no page is known, so it runs in a worker."""
    lines = SOURCES[name].splitlines()
    assert len(lines) <= 250 and max(map(len, lines)) <= 120
    assert not [line for line in lines if line != line.rstrip() or "\t" in line]
    assert not re.findall(
        r"\b(document|window|localStorage|console|var)\b", re.sub(r"/\*.*?\*/|//.*", "", SOURCES[name], flags=re.DOTALL)
    )


def test_words_are_said_by_name():
    """What an error and a text's end say is an entry of lessons/assets/words."""
    named = re.findall(r'"((?:models|decoding)\.\w+)"', "\n".join(SOURCES.values()))
    assert len(set(named)) > 5
    assert not {name for name in named if name not in ENTRIES}
