"""Pictures of which only a part is drawn anew: the same pixels as a figure drawn whole, for less work."""

import io

import numpy
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from lessons.plots.canvas import new_figure, png_bytes, set_title
from lessons.plots.moving import MovingLabels, MovingPicture, MovingTitle, word


class Bar(MovingPicture):
    """One bar with a number, the simplest picture that moves."""

    def __init__(self) -> None:
        figure, self.axes = new_figure(4, 2)
        super().__init__(figure)
        self.axes.set(xlim=(0, 1), ylim=(-1, 1), title="still")
        (self.bar,) = self.axes.barh([0], [0.5])
        self.number = MovingLabels(self.axes)
        self.moves(self.bar, self.number)

    def update(self, value: float) -> "Bar":
        self.bar.set_width(value)
        self.number.put([f" {value:.1%}"], [value], [0])
        return self


def drawn_whole(figure) -> numpy.ndarray:
    """The pixels of a figure drawn from scratch, with nothing animated."""
    for artist in figure.findobj(lambda artist: artist.get_animated()):
        artist.set_animated(False)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return numpy.asarray(canvas.buffer_rgba())


def test_a_moved_picture_is_the_picture_drawn_whole():
    """After many moves the pixels are those of a figure drawn whole, but for the axis line that the bar now covers."""
    moved = Bar()
    for value in (0.1, 0.9, 0.4, 0.7):
        pixels = moved.update(value).pixels().copy()
    differing = (drawn_whole(Bar().update(0.7).figure) != pixels).any(-1)
    assert differing.mean() < 0.005
    assert numpy.array_equal(Bar().update(0.7).pixels(), pixels)


def test_the_still_part_is_drawn_once(monkeypatch):
    """A hundred moves, one drawing of the canvas; one more after the still part has changed."""
    picture, drawings = Bar(), []
    draw = picture.canvas.draw
    monkeypatch.setattr(picture.canvas, "draw", lambda: (drawings.append(1), draw()))
    for value in numpy.linspace(0, 1, 100):
        picture.update(value).pixels()
    assert len(drawings) == 1
    picture.axes.set_title("changed")
    picture.still_changed()
    before, after = picture.still, picture.pixels()
    assert (len(drawings), before) == (2, None)
    assert after.shape == (220, 440, 4)


def test_nothing_is_left_behind():
    """A bar that shrinks uncovers what was under it."""
    picture = Bar()
    small = picture.update(0.1).pixels().copy()
    picture.update(0.9).pixels()
    assert numpy.array_equal(small, picture.update(0.1).pixels())


def test_saving_the_figure_shows_what_moves_too():
    """`savefig` and a notebook's display draw everything."""
    saved = io.BytesIO()
    Bar().update(0.7).figure.savefig(saved, format="png")
    pixels = numpy.asarray(Image.open(saved).convert("RGB")).astype(int)
    blue = (numpy.abs(pixels - [0, 114, 178]).sum(-1) < 10).mean()
    assert blue > 0.1


@pytest.mark.parametrize("text", ["12.3%", "T = 0.70: 4,096", "␣king"])
def test_letters_put_together_look_like_matplotlibs_own(text):
    """The ink of a label and of the same text drawn by matplotlib is as much, and lies in the same place to a pixel."""

    def ink(moving: bool) -> numpy.ndarray:
        figure, axes = new_figure(3, 1, layout=None)
        axes.set_axis_off()
        if moving:
            MovingLabels(axes, size=12, color="black").put([text], [0.1], [0.5])
        else:
            axes.text(0.1, 0.5, text, fontsize=12, va="center", parse_math=False)
        return 255.0 - drawn_whole(figure)[..., 0]

    ours, theirs = ink(moving=True), ink(moving=False)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.06)
    for axis in (0, 1):
        places = numpy.arange(ours.shape[axis])
        centres = [(picture.sum(1 - axis) * places).sum() / picture.sum() for picture in (ours, theirs)]
        # before 3.11 matplotlib begins a text at whole pixels, so a letter, too
        assert abs(centres[0] - centres[1]) < 1.5


def test_a_title_that_moves_stands_where_a_title_stands():
    """Its ink has the height and the place of matplotlib's own title."""

    def rows_of_ink(moving: bool) -> numpy.ndarray:
        figure, axes = new_figure(4, 2)
        if moving:
            MovingTitle(axes).write("Message")
        else:
            set_title(axes, "Message")
        axes.set_axis_off()
        return numpy.flatnonzero((drawn_whole(figure)[..., 0] < 128).any(1))

    ours, theirs = rows_of_ink(True), rows_of_ink(False)
    assert len(theirs) > 8
    assert abs(ours.mean() - theirs.mean()) <= 1.5
    assert abs(len(ours) - len(theirs)) <= 1


def test_words_are_as_wide_as_their_letters():
    """A word's picture grows with each letter, and is never cut off at the right."""
    from matplotlib.font_manager import FontProperties

    font = FontProperties(size=9)
    widths = [word("8" * number, font, 110).shape[1] for number in (1, 2, 3, 10)]
    assert numpy.all(numpy.diff(widths) > 0)
    assert word("888", font, 110)[:, -1].sum() == 0


def test_png_bytes_hold_the_pixels_exactly():
    """Read back by another program, every pixel is as it was."""
    pixels = numpy.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=numpy.uint8)
    assert numpy.array_equal(pixels, numpy.asarray(Image.open(io.BytesIO(png_bytes(pixels)))))
