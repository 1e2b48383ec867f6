"""Everything that makes HTML or SVG of tokens and texts, read back by a parser: no token becomes a tag, and none loses
a letter."""

import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy
import pandas
import pytest
import test_grading_out
from datasets import Dataset
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import lessons
from lessons.exercises.verdict import Shown, verdict
from lessons.explorers import html
from lessons.explorers.writing import texts_table
from lessons.models.language_model import LanguageModel
from lessons.models.six_words import MarkovChain, six_words
from lessons.plots.svg import drawing, text
from lessons.plots.tree import beam_tree
from lessons.tables.decoders import NINE
from lessons.tables.next_token import Choice, TokenTable
from lessons.words.frames import Frame
from lessons.words.tokens import visible
from lessons.words.writing import Markup, html_table

# a letter that the font of a picture lacks would be a warning, and fails
pytestmark = [pytest.mark.property, pytest.mark.filterwarnings("error:.*Glyph")]

# Every tag that lessons and pandas write. None of them runs anything, and none loads anything but the picture of a
# chart (a data: address).
OURS = {"div", "span", "br", "table", "thead", "tbody", "tr", "th", "td", "b", "p", "code", "pre", "style", "svg", "g", "title", "text",
        "tspan", "rect", "path", "circle", "defs", "pattern", "img"}  # fmt: skip
EVIL = ["<script>alert(1)</script>", "<img onerror=alert(1) src=x>", '" onmouseover="alert(1)', "'><evil>", "</span><evil>",
        "</td></table>", "<!--", "-->", "]]>", "<![CDATA[", "&lt;evil&gt;", "&#60;evil&#62;", "&", "&amp", "<", ">", "<evil",
        "javascript:alert(1)",
        "</title><evil>", "</svg><evil>", "</style><evil>", "\x00<evil>", "<\x00evil>", "<evil\n>", "`onload=evil`", "{{evil}}", "$<evil>$",
        "%s<evil>", "{evil}"]  # fmt: skip
TOKENS = st.one_of(
    st.sampled_from(EVIL),
    st.text("<>&\"'=/ abe\n\t\x00\x1f;#!-", min_size=1, max_size=12),
    st.text(min_size=1, max_size=6),
)
SIX = st.lists(TOKENS, min_size=6, max_size=6, unique=True)
QUICK = settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
# pictures are drawn: no hour of shrinking
SLOW = settings(QUICK, max_examples=6, phases=[Phase.explicit, Phase.generate])
WORST = ["<script>alert(1)</script>", '"><evil onload="x">', "'><evil>", "&lt;", "</svg></table>\x00", "<!--"]


class Reader(HTMLParser):
    """What a browser would make of it: tags, attributes and text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.names, self.values, self.pieces, self.others = set(), set(), [], [], []
        self.style = False  # whether what is read are a style's rules: they are no words
        self.open: list[bool] = []  # for each tag that is open whether MathJax leaves its text alone
        self.typeset: list[str] = []  # the texts in which it looks for formulas
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.style = tag == "style"
        self.names |= {name for name, _ in attributes}
        self.values += [(name, value) for name, value in attributes]
        if tag not in ("br", "img"):  # which have no end
            left_alone = {"mathjax_ignore", "tex2jax_ignore"} <= set((dict(attributes).get("class") or "").split())
            self.open.append(left_alone or tag in ("style", "pre", "code") or any(self.open[-1:]))

    def handle_endtag(self, tag: str) -> None:
        self.open, self.style = self.open[:-1], False

    def handle_data(self, data: str) -> None:
        self.pieces += [] if self.style else [data]
        self.typeset += [] if any(self.open[-1:]) else [data]

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def read(source: str) -> Reader:
    """The source as a browser reads it, once it is sure that nothing in it is a token's doing."""
    found = Reader(source)
    assert found.tags <= OURS, f"{found.tags - OURS} came from a token"
    assert not [name for name in found.names if name.startswith("on") or not re.fullmatch(r"[a-zA-Z][\w:-]*", name)]
    assert all((value or "").startswith("data:") for name, value in found.values if name in ("src", "href"))
    assert not found.others, "a comment or a declaration came from a token"
    assert "script" not in found.tags and "evil" not in found.tags
    return found


