"""How many tokens a decoder may add, and why it stopped where it did."""

from collections.abc import Sequence

from lessons.models.source import Limits
from lessons.words.arguments import check_count
from lessons.words.language import say

MOST_STEPS = 1_000_000  # new tokens in one call: a slip of the finger is no request


def check_steps(max_new_tokens: int) -> int:
    """`max_new_tokens` as a whole number; raises ValueError or TypeError unless it is one of at least 1."""
    if isinstance(max_new_tokens, int) and max_new_tokens == 0:
        raise ValueError(say("decoding.no_steps"))
    return check_count("max_new_tokens", max_new_tokens, MOST_STEPS)


def steps_within(source: Limits, prompt_ids: Sequence[int], max_new_tokens: int) -> int:
    """How many tokens can be added: `max_new_tokens`, or fewer where the context ends."""
    return max_new_tokens if source.context is None else min(max_new_tokens, source.context - len(prompt_ids))


def why_stopped(source: Limits, new_ids: Sequence[int], max_new_tokens: int) -> str:
    """The reason, in words, why `new_ids` ends where it does."""
    if new_ids and new_ids[-1] in source.end_ids:
        return say("decoding.stop_end")
    if len(new_ids) == max_new_tokens:
        endless = "" if source.end_ids else say("decoding.endless")
        return say("decoding.stop_length", tokens=max_new_tokens) + endless
    return say("decoding.stop_context", context=source.context, made=len(new_ids), wanted=max_new_tokens)
