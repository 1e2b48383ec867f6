"""Plain numbers → pictures. One file for each lesson's pictures; none knows a model or a decoder.

A picture that a slider moves is a class: built once, then `update(...)` changes its artists and `.figure` shows the result. The
function of the same subject builds it, updates it once and returns the closed figure, so that a cell shows it once.

    canvas        style, colours, figure → PNG
    next_token    lesson 01: bars of the likeliest tokens, probability by rank
"""

from lessons.plots.next_token import next_token_bars, probability_by_rank

__all__ = ["next_token_bars", "probability_by_rank"]
