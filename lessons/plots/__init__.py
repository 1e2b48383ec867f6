"""Plain numbers → pictures. One file for each lesson's pictures; none knows a model or a decoder.

A picture for a cell is a closed matplotlib figure, or a drawing (SVG); what a slider moves is a drawing, which is made
anew with each move, sharp at any size, and on the page's own ground.

    canvas        style, colours, figure → PNG
    themes        the same drawing on light and dark pages
    svg           drawings as text
    chart         a chart's axes in a drawing
    names         names of tokens: short, and of letters that can be drawn
    next_token    lesson 01: bars of the likeliest tokens, probability by rank
    underflow     lesson 02: a product falling to the floors of three precisions, and the sum of logarithms
    shift         lesson 02: which row of the logits is about which token
    branches      lesson 01: all texts that were tried, as one tree
    tree_grid     where the boxes of a tree stand
    tree          lesson 03: the tree of a beam search
    growing_tree  the same tree, as far as the search has come
    beam          lesson 03: two texts token by token; candidates and steps in words
    strips        tokens side by side: what a random number falls into
    temperature   lesson 04: bars, curves and entropy against the temperature
    truncation    lesson 05: where filters cut a distribution, and what they leave
    strip_rows    strips for explorers, a row each: what was offered, cut, drawn
    share_rows    bars for explorers: before and after, and a tally of draws
    temperature_axis  lesson 04: curves over the axis on which the slider moves
    fine_tuning   lesson 06: the loss on its way to the floor, surprise before and after
    surprisal_chart  the second of them as a drawing
    decoders      lesson 07: likelihood against diversity; surprise along two texts
    decoder_map   the first of them as a drawing
    lens          lesson 08: the guess after each block, at one token and at all
    lens_bars     lesson 08: the likeliest tokens after so many blocks
    accepted      lesson 10: what two models give to each token, laid over each other
    inside        lesson 08: who looks at whom, where the parameters are
    obeying       lesson 09: texts thrown away beside tokens cut, and two distributions
"""

from lessons.plots.accepted import accepted_share
from lessons.plots.beam import two_texts
from lessons.plots.decoders import likelihood_and_diversity, surprisal_along
from lessons.plots.fine_tuning import attention_patterns, loss_chart, surprisal_pair
from lessons.plots.inside import attention_heads, attention_pattern, parameter_parts
from lessons.plots.lens import lens_curves, lens_grid
from lessons.plots.next_token import next_token_bars, probability_by_rank, seconds_per_step
from lessons.plots.obeying import given_and_masked, two_ways
from lessons.plots.shift import next_token_shift
from lessons.plots.strips import draw_strips, mass_by_rank
from lessons.plots.temperature import entropy_curve, temperature_bars, temperature_curves
from lessons.plots.tree import beam_tree
from lessons.plots.truncation import before_and_after, cumulative_cuts
from lessons.plots.underflow import underflow_curves

__all__ = [
    "accepted_share",
    "attention_heads",
    "attention_pattern",
    "attention_patterns",
    "beam_tree",
    "before_and_after",
    "cumulative_cuts",
    "draw_strips",
    "entropy_curve",
    "given_and_masked",
    "lens_curves",
    "lens_grid",
    "likelihood_and_diversity",
    "loss_chart",
    "mass_by_rank",
    "next_token_bars",
    "next_token_shift",
    "parameter_parts",
    "probability_by_rank",
    "seconds_per_step",
    "surprisal_along",
    "surprisal_pair",
    "temperature_bars",
    "temperature_curves",
    "two_texts",
    "two_ways",
    "underflow_curves",
]
