"""Texts: a tale to weigh, a language whose probabilities are known, your own files, and corpora divided into blocks.

tale       a real text that no model here has read
grammar    languages of which every probability is known
logbook    one such language: the logbook of the brig Marigold
csv_rows   rows of a .csv file, every field as it is written
files      your own texts, and what is wrong with a file
corpora    data sets of texts by name
blocks     texts → token blocks
"""
