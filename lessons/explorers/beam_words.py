"""What lesson 03's explorer says: which text won, the finished texts as a table, and whether `generate` agrees."""

from collections.abc import Sequence
from html import escape

import torch

from lessons.models.language_model import LanguageModel
from lessons.records.beam_tree import BeamTrace
from lessons.records.trace import Trace
from lessons.words.language import say
from lessons.words.writing import minus, visible_end

CELL = "padding:2px 10px;vertical-align:top;font-variant-numeric:tabular-nums;text-align:"


def verdict(beams: BeamTrace, greedy: Trace) -> str:
    """Which text is the likelier: "same", "wins" or "loses" for the beams; "shorter" or "longer" if lengths differ."""
    if beams.new_ids == greedy.new_ids:
        return "same"
    if len(beams.new_ids) != len(greedy.new_ids):
        return "shorter" if len(beams.new_ids) < len(greedy.new_ids) else "longer"
    return "wins" if beams.log_prob > greedy.log_prob else "loses"


@torch.inference_mode()
def compared(
    lm: LanguageModel, trace: BeamTrace, room: int, num_beams: int, ngram: int, rules: dict[str, object]
) -> str:
    """What `model.generate` returns for the same settings beside the trace, in words."""
    prompt = torch.tensor([trace.prompt_ids], device=lm.device)
    options = {"max_new_tokens": room, "num_beams": num_beams, "no_repeat_ngram_size": ngram, "do_sample": False}
    options |= rules if num_beams > 1 else {}
    options |= {"pad_token_id": (*lm.end_ids, 0)[0], "output_scores": True, "return_dict_in_generate": True}
    found = lm.model.generate(prompt, attention_mask=torch.ones_like(prompt), **options)
    same, tokens = tuple(found.sequences[0].tolist()) == trace.ids, len(trace.new_ids)
    if num_beams == 1 and same:
        return say("beam.equal_greedy", tokens=tokens)
    theirs = found.sequences_scores[0].item() if num_beams > 1 else float("nan")
    scores = {"theirs": minus(f"{theirs:.5f}"), "ours": minus(f"{trace.score:.5f}")}
    if same and abs(theirs - trace.score) < 1e-4 * max(1.0, abs(theirs)):
        return say("beam.equal", tokens=tokens, **scores)
    return say("beam.unequal", text=visible_end(lm.decode(found.sequences[0].tolist()), 60), **scores)


def table_of(heads: Sequence[str], rows: Sequence[tuple[str, float, int, float]]) -> str:
    """Texts with sum, length and score as escaped HTML; the first row, the winner, in bold."""
    sides = ("left", "right", "right", "right")
    head = "".join(f'<th style="{CELL}{side}">{escape(words)}</th>' for side, words in zip(sides, heads, strict=True))
    body = ""
    for place, (text, total, length, score) in enumerate(rows):
        cells = [visible_end(text, 90), minus(f"{total:.3f}"), f"{length}", minus(f"{score:.4f}")]
        columns = "".join(
            f'<td style="{CELL}{side}">{escape(cell)}</td>' for side, cell in zip(sides, cells, strict=True)
        )
        body += f'<tr style="font-weight:{"normal" if place else "bold"}">{columns}</tr>'
    return f'<table style="border-collapse:collapse;font-size:13px;margin:4px 0"><tr>{head}</tr>{body}</table>'
