"""A cell that is run again releases what its last run made: fifty runs take the memory of one.

ipywidgets keeps every widget until it is closed, and a notebook keeps every cell's result. So whoever runs a cell
again and again would hold every explorer that ever stood under it: five megabytes and up to a hundred widgets each.
"""

from collections.abc import Iterator
from typing import Protocol

import ipywidgets as widgets
from IPython.core.getipython import get_ipython

from lessons.words.notebook import in_notebook


class Releasable(Protocol):
    """What can be released."""

    def release(self) -> None: ...


_made: dict[str, tuple[str, list[Releasable]]] = {}  # cell -> (its last run, what that run made)


def running_cell() -> tuple[str, str] | None:
    """(which cell of a notebook is running, which of its runs this is); None anywhere else."""
    shell = get_ipython()
    if not in_notebook() or not hasattr(shell, "get_parent"):
        return None
    request = shell.get_parent()
    code = request.get("content", {}).get("code")
    if not code:  # a button was pressed
        return None
    # subtle: JupyterLab and VS Code name the cell; elsewhere two cells with the same words count as one
    return request.get("metadata", {}).get("cellId") or code, request["header"]["msg_id"]


def belongs_to_running_cell(made: Releasable) -> None:
    """Note that the running cell has made this, and release what its last run had made."""
    running = running_cell()
    if running is None:
        return
    cell, run = running
    last_run, of_last_run = _made.get(cell, (run, []))
    if last_run == run:  # the second explorer of one run
        _made[cell] = (run, [*of_last_run, made])
        return
    for old in of_last_run:
        old.release()
    _made[cell] = (run, [made])


def parts_of(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget and all that it is made of: children, layouts, styles; each may come more than once."""
    yield widget
    for name in widget.keys:
        value = getattr(widget, name)
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, widgets.Widget):
                yield from parts_of(part)


def close_all(*outer: widgets.Widget) -> None:
    """Close widgets and all that they are made of."""
    for widget in {part for one in outer for part in parts_of(one)}:
        widget.close()
