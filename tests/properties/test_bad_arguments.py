"""Every public function, given what it should not be given: only the errors that its docstring names, raised on
purpose.

The walk goes over `lessons.__all__`. For each call some arguments are right and at least one is odd (see `odd_values`).
A call may work; if it does not, the error's class must stand in the docstring, and it must come from a `raise` of our
own: an error that torch or Python happens to throw somewhere inside says nothing that a student could use.
"""

import inspect
import linecache
import re
import traceback
from collections.abc import Callable
from pathlib import Path

import huggingface_hub
import odd_values
import pytest
import torch
from datasets import Dataset, DatasetDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lessons
from lessons.tables.decoders import NINE, Text

pytestmark = pytest.mark.property

PACKAGE = str(Path(lessons.__file__).parent)
LOGITS, IDS = torch.randn(2, 6), torch.tensor([[0, 1, 5]])
SENTENCES = Dataset.from_dict(
    {"text": ["the old king and the fox", "over the hill"] * 20, "log_probability": [-9.0] * 40}
)
ALL_KNOBS = {"temperature": 0.7, "top_k": 5, "top_p": 0.9, "min_p": 0.1, "typical_p": 0.9, "repetition_penalty": 1.2,
             "no_repeat_ngram_size": 2}  # fmt: skip
MODEL, OTHER_MODEL = object(), object()  # stand for the tiny model and another one of its kind


class Trained(Exception):
    """What a fine-tuning run would now do: all arguments have been accepted."""


