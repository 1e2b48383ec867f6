"""Exercises that answer back: a check says what is wrong, hints come in steps, and an answer comes with its reason.

exercise           what an exercise is
cases              what exercises are tried on: seeded, small first
help               which help a student is given
running            a student's function, run so that it cannot end the notebook
compare            results side by side, whatever form they have
common_mistakes    mistakes that the numbers alone give away
verdict            what a student is shown
trials             an answer tried on every case
fresh              the same exercise on cases that nobody has seen
judging            the verdict on an answer, and its failure explained
progress           what a student has solved, in a small file
tasks              the exercises themselves, a file for each lesson
catalogue          all of them by name
student            what a student calls: check(), hint(), answer(), show_progress()
"""

from lessons.exercises.student import answer, check, hint, reset_progress, show_progress

__all__ = ["answer", "check", "hint", "reset_progress", "show_progress"]
