"""The font with Hangul in lessons/assets/font, made smaller from one of Debian's fonts-nanum (SIL Open Font License).

    python tools/font.py /usr/share/fonts/truetype/nanum/NanumBarunGothic.ttf

Kept are the 2,350 syllables of KS X 1001, the single Jamo, Latin letters and the signs that the lessons use. The
licence reserves the name Nanum for the original, so the smaller one is called by another.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

NAME = "Lessons Hangul"
WRITTEN = Path(__file__).resolve().parents[1] / "lessons" / "assets" / "font" / "LessonsHangul.ttf"
SIGNS = "␣↵⇥…–—“”‘’×→←↑↓·−≤≥≈∞"


def syllables() -> list[str]:
    """The 2,350 syllables of KS X 1001: those that EUC-KR can write."""
    written = (
        bytes((lead, trail)).decode("euc_kr", "ignore") for lead in range(0xB0, 0xC9) for trail in range(0xA1, 0xFF)
    )
    return [letter for letter in written if letter]


def letters() -> str:
    """Every sign that the font keeps, where the original has it."""
    jamo = map(chr, range(0x3131, 0x3164))
    latin = map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])
    return "".join([*syllables(), *jamo, *latin, SIGNS])


def smaller(font: TTFont) -> TTFont:
    """The font with these letters only, without hints and features, under its own name. Changes the font."""
    options = subset.Options(
        hinting=False, layout_features=[], legacy_kern=False, glyph_names=False, notdef_outline=True
    )
    options.drop_tables += ["DSIG", "GSUB", "GPOS", "GDEF", "vhea", "vmtx", "VORG", "BASE", "gasp", "meta"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    worker = subset.Subsetter(options)
    worker.populate(text=letters())
    worker.subset(font)
    rename(font)
    return font


def rename(font: TTFont) -> None:
    """The names by which programs know the font; its copyright stays."""
    names = font["name"]
    copyright = names.getDebugName(0)
    names.names = []
    said = {
        0: copyright,
        1: NAME,
        2: "Regular",
        3: f"{NAME} 1.0",
        4: NAME,
        5: "Version 1.0",
        6: NAME.replace(" ", ""),
        13: "This Font Software is licensed under the SIL Open Font License, Version 1.1.",
        14: "https://openfontlicense.org",
    }
    for id, text in said.items():
        names.setName(text, id, 3, 1, 0x409)


def main(arguments: list[str]) -> int:
    """0; 1 without the file of a font."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print(f"expected the file of a font with Hangul\n{__doc__}", file=sys.stderr)
        return 1
    WRITTEN.parent.mkdir(exist_ok=True)
    font = smaller(TTFont(arguments[0]))
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    font.save(WRITTEN)
    print(f"{WRITTEN.name}: {len(font.getBestCmap()):,} letters, {WRITTEN.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
