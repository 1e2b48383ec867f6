"""JupyterLab as `make lab` serves it, and notebooks of it in a real browser: for tests/browser and for screenshots.py.

The browser is the system's Chromium, driven by Playwright. Nothing is written into the checkout: notebooks are copies,
and JupyterLab keeps its settings, records and running files in the same temporary folder.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("gpu", "quic", "background-networking", "component-update", "sync")
FLAGS = ["--no-sandbox", "--no-first-run", *(f"--disable-{part}" for part in QUIET)]
SECONDS = 120  # for anything to happen: a kernel that imports PyTorch on a busy machine is slow
ERRORS = '.jp-OutputArea [data-mime-type$=".error"], .jp-OutputArea [data-mime-type$=".stderr"], .lessons-error'
SETUP = "import lessons; lessons.start('en'); lm = lessons.load(device='cpu')"
ANSWERED = "that was all"  # what a question to Python prints last: a page shows what is printed piece by piece


def chromium() -> str | None:
    """The path of the system's Chromium; None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def missing() -> str:
    """What a test in a browser would need and does not have, with the way out; "" if all is there."""
    for package in ("playwright", "jupyterlab"):
        if find_spec(package) is None:
            return f"{package} is not installed (pip install {package})"
    if chromium() is None:
        return "chromium is not on this machine (on Debian and Ubuntu: sudo apt install chromium)"
    return ""


