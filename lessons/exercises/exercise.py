"""What an exercise is: a stub, cases to try it on, a right answer, and the wrong answers that people often give."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lessons.words.language import say, words

Function = Callable[..., Any]
Arguments = tuple[Any, ...]  # what a function is called with
# What the numbers of a result are; "" for none of these, such as ids. It tells what may be suspected of wrong ones.
Measure = Literal["log-probability", "surprisal", "perplexity", "probability", "count", ""]
Case = Callable[[], Arguments]  # makes a function's arguments, fresh and the same at each call


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        name: as in `check(name, ...)`.
        lesson: the number of its notebook.
        answer: a right answer; its signature is the stub's, its source is what `answer(name)` shows.
        cases: what it is tried on, the smallest first.
        mistakes: wrong answers by name; each has words of its own.
        measure: what the numbers of the result are.
        endless: the mistakes that run into the time limit, each with the place of the case on which it does.
        large: how many of the last cases are so large that only an answer that is right on all others is tried on them.
        tolerance: numbers x (expected) and y agree where |x - y| ≤ tolerance · (1 + |x|).
        unordered: whether the result is a set.
        seconds: for all cases together, but for the large ones: each has as long by itself.
        compared: what is compared, made of arguments and result; the result itself if None.
        fresh: arguments from any seed, for graders; if None, cases with a seed are made anew with another.
    """

    name: str
    lesson: int
    answer: Function
    cases: Sequence[Case]
    mistakes: Mapping[str, Function]
    measure: Measure = ""
    endless: Mapping[str, int] = field(default_factory=dict)
    large: int = 0
    tolerance: float = 1e-4
    unordered: bool = False
    seconds: float = 10.0
    compared: Callable[[Arguments, Any], Any] | None = field(default=None, repr=False)
    fresh: Callable[[int], Arguments] | None = field(default=None, repr=False)

    @property
    def words_file(self) -> str:
        """The name of the file in which its words lie."""
        return f"lesson_{self.lesson:02}"

    @property
    def function_name(self) -> str:
        """What the stub is called."""
        return self.answer.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the stub's arguments."""
        return tuple(inspect.signature(self.answer).parameters)

    @property
    def signature(self) -> str:
        """As in "top_k(logits, k)"."""
        return f"{self.function_name}({', '.join(self.parameters)})"

    @property
    def stub(self) -> str:
        """The source of the cell that a student fills in."""
        return f"{self._imports()}def {self.signature}:\n    return ..."

    @property
    def source(self) -> str:
        """The source of the answer, as it could stand in the stub's place: with its head, which names no types."""
        source = textwrap.dedent(inspect.getsource(self.answer)).strip()
        return self._imports() + re.sub(r"^def .*?:\n", f"def {self.signature}:\n", source, count=1, flags=re.DOTALL)

    def say(self, entry: str, **values: object) -> str:
        """One of its words: its "title", its "statement", the "predict" question, "why" the answer is right, the
        "result" if more than the result is compared.
        """
        return say(f"{self.words_file}.{self.name}.{entry}", **values)

    def say_mistake(self, mistake: str) -> str:
        """What is wrong with one of the known wrong answers."""
        return self.say(f"mistake.{mistake}")

    def hints(self) -> list[str]:
        """Its hints, the vaguest first."""
        return [self.say(f"hint.{step}") for step in words(self.words_file)[self.name]["hint"]]

    def _imports(self) -> str:
        """One line for what the answer uses, so that each exercise can be begun in a fresh notebook."""
        tree = ast.parse(textwrap.dedent(inspect.getsource(self.answer)))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        used = [module for module in ("math", "torch") if module in names]
        return f"import {', '.join(used)}\n\n" if used else ""
