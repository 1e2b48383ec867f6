"""Every exercise: right answers in any form pass, each known mistake is told by its name, and nothing that an
answer does gets out.
"""

import math
import re
from dataclasses import replace
from functools import partial
from html import unescape

import numpy
import pytest
import torch
from words_files import entries

import lessons
from lessons.exercises import progress
from lessons.exercises.catalogue import NOTEBOOKS, all_exercises, of_lesson
from lessons.exercises.exercise import Exercise
from lessons.exercises.judging import judge
from lessons.words.language import LANGUAGES, speak

EXERCISES = list(all_exercises().values())
# Each in both languages, but for those that take seconds.
MISTAKES = [
    (exercise, mistake, language)
    for exercise in EXERCISES
    for mistake in exercise.mistakes
    for language in LANGUAGES
    if language == "en" or mistake not in exercise.endless
]


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Every test has a file of progress of its own."""
    monkeypatch.setenv(progress.PLACE, str(tmp_path / "progress.json"))


def as_numpy(value: object) -> object:
    return numpy.asarray(value) if isinstance(value, torch.Tensor | float | int) else value


def as_list(value: object) -> object:
    return value.tolist() if isinstance(value, torch.Tensor) else value


def as_wide_tensor(value: object) -> object:
    """A 64-bit tensor that asks for gradients; whole numbers as such."""
    if isinstance(value, torch.Tensor | float):
        return torch.as_tensor(value).double().requires_grad_()
    return torch.tensor(value) if isinstance(value, int) else value


def as_generator(value: object) -> object:
    return iter(value) if isinstance(value, list) else value


def in_form(exercise: Exercise, form: object, *given: object) -> object:
    return form(exercise.answer(*given))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_answer_passes(exercise):
    """The reference answer solves its exercise, and the verdict gives the reason."""
    verdict = judge(exercise, exercise.answer)
    assert verdict and verdict.status == "solved"
    assert exercise.say("why") in verdict.sentences


@pytest.mark.parametrize("form", [as_numpy, as_list, as_wide_tensor, as_generator])
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_right_answer_of_another_form_passes(exercise, form):
    """A tensor, an array, a list, a number, a generator: what counts is what they say."""
    function = partial(in_form, exercise, form)
    assert judge(exercise, function), repr(judge(exercise, function))


@pytest.mark.parametrize(
    ("exercise", "mistake", "language"),
    MISTAKES,
    ids=[f"{one.name}-{mistake}-{spoken}" for one, mistake, spoken in MISTAKES],
)
def test_each_known_mistake_is_named(exercise, mistake, language):
    """A planted wrong answer fails with its own words, in both languages, and with given, expected and yours."""
    speak(language)
    if mistake in exercise.endless:
        exercise = replace(exercise, seconds=5.0 if exercise.large else 0.5)
    verdict = judge(exercise, exercise.mistakes[mistake])
    assert (False, mistake) == (bool(verdict), verdict.mistake)
    assert exercise.say_mistake(mistake) in verdict.sentences
    labels = {label for label, _ in verdict.facts}
    assert len(labels) == (3 if verdict.status == "wrong" else 2)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_stub_is_not_written_yet(exercise):
    """The stub as it stands in the notebook is neither wrong nor an error."""
    namespace = {}
    exec(exercise.stub, namespace)
    assert judge(exercise, namespace[exercise.function_name]).status == "unwritten"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_shown_source_is_the_answer(exercise):
    """What answer() shows can stand in the stub's place and solves the exercise, in a notebook that has only
    `lessons`.
    """
    namespace = {"lessons": lessons}
    exec(exercise.source, namespace)
    assert judge(exercise, namespace[exercise.function_name])


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_exercise_is_complete(exercise):
    """At least two hints, six known mistakes, three cases; cases are the same each time they are made."""
    assert len(exercise.hints()) >= 2
    assert len(exercise.mistakes) >= 6
    assert len(exercise.cases) >= 3
    for case in exercise.cases:
        assert repr(case()) == repr(case())


@pytest.mark.parametrize("file", ["exercises", "grading", *(f"lesson_{lesson:02}" for lesson in NOTEBOOKS)])
def test_words_are_complete_in_both_languages(file):
    """Every word of exercises and grading is there in English and Korean, and every value that one names the other
    names too.
    """
    for entry, texts in entries(file).items():
        assert set(texts) == set(LANGUAGES), entry
        names = [set(re.findall(r"\{(\w+)", texts[language])) for language in LANGUAGES]
        assert names[0] == names[1], entry
        is_code = texts["en"] == texts["ko"]
        assert is_code or re.search("[가-힣]", texts["ko"]), entry
        assert not re.search("[가-힣]", texts["en"]), entry


def test_no_word_is_left_over():
    """Every entry of a lesson's words belongs to an exercise, and every mistake has its entry."""
    for lesson in NOTEBOOKS:
        wanted = set()
        for exercise in of_lesson(lesson):
            wanted_here = [
                "title",
                "statement",
                "predict",
                "why",
                *(f"mistake.{mistake}" for mistake in exercise.mistakes),
            ]
            wanted_here += [f"hint.{step + 1}" for step in range(len(exercise.hints()))]
            wanted_here += ["result"] if exercise.compared else []
            wanted |= {f"{exercise.name}.{entry}" for entry in wanted_here}
        assert set(entries(f"lesson_{lesson:02}")) == wanted


