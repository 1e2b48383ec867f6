"""JupyterLab makes formulas of what stands between two dollar signs; not in what lessons shows."""

SHOWN = {
    "table of next tokens": 'lessons.next_token_table(lm, "The price rose from $5 to $", 2, 2)',
    "texts": 'lessons.show_random_elements(Dataset.from_dict({"text": ["Tea fell from $5 to $4 a chest."]}), 1)',
    "tokens": 'TokenTable({"token": [" $5", " to $"], "text": ["$a$", "$b$"]})',
    "tree": 'lessons.plots.beam_tree(lessons.beam_search(lm, "from $5 to $", 2, num_beams=2).tree)',
    "verdict": 'Shown("from $5 to $", ["from $5 to $4"], [("$a$", "$b$")])',
}
IMPORTS = (
    "import lessons, pandas; lessons.start('en'); lm = lessons.load(device='cpu'); from datasets import Dataset\n"
    "from lessons.exercises.verdict import Shown; from lessons.words.frames import TokenTable"
)
PLAIN = 'pandas.DataFrame({"text": ["Tea fell from $5 to $4 a chest."]})'
TYPESET = f"pandas.options.display.html.use_mathjax = True\n{PLAIN}"


def test_two_dollar_signs_are_two_dollar_signs(open_notebook):
    """Neither what is ours nor, after start(), a data frame of pandas' own; the last one, without start(), has its
    formula."""
    notebook = open_notebook("formulas", IMPORTS, *SHOWN.values(), PLAIN, TYPESET)
    first, last = 2, 2 + len(SHOWN)
    notebook.run(1, last + 1)
    notebook.cell(last + 1).locator("mjx-container").first.wait_for(state="attached")
    for number in range(first, last + 1):
        assert notebook.cell(number).locator("mjx-container").count() == 0
        assert "$" in notebook.cell(number).locator(".jp-OutputArea").text_content()
    assert notebook.errors() == []
