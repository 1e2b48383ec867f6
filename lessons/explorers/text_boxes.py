"""Boxes for texts: what is typed keeps its line ends, and an error says how to mend it in the box."""

import ipywidgets as widgets

from lessons.models.source import Source, read_prompt
from lessons.words.arguments import check_text
from lessons.words.language import say

TWO_LINES = 56  # pixels


def text_box(text: str, description: str, height: int = TWO_LINES) -> widgets.Textarea:
    """A box that holds `text` as it was given, over the whole width; heard of once the student leaves it.

    It is a `Textarea` whatever its height: a browser takes the line ends out of a `Text`.
    """
    layout = {"width": "98%", "height": f"{height}px"}
    return widgets.Textarea(text, description=description, continuous_update=False, layout=layout)


def read_prompt_box(source: Source, text: str) -> tuple[int, ...]:
    """The ids of a prompt in a box. Raises ValueError unless it has a token and leaves room for one more."""
    ids = source.encode(check_text("prompt", text))
    if not ids and source.end_ids:
        raise ValueError(say("explorers.prompt_empty_or_end", end=source.token(source.end_ids[0])))
    if not ids:
        raise ValueError(say("explorers.prompt_empty"))
    if source.context is not None and len(ids) >= source.context:
        excess = len(ids) - source.context + 1
        raise ValueError(say("explorers.prompt_too_long", tokens=len(ids), context=source.context, excess=excess))
    return read_prompt(source, ids)


def read_text_box(source: Source, text: str) -> list[int]:
    """The ids of a text in a box. Raises ValueError if it is longer than the model's context."""
    ids = source.encode(check_text("text", text))
    if source.context is not None and len(ids) > source.context:
        excess = len(ids) - source.context
        raise ValueError(say("explorers.text_too_long", tokens=len(ids), context=source.context, excess=excess))
    return ids