def test_the_number_that_a_reason_names_is_that_of_gpt2():
    """The parameters of GPT-2 itself, which is no case, since to build it takes seconds."""
    counting = all_exercises()["count-parameters"]
    assert f"{counting.answer(50257, 1024, 768, 12):,}" in counting.say("why")


def test_three_to_five_exercises_a_lesson():
    """Every lesson but 00 has three to five exercises."""
    assert all(3 <= len(of_lesson(lesson)) <= 5 for lesson in NOTEBOOKS)


def test_the_smallest_failing_case_is_shown():
    """Of several cases on which an answer fails, the first, which is the smallest, is shown: given, expected, yours."""
    exercise = all_exercises()["smallest-k"]
    verdict = judge(exercise, lambda probabilities, mass: 999)
    probabilities, mass = exercise.cases[0]()
    facts = dict(verdict.facts)
    assert f"mass = {mass}" in facts["Given"] and f"{probabilities[0].item():.6g}" in facts["Given"]
    assert (str(exercise.answer(probabilities, mass)), "999") == (facts["Expected"], facts["Yours"])


def test_an_argument_that_is_written_into_is_noticed():
    """A right result is not enough if the caller's tensor or list is no longer what it was."""

    def tempered(logits, T):
        logits /= T
        return logits.softmax(-1)

    def table_by_hand(next_logits, ids, steps, choices):
        rows = []
        for _ in range(steps):
            best = next_logits(ids).softmax(-1).topk(choices)
            rows.append(list(zip(best.indices.tolist(), best.values.tolist(), strict=True)))
            ids.append(rows[-1][0][0])
        return rows

    for name, function, argument in (("tempered", tempered, "logits"), ("table-by-hand", table_by_hand, "ids")):
        verdict = lessons.check(name, function)
        assert (False, "changed") == (bool(verdict), verdict.status)
        assert f"changed what it was given: {argument}." in repr(verdict)


def test_a_crash_is_shown_with_its_line():
    """An exception is part of the verdict: its kind, its message, and the student's line."""

    def tempered(logits, T):
        return logits[99] / T

    verdict = lessons.check("tempered", tempered)
    assert "crashed" == verdict.status
    assert "IndexError" in repr(verdict) and "return logits[99] / T" in repr(verdict)


@pytest.mark.parametrize("leave", [SystemExit, GeneratorExit, RecursionError, MemoryError])
def test_nothing_that_an_answer_throws_gets_out(leave):
    """exit() in a student's function does not end the notebook."""

    def tempered(logits, T):
        raise leave

    assert "crashed" == lessons.check("tempered", tempered).status


def test_the_students_own_interrupt_gets_out():
    """Whoever presses Stop means it."""

    def tempered(logits, T):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lessons.check("tempered", tempered)


def test_not_implemented_is_not_written_yet():
    """`raise NotImplementedError` is a stub, too."""

    def tempered(logits, T):
        raise NotImplementedError

    assert "unwritten" == lessons.check("tempered", tempered).status


def test_what_torch_has_not_implemented_is_an_error():
    """A NotImplementedError of a library is the student's error, not a stub."""

    def tempered(logits, T):
        return (logits / T).to_sparse().softmax(0)

    verdict = lessons.check("tempered", tempered)
    assert "crashed" == verdict.status and "NotImplementedError" in repr(verdict)


def test_text_is_never_executed(tmp_path):
    """An answer given as text is refused with a word on how to give it."""
    trap = tmp_path / "trap"
    verdict = lessons.check("tempered", f"open({str(trap)!r}, 'w')")
    assert "form" == verdict.status and not trap.exists()
    assert 'lessons.check("tempered", tempered)' in repr(verdict)


