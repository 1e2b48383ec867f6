"""nbmake, made to notice what it passes: a widget's callback that failed inside, where no cell shows an error.

Two ways of failing in silence: an explorer catches the error and shows it in itself (a student sees it, nbmake does
not); `interact` or an `Output` widget file the traceback under the widget instead of the cell. Both pass through the
messages between kernel and widgets. And a third: a figure without the font for its letters, of which only a warning is
left under the cell.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import nbformat
import nbmake.nb_run
import nbmake.pytest_items
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbmake.nb_result import NotebookError, NotebookResult
from nbmake.nb_run import NotebookRun

EXPLORER_ERROR = re.compile(r'class="lessons-error"[^>]*>(.*?)</div>', re.DOTALL)
NO_FONT = re.compile(r"Glyph .*missing from")  # matplotlib's words
NOTES = "hidden_failures"  # where the client leaves them in the notebook's metadata


def failures_in(state: dict[str, object]) -> Iterator[str]:
    """What a widget's state says about an error: an explorer's error line, or a traceback filed under an Output."""
    for value in state.values():
        if isinstance(value, str):
            yield from map(unescape, EXPLORER_ERROR.findall(value))
    for output in state.get("outputs") or ():
        if output.get("output_type") == "error":
            yield f"{output['ename']}: {output['evalue']}"


class WatchedClient(NotebookClient):
    """Notes each error that a widget shows, even if a later cell makes it go away."""

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, object], cell_index: int) -> None:
        super().handle_comm_msg(outs, msg, cell_index)
        self.note(msg["content"]["data"].get("state", {}), cell_index)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, object], display_id: str, cell_index: int
    ) -> NotebookNode | None:
        found = super().output(outs, msg, display_id, cell_index)
        text = msg["content"].get("text", "") if msg["msg_type"] == "stream" else ""
        if NO_FONT.search(text):
            self.note({"outputs": [{"output_type": "error", "ename": "missing letters", "evalue": text}]}, cell_index)
        return found

    def set_widgets_metadata(self) -> None:
        """Called at the end: by then nbclient has filed what was printed into Output widgets."""
        for state in self.widget_state.values():
            self.note({"outputs": state.get("outputs")}, -1)
        super().set_widgets_metadata()

    def note(self, state: dict[str, object], cell_index: int) -> None:
        notes = self.nb.metadata.setdefault(NOTES, [])
        notes += [note for failure in failures_in(state) if (note := [cell_index, failure]) not in notes]


class WatchedRun(NotebookRun):
    """A run of a notebook that fails also when a widget's callback did, or a letter had no font."""

    def execute(self) -> NotebookResult:
        result = super().execute()
        notes = result.nb.metadata.pop(NOTES, [])
        if result.error is None and notes:
            places = [result.nb.cells[cell].id if cell >= 0 else "an Output widget" for cell, _ in notes]
            trace = "\n".join(f"in {place}: {failure}" for place, (_, failure) in zip(places, notes, strict=True))
            summary = f"something failed that no cell shows, in {places[0]}: {notes[0][1].strip().splitlines()[-1]}"
            return NotebookResult(nb=result.nb, error=NotebookError(summary, f"{summary}\n{trace}", notes[0][0]))
        return result


def watch() -> None:
    """From here on every notebook that pytest collects is run by a `WatchedRun`."""
    nbmake.nb_run.NotebookClient = WatchedClient
    nbmake.pytest_items.NotebookRun = WatchedRun


def run_with(parameters: str, lesson: Path, folder: Path, seconds: int) -> NotebookResult:
    """What came of a copy of the lesson in this folder, with these lines at the end of its cell of parameters; no cell
    may take longer than so many seconds."""
    notebook = nbformat.read(lesson, nbformat.NO_CONVERT)
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    cell.source += f"\n{parameters}"
    copy = folder / lesson.name
    nbformat.write(notebook, copy)
    return WatchedRun(copy, seconds, kernel="python3").execute()