# For each public function, a right value for each of its parameters; whatever is not named here keeps its default.
RIGHT: dict[str, dict[str, object]] = {
    "load": {"name": "bundled", "device": "cpu", "dtype": torch.float32},
    "next_token_table": {"lm": MODEL, "prompt": "the old", "steps": 2, "choices": 3},
    "next_token_probabilities": {"lm": MODEL, "prompt": "the old", "choices": 3},
    "log_probs_from_logits": {"logits": LOGITS, "labels": torch.tensor([0, 5])},
    "entropy": {"logits": LOGITS},
    "temperature_scale": {"logits": LOGITS, "T": 0.7},
    "keep_top_k": {"logits": LOGITS, "k": 2},
    "keep_top_p": {"logits": LOGITS, "p": 0.9},
    "keep_min_p": {"logits": LOGITS, "p": 0.1},
    "keep_typical": {"logits": LOGITS, "p": 0.9},
    "repetition_penalty": {"scores": LOGITS, "ids": [0, 1], "penalty": 1.2},
    "no_repeat_ngrams": {"scores": LOGITS, "ids": [0, 1, 0], "size": 2},
    "tale": {},
    "show_texts": {"texts": {"T = 1": "the old king"}},
    "predict": {"name": "mine", "choices": ["less", "more"]},
    "sequence_logprob": {"lm": MODEL, "ids": [5, 6, 7], "input_len": 1, "attention_mask": [1, 1, 1]},
    "perplexity": {"lm": MODEL, "ids": [5, 6, 7], "input_len": 1, "attention_mask": [1, 1, 1], "stride": 8},
    "greedy_search": {"lm": MODEL, "prompt": "the old", "max_new_tokens": 2, "repetition_penalty": 1.2, "no_repeat_ngram_size": 2},
    "beam_search": {"lm": MODEL, "prompt": "the old", "max_new_tokens": 2, "num_beams": 2, "length_penalty": 1.0, "early_stopping": False,
                    "no_repeat_ngram_size": 2, "repetition_penalty": 1.2, "num_return_sequences": 1},
    "sample": {"lm": MODEL, "prompt": "the old", "max_new_tokens": 2, "temperature": 0.7, "top_k": 5, "top_p": 0.9, "min_p": 0.1,
               "typical_p": 0.9, "repetition_penalty": 1.2, "no_repeat_ngram_size": 2, "num_return_sequences": 2, "seed": 0,
               "output_scores": True},
    "speculative": {"lm": MODEL, "draft": OTHER_MODEL, "prompt": "the old", "max_new_tokens": 4, "num_assistant_tokens": 2, "do_sample": True,
                    "temperature": 0.7, "top_k": 5, "top_p": 0.9, "min_p": 0.1, "typical_p": 0.9, "repetition_penalty": 1.2,
                    "no_repeat_ngram_size": 2, "seed": 0},
    "ngram_model": {"lm": MODEL, "texts": ["the old king"], "n": 2},
    "prompt_lookup": {"lm": MODEL, "max_matching_ngram_size": 2},
    "first_blocks": {"lm": MODEL, "number": 1},
    "token_log_probs": {"lm": MODEL, "ids": [5, 6, 7]},
    "hidden_states": {"lm": MODEL, "prompt": "the old"},
    "logit_lens": {"lm": MODEL, "prompt": "the old", "last": 1},
    "attention_weights": {"lm": MODEL, "prompt": "the old"},
    "ablate": {"lm": MODEL, "parts": ["transformer.wpe"]},
    "running_product": {"probabilities": [0.5, 0.25, 0.1], "precision": "float32"},
    "lost_at": {"products": [0.5, 0.25, 0.0], "log_probs": [-0.7, -0.7, -0.7]},
    "smallest": {"precision": "float16"},
    "smallest_normal": {"precision": "float64"},
    "knobs": {"order": "transformers", **ALL_KNOBS},
    "apply_knobs": {"active": lessons.knobs(**ALL_KNOBS), "logits": LOGITS[0], "ids": [0, 1, 0]},
    "constrain": {"lm": MODEL, "rule": " [a-z]+"},
    "cuts": {"logits": LOGITS[0], "results": (("top_k", LOGITS[0]), ("top_p", LOGITS[0]))},
    "uniforms": {"seed": 0, "number": 2, "length": 3},
    "draw_many": {"scores": LOGITS, "uniforms": torch.tensor([[0.0, 0.5], [0.2, 0.9]], dtype=torch.float64)},
    "six_words": {},
    "logbook_grammar": {},
    "logbook_weather": {},
    "logbook_pages": {"number": 3, "seed": 0},
    "course_figures": {},
    "next_token_comparison": {"lm": MODEL},
    "Decoder": {"search": lessons.sample, "settings": {"temperature": 0.7}},
    "write_all": {"lm": MODEL, "prompt": "the old", "decoders": [NINE[0], NINE[5]], "max_new_tokens": 3, "number": 2, "seed": 0},
    "read_real": {"lm": MODEL, "prompt": "the old", "texts": ["the old king and the fox"], "max_new_tokens": 5},
    "measure": {"written": {"greedy_search()": [Text((1, 2, 3), "a b c", -3.0)]}},
    "start": {"language": "en"},
    "verify": {"true": True, "claim": "two and two are 4"},
    "doctor": {},
    "distinct_share": {"texts": [[1, 2, 3]], "n": 2},
    "repetition": {"ids": [1, 2, 1, 2], "n": 2},
    "load_corpus": {"name": "logbook", "column": "text", "texts": 5, "held_out": 0.1, "seed": 0, "encoding": "utf-8", "sample_by": None},
    "show_random_elements": {"dataset": SENTENCES, "num_examples": 2, "seed": 0},
    "entropy_floor": {"texts": SENTENCES, "tokenizer": MODEL},
    "token_blocks": {"texts": SENTENCES, "tokenizer": MODEL, "block_size": 8, "column": "text", "separator": True,
                     "rows_per_remainder": None, "num_proc": None},
    "fine_tune": {"lm": MODEL, "corpus": DatasetDict(train=SENTENCES, validation=SENTENCES), "recipe": "small", "folder": None,
                  "resume": False, "lora": None, "precision": "fp32", "accumulation": 1, "gradient_checkpointing": False,
                  "num_proc": None, "seed": 0, "minutes": 1.0, "show": False, "block_size": 16},
    "NextTokenExplorer": {"lm": MODEL, "prompt": "the old", "bars": 5, "simple": True},
    "UnderflowExplorer": {"lm": MODEL, "text": "the old king", "probability": 0.5, "length": 20, "simple": False},
    "BeamExplorer": {"lm": MODEL, "prompt": "the old", "beams": 2, "steps": 2, "simple": False},
    "FineTuningExplorer": {"before": MODEL, "after": OTHER_MODEL, "texts": ["the old king"], "grammar": None, "simple": False},
    "DecoderExplorer": {"lm": MODEL, "prompt": "the old", "decoders": NINE[:2], "real_texts": (), "samples": 2, "max_new_tokens": 4,
                        "simple": False},
    "TemperatureExplorer": {"lm": MODEL, "prompt": "the old", "temperature": 1.0, "bars": 4, "simple": False},
    "TruncationExplorer": {"lm": MODEL, "prompt": "the old", "on": ("top_k",), "simple": False},
    "RuleExplorer": {"lm": MODEL, "prompt": "the old", "rule": " [a-z]+", "simple": False},
    "LensExplorer": {"lm": MODEL, "prompt": "the old", "bars": 4, "simple": False},
    "SpeculativeExplorer": {"lm": MODEL, "prompt": "the old", "draft": OTHER_MODEL, "max_new_tokens": 6, "simple": False},
    "check": {"name": "top-p", "function": lambda *given: 1},
    "hint": {"name": "top-p", "step": 1},
    "answer": {"name": "top-p"},
    "show_progress": {},
    "reset_progress": {},
}  # fmt: skip
RECORD_CLASSES = {"LanguageModel"}  # made by load(), not by students
EXAMPLES, EXAMPLES_OF_EXPLORERS = 120, 25
TOO_SLOW = {("check", "function")}  # each answer is tried on every case of an exercise
SLOW = {"check": 6, "fine_tune": 60, "load": 40, "load_corpus": 40, "token_blocks": 40}


