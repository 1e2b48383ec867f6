"""Lesson 07: measures of variety, decoders side by side, the picture and the explorer."""

import math
import re
from html import unescape
from itertools import combinations, pairwise
from xml.etree import ElementTree

import ipywidgets as widgets
import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

import lessons
from lessons.arithmetic.measures import distinct_share, ngrams, repetition
from lessons.classroom import start
from lessons.decoding import greedy_search, sample
from lessons.explorers.base import NOT_CURRENT
from lessons.explorers.cell_outputs import parts_of
from lessons.explorers.decoders import DecoderExplorer
from lessons.explorers.html import surprisal_colour
from lessons.explorers.prose import only_in
from lessons.plots.decoder_map import decoder_map
from lessons.plots.decoders import SIDES, likelihood_and_diversity, nearest_to, surprisal_along
from lessons.tables import decoders
from lessons.tables.decoders import NINE, Decoder, measure, read_real, write_all
from lessons.words.language import speak

PROMPT = "the old king"
SMALL = {"samples": 4, "max_new_tokens": 8}


@pytest.fixture(scope="module")
def tiny(tiny_models):
    return tiny_models["llama"]


@pytest.fixture
def explorer(tiny):
    return DecoderExplorer(tiny, PROMPT, **SMALL)


# ------------------------------------------------------------------------------------------------------------- measures


def test_distinct_share_by_hand():
    """Of "1 2 3" and "1 2 4" four 2-grams, of which "1 2" twice: 3/4; copies of one text have 1/copies."""
    assert 3 / 4 == distinct_share([[1, 2, 3], [1, 2, 4]])
    assert 1 / 30 == pytest.approx(distinct_share([[1, 2, 3]] * 30))
    assert 1 == distinct_share([[1, 2, 3, 4]], n=4)
    with pytest.raises(ValueError, match="at least one text must have 3 tokens"):
        distinct_share([[1, 2]], n=3)


def test_repetition_by_hand():
    """ "1 2 1 2 1 2" has five 2-grams, two of them different: three in five are repeats; a short text has none."""
    assert 3 / 5 == pytest.approx(repetition([1, 2, 1, 2, 1, 2], n=2))
    assert 0 == repetition([1, 2, 3]) == repetition([])


@given(st.lists(st.integers(0, 3), min_size=6, max_size=40), st.integers(1, 4))
def test_measures_are_shares(ids, n):
    """Between 0 and 1; for one text, distinct share and repetition add up to 1; a text of different tokens repeats
    nothing."""
    assert 1 == pytest.approx(distinct_share([ids], n) + repetition(ids, n))
    assert 0 == repetition(list(range(len(ids))), n)
    assert len(ids) - n + 1 == len(ngrams(ids, n))


# ----------------------------------------------------------------------------------------------------------- comparison


def test_a_decoder_is_the_call_that_it_makes(tiny):
    """As a string it is the call; what it writes is what the call writes."""
    cool = Decoder(sample, {"temperature": 0.7})

    assert "sample(temperature=0.7)" == str(cool)
    (text,) = cool.write(tiny, PROMPT, 8, number=1, seed=3)
    trace = lessons.sample(tiny, PROMPT, 8, temperature=0.7, seed=3)
    assert (trace.new_ids, pytest.approx(trace.log_prob)) == (text.ids, text.log_prob)


def test_decoders_that_draw_keep_no_scores(tiny, monkeypatch):
    """Thirty texts of a large vocabulary would be a gigabyte, of which ids and one number each are used."""
    asked = []

    def sample(*given, output_scores=True, **options):
        asked.append(output_scores)
        return lessons.sample(*given, output_scores=output_scores, **options)

    monkeypatch.setattr(decoders, "sample", sample)
    write_all(tiny, PROMPT, [Decoder(sample), Decoder(sample, {"top_k": 3})], 4, number=3)
    assert [False, False] == asked


