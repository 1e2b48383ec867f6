"""Decoders: ways of choosing text from next-token probabilities. A ladder, each file adding one idea.

steps       how many tokens may be added, and why it stopped
knobs       the filters that are on, in the order in which they act
automaton   a rule on letters as a machine that reads bytes
expression  the same of a regular expression, or of texts
rules       what a text must obey: after the tokens so far, which may follow
constrain   a source that must obey, and the knob by which it does
drawing     a random number takes a token
greedy      always the likeliest token
beams       several unfinished texts side by side, the likeliest go on
beam        which finished text wins, and when the search may stop
one_sort    the fast path of sampling: tokens sorted once for all knobs and the draw
sampling    a draw from what the knobs leave
judging     what the model makes of what a draft proposed: accepted, or another token in its place
speculative  a draft writes ahead, the model reads all of it in one pass and judges
library     what transformers' generate returns for the same settings
"""

from lessons.decoding.beam import beam_search
from lessons.decoding.greedy import greedy_search
from lessons.decoding.sampling import sample
from lessons.decoding.speculative import speculative

__all__ = ["beam_search", "greedy_search", "sample", "speculative"]
