"""Decoders: ways of choosing text from next-token probabilities. A ladder, each file adding one idea.

    source      what a decoder asks: logits for the next token
    greedy      always the likeliest token
    beam        several unfinished texts side by side
    knobs       the filters that are on, in the order in which they act
    sampling    a draw from what the knobs leave
"""

from lessons.decoding.greedy import greedy_search
from lessons.decoding.sampling import sample

__all__ = ["greedy_search", "sample"]

