"""The exercises themselves, a file for each lesson.

lesson_01    next-token tables
lesson_02    log-probabilities
lesson_03    beam search
lesson_04    temperature
lesson_05    top-k, top-p, min-p
lesson_06    fine-tuning
lesson_07    choosing a decoder
lesson_08    inside the model
lesson_09    obeying a rule
lesson_10    two models that write as one
"""