def test_other_arguments_are_told():
    """A function that takes too few arguments is not called; the right signature is shown."""
    verdict = lessons.check("tempered", lambda logits: logits)
    assert "form" == verdict.status and "tempered(logits, T)" in repr(verdict)


@pytest.mark.parametrize(
    ("wrong", "mistake"),
    [
        (lambda expected: -expected, "sign"),
        (lambda expected: expected / numpy.log(2), "bits"),
        (lambda expected: expected.exp(), "not_logarithm"),
    ],
)
def test_common_mistakes_are_told_from_the_numbers(wrong, mistake):
    """A sign, a base, an exponential: told in every exercise, without being planted in it."""
    right = all_exercises()["log-probs-of-labels"].answer
    exercise = replace(
        all_exercises()["log-probs-of-labels"], mistakes={}, cases=all_exercises()["log-probs-of-labels"].cases[:3]
    )
    verdict = judge(exercise, lambda logits, labels: wrong(right(logits, labels)))
    assert mistake == verdict.mistake


def test_other_common_mistakes():
    """Renormalisation forgotten, off by one, transposed: by their numbers, where the exercise does not know them."""
    top_p, smallest_k = (replace(all_exercises()[name], mistakes={}) for name in ("top-p", "smallest-k"))
    kept = top_p.answer
    assert "not_renormalised" == judge(top_p, lambda probabilities, p: kept(probabilities, p) / 2).mistake
    assert (
        "one_more" == judge(smallest_k, lambda probabilities, mass: smallest_k.answer(probabilities, mass) + 1).mistake
    )
    assert (
        "one_less" == judge(smallest_k, lambda probabilities, mass: smallest_k.answer(probabilities, mass) - 1).mistake
    )
    beams = replace(all_exercises()["beam-step"], mistakes={}, cases=all_exercises()["beam-step"].cases[:1])
    assert "transposed" == judge(beams, lambda *given: list(zip(*beams.answer(*given), strict=True))).mistake


def test_an_unknown_mistake_is_not_guessed_at():
    """Where nothing known explains the numbers, no mistake is named, but the difference is."""
    verdict = lessons.check("tempered", lambda logits, T: logits.softmax(-1) * 0 + 0.123)
    assert verdict.mistake is None and "yours is 0.123" in repr(verdict)


@pytest.mark.parametrize(
    "result", [None, "text", {"a": 1}, [[1], [2, 3]], object(), numpy.array(["x"]), 1j, torch.zeros(0), 10**400, ...]
)
@pytest.mark.parametrize("name", ["tempered", "smallest-k", "beam-step", "choose-a-decoder", "greedy-with-a-cache"])
def test_odd_results_are_just_wrong(name, result):
    """Whatever comes back, a verdict comes out, as text and as HTML, and never 'solved'."""
    verdict = judge(all_exercises()[name], lambda *given, **more: result)
    arguments = len(all_exercises()[name].parameters)
    assert not verdict and arguments and repr(verdict) and verdict._repr_html_()


def test_an_object_that_cannot_be_shown_is_shown_by_its_kind():
    """A repr() that fails breaks nothing."""

    class Shy:
        def __repr__(self):
            raise RuntimeError

    assert "<Shy>" in repr(lessons.check("tempered", lambda logits, T: Shy()))


def test_student_text_is_escaped():
    """HTML in a result, an error or a source line is shown, not run; the same words are in text and HTML."""

    def tempered(logits, T):
        raise ValueError("<img src=x onerror=alert(1)>")

    for function in (tempered, lambda logits, T: "<script>alert(1)</script>"):
        verdict = lessons.check("tempered", function)
        html = verdict._repr_html_()
        assert "<script" not in html and "<img" not in html
        assert all(sentence in unescape(html) for sentence in verdict.sentences)


def test_hints_come_in_steps(tmp_path):
    """Each call gives the next hint, the last again at the end; a step can be asked for; progress remembers how
    many.
    """
    exercise = all_exercises()["top-p"]
    hints = exercise.hints()
    shown = [lessons.hint("top-p").sentences[0] for _ in range(len(hints) + 1)]
    assert [*hints, hints[-1]] == shown
    assert hints[0] == lessons.hint("top-p", 1).sentences[0]
    with pytest.raises(ValueError, match="step"):
        lessons.hint("top-p", len(hints) + 1)
    assert len(hints) == progress.read_only()["top-p"]["hints"]


