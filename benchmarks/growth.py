"""How cost grows: decoding with tokens and with beams, explorers with the vocabulary, token blocks with the corpus.

The slope is that of the line through the upper half of the points, both axes logarithmic: 1 is "twice the size, twice
the cost".
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import datasets
import torch

import lessons
from benchmarks import blocks, decoding, explorers
from benchmarks.curves import exponent, growth
from benchmarks.measure import machine, paired, show
from benchmarks.report import Picture, Table
from lessons.models.language_model import LanguageModel

ROUNDS = 5
TOKENS, BEAMS, MEGABYTES = (15, 30, 60, 120, 240, 480), (1, 2, 4, 8, 16), (1, 4, 16, 64)
VOCABULARIES = (4_096, 16_384, 65_536, 256_000)
BYTES_PER_WORD = 6.3  # of the made-up texts in `blocks`
Series = dict[str, list[float]]


def parts(quick: bool = False) -> Iterator[Table | Picture]:
    """Four questions, a table and a picture each; a quick trial asks each of its two smallest sizes."""
    few = slice(2 if quick else None)
    lm = decoding.endless(lessons.load(device="cpu"))
    yield from with_tokens(lm, TOKENS[few])
    yield from with_beams(lm, BEAMS[few])
    yield from with_vocabulary(VOCABULARIES[few])
    yield from with_corpus(MEGABYTES[few])


def with_tokens(lm: LanguageModel, sizes: Sequence[int]) -> Iterator[Table | Picture]:
    """Greedy search from a prompt of one word."""
    ids = lm.encode("Once")

    def ways(tokens: int) -> dict[str, Callable[[], object]]:
        return {
            "ours": lambda: lessons.greedy_search(lm, ids, tokens),
            "generate": decoding.generate(lm, ids, 1, tokens),
            "bare passes": decoding.bare_passes(lm, ids, 1, tokens),
        }

    series = series_of(ways, sizes)
    yield table("tokens", sizes, series)
    title = f"Twice the tokens take {twice(sizes, series['ours']):.1f} times as long"
    lines = {name: (sizes, costs) for name, costs in series.items()}
    sentence = "Greedy search with its whole record, beside generate without one and the bare forward passes."
    yield growth("tokens", title, "tokens written", "milliseconds", lines, sentence)


def with_beams(lm: LanguageModel, sizes: Sequence[int], tokens: int = 40) -> Iterator[Table | Picture]:
    """Beam search, 40 tokens."""
    ids = lm.encode(decoding.PROMPT)

    def ways(beams: int) -> dict[str, Callable[[], object]]:
        return {
            "ours": lambda: lessons.beam_search(lm, ids, tokens, num_beams=beams),
            "generate": decoding.generate(lm, ids, beams, tokens),
            "bare passes": decoding.bare_passes(lm, ids, beams, tokens),
        }

    series = series_of(ways, sizes)
    yield table("beams", sizes, series)
    title = f"Twice the beams take {twice(sizes, series['ours']):.1f} times as long"
    lines = {name: (sizes, costs) for name, costs in series.items()}
    sentence = (
        f"Beam search with its whole tree, {tokens} tokens, beside generate without a tree and the bare forward passes."
    )
    yield growth("beams", title, "beams", "milliseconds", lines, sentence)


def with_vocabulary(sizes: Sequence[int], moves: int = 15) -> Iterator[Table | Picture]:
    """From a slider's move to the new picture."""
    series: Series = {"TemperatureExplorer": [], "TruncationExplorer": []}
    for size in sizes:
        ways = [
            explorers.temperature(explorers.Offered(size))["ours"],
            explorers.truncation(explorers.Offered(size))["ours"],
        ]
        times = paired(dict(zip(series, ways, strict=True)), moves)
        for name, costs in series.items():
            costs.append(median(times[name]))
    yield table("vocabulary", sizes, series)
    factor = sizes[-1] / sizes[0]
    slowest = max(costs[-1] / costs[0] for costs in series.values())
    title = f"With {factor:.0f} times the vocabulary, a picture takes {slowest:.1f} times as long"
    lines = {name: (sizes, costs) for name, costs in series.items()}
    yield growth(
        "vocabulary",
        title,
        "tokens in the vocabulary",
        "milliseconds",
        lines,
        "From a slider's move to the new picture.",
    )


def with_corpus(sizes: Sequence[int]) -> Iterator[Table | Picture]:
    """Texts → blocks: time, the texts in memory; and the most memory that a fresh process takes, the texts on disk."""
    datasets.disable_progress_bars()
    tokenizer, series, memory = blocks.tokenizer_of_the_lessons(), {"token_blocks": [], "bare encode_batch": []}, []
    for size in sizes:
        texts = blocks.texts(int(size * 1e6 / BYTES_PER_WORD))
        # the largest takes long enough to be steady
        batches, rounds = blocks.batches_of(texts), max(1, min(ROUNDS, 48 // size))
        times = [
            (
                blocks.seconds(lambda texts=texts: lessons.token_blocks(texts, tokenizer, blocks.BLOCK))[0],
                blocks.seconds(lambda batches=batches: blocks.bare(batches, tokenizer))[0],
            )
            for _ in range(rounds)
        ]
        for costs, seconds in zip(series.values(), zip(*times, strict=True), strict=True):
            costs.append(median(seconds))
        memory.append(peak_of(texts) if Path("/proc/self/status").exists() else float("nan"))
    columns = ("corpus, MB", *(f"{name}, s" for name in series), "peak memory, MB")
    cells = [
        (size, *(f"{costs[place]:.2f}" for costs in series.values()), f"{memory[place]:.0f}")
        for place, size in enumerate(sizes)
    ]
    yield Table(columns, cells)
    title = f"Twice the corpus takes {twice(sizes, series['token_blocks']):.1f} times as long"
    lines = {name: (sizes, costs) for name, costs in series.items()}
    yield growth("corpus", title, "corpus, MB", "seconds", lines, "Texts to token blocks, beside the tokenizer alone.")
    title = f"{sizes[-1] // sizes[0]} times the corpus takes {memory[-1] / memory[0]:.1f} times the memory"
    yield growth(
        "memory",
        title,
        "corpus, MB",
        "peak memory, MB",
        {"token_blocks": (sizes, memory)},
        "Memory beyond libraries and texts.",
    )


def peak_of(texts: datasets.Dataset) -> float:
    """MB that `token_blocks` takes at most, texts on disk."""
    with tempfile.TemporaryDirectory() as folder:
        texts.save_to_disk(folder)
        return blocks.peak("ours", folder)


def series_of(ways: Callable[[int], dict[str, Callable[[], object]]], sizes: Sequence[int]) -> Series:
    """Median milliseconds of each way at each size."""
    found: Series = {}
    with torch.inference_mode():
        for size in sizes:
            for name, times in paired(ways(size), ROUNDS).items():
                found.setdefault(name, []).append(median(times))
    return found


def table(what: str, sizes: Sequence[int], series: Series) -> Table:
    """Milliseconds by size, and the slopes below."""
    rows = [(f"{size:,}", *(f"{costs[place]:,.1f}" for costs in series.values())) for place, size in enumerate(sizes)]
    slopes = ("slope", *(f"{exponent(sizes, costs):.2f}" for costs in series.values()))
    return Table((what, *(f"{name}, ms" for name in series)), [*rows, slopes])


def twice(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """By how much the cost grows where the size doubles."""
    return 2 ** exponent(sizes, costs)


if __name__ == "__main__":
    print(machine())
    show(parts())
