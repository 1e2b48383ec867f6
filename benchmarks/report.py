"""What a benchmark hands over besides rows (tables, pictures, sentences), and all of it as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from matplotlib.figure import Figure

from benchmarks.measure import Row

HEAD = (
    "| what | ours | beside | ratio | middle half | runs | goal | |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
)


@dataclass(frozen=True)
class Table:
    """Numbers that have no goal: names of the columns, and rows of text."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        lines = [self.columns, ["---", *["---:"] * (len(self.columns) - 1)], *self.rows]
        return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


@dataclass(frozen=True)
class Picture:
    """A figure under a file name, and what it shows in a sentence."""

    name: str
    sentence: str
    figure: Figure = field(repr=False)

    def __str__(self) -> str:
        return f"![{self.sentence}](plots/{self.name}.png)"

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.figure.savefig(folder / f"{self.name}.png", metadata={"Software": None})


Part = Row | Table | Picture | str


def markdown(parts: Sequence[Part]) -> str:
    """Rows that follow each other as one table; everything else as it stands, in between."""
    pieces: list[str] = []
    for before, part in zip([None, *parts], parts, strict=False):
        if not isinstance(part, Row):
            pieces.append(str(part))
        elif isinstance(before, Row):
            pieces[-1] += "\n" + line(part)
        else:
            pieces.append(HEAD + "\n" + line(part))
    return "\n\n".join(pieces)


def line(row: Row) -> str:
    """A row of the table."""
    ratio = f"{row.ratio:.2f} × {'the cost' if row.cost else 'as good' if row.unit == 'MB' else 'as fast'}"
    spread = f"{row.spread[0]:.2f} – {row.spread[1]:.2f}" if len(row.ratios) > 1 else ""
    verdict = f"**short by {row.short:.1%}**" if row.short else "met"
    beside = f"{row.name}: {amount(row.beside, row.unit)}"
    goal = f"{'≤' if row.cost else '≥'} {row.goal:.2f}"
    cells = (row.what, amount(row.ours, row.unit), beside, ratio, spread, len(row.ratios), goal, verdict)
    return "| " + " | ".join(map(str, cells)) + " |"


def amount(values: Sequence[float], unit: str) -> str:
    """The median with three figures, in a unit that reads well."""
    value = median(values)
    if unit == "ms" and value >= 10_000:
        value, unit = value / 1e3, "s"
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"