def test_nine_decoders_write_what_was_asked(tiny):
    """All nine of the lesson; those that draw nothing write one text again and again, five beams five."""
    written = write_all(tiny, PROMPT, max_new_tokens=8, number=6)

    assert 9 == len(NINE) == len(written)
    assert all(6 == len(texts) for texts in written.values())
    assert 1 == len({text.ids for text in written["greedy_search()"]})
    assert 5 == len({text.ids for text in written["beam_search(num_beams=5, num_return_sequences=5)"]})


def test_the_table_measures_all_texts_together(tiny):
    """Surprisal is nats over tokens of all texts; perplexity its exp; diversity that of the pool."""
    written = write_all(tiny, PROMPT, [Decoder(sample), Decoder(greedy_search)], 8, 5)
    table = measure(written)
    texts = written["sample()"]

    surprisal = -sum(text.log_prob for text in texts) / sum(len(text.ids) for text in texts)
    assert surprisal == pytest.approx(table.loc["sample()", "surprisal"])
    assert math.exp(surprisal) == pytest.approx(table.loc["sample()", "perplexity"])
    assert distinct_share([text.ids for text in texts]) == table.loc["sample()", "distinct_2"]
    assert 1 == table.loc["greedy_search()", "different"]


def test_real_texts_are_read_like_written_ones(tiny):
    """The model's log-probability of what follows the prompt, end of text included, cut to the same length."""
    text = "the old king went over the hill"
    (real,) = read_real(tiny, PROMPT, [text], 50)
    ids = [*tiny.encode(text), *tiny.end_ids]

    assert tuple(ids[len(tiny.encode(PROMPT)) :]) == real.ids
    assert lessons.sequence_logprob(tiny, ids, input_len=len(tiny.encode(PROMPT))) == pytest.approx(
        real.log_prob, abs=1e-4
    )
    assert 2 == len(read_real(tiny, PROMPT, [text], 2)[0].ids)
    with pytest.raises(ValueError, match="must begin with the prompt 'the old king'"):
        read_real(tiny, PROMPT, ["a fox"], 5)


def test_a_decoder_of_nothing_is_refused():
    """What is no function, and settings that are no dict of names, fail when the decoder is made and not when it runs."""
    assert "greedy_search()" == str(lessons.Decoder(lessons.greedy_search))
    with pytest.raises(TypeError, match="search must be greedy_search, beam_search"):
        Decoder("sample")
    with pytest.raises(TypeError, match=r"settings must be a dict of settings, as \{'temperature': 0.7\}"):
        Decoder(sample, 0.7)


# -------------------------------------------------------------------------------------------------- picture and
# explorer


def test_the_picture_has_every_decoder():
    """A point for each at its two numbers, its call beside it, a star for real texts, and the nearest to it in the
    title."""
    points = {"greedy_search()": (0.5, 0.05), "sample()": (1.0, 0.5), "sample(top_k=50)": (0.9, 0.45)}
    axes = likelihood_and_diversity(points, real=(1.02, 0.52), chosen=["sample()", "greedy_search()"]).axes[0]
    offsets = {tuple(map(float, dots.get_offsets()[0])) for dots in axes.collections}

    assert {*points.values(), (1.02, 0.52)} == offsets
    assert {"greedy", "sample()", "sample(top_k=50)", "real texts"} == {text.get_text() for text in axes.texts}
    assert "Nearest to real texts: sample()" == axes.get_title(loc="left")
    assert "Likeliest: greedy; most varied: sample()" == likelihood_and_diversity(points).axes[0].get_title(loc="left")


def test_nearness_is_measured_by_the_spread_of_the_decoders():
    """Nats and shares have different sizes: what counts is how far apart the decoders are in each."""
    assert "b" == nearest_to((10.0, 0.5), {"a": (10.0, 0.1), "b": (12.0, 0.5), "c": (50.0, 0.1)})


