"""The cell of an explorer run fifty times, and a control moved fifty times: memory, widgets and listeners do not
grow."""

import gc
import inspect
import json
from types import SimpleNamespace

import ipywidgets as widgets
import places
import pytest

import lessons
from lessons.explorers import cell_outputs
from lessons.explorers.base import Explorer
from lessons.explorers.cell_outputs import parts_of

pytestmark = pytest.mark.fault

NAMES = [
    "NextTokenExplorer",
    "UnderflowExplorer",
    "BeamExplorer",
    "TemperatureExplorer",
    "TruncationExplorer",
    "LensExplorer",
    "SpeculativeExplorer",
]
FIRST = """
import gc, os, sys
import lessons, psutil, torch
lessons.start("en")
lm = lessons.load({folder!r}, device="cpu")
MEASURED = []
"""
MAKE = "explorer = lessons.NextTokenExplorer(lm)\nexplorer"
MEASURE = "gc.collect(); MEASURED.append((len(open_widgets()), psutil.Process().memory_info().rss))"


def open_widgets() -> set[str]:
    """The ids of all widgets that ipywidgets keeps; also run in a kernel."""
    from ipywidgets.widgets import widget

    return set(widget._instances if hasattr(widget, "_instances") else widget.Widget.widgets)  # 8.x; 7.7