def test_every_public_name_is_walked():
    """A public function for which nobody has thought of right and wrong arguments fails here."""
    assert set(lessons.__all__) == set(RIGHT) | RECORD_CLASSES


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_every_parameter_is_walked(name):
    """A new parameter fails here until a right value is known for it."""
    parameters = inspect.signature(getattr(lessons, name)).parameters.values()
    named = {one.name for one in parameters if one.kind is not one.VAR_KEYWORD}
    assert named <= set(RIGHT[name])


def documented(function: Callable[..., object]) -> tuple[str, ...]:
    """The names of the errors in a function's docstring (a class's own, for an explorer)."""
    return tuple(re.findall(r"\b[A-Z]\w*Error\b", inspect.getdoc(function) or ""))


def on_purpose(error: BaseException) -> bool:
    """Whether the error comes from a `raise` in lessons."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return frame.filename.startswith(PACKAGE) and linecache.getline(frame.filename, frame.lineno).strip().startswith(
        "raise "
    )


def problem(function: Callable[..., object], arguments: dict[str, object]) -> str:
    """What is wrong with how the function takes these arguments; "" if nothing is."""
    try:
        function(**arguments)
    except Trained:
        return ""
    except Exception as error:
        named = any(kind.__name__ in documented(function) for kind in type(error).__mro__)
        if named and on_purpose(error) and str(error).strip():
            return ""
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    return ""


@pytest.fixture
def stand_ins(tiny_models, monkeypatch, tmp_path, no_network) -> dict[int, object]:
    """What the placeholders in RIGHT stand for; nothing is trained, fetched, or written outside of a folder of the
    test."""
    from lessons.finetuning import training

    def would_train(*given: object, **options: object) -> None:
        raise Trained

    as_it_is = Dataset.map
    monkeypatch.setattr(training, "TrainingRun", would_train)
    # in this process
    monkeypatch.setattr(Dataset, "map", lambda *given, num_proc=None, **options: as_it_is(*given, **options))
    monkeypatch.setattr("lessons.texts.corpora.HELD_OUT_PAGES", 2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)  # a hub name is refused at once
    return {id(MODEL): tiny_models["gpt2"], id(OTHER_MODEL): tiny_models["gpt2"]}


def right_value(stand_ins: dict[int, object], name: str, parameter: str) -> object:
    """A right value, the placeholders replaced."""
    value = stand_ins.get(id(RIGHT[name][parameter]), RIGHT[name][parameter])
    return value.tokenizer if parameter == "tokenizer" else value


@pytest.mark.parametrize("name", sorted(name for name, parameters in RIGHT.items() if parameters))
def test_right_arguments_work(name, stand_ins):
    """So that what fails below fails for its odd argument."""
    arguments = {parameter: right_value(stand_ins, name, parameter) for parameter in RIGHT[name]}
    assert "" == problem(getattr(lessons, name), arguments)


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_each_odd_value_for_each_parameter(name, stand_ins):
    """One argument odd, the others right: every value of the list for every parameter (for explorers, which draw, every
    fifth)."""
    function, complaints = getattr(lessons, name), set()
    for place, parameter in enumerate(RIGHT[name]):
        values = odd_values.ODD[place::5] if inspect.isclass(function) else odd_values.ODD
        for value in [] if (name, parameter) in TOO_SLOW else values:
            arguments = {other: right_value(stand_ins, name, other) for other in RIGHT[name]} | {parameter: value}
            complaints.add(problem(function, arguments) and f"{parameter}: {problem(function, arguments)}")
    assert {""} >= complaints


@pytest.mark.parametrize("name", sorted(name for name, parameters in RIGHT.items() if parameters))
def test_only_documented_errors(name, stand_ins):
    """Whatever is given: it works, or an error that the docstring names says what was wrong."""
    function = getattr(lessons, name)
    examples = SLOW.get(name, EXAMPLES_OF_EXPLORERS if inspect.isclass(function) else EXAMPLES)

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def walk(data: st.DataObject) -> None:
        odd = data.draw(st.sets(st.sampled_from(sorted(RIGHT[name])), min_size=1, max_size=2), label="odd")
        arguments = {parameter: right_value(stand_ins, name, parameter) for parameter in RIGHT[name]}
        arguments |= {parameter: data.draw(odd_values.anything(), label=parameter) for parameter in sorted(odd)}
        assert "" == problem(function, arguments)

    walk()