@contextmanager
def browser() -> Iterator["Browser"]:
    """The system's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield one
        one.close()


@contextmanager
def served_lab(folder: Path) -> Iterator["Lab"]:
    """JupyterLab over `folder/lessons`, with copies of the notebooks; it is stopped, with its kernels, at the end."""
    lab = Lab(folder)
    with open(folder / "lab.log", "wb") as log:
        server = subprocess.Popen(lab.command, cwd=lab.root, env=lab.environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            lab.wait_for(server)
            yield lab
        finally:
            server.terminate()
            server.wait(30)


class Lab:
    """A JupyterLab of one's own.

    Attributes:
        root: what it shows: `notebooks`, copied from the checkout, and what `write` puts there.
        url: where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "lessons"
        ignored = shutil.ignore_patterns(".ipynb_checkpoints", "fine-tuned*", "lessons-progress*")
        shutil.copytree(ROOT / "notebooks", self.root / "notebooks", ignore=ignored)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        place = {"ip": "127.0.0.1", "port": port, "port_retries": 0, "root_dir": self.root}
        options = place | {"open_browser": False, "allow_root": True, "disable_check_xsrf": True}
        settings = [f"--ServerApp.{name}={value}" for name, value in options.items()]
        self.command = [sys.executable, "-m", "jupyter", "lab", *settings, "--IdentityProvider.token="]
        folders = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        self.environment = {**os.environ, **folders, "IPYTHONDIR": str(folder / "ipython"), "OMP_NUM_THREADS": "1"}
        self.set("apputils-extension/notification", fetchNews="false", checkForUpdates=False)

    def set(self, name: str, **settings: object) -> None:
        """Change JupyterLab's own settings; a page that is opened afterwards has them."""
        path = self.folder / "config" / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf8")

    def wait_for(self, server: subprocess.Popen) -> None:
        """Return when the server answers."""
        end = time.monotonic() + SECONDS
        while server.poll() is None and time.monotonic() < end:
            try:
                return urlopen(f"{self.url}/api", timeout=5).close()
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"JupyterLab did not start. It says: {self.log()}")

    def wait_for_kernel(self, path: str) -> None:
        """Return when the kernel of a notebook that is being opened has nothing to do and somebody listens to it."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with urlopen(f"{self.url}/api/sessions", timeout=SECONDS) as answer:
                kernels = [one["kernel"] for one in json.load(answer) if one["path"] == path]
            if any(kernel["execution_state"] == "idle" and kernel["connections"] for kernel in kernels):
                return
            time.sleep(0.1)
        raise TimeoutError(f"{path} had no kernel after {SECONDS} seconds; JupyterLab says: {self.log()}")

    def stop_kernels(self) -> None:
        """End all kernels: each holds a model. One that is too busy to end in time is asked again."""
        end = time.monotonic() + SECONDS
        while kernels := self.kernels():
            if time.monotonic() > end:
                raise TimeoutError(f"{len(kernels)} kernels did not end in {SECONDS} seconds: {self.log()}")
            for kernel in kernels:
                with suppress(HTTPError):  # also where it has ended meanwhile
                    urlopen(Request(f"{self.url}/api/kernels/{kernel}", method="DELETE"), timeout=SECONDS).close()

    def kernels(self) -> list[str]:
        """The ids of the kernels that are running."""
        with urlopen(f"{self.url}/api/kernels", timeout=SECONDS) as answer:
            return [kernel["id"] for kernel in json.load(answer)]

    def log(self) -> str:
        """The end of what JupyterLab wrote."""
        return (self.folder / "lab.log").read_text(encoding="utf8")[-2000:]

    def write(self, name: str, *cells: str) -> str:
        """The place of a new notebook: prose, then these code cells, then prose."""
        prose = "# A notebook\n\n" + "Prose, as a lesson has it.\n\n" * 12
        notebook = new_notebook(cells=[new_markdown_cell(prose), *map(new_code_cell, cells), new_markdown_cell(prose)])
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.root / f"{name}.ipynb")
        return f"{name}.ipynb"


class Notebook:
    """A notebook that is open in a page.

    Attributes:
        page: Playwright's page; complaints: errors in the browser's console, dialogs, scripts that failed.
    """

    def __init__(self, page: "Page", lab: Lab, path: str) -> None:
        self.page, self.complaints = page, []
        page.set_default_timeout(SECONDS * 1000)
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(f"{lab.url}/lab/tree/{path}?reset")
        lab.wait_for_kernel(path)
        page.wait_for_timeout(500)  # until the page has heard of it, too

    def cell(self, number: int) -> "Locator":
        """A cell by its place from 0 (its number in the page's list: cells far away are not in the page)."""
        return self.page.locator(f'.jp-NotebookPanel:visible .jp-Cell[data-windowed-list-index="{number}"]')

    def run(self, first: int, last: int) -> None:
        """Run the cells from the first to the last, one by one with the keyboard, as a student does; return when they
        are done."""
        for number in range(first, last + 1):
            cell = self.cell(number)
            folded = cell.locator(".jp-InputArea:visible, .jp-InputPlaceholder").first.locator(
                ".jp-Placeholder-content"
            )
            if folded.count():
                folded.click()  # only what is unfolded has a number that says that it has run
            prompt = cell.locator(".jp-InputPrompt")
            before, end = prompt.inner_text(), time.monotonic() + SECONDS
            while prompt.inner_text() == before:
                if "jp-MarkdownCell" in cell.get_attribute("class"):
                    break
                cell.locator(".jp-InputArea-prompt").click()
                self.page.keyboard.press("Shift+Enter")
                self.page.wait_for_timeout(300)  # while the page makes itself ready a key may be lost
            while not re.fullmatch(r"\[\d+\]:|", prompt.inner_text().strip()):
                if time.monotonic() > end:
                    raise TimeoutError(
                        f"cell {number} ran for more than {SECONDS} seconds; to be seen: {self.errors()}"
                    )
                self.page.wait_for_timeout(50)

    def output(self, number: int) -> str:
        """What stands under a cell, as text."""
        return self.cell(number).locator(".jp-OutputArea").inner_text()

    def ask(self, number: int, until: Callable[[list[str]], bool] = lambda lines: True) -> list[str]:
        """The lines that a cell prints before `ANSWERED`, once they are as the page says; after `SECONDS`, the last
        ones.

        until: whether lines agree with the page. What is dragged or typed may still be on its way to Python when the
            cell runs (a page holds changes back while the kernel is busy), and what Python made of it on its way back
        """
        end = time.monotonic() + SECONDS
        while True:
            self.run(number, number)
            while not (said := self.output(number).strip()).endswith(ANSWERED) and time.monotonic() < end:
                self.page.wait_for_timeout(20)
            lines = said.removesuffix(ANSWERED).splitlines()
            if until(lines) or time.monotonic() > end:
                return lines
            self.page.wait_for_timeout(200)

    def errors(self) -> list[str]:
        """Everything that went wrong and can be seen: in the page, under its cells, in the browser's console."""
        return [*self.page.locator(ERRORS).all_inner_texts(), *self.complaints]