def test_names_of_close_points_do_not_overlap():
    """However many decoders stand in one place, their names stand apart."""
    points = {f"sample(top_k={k})": (1.0 + k / 1e4, 0.5 + k / 1e4) for k in range(6)} | {"greedy_search()": (0.2, 0.0)}
    figure = likelihood_and_diversity(points, real=(1.01, 0.51))
    axes = figure.axes[0]
    heights = sorted(axes.transData.transform(text.xyann)[1] for text in axes.texts if text.get_text() != "greedy")

    assert 7 == len(heights)
    assert min(after - before for before, after in pairwise(heights)) > 8.5 * figure.dpi / 72  # the size of the letters


ALONG = {
    "beam_search(num_beams=5)": ([" calm", ",", " $x$", "\n"], [1.9, 0.0, 0.1, 0.2]),
    "a real page": (
        [" W", " 4", ",", " 1", "3", "7", " miles", "<|endoftext|>"],
        [1.4, 1.0, 0.1, 0.4, 2.3, 2.3, 0.0, 9.0],
    ),
}


def test_surprisal_along_two_texts():
    """A panel for each text, a bar for each token with its name under it, a line at the mean, one scale for all."""
    figure = surprisal_along(ALONG)
    for axes, (tokens, surprisals) in zip(figure.axes, ALONG.values(), strict=True):
        assert surprisals == [bar.get_height() for bar in axes.patches]
        assert len(tokens) == len(axes.get_xticklabels())
        assert pytest.approx(sum(surprisals) / len(surprisals)) == axes.lines[0].get_ydata()[0]
    assert 1 == len({axes.get_ylim() for axes in figure.axes}) == len({axes.get_xlim() for axes in figure.axes})
    assert ["beams(5): mean 0.55"] == [words.get_text() for words in figure.axes[0].texts]
    assert "largest in a real page" in figure.axes[0].get_title(loc="left")


@pytest.mark.parametrize("tokens", [1, 8, 60])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_nothing_of_the_picture_is_cut_off_or_overprinted(tokens, language):
    """In the PNG as a notebook makes it, that is with its tight box: every text lies inside, none on another."""
    with matplotlib.rc_context():
        start.use_fonts(start.PACKAGE / "assets" / "font")
        speak(language)
        names = [f" {'abcdefgh'[: 1 + place % 8]}" for place in range(tokens)]
        figure = surprisal_along({name: (names, [0.5 + place % 3 for place in range(tokens)]) for name in ALONG})
        boxes = boxes_of_texts(figure)
    inside = figure.get_tightbbox().transformed(figure.dpi_scale_trans).padded(1)
    for words, box in boxes:
        assert inside.fully_containsx(box.x0) and inside.fully_containsx(box.x1), words
        assert inside.fully_containsy(box.y0) and inside.fully_containsy(box.y1), words
    assert [
        (one, other) for (one, a), (other, b) in combinations(boxes, 2) if a.padded(-0.5).overlaps(b.padded(-0.5))
    ] == []


def boxes_of_texts(figure):
    """[(text, its box in pixels)] of all that is written in a figure."""
    FigureCanvasAgg(figure).draw()
    texts = []
    for axes in figure.axes:
        texts += [*axes.texts, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = axis.get_view_interval()  # matplotlib keeps ticks beyond the ends, and does not draw them
            texts += [
                label
                for at, label in zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
                if low <= at <= high
            ]
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text().strip()]


def test_choosing_decoders_asks_no_model(explorer, monkeypatch):
    """Only a new prompt or seed writes anew; choosing and leafing show what is there."""
    monkeypatch.setattr("lessons.explorers.decoders.write_all", lambda *_: pytest.fail("the model was asked"))
    picture = explorer.drawn.value
    explorer.left.value = "sample()"

    assert picture != explorer.drawn.value
    assert explorer.sentence.startswith("sample(): of 4 texts")
    explorer.number.value = 2
    assert words_of(explorer.texts[0]) == PROMPT + explorer.written["sample()"][1].text
    assert words_of(explorer.texts[1]) == PROMPT + explorer.written[explorer.right.value][1].text
    assert "" == explorer.error