def read_display(shown: object) -> Reader:
    """What a notebook displays of an object, once it is sure that no text of it can become a formula."""
    found = read(shown._repr_html_())
    assert "".join(found.typeset).strip() == "", "two dollar signs would make a formula of this"
    return found


def chain_of(words: Sequence[str]) -> MarkovChain:
    """The six-word language with these words, and every text as the prompt of its first word."""

    class Words(MarkovChain):
        def encode(self, text: str) -> list[int]:
            return [0]

        def decode(self, ids: Sequence[int]) -> str:
            return "".join(self.words[token] for token in ids)

    return Words(tuple(words), six_words().probabilities, ends=())


class Spelling:
    """A tokenizer whose tokens spell what they are told to; every text is three of them."""

    all_special_tokens, is_fast, eos_token = (), False, None

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words

    def __len__(self) -> int:
        return len(self.words)

    def __call__(self, text: str | list[str], **options: object) -> dict[str, list]:
        return {"input_ids": [0, 1, 2, 3] if isinstance(text, str) else [[0, 1, 2, 3] for _ in text]}

    def decode(self, ids: Sequence[int], **options: object) -> str:
        return "".join(self.words[token % len(self.words)] for token in ids)

    def convert_ids_to_tokens(self, token: int) -> str:
        return self.words[token % len(self.words)]

    def convert_tokens_to_string(self, pieces: list[str]) -> str:
        return "".join(pieces)


def model_of(tiny: LanguageModel, words: Sequence[str]) -> LanguageModel:
    """The tiny model with tokens that spell these words."""
    return LanguageModel("spelling", tiny.model, Spelling(words))


@QUICK
@given(SIX)
@example(WORST)
def test_a_strip_of_tokens(tokens):
    """The tokens as running text, and what each says under the mouse."""
    found = read(html.surprisal_strip(tokens, [None, 1.0, 2.0, 3.0, 4.0, 50.0], tokens))
    assert "".join(visible(token).replace("␣", " ") for token in tokens) == found.text
    assert tokens == [value for name, value in found.values if name == "title"]


@QUICK
@given(SIX)
@example(WORST)
def test_a_table_of_texts(tokens):
    """Headings and cells."""
    assert (
        "".join([*tokens, *tokens, *tokens[::-1]]) == read(html_table(tokens, [tokens, tokens[::-1]], highlight=0)).text
    )
    marked = read(html_table(tokens[:4], [[Markup("<b>bold</b>"), *tokens[1:4]]], left=(0,), fill=True))
    assert "".join([*tokens[:4], "bold", *tokens[1:4]]) == marked.text


@QUICK
@given(SIX)
@example(WORST)
def test_a_verdict(tokens):
    """What a check says of a student's answer, whatever that answer was."""
    shown = verdict("top-p", tokens[0], "wrong", tokens[1:3], [(tokens[3], tokens[4])])
    found = read_display(shown)
    assert all(token in found.text for token in tokens[:5])
    assert tokens[5] in read_display(Shown(tokens[5])).text


@QUICK
@given(SIX)
@example(WORST)
def test_data_frames(tokens):
    """Tables of tokens, of a trace, of a corpus."""
    chain = chain_of(tokens)
    trace = lessons.greedy_search(chain, [0], 4)
    columns = TokenTable({"token": tokens, "Input": tokens, "id": range(6)})
    choices = TokenTable([{"Input": tokens[0], "Choice 1": Choice(tokens[1], 1, 0.5)}], dtype=object)
    beams = lessons.beam_search(chain, [0], 3, num_beams=2)
    frames = [trace, columns, choices, beams.tree, beams.table_of_hypotheses(), trace.table().head(2), Frame(columns)]
    for frame in frames:
        read_display(frame)
    # pandas strips a cell's ends
    assert all(visible(token).strip() in read_display(frames[1]).text for token in tokens)
    corpus = Dataset.from_dict({"text": tokens})
    shown = read_display(lessons.show_random_elements(corpus, 6)).text
    assert all(" ".join(token.split()) in " ".join(shown.split()) for token in tokens)  # HTML knows one blank


