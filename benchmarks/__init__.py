"""How fast the lessons are: each row is ours beside what a student would otherwise run, in one run, as a ratio.

    measure        paired timings, peak memory, the machine's line
    report         rows, tables and pictures as Markdown
    curves         pictures of growth

    imports        what is loaded, and how long that takes
    decoding       greedy and beam search beside `generate` and the bare forward passes
    sampling       sampling with each filter kept, beside the same two
    scoring        the log-probability of a long text beside the course's way
    explorers      a slider's way to a new picture
    sliders        sliders of lessons 01, 02, 03 and 08
    blocks         texts → token blocks beside the course's two `map` calls
    finetuning     tokens per second beside a plain `Trainer`
    growth         cost by tokens, beams, vocabulary and size of the corpus
    notebooks      all notebooks under nbmake (on request)

`make bench` runs all but the last and writes RESULTS.md; `ARGS=--quick` is a trial; `python -m benchmarks.decoding`
runs one.
"""
