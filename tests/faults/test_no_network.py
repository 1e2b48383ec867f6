"""No network: whatever does not name something on the hub works with sockets shut, and does not even ask for one."""

import json

import places
import pytest

import lessons

pytestmark = pytest.mark.fault

EVERYTHING = """
import json, sys
import lessons
from hypothesis import settings
import test_bad_arguments as walk
from lessons.classroom.doctor import examine
lm = lessons.load(device="cpu")
stand_ins = {id(walk.MODEL): lm, id(walk.OTHER_MODEL): lm}
called = []
for name in walk.RIGHT:
    arguments = {parameter: walk.right_value(stand_ins, name, parameter) for parameter in walk.RIGHT[name]}
    arguments |= {"evaluations": 1, "epochs": 0.3} if name == "fine_tune" else {}
    result = getattr(lessons, name)(**arguments)
    assert not getattr(result, "error", ""), (name, result.error)
    called.append(name)
for call in (examine, lambda: lessons.start("ko")):
    call()
print(json.dumps([called, asked]))
"""

HUB = """
import lessons
for call in (lambda: lessons.load("gpt2"), lambda: lessons.load_corpus("wikitext-2")):
    try:
        call()
    except OSError as error:
        print(error)
    print("requests", len(asked))
    asked.clear()
"""


def test_everything_but_the_hub_works_offline(tmp_path):
    """Every public name, the doctor and a notebook's start: none of them fails, and none asks for a host or opens a
    connection."""
    paths = f"{places.ROOT}:{places.ROOT / 'tests'}:{places.ROOT / 'tests' / 'properties'}"
    done = places.run_python(
        places.NETWORK_SHUT + EVERYTHING, tmp_path, PYTHONPATH=paths, HF_HOME=str(tmp_path / "huggingface")
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    called, asked = json.loads(done.stdout.splitlines()[-1])
    assert set(lessons.__all__) - {"LanguageModel"} == set(called)
    assert [] == asked


def test_what_is_on_the_hub_is_given_up_at_once(tmp_path):
    """A model and a corpus of the hub, never fetched before: the ways out at once, not after twelve questions and most
    of a minute."""
    done = places.run_python(places.NETWORK_SHUT + HUB, tmp_path, HF_HOME=str(tmp_path / "huggingface"))
    assert 0 == done.returncode, done.stderr[-3000:]
    model, asked_for_model, corpus, asked_for_corpus = done.stdout.splitlines()
    assert "load()" in model and "once with a network" in model
    assert 'load_corpus("logbook")' in corpus
    assert {asked_for_model, asked_for_corpus} <= {"requests 1", "requests 2"}, (
        "a name is asked for, perhaps for both kinds of address"
    )