@QUICK
@given(SIX)
@example(WORST)
def test_the_tree_of_a_beam_search(tokens):
    """Boxes, what they say under the mouse, the prompt at the root, the title for a screen reader: text and attributes
    of SVG."""
    chain = chain_of(tokens)
    best = lessons.beam_search(chain, [0], 3, num_beams=3)
    greedy = lessons.greedy_search(chain, [0], 3)
    found = read(beam_tree(best.tree, best=best.new_ids, greedy=greedy.new_ids))
    assert {"svg", "g", "rect", "path", "text", "title"} <= found.tags
    read(best.table_of_hypotheses().to_html())
    read_display(best.table_of_hypotheses())
    picture = read_display(drawing(100, 20, tokens[0], [text(0, 0, token) for token in tokens]))
    assert "".join(tokens) in picture.text
    assert ("aria-label", tokens[0]) in picture.values


@SLOW
@given(SIX)
@example(WORST)
def test_explorers_of_any_source(tokens):
    """The explorers that take a language of six words: every HTML in them, the error line too."""
    chain = chain_of(tokens)
    rule = {"RuleExplorer": {"rule": ".*"}}
    for name in ("BeamExplorer", "TemperatureExplorer", "TruncationExplorer", "RuleExplorer"):
        explorer = getattr(lessons, name)(chain, "begin", **rule.get(name, {}))
        if name == "TemperatureExplorer":
            explorer.write.click(), explorer.write.click()
            assert visible(tokens[0])[:3].replace("␣", " ") in read(texts_table(explorer.traces)).text
        assert "" == explorer.error
        read_all(explorer)
        explorer._show_error("".join(tokens))
        assert "".join(tokens) in read(explorer._error_line.value).text
        explorer.show_sentence("".join(tokens))
        assert "".join(tokens) == read(explorer._sentence_line.value).text
        explorer.release()


@SLOW
@given(SIX)
@example(WORST)
def test_explorers_of_a_model(tiny_models, tokens):
    """The explorers that take a model, whose tokens spell what was drawn."""
    lm = model_of(tiny_models["gpt2"], tokens)
    prompt = tokens[0]
    explorers = [
        lessons.NextTokenExplorer(lm, prompt),
        lessons.UnderflowExplorer(lm, prompt),
        lessons.FineTuningExplorer(lm, lm, tokens),
        lessons.DecoderExplorer(lm, prompt, samples=1, max_new_tokens=5, decoders=NINE[:2]),
        lessons.LensExplorer(lm, prompt),
        lessons.SpeculativeExplorer(lm, prompt, lessons.first_blocks(lm, 1), max_new_tokens=6),
    ]
    explorers[0].choose(1)
    explorers[0].back.click()
    explorers[0].choose(2)  # the tree has two branches
    read(explorers[-1].trace._repr_html_())
    for explorer in explorers:
        assert "" == explorer.error
        read_all(explorer)
        explorer.release()


def read_all(explorer: object) -> None:
    """Every HTML widget of an explorer, and the picture that stands for it where widgets cannot run."""
    import ipywidgets as widgets

    from lessons.explorers.cell_outputs import parts_of

    pages = {one.value for one in parts_of(explorer) if isinstance(one, widgets.HTML)}
    assert any(pages)
    for page in pages:
        read(page)
    bundle = explorer._repr_mimebundle_()
    read(bundle.get("image/svg+xml", ""))
    read(bundle.get("text/html", ""))


def test_a_chart_while_training(monkeypatch):
    """The sentence of the chart stands in an attribute and in a paragraph: escaped in both."""
    from lessons.finetuning import chart

    shown = []
    monkeypatch.setattr("IPython.display.display", lambda page, **options: shown.append(page.data))
    monkeypatch.setattr(chart, "loss_sentence", lambda *given: "\"><evil> & '")
    history = pandas.DataFrame({"tokens": [0.0], "epoch": [0.0], "training_loss": [numpy.nan], "validation_loss": [2.0],
                                "learning_rate": [0.0]}, index=[0])  # fmt: skip
    chart.LiveChart().update(history, None, 10.0)
    found = read(shown[0])
    assert found.typeset == []
    assert "\"><evil> & '" == found.text
    assert ("alt", "\"><evil> & '") in found.values


