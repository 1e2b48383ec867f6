"""For teachers: what students have handed in, run and judged, and what is sent on of it.

wire           values as data between the grader and a student's kernel
answering      in a student's kernel: its functions, called by name
confined       a kernel that has shut the doors behind itself
watching       what a kernel's processes take, and their end
kernel         a student's kernel, with limits
remote         a student's function as the grader calls it
rows           what became of a notebook, as plain data
table          the rows on screen and as a file
files          what lies in the folders of a class
reading        a file that was handed in, as far as it is a notebook
judged         one notebook, run and judged
likeness       whose code is the same
identity       whose notebook it is
kept           rows that are kept, so that a stopped run goes on
whole_class    all notebooks, some of them side by side
exports        what other platforms import
page           what all pages have in common
feedback       a page for each student
overview       a page for the teacher
release        copies of lessons for students
"""
