"""A cell that is run again lets go of the explorers that its last run made: fifty runs take the memory of one.

ipywidgets keeps every widget until it is closed, and a notebook keeps every cell's result. So whoever runs a cell
again and again would hold every explorer that ever stood under it: five megabytes and up to a hundred widgets each.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import ipywidgets as widgets
from ipywidgets.widgets import widget


class Releasable(Protocol):
    """What can be let go."""

    def let_go(self) -> None: ...


_made: dict[str, tuple[str, list[Releasable]]] = {}  # cell -> (its run, what that made)


def running_cell() -> tuple[str, str] | None:
    """(which cell of a notebook is running, which of its runs this is); None anywhere else."""
    from IPython import get_ipython

    shell = get_ipython()
    request = shell.get_parent() if getattr(shell, "kernel", None) and hasattr(shell, "get_parent") else {}
    code = request.get("content", {}).get("code")
    if not code:  # no notebook, or a button was pressed
        return None
    # subtle: JupyterLab and VS Code name the cell; elsewhere two cells with the same words count as one
    return request.get("metadata", {}).get("cellId") or code, request["header"]["msg_id"]


def take_place(made: Releasable) -> None:
    """Note what the running cell has made, and let go of what its earlier run had."""
    place = running_cell()
    if place is None:
        return
    cell, run = place
    last_run, earlier = _made.get(cell, (run, []))
    if last_run != run:
        for old in earlier:
            old.let_go()
        earlier = []
    _made[cell] = (run, [*earlier, made])


def living() -> set[str]:
    """The ids of all widgets that ipywidgets keeps."""
    return set(widget._instances if hasattr(widget, "_instances") else widgets.Widget.widgets)  # 8.x; 7.7


def within(outer: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget and all that it is made of: children, layouts, styles; each may come more than once."""
    yield outer
    for name in outer.keys:
        value = getattr(outer, name)
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, widgets.Widget):
                yield from within(part)


def close_all(outer: Sequence[widgets.Widget], but: set[str]) -> None:
    """Close widgets and what they are made of, except for those of these ids, which others use too."""
    for one in {id(one): one for some in outer for one in within(some)}.values():
        if one.model_id is not None and one.model_id not in but:
            one.close()