@pytest.mark.parametrize("planted", ["<evil>", '<b onclick="x">', "<!-- -->", "<img src=x>", "<script>"])
def test_the_parser_finds_what_is_not_escaped(planted):
    """The test can fail: a tag, an attribute, a comment or an address let through is found."""
    with pytest.raises(AssertionError):
        read(f"<div>{planted}</div>")


def test_a_formula_would_be_noticed():
    """The test can fail: a data frame of pandas' own, whose two dollar signs JupyterLab makes a formula of."""
    with pandas.option_context("display.html.use_mathjax", True), pytest.raises(AssertionError, match="formula"):
        read_display(pandas.DataFrame({"text": ["from $5 to $4"]}))
    assert "from $5 to $4" in read_display(Frame({"text": ["from $5 to $4"]})).text


@QUICK
@given(st.lists(TOKENS, min_size=1, max_size=3, unique=True))
def test_cards_of_texts(tokens):
    found = read_display(lessons.show_texts({token: f"{token}!" for token in tokens}))
    assert "".join(f"{token}{token}!" for token in tokens) == found.text


@QUICK
@given(TOKENS)
def test_a_guess(token):
    """What a student types as a prediction."""
    prediction = lessons.predict("mine", ["tokens"])
    prediction.control.value = token
    assert prediction.guess in read(prediction.children[1].value).text
    prediction.close()


def test_every_maker_of_html_is_read_here():
    """A new place that makes HTML (`_repr_html_`, `widgets.HTML`, a tag in a string) must be named here, with its
    test."""
    root = Path(lessons.__file__).parent
    makers = {file.relative_to(root).as_posix() for file in root.rglob("*.py")
              if re.search(r"_repr_html_\(self|widgets\.HTML\(|\"image/svg|[\"']<(div|span|p|b|table|tr|td|th|svg|img|pre|text)\b",
                           file.read_text(encoding="utf8"))}  # fmt: skip
    here: dict[str, Callable[..., None]] = {
        "texts/corpora.py": test_data_frames, "words/frames.py": test_data_frames,
        "records/trace.py": test_data_frames, "words/writing.py": test_a_table_of_texts,
        "records/beam_tree.py": test_the_tree_of_a_beam_search, "plots/svg.py": test_the_tree_of_a_beam_search,
        "plots/tree.py": test_the_tree_of_a_beam_search, "exercises/verdict.py": test_a_verdict,
        "finetuning/chart.py": test_a_chart_while_training, "explorers/html.py": test_a_strip_of_tokens,
        "explorers/base.py": test_explorers_of_any_source,
        "explorers/beam.py": test_explorers_of_any_source, "explorers/temperature.py": test_explorers_of_any_source,
        "explorers/truncation.py": test_explorers_of_any_source, "explorers/strip_pages.py": test_explorers_of_any_source,
        "plots/strip_rows.py": test_explorers_of_any_source, "plots/temperature_axis.py": test_explorers_of_any_source,
        "explorers/writing.py": test_explorers_of_any_source,
        "explorers/next_token.py": test_explorers_of_a_model, "explorers/choices.py": test_explorers_of_a_model,
        "explorers/running_text.py": test_explorers_of_a_model, "explorers/branches.py": test_explorers_of_a_model,
        "explorers/decoders.py": test_explorers_of_a_model,
        "explorers/fine_tuning.py": test_explorers_of_a_model, "explorers/read_twice.py": test_explorers_of_a_model,
        "explorers/prose.py": test_explorers_of_a_model, "explorers/lens.py": test_explorers_of_a_model,
        "explorers/tree_pane.py": test_explorers_of_any_source, "plots/growing_tree.py": test_explorers_of_any_source,
        "explorers/rule.py": test_explorers_of_any_source, "explorers/struck_rows.py": test_explorers_of_any_source,
        "explorers/speculative.py": test_explorers_of_a_model, "words/judged.py": test_explorers_of_a_model,
        "records/speculation.py": test_explorers_of_a_model,
        "words/cards.py": test_cards_of_texts, "classroom/predict.py": test_a_guess,
        "classroom/grading/page.py": test_grading_out.test_pages,
        "classroom/grading/overview.py": test_grading_out.test_the_overview,
    }  # fmt: skip
    assert makers <= set(here), "these make HTML, too"
