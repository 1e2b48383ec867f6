"""Every notebook is written as the course's notebooks are; and each of the rules can be broken."""

from copy import deepcopy
from pathlib import Path

import badges
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_rules import RULES, complaints

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
GOOD_PATH = ROOT / "notebooks" / "en" / "01_good.ipynb"


def good_notebook() -> nbformat.NotebookNode:
    """A notebook that breaks no rule."""
    cells = [
        new_markdown_cell(
            "# Which word comes next?\n\nAbout 5 minutes. " + "word " * 3 + "\n\nYou need: nothing.", id="title"
        ),
        new_code_cell("import lessons", id="setup"),
        new_markdown_cell("What may be changed.", id="about-parameters"),
        new_code_cell('MODEL = "bundled"', id="parameters", metadata={"tags": ["parameters"]}),
        new_markdown_cell("## A section\n\n### Deeper\n\n[up](../../README.md)", id="section"),
        new_code_cell("lessons.NextTokenExplorer(simple=True)", id="sum"),
        new_markdown_cell("## Your turn\n\n1. Why?\n\n<details>Because.</details>", id="your-turn"),
        new_markdown_cell(
            "## What we found\n\n**To read**\n\n- A. Author, 1951.\n- B. Author, 2019.", id="what-we-found"
        ),
        *(new_markdown_cell(f"## {name}", id=name.lower().replace(" ", "-")) for name in ("Glossary", "Next lesson")),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def predictions(number: int) -> list[nbformat.NotebookNode]:
    """Cells that ask for a prediction each."""
    return [new_markdown_cell("**Predict:** more or less?", id=f"guess-{place}") for place in range(number)]


def cell(notebook: nbformat.NotebookNode, id: str) -> nbformat.NotebookNode:
    return next(one for one in notebook.cells if one.id == id)


BREAKS = [
    ("nothing_that_running_leaves", lambda book: cell(book, "sum").update(execution_count=1)),
    (
        "nothing_that_running_leaves",
        lambda book: cell(book, "sum").update(outputs=[nbformat.v4.new_output("stream", text="2")]),
    ),
    ("nothing_that_running_leaves", lambda book: book.metadata.update(widgets={})),
    ("plain_python_kernel", lambda book: book.metadata.kernelspec.update(name="my-conda")),
    ("plain_python_kernel", lambda book: book.metadata.pop("language_info")),
    ("play_first", lambda book: cell(book, "sum").update(source="1 + 1")),
    ("readable_ids", lambda book: cell(book, "sum").update(id="1f0a93bc")),
    ("readable_ids", lambda book: cell(book, "sum").update(id="parameters")),
    ("readable_ids", lambda book: book.update(nbformat_minor=4)),
    (
        "title_is_a_question",
        lambda book: cell(book, "title").update(source="# The next word\n\n5 minutes " + "word " * 20),
    ),
    (
        "title_is_a_question",
        lambda book: cell(book, "title").update(source="# Which word comes next?\n\n" + "word " * 20),
    ),
    (
        "says_what_it_needs",
        lambda book: cell(book, "title").update(source="# Which word comes next?\n\nAbout 5 minutes."),
    ),
    ("headings_in_order", lambda book: cell(book, "section").update(source="## A section\n\n#### Deeper")),
    ("headings_in_order", lambda book: cell(book, "section").update(source="# Another title")),
    ("sections_at_the_end", lambda book: book.cells.pop()),
    ("sections_at_the_end", lambda book: book.cells.append(new_markdown_cell("## More", id="more"))),
    ("parameters_come_second", lambda book: cell(book, "parameters").metadata.clear()),
    ("parameters_come_second", lambda book: cell(book, "sum").metadata.update(tags=["parameters"])),
    ("short_cells", lambda book: cell(book, "sum").update(source="1\n" * 13)),
    ("short_cells", lambda book: [cell(book, id).update(source="1\n" * 4) for id in ("sum", "parameters")]),
    ("prose_before_code", lambda book: book.cells.insert(6, new_code_cell("2 + 2", id="again"))),
    ("enough_prose", lambda book: cell(book, "sum").update(source="1\n" * 12)),
    ("enough_prose", lambda book: cell(book, "section").update(source="word " * 500)),
    ("plain_python", lambda book: cell(book, "sum").update(source="%matplotlib inline")),
    ("plain_python", lambda book: cell(book, "sum").update(source="from torch import *")),
    ("plain_python", lambda book: cell(book, "sum").update(source="torch.manual_seed(0)")),
    ("claims_say_what_they_proved", lambda book: cell(book, "sum").update(source="assert 1 + 1 == 2")),
    ("few_predictions", lambda book: book.cells.__setitem__(slice(6, 6), predictions(6))),
    ("questions_have_their_answers", lambda book: cell(book, "your-turn").update(source="1. Why?\n2. Why not?")),
    ("something_to_read", lambda book: cell(book, "what-we-found").update(source="## What we found")),
    ("public_names_only", lambda book: cell(book, "sum").update(source="from lessons.models import load")),
    ("public_names_only", lambda book: cell(book, "sum").update(source="import lessons.decoding.beam")),
    ("public_names_only", lambda book: cell(book, "sum").update(source="lessons.decoding.greedy_search")),
    ("public_names_only", lambda book: cell(book, "sum").update(source="lessons.plots.canvas")),
    ("links_lead_somewhere", lambda book: cell(book, "section").update(source="[gone](99_gone.ipynb)")),
]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_notebook_keeps_the_rules(path):
    """A notebook of the course breaks none of the rules; the list says which and where."""
    assert "\n".join(complaints(nbformat.read(path, nbformat.NO_CONVERT), path)) == ""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_first_code_cell_is_the_same_everywhere(path):
    """The first code cell comes from tools/badges.py; `make badges` writes it."""
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    first = next(one for one in notebook.cells if one.cell_type == "code")
    repository = badges.repository_of((ROOT / "pyproject.toml").read_text(encoding="utf8"))
    assert first.source == badges.first_cell(repository, path.parent.name)
    assert first.metadata["jupyter"]["source_hidden"] and first.metadata["cellView"] == "form"  # folded


def test_there_are_notebooks():
    """The tests above have something to read: at least the start and the first lesson."""
    assert {"00_start_here", "01_next_token_tables"} <= {path.stem for path in NOTEBOOKS}


def test_a_good_notebook_breaks_no_rule():
    """The rules can be kept, so that a planted fault below is the only one."""
    assert complaints(good_notebook(), GOOD_PATH) == []


@pytest.mark.parametrize(("rule", "fault"), BREAKS, ids=[f"{rule}-{place}" for place, (rule, _) in enumerate(BREAKS)])
def test_each_fault_is_found(rule, fault):
    """A planted fault is found by the rule that it breaks."""
    notebook = deepcopy(good_notebook())
    fault(notebook)
    assert list(RULES[rule](notebook, GOOD_PATH)) != []


def test_every_rule_has_a_planted_fault():
    """No rule without a proof that it can be broken."""
    assert {rule for rule, _ in BREAKS} == set(RULES)
