"""What is said, asked for and written: the words of both languages, and how numbers, tokens and errors become words.

language     say(): every word shown, in English and in Korean
arguments    check_…(): what a function is given, or an error with the rule, the value and the way out
hangul       one letter or its parts: texts and names of files in either form
tokens       tokens made visible
writing      numbers, ends of texts and small tables for a reader
cards        texts set as texts, side by side
judged       a text that two models wrote, its tokens marked
frames       data frames as a notebook shows them
notebook     whether this is a notebook's Python
"""
