"""Sliders over everything before: one file for each explorer, each controls + one pure call + one picture.

cell_outputs  a cell that is run again releases what its last run made
page_style    what a page does while Python has no time, or is gone
text_boxes    what is typed keeps its line ends
base          what all explorers share
html          tokens as escaped HTML
draws         random numbers thrown one by one, ten, a thousand
strip_pages   strips that keys reach
writing       a text written anew while a slider moves
filter_rows   a filter's switch, slider and strip
temperature_slider  a slider under its axis
buttons       parts of a picture that can be pressed
choices       bars that are buttons, under a strip of all the probability
running_text  a text whose tokens are buttons
branches      all texts that were tried, as a tree of buttons
read_twice    a text as two models read it, with the numbers of each token
prose         coloured texts that wrap between words
next_token    lesson 01
underflow     lesson 02
tree_pane     the boxes of a tree as buttons
beam          lesson 03
temperature   lesson 04
truncation    lesson 05
fine_tuning   lesson 06
decoders      lesson 07
lens          lesson 08
struck_rows   bars of which a rule strikes some out
rule          lesson 09
speculative   lesson 10
"""

from lessons.explorers.beam import BeamExplorer
from lessons.explorers.decoders import DecoderExplorer
from lessons.explorers.fine_tuning import FineTuningExplorer
from lessons.explorers.lens import LensExplorer
from lessons.explorers.next_token import NextTokenExplorer
from lessons.explorers.rule import RuleExplorer
from lessons.explorers.speculative import SpeculativeExplorer
from lessons.explorers.temperature import TemperatureExplorer
from lessons.explorers.truncation import TruncationExplorer
from lessons.explorers.underflow import UnderflowExplorer

__all__ = [
    "BeamExplorer",
    "DecoderExplorer",
    "FineTuningExplorer",
    "LensExplorer",
    "NextTokenExplorer",
    "RuleExplorer",
    "SpeculativeExplorer",
    "TemperatureExplorer",
    "TruncationExplorer",
    "UnderflowExplorer",
]
