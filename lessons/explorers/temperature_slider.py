"""A slider of temperatures under an axis of them: its handle stands where the axis has the number."""

from math import log10

import ipywidgets as widgets

from lessons.plots.temperature_axis import MARGIN, Axis

COLDEST, HOTTEST = 0.05, 5.0  # the ends of the slider; any temperature can be typed
STEP = 0.01  # of the slider, in powers of ten; T = 1 is one of its steps
AXIS = Axis(COLDEST, HOTTEST)


def temperature_slider(temperature: float) -> widgets.FloatLogSlider:
    """A slider whose rail is as wide as what `over_slider` draws above it."""
    ends = {"min": round(log10(COLDEST), 2), "max": log10(HOTTEST), "step": STEP}
    at_left = {"description_width": f"{MARGIN - 14}px"}  # from there it is 14 pixels to the rail
    look = {"width": "auto", "margin": "0"}
    return widgets.FloatLogSlider(temperature, description="T", readout=False, style=at_left, layout=look, **ends)


def is_moved(slider: float, typed: float) -> bool:
    """Whether a slider stands elsewhere than where a typed temperature puts it, to within its steps.

    >>> is_moved(0.05, 0.001), is_moved(0.501, 0.5), is_moved(0.6, 0.5)
    (False, False, True)
    """
    return abs(log10(slider / within(typed))) > 0.6 * STEP


def within(temperature: float) -> float:
    """The temperature, or the end of the slider that it is beyond.

    >>> within(0.001), within(0.7), within(50)
    (0.05, 0.7, 5.0)
    """
    return min(max(temperature, COLDEST), HOTTEST)
