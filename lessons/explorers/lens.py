"""Lesson 08's explorer: what the model would say if it stopped after so many blocks, at each token of a text."""

from functools import partial
from html import escape

import ipywidgets as widgets

from lessons.explorers.base import IN_A_ROW, IN_ONE_LOOK, SHOWN, Explorer, slider
from lessons.explorers.text_boxes import read_prompt_box, text_box
from lessons.models.inside import logit_lens
from lessons.models.language_model import LanguageModel
from lessons.plots.lens import after_blocks, guess_colour
from lessons.plots.lens_bars import lens_bars
from lessons.plots.themes import DRAWN
from lessons.words.arguments import check_flag, check_model, check_text, check_whole
from lessons.words.language import say
from lessons.words.tokens import visible
from lessons.words.writing import percent, visible_end

COLUMNS, ROWS = 7, 9  # the grid has at most so many tokens and so many depths: it is to be seen at one look
MOST_BARS = 12
CELL, HEAD = {"width": "70px", "height": "25px", "margin": "1px", "padding": "0 2px"}, {"width": "62px"}
GRID, BARS = 568, 428  # pixels
TOKEN = "font-weight:bold;overflow:hidden;max-width:70px;text-align:center"  # over a column
CHOSEN, PLAIN = "3px solid #D55E00", "1px solid #c8d2da"
# The cells are drawn for white paper, as pictures are.
STYLE = "<style>.lessons-cell.jupyter-button {color:#111; font-size:12px; line-height:normal}</style>"


