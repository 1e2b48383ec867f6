"""Pictures that a slider moves: what stands still is drawn once, what moves is drawn again over a copy of it.

Drawing a whole figure for each move of a slider is slow for three reasons, and each has its remedy here: axes, ticks
and titles that do not change (kept as pixels), text (each letter is drawn once, then copied), and the search for the
smallest PNG (`canvas.png_bytes` packs the pixels as they are).
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Bbox, ScaledTranslation, Transform

from lessons.plots.canvas import pixels_of_inch, png_bytes, set_title, title_weight
from lessons.plots.themes import without_ground

SHADES = 4  # a letter is drawn at every quarter of a pixel, so that words keep their spacing


class MovingPicture:
    """A kept figure of which only some artists move.

    A subclass builds the figure, names the artists that its `update` changes with `moves`, and calls `still_changed`
    whenever it has changed anything else.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = without_ground(figure)
        self.canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
        self.moving: list[Artist] = []
        engine = figure.get_layout_engine()
        self.layout = type(engine) if engine else None
        self.still: Any = None  # the pixels of what stands still

    def moves(self, *artists: Artist) -> None:
        """Draw these artists anew with every picture; those named later lie on top."""
        for artist in artists:
            artist.set_animated(True)  # left out when the rest is drawn
        self.moving.extend(artists)

    def still_changed(self) -> None:
        """Something that was thought to stand still has changed: draw it again, and lay it out anew."""
        self.still = None

    def standing(self) -> Figure:
        """The figure as it is now, for a cell to show: nothing in it moves any more, so that whoever draws it draws all
        of it, and whoever cuts it to size, as notebooks do, leaves room for all of it."""
        self.figure.draw_without_rendering()  # laid out as in the explorer, where what moves has no say
        self.figure.set_layout_engine("none")
        self.figure.patch.set_visible(True)  # a cell's output has no class by which a dark page could know it
        for artist in self.moving:
            artist.set_animated(False)
            artist.set_in_layout(True)
        return self.figure

    def pixels(self) -> numpy.ndarray:
        """(height, width, 4) the picture as it is now, 8 bits for red, green, blue and opacity."""
        if self.still is None:
            self.figure.set_layout_engine(self.layout() if self.layout else "none")
            self.canvas.draw()
            self.figure.set_layout_engine("none")  # nothing jumps while the slider moves
            self.still = self.canvas.copy_from_bbox(self.figure.bbox)
        self.canvas.restore_region(self.still)
        for artist in self.moving:
            artist.draw(self.canvas.get_renderer())
        return numpy.asarray(self.canvas.buffer_rgba())

    def png(self) -> bytes:
        """The picture as it is now, as PNG bytes."""
        return png_bytes(self.pixels())


