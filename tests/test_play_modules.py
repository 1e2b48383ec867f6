"""The modules of `site/play` as they are written: short, every import of use, and nothing taken from elsewhere."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "site" / "play"
SOURCES = {path.name: path.read_text(encoding="utf8") for path in sorted(FOLDER.glob("*.js"))}
IMPORT = re.compile(r'^import \{(.*?)\} from "(.*?)";', re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


@pytest.mark.parametrize("name", SOURCES)
def test_form(name):
    """At most 250 lines of 120 columns, but for texts that are put together; the first of them says what it is."""
    lines = SOURCES[name].splitlines()
    assert len(lines) <= 250 and not [
        line for line in lines if len(line) > 120 and not re.search(r"`|\\u|text\(", line)
    ]
    assert lines[0].startswith("// ")
    assert not [line for line in lines if line != line.rstrip() or "\t" in line]


@pytest.mark.parametrize("name", SOURCES)
def test_every_import_is_there_and_of_use(name):
    """It comes from this site, is exported there, and is used here."""
    for names, source in IMPORT.findall(SOURCES[name]):
        assert source.startswith(("./", "../model/"))
        there = (FOLDER / source).resolve().read_text(encoding="utf8")
        for one in (part.strip() for part in names.split(",") if part.strip()):
            assert re.search(rf"\bexport\b[^;=(]*\b{one}\b", there), f"{source} exports no {one}"
            rest = SOURCES[name].replace(names, "", 1)
            assert re.search(rf"\b{one}\b", rest), f"{name} has no use for {one}"


def test_no_page_asks_anybody_else():
    """There is no other address in what the site is made of than those of the names of SVG."""
    texts = [
        *SOURCES.values(),
        *(path.read_text(encoding="utf8") for path in (*FOLDER.glob("*.css"), *FOLDER.glob("*.html"))),
    ]
    assert not [address for text in texts for address in re.findall(r"https?://[^\s\"')]+", text)]


def test_every_export_is_of_use():
    used = {one.strip() for text in SOURCES.values() for names, _ in IMPORT.findall(text) for one in names.split(",")}
    used |= {"withParticles"}  # for its test
    assert {one for text in SOURCES.values() for one in EXPORT.findall(text)} - used == set()
