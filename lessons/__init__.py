"""How a language model's probabilities become text: the functions behind the notebooks.

The rooms in reading order; each knows only the ones above it:

    language       every word shown, in English and in Korean
    turns          two notebooks, one folder
    tokens         tokens made visible
    probability    arithmetic on logits and log-probabilities
    floats         how small a number can be
    ranking        the likeliest tokens first
    filters        the knobs: temperature, top-k, top-p and their kin
    chain          a language of six words: every algorithm can be worked by hand
    trace          the record of what a decoder was offered and what it took
    decoding       greedy → beam → sampling, each adding one idea
    cache          what a model has read, in memory with room to grow
    model_files    where a model's files come from, and whether they are whole
    models         load(): the bundled model, a name on the hub, or a folder
    scoring        how likely a given text is
    measures       how varied texts are
    comparison     decoders side by side
    tables         numbers → data frames
    texts          a real text, for weighing
    reference      what the course printed for GPT-2
    grammar        languages of which every probability is known
    logbook        one such language: the logbook of the brig Marigold
    text_files     your own texts, and what is wrong with a file
    corpora        data sets of texts by name
    blocks         texts → token blocks
    plots          numbers → figures
    finetuning     a model learns the voice of a corpus
    explorers      sliders over all of the above
    exercises      check(), hint(), answer(): a word about what is wrong
    notebook       start(): language, fonts and style of a notebook
    doctor         is everything here that is needed?
    grades         for teachers: a table of who solved what
    grading        students' notebooks, each run in a kernel of its own

>>> import lessons
>>> lm = lessons.load()
>>> lessons.greedy_search(lm, "Once upon a time", max_new_tokens=3).text  # doctest: +SKIP
"""

from importlib import import_module

__version__ = "0.1.0"

# Each public name and the module that it comes from; a module is imported when one of its names is first used.
_HOME = {
    "load": "models",
    "LanguageModel": "models",
    "next_token_table": "tables",
    "next_token_probabilities": "tables",
    "log_probs_from_logits": "probability",
    "entropy": "probability",
    "temperature_scale": "filters",
    "keep_top_k": "filters",
    "keep_top_p": "filters",
    "keep_min_p": "filters",
    "keep_typical": "filters",
    "repetition_penalty": "filters",
    "no_repeat_ngrams": "filters",
    "tale": "texts",
    "sequence_logprob": "scoring",
    "perplexity": "scoring",
    "greedy_search": "decoding",
    "beam_search": "decoding",
    "sample": "decoding",
    "distinct_share": "measures",
    "repetition": "measures",
    "load_corpus": "corpora",
    "show_random_elements": "corpora",
    "entropy_floor": "corpora",
    "token_blocks": "blocks",
    "fine_tune": "finetuning",
    "NextTokenExplorer": "explorers",
    "UnderflowExplorer": "explorers",
    "BeamExplorer": "explorers",
    "FineTuningExplorer": "explorers",
    "DecoderExplorer": "explorers",
    "TemperatureExplorer": "explorers",
    "TruncationExplorer": "explorers",
    "check": "exercises",
    "hint": "exercises",
    "answer": "exercises",
    "show_progress": "exercises",
    "reset_progress": "exercises",
}
_ROOMS = (
    "language",
    "tokens",
    "probability",
    "floats",
    "ranking",
    "filters",
    "trace",
    "decoding",
    "cache",
    "models",
    "scoring",
    "measures",
    "comparison",
    "tables",
    "texts",
    "reference",
    "grammar",
    "logbook",
    "text_files",
    "corpora",
    "blocks",
    "plots",
    "finetuning",
    "explorers",
    "exercises",
    "notebook",
    "doctor",
)

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"lessons.{_HOME[name]}"), name)
    if name in _ROOMS:
        return import_module(f"lessons.{name}")
    raise AttributeError(f"module 'lessons' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_ROOMS, "__version__"]
