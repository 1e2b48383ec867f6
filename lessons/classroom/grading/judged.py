"""One notebook: run in its kernel, and then each exercise's function judged, wherever it is in it.

A cell that ends the kernel, or that no interrupt reaches, is passed over: a new kernel runs the others once more, and
what they define is judged. So is what is left where a function ends the kernel while it is judged. A cell that trains a
model is passed over, too: no exercise needs one, and a class would train for hours.
"""

import re
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from lessons.classroom.grading.files import digest_of
from lessons.classroom.grading.kernel import Ended, Kernel, Limits, cut_off, living
from lessons.classroom.grading.reading import Handed, looks_around, read
from lessons.classroom.grading.remote import MISSING, Line
from lessons.classroom.grading.rows import Finding, Row
from lessons.classroom.grading.table import SAID
from lessons.exercises.exercise import Exercise
from lessons.exercises.fresh import with_fresh_cases
from lessons.exercises.judging import judge
from lessons.exercises.running import described
from lessons.words.language import say

INSIDE = re.compile(r"\blessons\.exercises\b|\bexercises\.(?:catalogue|tasks)\b")  # where the package keeps its answers
PATIENCE = 2  # times as long as in the student's own notebook: here others run beside it, and arguments are sent about
# How a function is spoken of that could not be judged.
UNJUDGED = {"missing": "grading.told_missing", "not reached": "grading.told_not_reached", "form": "grading.told_form"}


@dataclass(frozen=True)
class Settings:
    """How a class is graded: limits, the seed of fresh cases, the language, and {id of a release: its exercises}."""

    seed: int
    limits: Limits = field(default_factory=Limits)
    language: str = "en"
    released: dict[str, list[str]] = field(default_factory=dict)


def grade_one(path: Path, settings: Settings) -> Row:
    """The row of one notebook, whatever is wrong with it."""
    began, digest = time.monotonic(), digest_of(path)
    try:
        handed = read(path, settings.released)
    except Exception as error:  # the file's fault, of whatever kind: half a file, not JSON, not there, a picture
        said = f"{type(error).__name__}: {error}".strip().splitlines()[0][:200]
        return Row(path, reason=say("grading.no_notebook", error=said), digest=digest)
    if not handed.exercises:
        return Row(path, reason=say("grading.no_exercises"), digest=digest)
    sitting = Sitting(handed, settings, began + settings.limits.seconds)
    try:
        sitting.go()
    except Exception as error:  # whatever a notebook has brought about must not end the class
        sitting.give_up(error)
    seconds = time.monotonic() - began
    findings = {exercise.name: sitting.findings[exercise.name] for exercise in handed.exercises}
    return Row(path, handed.lesson, findings, sitting.reason, sitting.notes(), seconds, digest=digest)


