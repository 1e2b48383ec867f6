"""Records: what a decoder was offered and what it took; and how a file is written so that nothing is lost.

saving       a file whole or not at all, a folder for one notebook at a time
trace        a text and how it came about, step by step
speculation  what a draft proposed, and what the model made of it
beam_tree    every candidate of a beam search and its fate
"""
