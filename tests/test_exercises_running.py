"""A student's function cannot end or hang the notebook: by alarm, by watchdog, and whatever it swallows."""

import signal
import threading
from dataclasses import replace

import pytest

from lessons.exercises import running
from lessons.exercises.catalogue import all_exercises
from lessons.exercises.judging import judge
from lessons.exercises.running import TimeUp, limit, run


def endless() -> None:
    while True:
        pass


def endless_and_swallowing() -> None:
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def stubborn() -> None:
    """Swallows everything there is."""
    while True:
        try:
            while True:
                sum(range(1000))
        except:  # noqa: E722
            pass


@pytest.mark.parametrize(
    ("by", "call"),
    [
        ("alarm", endless),
        ("alarm", endless_and_swallowing),
        ("alarm", stubborn),
        ("watchdog", endless),
        ("watchdog", endless_and_swallowing),
    ],
)
def test_endless_loops_end(by, call, monkeypatch):
    """An endless loop ends by alarm, and by the watchdog where there is no alarm, also if it swallows exceptions."""
    if by == "watchdog":
        monkeypatch.delattr(signal, "setitimer")
    assert "endless" == run(call, 0.2).kind


def test_endless_loops_end_in_another_thread():
    """Alarms reach the main thread only; elsewhere the watchdog does its work."""
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(run(endless, 0.2)))
    thread.start()
    thread.join(60)
    assert ["endless"] == [outcome.kind for outcome in outcomes]


@pytest.mark.parametrize("by", ["alarm", "watchdog"])
def test_a_quick_function_is_not_disturbed(by, monkeypatch):
    """Nothing is thrown after the block, however often it is run."""
    if by == "watchdog":
        monkeypatch.delattr(signal, "setitimer")
    assert all(run(lambda: 7, 0.05).value == 7 for _ in range(200))
    sum(range(3_000_000))  # long enough for a late exception to arrive


def test_an_earlier_alarm_is_given_back():
    """Whoever has set an alarm before finds handler and timer as they were."""
    rung = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 300)
        assert "endless" == run(endless, 0.1).kind
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 300
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.raise_signal(signal.SIGALRM)
        assert [signal.SIGALRM] == rung
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_the_limit_is_no_ordinary_exception():
    """`except Exception` in a student's code lets it through."""
    assert not issubclass(TimeUp, Exception)
    with pytest.raises(TimeUp), limit(0.05):
        endless_and_swallowing()


def test_a_crash_names_the_last_line_of_the_students_file():
    """Of a traceback that ends in a library, the student's own line is told."""

    def deep() -> int:
        return int("x")

    outcome = run(deep, 5, file=__file__)
    assert ("crash", "ValueError: invalid literal for int() with base 10: 'x'") == (outcome.kind, outcome.error)
    assert 'return int("x")' in outcome.line


def test_an_error_that_cannot_say_its_message_is_told_by_its_kind():
    """An exception whose own text fails breaks nothing."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fail() -> None:
        raise Mute

    assert "Mute" == run(fail, 5).error


def test_an_endless_generator_ends():
    """A result is read within the limit, too."""

    def forever(logits, T):
        while True:
            yield 1.0

    exercise = replace(all_exercises()["tempered"], seconds=0.3)
    assert "endless" == judge(exercise, forever).status


def test_time_is_shared_by_all_cases():
    """The limit holds for all cases together; after an endless one no other is tried."""
    tried = []

    def function(logits, T):
        tried.append(T)
        endless()

    exercise = replace(all_exercises()["tempered"], seconds=0.3)
    assert "endless" == judge(exercise, function).status
    assert 1 == len(tried)
    assert running.RETRY_SECONDS < exercise.seconds