def words_of(card) -> str:
    """The text on a card, without its measures."""
    return unescape(re.sub(r"<[^>]*>", "", card.value.partition("<p ")[0]))


def test_the_picture_of_the_explorer_has_every_decoder_where_the_figure_has_it():
    """The circles stand as the figure's dots do; the chosen ones are in their colours, the star is there."""
    points = {"greedy_search()": (0.5, 0.05), "sample()": (1.0, 0.5), "sample(top_k=50)": (0.9, 0.45)}
    svg = decoder_map(points, real=(1.02, 0.52), chosen=["sample()", "greedy_search()"])
    circles = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="[\d.]+" fill="([^"]+)"', svg)
    grey, *chosen = sorted(circles, key=lambda one: one[2] in SIDES)
    assert grey[2] not in SIDES and {one[2] for one in chosen} == {*SIDES}
    by_colour = {colour: (float(x), float(y)) for x, y, colour in circles}
    (x_left, y_left), (x_right, y_right) = (by_colour[colour] for colour in SIDES)
    x, y = by_colour[grey[2]]
    assert (x - x_right) / (x_left - x_right) == pytest.approx(0.8, abs=0.01)  # 0.9 between 0.5 and 1.0
    assert (y - y_right) / (y_left - y_right) == pytest.approx(0.4 / 0.45, abs=0.01)
    assert {"greedy", "sample()", "top_k=50", "real texts", "Nearest to real texts: sample()"} <= writing(svg)
    assert "real texts" not in writing(decoder_map(points))


def writing(svg: str) -> set[str]:
    return {
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    }


def test_each_token_is_coloured_by_its_surprisal(explorer):
    """As many spans as tokens, after the prompt; the colours are those of their log-probabilities."""
    text = explorer.written[explorer.left.value][0]
    colours = re.findall(r'<span style="background:(rgb[^;]+);', explorer.texts[0].value)
    assert colours == [surprisal_colour(-one) for one in text.log_probs] and len(colours) == len(text.ids)
    assert sum(text.log_probs) == pytest.approx(text.log_prob)


def test_what_the_other_text_lacks_is_underlined(explorer):
    """A text beside itself has no line; beside another one it has lines where they differ."""
    explorer.right.value = explorer.left.value
    assert "box-shadow" not in explorer.texts[0].value + explorer.texts[1].value
    explorer.right.value = "sample()"
    pair = [explorer.written[name][0].ids for name in (explorer.left.value, "sample()")]
    for card, marked in zip(explorer.texts, (only_in(*pair), only_in(*pair[::-1])), strict=True):
        assert card.value.count("box-shadow") == sum(marked) > 0


def test_while_it_writes_the_old_texts_are_dimmed_and_words_say_so(explorer, monkeypatch):
    """What a page was sent before the kernel is busy: how much is being written, and that nothing shown is current."""
    seen = []

    def write(*given):
        seen.append((explorer._error_line.value, NOT_CURRENT in explorer._dom_classes))
        return write_all(*given)

    monkeypatch.setattr("lessons.explorers.decoders.write_all", write)
    explorer.seed.value = 3
    ((line, dimmed),) = seen
    assert "writing 36 texts…" in line and dimmed
    assert "writing" not in explorer._error_line.value and NOT_CURRENT not in explorer._dom_classes


def test_the_simple_one_has_one_control(tiny):
    """The decoder of the right text; the left one is the first decoder's."""
    explorer = DecoderExplorer(tiny, PROMPT, samples=1, max_new_tokens=8, simple=True)
    controls = [part for part in parts_of(explorer) if isinstance(part, widgets.ValueWidget | widgets.Button)]
    assert [explorer.right] == [one for one in controls if not isinstance(one, widgets.HTML)]
    explorer.right.value = "sample()"
    assert words_of(explorer.texts[1]) == PROMPT + explorer.written["sample()"][0].text
    assert explorer.sentence.startswith("greedy_search(): ") and "texts" not in explorer.sentence


