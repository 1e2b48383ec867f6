"""Arithmetic on logits, probabilities and ids: pure functions that know no model, no text and no picture.

arguments      checks of rows of numbers and of tensors
probability    log-probabilities of labels, entropy
floats         how small a number can be
filters        temperature, top-k, top-p and their kin: logits in, logits out
measures       how varied texts are
"""