def run_cells(cells: list[tuple[str, str]], last: str) -> object:
    """What `last` prints as JSON after the cells (id, source) have been run one after the other in a kernel, as
    JupyterLab runs them."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", extra_arguments=["--HistoryManager.enabled=False"])
    try:
        for cell, source in [*cells, ("last", last)]:
            content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
                       "stop_on_error": True}  # fmt: skip
            message = client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
            client.shell_channel.send(message)
            printed = outputs_of(client, message["header"]["msg_id"])
        return json.loads(printed)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def outputs_of(client: object, request: str) -> str:
    """What a request prints, once it is done."""
    printed = ""
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        assert "error" != kind, "\n".join(content.get("traceback", ()))
        printed += content["text"] if kind == "stream" and content["name"] == "stdout" else ""
        if kind == "status" and content["execution_state"] == "idle":
            return printed


def test_fifty_runs_take_the_memory_of_one(tiny_folders, monkeypatch):
    """In a kernel the cell of an explorer is run fifty times: as many widgets as after the first run, and no more
    memory.

    Measured when this was written: 98 widgets and 4.3 MB a run without a release; with it no widget, and 1.0 MB, which
    is the notebook's own memory of its outputs. (The other explorers: 23 to 78 widgets, 4 to 6 MB.)
    """
    pytest.importorskip("psutil", reason="memory is measured with psutil")
    monkeypatch.setenv("PYTHONPATH", str(places.ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    runs = [("explorer", MAKE)] * 10 + [("measure", MEASURE)] + [("explorer", MAKE)] * 40 + [("measure", MEASURE)]
    first = inspect.getsource(open_widgets) + FIRST.format(folder=str(tiny_folders["gpt2"]))
    cells = [("first", first), *runs]
    (tenth, memory_then), (fiftieth, memory) = run_cells(cells, "import json; print(json.dumps(MEASURED))")
    assert tenth == fiftieth < 150, "widgets"
    grown = (memory - memory_then) / 40  # bytes a run
    assert grown < 2e6, f"memory grows by {grown / 1e6:.1f} MB a run"


def test_only_the_same_cell_releases(tiny_models, monkeypatch):
    """Two cells, also with the same words, keep an explorer each; within one run a cell may make several; without a
    cell's
    id (Colab) its words stand for it; outside of a cell nothing is released.
    """
    monkeypatch.setattr(cell_outputs, "_made", {})
    runs, running_cell = iter(range(100)), cell_outputs.running_cell

    def asked_in(shell: object) -> tuple[str, str] | None:
        with monkeypatch.context() as patched:
            patched.setattr("lessons.words.notebook.get_ipython", lambda: shell)
            patched.setattr("lessons.explorers.cell_outputs.get_ipython", lambda: shell)
            return running_cell()

    def run(cell: str | None, code: str, number: int = 1) -> list[Explorer]:
        request = {
            "content": {"code": code},
            "metadata": {"cellId": cell} if cell else {},
            "header": {"msg_id": str(next(runs))},
        }
        shell = SimpleNamespace(kernel=object(), get_parent=lambda: request if code else {"content": {"data": {}}})
        monkeypatch.setattr(cell_outputs, "running_cell", lambda: asked_in(shell))
        return [lessons.UnderflowExplorer(tiny_models["gpt2"]) for _ in range(number)]

    made = [run("a", "make"), run("b", "make"), run("c", "twice", 2), run("a", "make again"), run("c", "twice", 2)]
    made += [run(None, "no id"), run(None, "no id"), run(None, "another"), run(None, ""), run(None, "")]
    alive = [[hasattr(one, "length") for one in some] for some in made]
    assert [[False], [True], [False, False], [True], [True, True], [False], [True], [True], [True], [True]] == alive


def listeners(explorer: Explorer) -> int:
    """How many functions hear of a change of any of the controls."""
    return sum(
        len(heard) for one in parts_of(explorer) for kinds in one._trait_notifiers.values() for heard in kinds.values()
    )


@pytest.mark.parametrize("name", NAMES)
def test_fifty_changes_leave_no_listeners_behind(tiny_models, name):
    """A slider moved fifty times, every tenth time after another text: as many widgets and listeners as before."""
    explorer = getattr(lessons, name)(tiny_models["gpt2"])
    control = explorer.text if name == "UnderflowExplorer" else explorer.prompt
    kinds = widgets.IntSlider | widgets.FloatSlider | widgets.FloatLogSlider
    sliders = [one for one in parts_of(explorer) if isinstance(one, kinds)]

    def change(number: int) -> None:
        if number % 10 == 0:
            control.value = f"the old king {'and again ' * (number % 3)}"
        one = sliders[number % len(sliders)]
        least = one.base**one.min if isinstance(one, widgets.FloatLogSlider) else one.min
        one.value = least + number % 2

    for number in range(30):  # each of the texts was there once
        change(number)
    before = len(open_widgets()), listeners(explorer)
    for number in range(50):
        change(number)
    gc.collect()
    assert before == (len(open_widgets()), listeners(explorer))


@pytest.mark.parametrize("name", NAMES)
def test_a_release_closes_all_and_nothing_else(tiny_models, name):
    """An explorer released leaves no widget behind, and the next one looks as ever."""
    getattr(lessons, name)(tiny_models["gpt2"]).release()
    before = open_widgets()
    explorer = getattr(lessons, name)(tiny_models["gpt2"])
    assert len(open_widgets()) > len(before)
    explorer.release()
    assert before == open_widgets()
    assert repr(explorer)
    after = getattr(lessons, name)(tiny_models["gpt2"])
    assert all(one.model_id is not None for one in parts_of(after))


class Nested(Explorer):
    """A control whose action moves another one, whose action fails above 5."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.seen = widgets.IntText(0), widgets.IntText(0), []
        self.listen(self.first, self._first)
        self.listen(self.second, self._second)
        self.lay_out_beside([self.first, self.second])

    def _first(self) -> None:
        self.second.value = self.first.value
        if self.first.value == 9:
            raise ValueError("nine is too much of a good thing")

    def _second(self) -> None:
        if self.second.value > 5:
            raise ValueError(f"{self.second.value} is greater than 5")


def test_an_error_within_an_error_free_action_stays_shown():
    """The first control moves the second, whose action fails: the message stays although the first one's action went
    well."""
    explorer = Nested()
    explorer.first.value = 7
    assert "7 is greater than 5" == explorer.error and "greater than 5" in explorer._error_line.value
    explorer.first.value = 3
    assert "" == explorer.error and 'class="lessons-error"' not in explorer._error_line.value
    explorer.first.value = 9
    assert "nine is too much of a good thing" == explorer.error
    explorer.second.value = 1
    assert "" == explorer.error


def test_an_attempt_says_whether_all_went_well():
    """True only if neither the action nor what it set off failed."""
    explorer = Nested()
    explorer.second.value = 6
    assert explorer.attempt(lambda: None)
    assert not explorer.attempt(lambda: setattr(explorer.first, "value", 8))
    assert not explorer.attempt(lambda: 1 / 0)
    assert "ZeroDivisionError" in explorer.error
    assert explorer.attempt(lambda: setattr(explorer.first, "value", 2))