def test_answer_shows_source_and_reason():
    """answer() shows a function as it can be typed, and why it is right."""
    shown = lessons.answer("min-p")
    assert all_exercises()["min-p"].source == shown.code
    assert all_exercises()["min-p"].say("why") in shown.sentences
    assert "def min_p(" in repr(shown) and "def min_p(" in unescape(re.sub("<[^>]+>", "", shown._repr_html_()))


@pytest.mark.parametrize("ask", [lessons.hint, lessons.answer, lambda name: lessons.check(name, None)])
def test_an_unknown_name_is_an_error_that_helps(ask):
    """A typing error in an exercise's name names those that are like it."""
    with pytest.raises(ValueError, match="top-p"):
        ask("topp")


def test_hints_and_answer_are_folded_below_a_failure():
    """A verdict that fails, or on a stub, holds its hints and an answer, each closed by itself; one that succeeds does
    not. In text, where nothing folds, it says how to ask for them instead.
    """
    exercise = all_exercises()["top-p"]
    for function in (lambda probabilities, p: 0.123, lambda probabilities, p: ..., lambda: 0, "text"):
        verdict = lessons.check("top-p", function)
        html = verdict._repr_html_()
        assert html.count("<details") == html.count("</details>") == len(exercise.hints()) + 1
        assert "<details open" not in html and "onclick" not in html
        assert all(hint in unescape(html) and hint not in repr(verdict) for hint in exercise.hints())
        assert 'lessons.hint("top-p")' in repr(verdict) and exercise.source not in repr(verdict)
    assert "<details" not in lessons.check("top-p", exercise.answer)._repr_html_()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_folded_answer_can_be_copied_and_runs(exercise):
    """What a reader marks and copies out of the opened answer is Python that solves the exercise; it has colours."""
    verdict = judge(exercise, lambda *given: None)
    html = verdict._repr_html_()
    code = re.findall("<pre[^>]*>(.*?)</pre>", html[html.rindex("<details") :], re.DOTALL)[-1]
    assert code.count('<span style="color:') > 3
    copied = unescape(re.sub("<[^>]+>", "", code))
    assert copied == exercise.source
    namespace = {"lessons": lessons}
    exec(copied, namespace)
    assert judge(exercise, namespace[exercise.function_name])


def test_one_number_is_called_so():
    """Where one number is expected, a row is not told about a shape ()."""
    said = repr(lessons.check("likeliest-token", lambda logits: [logits[0, 0, 0].item(), 0.5]))
    assert "Expected: one number. Your function returned: a row of numbers (how many: 2)." in said
    assert "()" not in said.splitlines()[1]


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("text-log-prob", lambda probabilities: math.log(probabilities.prod() * 0.0), "The logarithm of 0"),
        ("likeliest-token", lambda logits: max(logits[0]), "A tensor of several numbers"),
        (
            "beam-step",
            lambda sums, log_probs, num_beams: (sums[:, None, None] + log_probs)[99],
            "A place that there is",
        ),
        ("beam-step", lambda sums, log_probs, num_beams: sums.repeat(7) + log_probs, "do not fit each other"),
        ("distinct-pairs", lambda texts: len({text for text in texts}), "a tuple (a, b), not a list"),
        ("distinct-pairs", lambda texts: 1 / len([].copy()), "divided by 0"),
        ("perplexity-from-losses", lambda losses, tokens: math.exp(1000 * sum(tokens)), "larger than a float"),
        ("small-sampler", lambda next_logits, ids, uniforms, T, k: no_such_name, "no value there"),  # noqa: F821
        ("small-sampler", lambda next_logits, ids, uniforms, T, k: [].append(1)[0], "return None"),
    ],
)
def test_a_crash_inside_a_library_is_explained(name, wrong, said):
    """An error of Python or torch comes with a word on what it means."""
    verdict = lessons.check(name, wrong)
    assert "crashed" == verdict.status and said in repr(verdict)


def test_a_language_is_shown_by_what_was_asked_of_it():
    """Whoever is wrong sees the logits that the right answer saw."""
    given = dict(lessons.check("table-by-hand", lambda next_logits, ids, steps, choices: [[0, 0.5]]).facts)["Given"]
    language, ids, *_ = all_exercises()["table-by-hand"].cases[0]()
    assert f"{ids}: [{language(ids)[0].item():.6g}" in given
