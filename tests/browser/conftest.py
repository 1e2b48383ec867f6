"""One JupyterLab for all tests in a browser, and a page for each of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import arithmetic_page
import browsing
import pytest
from browsing import Lab, Notebook
from shown_explorer import EXPLORERS, ShownExplorer

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands in this folder needs a browser; without one it is skipped, and the reason says what is missing."""
    without = pytest.mark.skipif(bool(browsing.missing()), reason=browsing.missing() or "a browser is there")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")
            item.add_marker(without)


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """JupyterLab as `make lab` serves it, over copies of the notebooks."""
    with browsing.served_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def open_notebook(lab) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook of the course, or with cells given a new one of that name: open_notebook(path, *cells)."""
    # subtle: a browser for each test; while Playwright is at work no other event loop may run, as nbmake's does
    with browsing.browser() as chromium:

        def open_one(path: str, *cells: str) -> Notebook:
            page = chromium.new_page(viewport={"width": 1200, "height": 1000})
            return Notebook(page, lab, lab.write(path, *cells) if cells else path)

        yield open_one
    lab.stop_kernels()


@pytest.fixture
def open_explorer(open_notebook, request) -> Callable[[str, str], tuple[Notebook, ShownExplorer]]:
    """Opens a notebook with three cells (setup, explorer, a question to Python), and runs the first two; `ask(3)` gets
    the answer."""

    def open_one(name: str, question: str = "") -> tuple[Notebook, ShownExplorer]:
        asked = f"{question}\nprint({browsing.ANSWERED!r})"
        path = f"{request.function.__name__}-{name}"  # its own notebook has a kernel of its own
        notebook = open_notebook(path, browsing.SETUP, f"{EXPLORERS[name]}\nexplorer", asked)
        notebook.run(1, 2)
        return notebook, ShownExplorer(notebook.page, notebook.cell(2))

    return open_one


@pytest.fixture(scope="module")
def arithmetic() -> Iterator[arithmetic_page.Page]:
    """A page on which `site/model` and the bundled model are loaded."""
    with arithmetic_page.opened() as page:
        yield page
