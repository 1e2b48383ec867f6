"""How fast the lessons are: each row is ours beside what a student would otherwise run, in one run, as a ratio.

    measure      paired timings, peak memory, the machine's line
    decoding     greedy and beam search beside `generate` and the bare forward passes
    scoring      the log-probability of a long text beside the course's way
    beam_explorer  lesson 02's and 03's sliders
    explorers    a slider's way to a new picture

`python -m benchmarks` (or `make bench`) runs them all and writes RESULTS.md; `python -m benchmarks.decoding` runs one.
"""