def test_the_table_behind_the_picture(explorer, tiny):
    """The measures are those of the plain call with the same seed."""
    again = measure(write_all(tiny, PROMPT, NINE, SMALL["max_new_tokens"], SMALL["samples"], seed=0))

    assert again.equals(explorer.measures)


def test_another_seed_and_another_prompt(explorer):
    """Both write anew; an impossible prompt shows its reason, and the last texts stay."""
    before = explorer.written
    explorer.seed.value = 7
    assert [text.ids for text in before["sample()"]] != [text.ids for text in explorer.written["sample()"]]
    assert [text.ids for text in before["greedy_search()"]] == [
        text.ids for text in explorer.written["greedy_search()"]
    ]
    explorer.prompt.value = ""
    assert "at least one token" in explorer.error
    assert explorer.written["sample()"]
    explorer.prompt.value = "the <b>fox</b>"
    assert "" == explorer.error and "&lt;b&gt;fox" in explorer.texts[0].value


def test_real_texts_are_in_the_picture(tiny):
    """Those that begin with the prompt are read; with another prompt there are none."""
    explorer = DecoderExplorer(tiny, PROMPT, real_texts=["the old king went over the hill again", "a fox"], **SMALL)

    assert 1 == len(explorer.real) and "real texts" in explorer.measures.index
    explorer.prompt.value = "the fox"
    assert "real texts" not in explorer.measures.index and "" == explorer.error


def test_korean(tiny):
    """Every word is there in Korean."""
    with matplotlib.rc_context():
        start.use_fonts(start.PACKAGE / "assets" / "font")  # which has Hangul
        speak("ko")
        explorer = DecoderExplorer(tiny, PROMPT, real_texts=["the old king went over"], **SMALL)

    assert "글 4편" in explorer.sentence and "프롬프트" == explorer.prompt.description and "" == explorer.error


# ------------------------------------------------------------------------------------- prompts that end inside a token

KING, FOX = "Once upon a time there was a king.", "Once upon a time a fox ran."


@pytest.mark.parametrize(
    ("prompt", "token"),
    [("Once upon a time ", "' there'"), ("Once upon a ti", "' time'"), ("Once upon a time there wa", "' was'")],
)
def test_a_prompt_that_ends_inside_a_token_measures_nothing(lm, prompt, token):
    """The tokens of the prompt are not those that the text begins with, so no place is where the continuation begins:
    an error names the token, and says what to do."""
    with pytest.raises(ValueError, match=rf"ends inside a token.*goes on with {token}.*leave out the space"):
        read_real(lm, prompt, [KING])
    (real,) = read_real(lm, prompt.rpartition(" ")[0], [KING])
    assert KING + lm.tokenizer.eos_token == prompt.rpartition(" ")[0] + real.text


def test_lengths_alone_would_have_measured_from_the_wrong_place(lm):
    """Planted: what was done before, counting the prompt's tokens, loses a token of the text in silence."""
    prompt, ids = "Once upon a time ", lm.encode(KING)
    wrong = ids[len(lm.encode(prompt)) :]
    assert " was a king." == lm.decode(wrong)
    assert len(wrong) + 1 == len(ids) - len(lm.encode("Once upon a time"))


def test_an_explorer_says_that_its_prompt_ends_inside_a_token(lm):
    """A space typed behind the prompt: the reason is shown, and the real texts' measures stay as they were."""
    explorer = DecoderExplorer(lm, "Once upon a time", real_texts=[KING, FOX], **SMALL)
    before = explorer.real
    explorer.prompt.value = "Once upon a time "
    assert "ends inside a token" in explorer.error and before == explorer.real
    explorer.prompt.value = "Once upon a time there"
    assert "" == explorer.error and [" was a king.", 1] == [explorer.real[0].text[:12], len(explorer.real)]