class LensExplorer(Explorer):
    """Drag a slider through the blocks and see the guess form; click a cell of the grid to see its bars.

    The grid shows the likeliest next token after each block (of a deep model, after some of them) at each of the last
    tokens of the text, the bluer the surer. The model is asked when the text changes, never when a slider moves.
    nostalgebraist 2020, Interpreting GPT: the logit lens.

    simple: only the slider through the blocks and the bars for the last token

    Raises TypeError or ValueError for arguments that cannot be; what goes wrong later is shown under the controls.

    Attributes:
        prompt, blocks, place: the controls; `blocks` is how many blocks are passed, `place` which of the last tokens.
        cells: the grid's buttons, row by row.
        logits: (L + 1, T, V) after each block at the last T tokens; `tokens`: the T tokens.
        probabilities: (V,) of the next token, as shown.
        winner: the id of the token that is likeliest after the last block.
    """

    def __init__(
        self,
        lm: LanguageModel,
        prompt: str = "Once upon a time there was a king who had a fair",
        bars: int = 7,
        *,
        simple: bool = False,
    ) -> None:
        super().__init__()
        check_model(lm)
        check_text("prompt", prompt)
        self.lm, self.simple = lm, check_flag("simple", simple)
        self.number = min(check_whole("bars", bars, 2, MOST_BARS), lm.vocabulary_size)
        self.prompt = text_box(prompt, say("lens.prompt"), height=34)
        self.blocks = slider(say("lens.blocks"), 0, 0, 1)
        self.place = slider(say("lens.place"), 1, 1, 2)
        self.cells = [widgets.Button(layout=CELL) for _ in range(0 if simple else ROWS * COLUMNS)]
        self._text = widgets.HTML().add_class(SHOWN)
        for control, action in ((self.prompt, self._begin), (self.blocks, self._show), (self.place, self._show)):
            self.listen(control, action)
        for number, cell in enumerate(self.cells):
            cell.add_class("lessons-cell").add_class(DRAWN)
            self.listen(cell, partial(self.choose, number))
        self._lay_out()
        self.begin_with(self._begin, self._show)

    def _lay_out(self) -> None:
        """The controls, then the grid with the picture beside it, or under it where the page is narrow."""
        if self.simple:
            self.prompt.layout.display = self.place.layout.display = "none"
            self.lay_out_beside([self.prompt, self._text, self.blocks, self.place], [self.drawn])
            return
        sliders = widgets.HBox([self.blocks, self.place], layout=IN_A_ROW)
        self.drawn.layout.width, self.drawn.layout.max_width = f"{BARS}px", "100%"
        left = [widgets.HTML(STYLE), self._text, self._make_grid(), self._sentence_line]
        beside = widgets.HBox([widgets.VBox(left, layout={"width": f"{GRID}px"}), self.drawn], layout=IN_A_ROW)
        self.children = (widgets.VBox([self.prompt, sliders, self._error_line, beside]).add_class(IN_ONE_LOOK),)

    def _make_grid(self) -> widgets.GridBox:
        """The cells, row by row, with the names of tokens above and of depths before them."""
        self._tokens = [widgets.HTML() for _ in range(COLUMNS)]
        self._heads = [widgets.HTML(layout=HEAD) for _ in range(ROWS)]
        inside: list[widgets.Widget] = [widgets.HTML(small(say("lens.read"))), *self._tokens]
        for row, head in enumerate(self._heads):
            inside += [head, *self.cells[row * COLUMNS : (row + 1) * COLUMNS]]
        self._grid = widgets.GridBox(inside).add_class(SHOWN)
        return self._grid

    def choose(self, cell: int) -> None:
        """Show what lies behind a cell of the grid, counted row by row."""
        row, column = divmod(cell, COLUMNS)
        if row < len(self.rows) and column < self.columns:
            with self.quietly():
                self.blocks.value, self.place.value = self.rows[row], column + 1
            self.attempt(self._show)

    def _begin(self) -> None:
        ids = read_prompt_box(self.lm, self.prompt.value)
        self.logits = logit_lens(self.lm, ids, last=1 if self.simple else COLUMNS)  # (L + 1, T, V)
        self.ids, self.depth, self.columns = ids, len(self.logits) - 1, self.logits.shape[1]
        self.tokens = [self.lm.token(token) for token in ids[-self.columns :]]
        self.rows = shown_depths(self.depth)
        with self.quietly():
            self.blocks.max, self.place.max = self.depth, max(self.columns, 2)
            self.place.value, self.place.disabled = self.columns, self.columns == 1
        self._fill_grid()
        self._show()

    def _fill_grid(self) -> None:
        """Write the guesses into the cells, and hide those for which there is no token or no depth."""
        if self.simple:
            return
        for number, cell in enumerate(self.cells):
            row, column = divmod(number, COLUMNS)
            hide(cell, row >= len(self.rows) or column >= self.columns)
            if cell.layout.display is None:
                probability, token = self.logits[self.rows[row], column].softmax(-1).max(-1)
                cell.description, cell.tooltip = visible(self.lm.token(int(token))), percent(probability.item())
                cell.style.button_color = guess_colour(probability.item())
        for row, head in enumerate(self._heads):
            hide(head, row >= len(self.rows))
            head.value = small(after_blocks(self.rows[row])) if row < len(self.rows) else ""
        for column, head in enumerate(self._tokens):
            hide(head, column >= self.columns)
            head.value = small(visible(self.tokens[column]), TOKEN) if column < self.columns else ""
        self._grid.layout.grid_template_columns = f"62px repeat({self.columns}, 72px)"

    def _show(self) -> None:
        blocks, place = self.blocks.value, min(self.place.value, self.columns)
        self.probabilities = self.logits[blocks, place - 1].softmax(-1)
        final = self.logits[-1, place - 1].softmax(-1)
        self.winner = int(final.argmax())
        largest = self.probabilities.topk(self.number)
        ids = largest.indices.tolist()
        names, others = [self.lm.token(token) for token in ids], len(final) - len(ids)
        winner = ids.index(self.winner) if self.winner in ids else None
        drawing = lens_bars(blocks, self.depth, names, largest.values, others, winner)
        self._mark(blocks, place)
        if self.simple:
            self._text.value = small(visible_end(self.lm.decode(self.ids), 90), "font-weight:bold")
        self.show_drawing(drawing, self._words(blocks, place, names[0]))

    def _mark(self, blocks: int, place: int) -> None:
        """Frame the cell of these blocks and this token."""
        chosen = (self.rows.index(blocks), place - 1) if blocks in self.rows else None
        for number, cell in enumerate(self.cells):
            border = CHOSEN if divmod(number, COLUMNS) == chosen else PLAIN
            if cell.layout.border != border:
                cell.layout.border = border

    def page(self) -> str:
        """The text over the bars, where there is no box with it."""
        return f"{self._text.value}{self.drawing}" if self.simple else ""

    def _words(self, blocks: int, place: int, token: str) -> str:
        end = len(self.ids) - self.columns + place
        rank = int((self.probabilities > self.probabilities[self.winner]).sum()) + 1
        won = self.probabilities.argmax() == self.winner
        key = "lens.sentence_end" if blocks == self.depth else "lens.sentence_won" if won else "lens.sentence"
        return say(
            key,
            text=visible_end(self.lm.decode(self.ids[:end]), 30),
            blocks=blocks,
            depth=self.depth,
            token=visible(token),
            probability=percent(self.probabilities.max().item()),
            winner=visible(self.lm.token(self.winner)),
            share=percent(self.probabilities[self.winner].item()),
            rank=f"{rank:,}",
        )


def shown_depths(depth: int) -> list[int]:
    """The depths that the grid shows: all, or some evenly spaced, the first and the last among them.

    >>> shown_depths(6), shown_depths(30)
    ([0, 1, 2, 3, 4, 5, 6], [0, 4, 8, 11, 15, 19, 22, 26, 30])
    """
    if depth < ROWS:
        return list(range(depth + 1))
    return [round(depth * row / (ROWS - 1)) for row in range(ROWS)]


def hide(widget: widgets.Widget, hidden: bool) -> None:
    """Leave the widget out of the page, or have it there."""
    widget.layout.display = "none" if hidden else None


def small(text: str, style: str = "") -> str:
    """A short label as HTML."""
    return f'<div style="font-size:12px;line-height:24px;white-space:nowrap;{style}">{escape(text)}</div>'
