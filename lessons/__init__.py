"""How a language model's probabilities become text: the functions behind the notebooks.

The rooms in reading order; each knows only the ones above it:

    words         what is said, in English and in Korean; checks of arguments; numbers and tokens for a reader
    arithmetic    on logits and probabilities: temperature, top-k, top-p, entropy, underflow
    models        load(): the bundled model, a name on the hub, a folder; how likely a text is
    records       what a decoder was offered and what it took
    decoding      greedy → beam → sampling, each adding one idea
    texts         a tale, a language of known probabilities, your own files; texts → token blocks
    tables        numbers → data frames
    plots         numbers → figures
    finetuning    a model learns the voice of a corpus
    explorers     sliders over all of the above
    exercises     check(), hint(), answer(): a word about what is wrong
    classroom     the first cell, the doctor, grades for teachers

>>> import lessons
>>> lm = lessons.load()
>>> lessons.greedy_search(lm, "Once upon a time", max_new_tokens=3).text  # doctest: +SKIP
"""

from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

# Each module that has public names; it is imported when one of them is first used.
_PUBLIC = {
    "words.cards": ("show_texts",),
    "models.language_model": ("load", "LanguageModel"),
    "models.six_words": ("six_words",),
    "models.inside": ("hidden_states", "logit_lens", "attention_weights", "ablate"),
    "models.drafts": ("ngram_model", "prompt_lookup", "first_blocks"),
    "models.scoring": ("sequence_logprob", "perplexity", "token_log_probs"),
    "arithmetic.probability": ("log_probs_from_logits", "entropy"),
    "arithmetic.floats": ("running_product", "lost_at", "smallest", "smallest_normal"),
    "arithmetic.filters": (
        "temperature_scale",
        "keep_top_k",
        "keep_top_p",
        "keep_min_p",
        "keep_typical",
        "repetition_penalty",
        "no_repeat_ngrams",
    ),
    "arithmetic.measures": ("distinct_share", "repetition"),
    "decoding": ("greedy_search", "beam_search", "sample", "speculative"),
    "decoding.knobs": ("knobs", "apply_knobs", "cuts"),
    "decoding.constrain": ("constrain",),
    "decoding.drawing": ("uniforms", "draw_many"),
    "texts.tale": ("tale",),
    "texts.logbook": ("logbook_grammar", "logbook_pages", "logbook_weather"),
    "texts.corpora": ("load_corpus", "show_random_elements", "entropy_floor"),
    "texts.blocks": ("token_blocks",),
    "tables.next_token": ("next_token_table", "next_token_probabilities"),
    "tables.course": ("course_figures", "next_token_comparison"),
    "tables.decoders": ("Decoder", "write_all", "read_real", "measure"),
    "finetuning": ("fine_tune",),
    "explorers": (
        "NextTokenExplorer",
        "UnderflowExplorer",
        "BeamExplorer",
        "FineTuningExplorer",
        "DecoderExplorer",
        "LensExplorer",
        "RuleExplorer",
        "SpeculativeExplorer",
        "TemperatureExplorer",
        "TruncationExplorer",
    ),
    "exercises": ("check", "hint", "answer", "show_progress", "reset_progress"),
    "classroom.start": ("start",),
    "classroom.verify": ("verify",),
    "classroom.predict": ("predict",),
    "classroom.doctor": ("doctor",),
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"lessons.{_HOME[name]}"), name)
    if name == "notebook":  # where start() was when the first students got their notebooks
        return import_module("lessons.classroom.start")
    return _room(name)


def _room(name: str) -> ModuleType:
    """A folder or file of the package by its name."""
    try:
        return import_module(f"lessons.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"lessons.{name}":
            raise  # it is there, and misses something else
        raise AttributeError(f"module 'lessons' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    from pkgutil import iter_modules

    return [*__all__, *(room.name for room in iter_modules(__path__)), "__version__"]
