"""start(): what every notebook begins with."""

import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import matplotlib
import pandas
import pytest
import torch
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text
from transformers.utils import logging

from lessons.classroom import start as notebook
from lessons.plots import temperature_bars
from lessons.plots.canvas import set_title
from lessons.words import language


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Whatever start() sets is set back after each test."""
    monkeypatch.delenv("TRANSFORMERS_NO_ADVISORY_WARNINGS", raising=False)
    verbosity, fonts = logging.get_verbosity(), list(font_manager.fontManager.ttflist)
    with matplotlib.rc_context(), pandas.option_context("display.html.use_mathjax", True):
        yield
    logging.set_verbosity(verbosity)
    logging.enable_progress_bar()
    font_manager.fontManager.ttflist[:] = fonts


@pytest.mark.parametrize(("folder", "expected"), [("en", "en"), ("ko", "ko"), ("somewhere", "en")])
def test_language_is_that_of_the_folder(tmp_path, monkeypatch, folder, expected):
    """A notebook in notebooks/ko speaks Korean, one in notebooks/en English; anywhere else English."""
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / folder)
    notebook.start()
    assert language.spoken() == expected


def test_language_can_be_chosen(tmp_path, monkeypatch):
    """start("ko") goes before the folder; a language that nobody speaks is refused."""
    (tmp_path / "en").mkdir()
    monkeypatch.chdir(tmp_path / "en")
    notebook.start("ko")
    assert language.spoken() == "ko"
    with pytest.raises(ValueError, match="'fr'"):
        notebook.start("fr")


@pytest.mark.parametrize(
    ("title", "expected"), [("# 다음 낱말은 무엇일까?", "ko"), ("# Which word comes next?", "en"), (None, "en")]
)
def test_language_in_colab_is_that_of_the_title(tmp_path, monkeypatch, title, expected):
    """In Colab a notebook lies in no folder of its own: its title tells; if Colab does not answer, English."""

    def blocking_request(name, timeout_sec):
        return {"ipynb": {"cells": [{"source": [title, "\n"]}]}} if title else None

    colab = ModuleType("google.colab")
    colab._message = SimpleNamespace(blocking_request=blocking_request)
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    monkeypatch.chdir(tmp_path)
    assert notebook.notebook_language() == expected


def test_nothing_is_printed(capsys):
    """start() returns nothing and prints nothing: the first cell shows no output."""
    assert notebook.start() is None
    assert capsys.readouterr() == ("", "")


def test_figures_have_the_lessons_style():
    """A student's own figure looks like those of the lessons: no frame above or right, colours for every eye."""
    notebook.start()
    assert not matplotlib.rcParams["axes.spines.top"]
    assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][0] == "#0072B2"


def test_no_data_frame_has_formulas():
    """pandas' own frames too: the class by which MathJax is told to leave them alone (since pandas 3 MathJax 3, too)."""
    frame = pandas.DataFrame({"text": ["from $5 to $4"]})
    assert "jax_ignore" not in frame._repr_html_()
    notebook.start()
    assert "tex2jax_ignore" in frame._repr_html_()


def test_fonts_are_fallbacks(tmp_path):
    """A font of the folder comes after those that were there, once however often start() is called."""
    mono = font_manager.findfont("DejaVu Sans Mono")
    shutil.copy(mono, tmp_path)
    before = list(matplotlib.rcParams["font.family"])
    for _ in range(2):
        notebook.use_fonts(tmp_path)
    assert matplotlib.rcParams["font.family"] == [*before, "DejaVu Sans Mono"]
    assert Path(mono).name in {
        Path(font.fname).name for font in font_manager.fontManager.ttflist if font.fname.startswith(str(tmp_path))
    }


def test_libraries_keep_quiet_but_downloads_show():
    """transformers shows errors only and no bar while it reads weights; a download, which takes minutes, shows one."""
    from huggingface_hub.utils import are_progress_bars_disabled

    notebook.start()
    assert logging.get_verbosity() == logging.ERROR
    assert not logging.is_progress_bar_enabled()
    assert not are_progress_bars_disabled()


@pytest.mark.parametrize(("language", "weight"), [("en", "bold"), ("ko", "normal")])
def test_a_title_has_one_weight(language, weight):
    """The Hangul font has no bold, so in a bold Korean title only the numbers and names would be."""
    notebook.start(language)
    axes = Figure().subplots()
    set_title(axes, "10")
    curves = torch.tensor([[0.6, 0.4], [0.7, 0.3]])
    bars = temperature_bars(["a", "b"], {1.0: curves[0], 0.5: curves[1]}, others=3)
    written = [
        text for text in axes.findobj(Text) + bars.findobj(Text) if text.get_text() in ("10", bars.get_suptitle())
    ]
    assert len(written) == 2
    assert {text.get_fontweight() for text in written} == {weight}