class Sitting:
    """A notebook while it is graded: what is found so far, and which of its cells can be run."""

    def __init__(self, handed: Handed, settings: Settings, deadline: float) -> None:
        self.handed, self.settings, self.deadline = handed, settings, deadline
        self.findings: dict[str, Finding] = {}
        self.reason = ""  # what went wrong first
        self.passed_over = {place for place in range(len(handed.sources)) if handed.trains(place)}
        self.trains = bool(self.passed_over)  # what fails then, may fail for want of a model
        self.upto = len(handed.sources)  # before this cell the time was up
        self.errors: dict[int, str] = {}

    def go(self) -> None:
        """Fills in `findings`: a kernel for as long as it lives, then another for what is left."""
        while self.left() and time.monotonic() < self.deadline:
            try:
                with living(self.settings.limits) as kernel:
                    self.run_cells(kernel)
                    self.judge_in(kernel)
            except Ended as ended:
                self.reason = self.reason or str(ended)
                break  # the kernel did not start, or does not answer at all
        self.not_reached()

    def give_up(self, error: Exception) -> None:
        """What is left is not judged, and the row says why."""
        self.reason = say("grading.failed", error=described(error)[:200])
        self.not_reached()

    def not_reached(self) -> None:
        for exercise in self.left():
            self.findings[exercise.name] = self.unjudged(exercise, "not reached")

    def left(self) -> list[Exercise]:
        return [exercise for exercise in self.handed.exercises if exercise.name not in self.findings]

    def run_cells(self, kernel: Kernel) -> None:
        """Runs the cells in order, however they end; one that ends the kernel is passed over from then on."""
        for place in (place for place in range(self.upto) if place not in self.passed_over):
            most = min(self.settings.limits.cell_seconds, self.deadline - time.monotonic())
            label, wrong = self.handed.labels[place], ""
            try:
                error, in_time = kernel.run(self.handed.sources[place], most)
            except Ended as ended:
                self.passed_over.add(place)
                self.reason = self.reason or say("grading.error", cell=label, error=str(ended))
                return
            if error:
                self.errors[place] = error
                wrong = "" if self.trains else say("grading.error", cell=label, error=error)
            elif not in_time:
                wrong = say("grading.cell_too_long", cell=label, seconds=f"{most:.0f}")
            self.reason = self.reason or wrong
            if time.monotonic() > self.deadline:
                self.upto = place
                self.reason = say("grading.too_long", seconds=f"{self.settings.limits.seconds:g}")
                return

    def judge_in(self, kernel: Kernel) -> None:
        """Judges what is left for as long as the kernel lives."""
        if kernel.over:
            return
        line = Line(kernel)
        for exercise in self.left():
            self.findings[exercise.name] = self.judged(exercise, line)
            if line.lost:
                return

    def judged(self, exercise: Exercise, line: Line) -> Finding:
        """What the package's own judge says of a function, tried on fresh cases too."""
        function = line.find(exercise)
        if line.lost:  # the kernel has nothing to say of it, or nothing that can be read
            self.reason = self.reason or say("grading.no_answer")
            return self.unjudged(exercise, "not reached")
        if function is MISSING:
            return self.unjudged(exercise, self.why_missing(exercise))
        patient = replace(exercise, seconds=PATIENCE * exercise.seconds)
        verdict = judge(with_fresh_cases(patient, self.settings.seed), function)
        sentences = list(verdict.sentences)
        if verdict.status == "unwritten":  # what the notebook says of it speaks of its cells
            sentences = [say("grading.told_unwritten")]
        if verdict.status == "wrong" and judge(patient, function):
            sentences.append(say("grading.only_shipped"))
        hint = "" if verdict else exercise.hints()[0]
        code = self.handed.code_of(exercise.function_name)
        return Finding(verdict.status, verdict.heading, sentences, verdict.facts, verdict.mistake, code, hint)

    def why_missing(self, exercise: Exercise) -> str:
        """The status of an exercise whose function is not in the kernel."""
        places = self.handed.places(exercise.function_name)
        if any(place in self.errors for place in places):
            return "form"  # its cell ended in an error before there was a function
        if self.passed_over & set(places) or (places or [self.upto])[-1] >= self.upto < len(self.handed.sources):
            return "not reached"
        return "missing"

    def unjudged(self, exercise: Exercise, status: str) -> Finding:
        """What is said of an exercise whose function could not be judged."""
        title, name = exercise.say("title"), exercise.function_name
        places = [place for place in self.handed.places(name) if place in self.errors]
        error = self.errors[places[-1]] if places else ""
        sentence = say(UNJUDGED[status], function=name, error=error)
        heading = f"✗ {title}: {say(SAID[status])}"
        return Finding(status, heading, [sentence], code=self.handed.code_of(name), hint=exercise.hints()[0])

    def notes(self) -> list[str]:
        """What else a teacher should know of this notebook."""
        notes = []
        for exercise in self.handed.exercises:
            if (times := self.handed.times(exercise.function_name)) > 1:
                notes.append(say("grading.copied_cells", function=exercise.function_name, times=times))
            if names := looks_around(self.handed.code_of(exercise.function_name)):
                named = ", ".join(names)
                notes.append(say("grading.looks_around", function=exercise.function_name, names=named))
        if any(map(INSIDE.search, self.handed.sources)):
            notes.append(say("grading.looks_inside"))
        if not self.settings.limits.network and not cut_off():
            notes.append(say("grading.network_open"))
        return notes
