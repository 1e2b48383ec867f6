"""Sliders over everything before: one file for each explorer, each controls + one pure call + one picture.

    base          what all explorers share
    html          tokens and tables as escaped HTML
    next_token    lesson 01
"""

from lessons.explorers.next_token import NextTokenExplorer

__all__ = ["NextTokenExplorer"]
