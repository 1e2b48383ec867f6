"""Numbers → data frames.

next_token    what the model says next, as a table
course        what the course printed for GPT-2, beside your run
decoders      decoders side by side: their texts, measured
"""
