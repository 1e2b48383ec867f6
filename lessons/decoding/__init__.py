"""Decoders: ways of choosing text from next-token probabilities. A ladder, each file adding one idea.

    source      what a decoder asks: logits for the next token
    greedy      always the likeliest token
    beam        several unfinished texts side by side
    sampling    a draw, and the knobs that shape it
"""

from lessons.decoding.greedy import greedy_search

__all__ = ["greedy_search"]
