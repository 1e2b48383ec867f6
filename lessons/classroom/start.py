"""start(): what the first cell of each notebook ends with. The only place that knows Colab, fonts and styles."""

import os
import sys
from logging import getLogger
from pathlib import Path

from lessons.words.language import LANGUAGES, speak
from lessons.words.notebook import in_notebook

PACKAGE = Path(__file__).parents[1]


def start(language: str | None = None) -> None:
    """From here on words are in `language`, figures in the lessons' style, and libraries keep quiet.

    Without a language it is that of the notebook: the name of its folder ("en" or "ko"); in Colab, where a notebook has
    no folder, the script of its title; else English. Raises `ValueError` for a language that the lessons do not speak.
    """
    speak(notebook_language() if language is None else language)
    use_style()
    show_tables_as_written()
    quieten()


def notebook_language() -> str:
    """The language of the notebook that is running: "en" or "ko"."""
    folder = Path.cwd().name
    if folder in LANGUAGES:
        return folder
    return "ko" if any("가" <= letter <= "힣" for letter in colab_title()) else "en"


def colab_title() -> str:
    """The text of the notebook's first cell in Colab; "" anywhere else, or if Colab does not tell."""
    if "google.colab" not in sys.modules:
        return ""
    try:
        from google.colab import _message

        notebook = _message.blocking_request("get_ipynb", timeout_sec=5)["ipynb"]
        return "".join(notebook["cells"][0]["source"])
    except Exception:  # subtle: not a public function of Colab, and a title is not worth a failure
        return ""


def use_style() -> None:
    """Figures from here on follow `lessons.mplstyle`, can write Hangul if the font came along, and are crisp."""
    import matplotlib.style

    matplotlib.style.use(PACKAGE / "lessons.mplstyle")
    use_fonts(PACKAGE / "assets" / "font")
    if in_notebook():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina")
        say_figures_in_words()


def say_figures_in_words() -> None:
    """The text beside a figure's picture is from here on what it shows, instead of its size in pixels."""
    from IPython import get_ipython
    from matplotlib.figure import Figure

    from lessons.plots.canvas import in_words

    texts = get_ipython().display_formatter.formatters["text/plain"]
    texts.for_type(Figure, lambda figure, printer, _: printer.text(in_words(figure)))


def use_fonts(folder: Path) -> None:
    """Each font of the folder becomes a fallback: its letters are used where the fonts before it have none."""
    from matplotlib import font_manager, rcParams

    for path in sorted(folder.glob("*.[ot]tf")):
        font_manager.fontManager.addfont(path)
        name = font_manager.FontProperties(fname=path).get_name()
        if name not in rcParams["font.family"]:
            rcParams["font.family"] = [*rcParams["font.family"], name]


def show_tables_as_written() -> None:
    """Data frames from here on, pandas' own too, keep two dollar signs as they are and have no formula between them."""
    import pandas

    pandas.options.display.html.use_mathjax = False


def quieten() -> None:
    """`transformers` shows errors only, no bars while it reads weights; bars of downloads stay: those take minutes."""
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    from huggingface_hub.utils import enable_progress_bars
    from transformers.utils import logging

    logging.set_verbosity_error()
    getLogger("matplotlib.font_manager").setLevel("ERROR")  # the Hangul font has no bold: said once for each picture
    logging.disable_progress_bar()  # subtle: this silences the hub's download bars too
    enable_progress_bars()
