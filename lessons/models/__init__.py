"""Language models: what a decoder asks of one, how one is loaded, and how likely it finds a text.

source            what may be asked: logits for the next token
six_words         a language of six words: every algorithm can be worked by hand
cache             what a model has read, in memory with room to grow
files             where a model's files come from, and whether they are whole
language_model    load(): the bundled model, a name on the hub, or a folder
scoring           how likely a given text is
"""
