"""What stands around the lessons: the first cell, a look at the installation, and grades for teachers.

start      start(): language, fonts and style of a notebook
verify     a claim of a lesson, tried on the spot
predict    predict(): a guess as a control, shown again beside the answer
doctor     is everything here that is needed?
grading    what students have handed in, run and judged
"""