class MovingLabels(Artist):
    """Short texts that change with every picture, put together from letters that were drawn before.

    Attributes:
        texts, xs, ys: what stands where, in the units of the axes' `transform`.
    """

    def __init__(
        self,
        axes: Axes,
        size: float = 9,
        color: str = "#333333",
        align: str = "left",
        transform: Transform | None = None,
        weight: str = "normal",
    ) -> None:
        super().__init__()
        self.put([], [], [])
        self.font, self.color = FontProperties(size=size, weight=weight), color
        self.dpi = axes.figure.dpi
        self.align = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        self.set_in_layout(False)
        axes.add_artist(self)
        self.set_transform(transform or axes.transData)
        self.set_clip_on(False)

    def put(self, texts: Iterable[str], xs: Iterable[float], ys: Iterable[float]) -> None:
        """Show each text at its x (its start, middle or end, as aligned) and y (its middle)."""
        self.texts, self.xs, self.ys = list(texts), list(xs), list(ys)

    def put_each(self, labels: Iterable[tuple[str, float, float]]) -> None:
        """Show each label's text at its x and y, as `put`."""
        rows = list(labels)
        self.put([text for text, _, _ in rows], [x for _, x, _ in rows], [y for _, _, y in rows])

    def placed(self, renderer: RendererBase) -> Iterator[tuple[int, int, numpy.ndarray]]:
        """(x, y, opacity (height, width)) of each text: its lower left corner in pixels, and how it looks."""
        if not self.get_visible() or not self.texts:
            return
        places = self.get_transform().transform(numpy.column_stack([self.xs, self.ys]))
        for text, (x, y) in zip(self.texts, places, strict=True):
            if text:  # not a token that spells nothing
                opacity = word(text, self.font, pixels_of_inch(renderer))
                yield round(x - self.align * opacity.shape[1]), round(y - opacity.shape[0] / 2), opacity

    def draw(self, renderer: RendererBase) -> None:
        pen = renderer.new_gc()
        for x, y, opacity in self.placed(renderer):
            image = numpy.empty((*opacity.shape, 4), numpy.uint8)
            image[..., :3] = numpy.round(255 * numpy.array(to_rgb(self.color)))
            image[..., 3] = opacity
            renderer.draw_image(pen, x, y, image)
        pen.restore()

    def boxes(self, renderer: RendererBase) -> list[Bbox]:
        """What each text takes of the picture, in pixels: the box around its ink."""
        found = []
        for x, y, opacity in self.placed(renderer):
            rows, columns = (numpy.flatnonzero(opacity.any(axis)) for axis in (1, 0))
            if len(rows):
                height = opacity.shape[0]  # the last row is the lowest
                found.append(
                    Bbox([(x + columns[0], y + height - 1 - rows[-1]), (x + columns[-1] + 1, y + height - rows[0])])
                )
        return found

    def get_window_extent(self, renderer: RendererBase | None = None) -> Bbox:
        """The box around all texts, which a picture that is cut to size must hold."""
        boxes = self.boxes(renderer or RendererAgg(1, 1, self.dpi))
        return Bbox.union(boxes) if boxes else Bbox.null()


class MovingTitle(MovingLabels):
    """One text where the axes' title stands, as heavy as one; its height is kept free."""

    def __init__(self, axes: Axes) -> None:
        set_title(axes, " ")
        inches = 13.25 / 72  # the title's distance from the axes, 10, and its middle above its baseline
        above = ScaledTranslation(0, inches, axes.figure.dpi_scale_trans)
        self.titled = axes
        super().__init__(axes, size=11, color="black", transform=axes.transAxes + above, weight=title_weight())

    def write(self, message: str) -> None:
        """Show this message; it is also the axes' label, by which `in_words` finds it."""
        self.put([message], [0], [1])
        self.titled.set_label(message)


def word(text: str, font: FontProperties, dpi: float) -> numpy.ndarray:
    """(height, width) opacity of a text from 0 to 255, set from its letters; the last row is the lowest."""
    letters, start = [], 0.0
    for one in text:
        letters.append((letter(one, font, dpi, int(start % 1 * SHADES)), int(start)))
        start += advance(one, font, dpi)
    height = letters[0][0].shape[0]
    opacity = numpy.zeros((height, int(start) + height), numpy.uint8)
    for picture, place in letters:
        part = opacity[:, place : place + picture.shape[1]]
        numpy.maximum(part, picture[:, : part.shape[1]], out=part)
    return opacity[::-1, : int(start) + 2]


@cache
def letter(text: str, font: FontProperties, dpi: float, quarter: int) -> numpy.ndarray:
    """(height, width) opacity of one letter, begun `quarter` quarters of a pixel from the left."""
    side = round(2 * font.get_size_in_points() * dpi / 72)
    renderer = RendererAgg(side, side, dpi)
    _, height, below = renderer.get_text_width_height_descent("lp", font, False)  # as matplotlib centres a line
    renderer.draw_text(renderer.new_gc(), quarter / SHADES, round(side / 2 + height / 2 - below), text, font, 0)
    return numpy.asarray(renderer.buffer_rgba())[..., 3].copy()


@cache
def advance(text: str, font: FontProperties, dpi: float) -> float:
    """How far the next letter stands from this one, in pixels."""
    renderer = RendererAgg(1, 1, dpi)
    width = [renderer.get_text_width_height_descent(string, font, False)[0] for string in (f"0{text}0", "00")]
    return width[0] - width[1]
