"""A source that must obey a rule, and the knob by which it does.

The knob stands where `transformers` has `prefix_allowed_tokens_fn`: after the penalties, before the temperature. It
sets the score of what may not follow to minus infinity, and sees one token ahead, no further.

V = size of the vocabulary, b = texts side by side.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lessons.decoding.expression import of_expression, of_texts
from lessons.decoding.knobs import PENALTIES, Ids, Knob
from lessons.decoding.rules import FunctionRule, Rule, TextRule, corner, pieces_of
from lessons.models.source import NextLogits, Source, as_source, read_prompt
from lessons.words.arguments import check_ids, check_some, check_text, check_text_ids, check_texts
from lessons.words.language import say

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, eq=False)
class Constrained:
    """A source whose texts must obey; what is asked of it beside the rule, the source answers.

    Attributes:
        source: the source without the rule; what it offers (`Step.logits`) is offered still.
        rule: what may follow.
    """

    source: Source
    rule: Rule = field(repr=False)

    def __getattr__(self, name: str) -> Any:
        if name in ("source", "rule"):  # not there yet: the object is being copied
            raise AttributeError(name)
        return getattr(self.source, name)

    @property
    def rules(self) -> list[tuple[Rule, Source]]:
        """All rules that are laid over each other, the innermost first, each with what it is laid over."""
        return [*getattr(self.source, "rules", []), (self.rule, self.source)]

    def with_model(self, name: str, model: "PreTrainedModel") -> "Constrained":
        """One like this, under the same rule, with another network."""
        return Constrained(self.source.with_model(name, model), self.rule)  # type: ignore[attr-defined]  # of a model

    def allowed(self, prompt: str | Sequence[int] | Tensor, new_ids: Iterable[int] = ()) -> list[int]:
        """The tokens that may follow the prompt and, after it, `new_ids`; there may be none.

        `generate` obeys the same rule with `prefix_allowed_tokens_fn=lambda _, ids: lm.allowed(ids[:n], ids[n:])`, n
        being the number of the prompt's tokens. Raises TypeError or ValueError for what are no ids.
        """
        given = read_prompt(self.source, prompt)
        size = self.source.vocabulary_size or self.source.session(given).logits.shape[-1]
        new_ids = check_ids("new_ids", check_text_ids("new_ids", new_ids), size).tolist()
        masks = [rule.mask([*given, *new_ids], len(given), size) for rule, _ in self.rules]
        return torch.stack(masks).all(0).nonzero().flatten().tolist()


@dataclass(frozen=True)
class RuleKnob(Knob):
    """The rule as a knob: a function of scores (..., V) and the ids so far, of which `given` are the prompt's."""

    rule: Rule
    given: int
    source: Source

    def __call__(self, scores: Tensor, ids: Ids) -> Tensor:
        masks = torch.stack([self._mask(text, scores) for text in self._texts(scores, ids)])  # (b, V)
        return scores.where(masks.view_as(scores).to(scores.device), -torch.inf)

    def nothing_left(self, scores: Tensor, ids: Ids) -> str:
        """Which text is in a corner, unless only what the knobs before left is forbidden."""
        corners = (text for text in self._texts(scores, ids) if not self._mask(text, scores).any())
        text = next(corners, None)
        return super().nothing_left(scores, ids) if text is None else corner(self.rule, text, self.source)

    def _texts(self, scores: Tensor, ids: Any) -> Sequence[Sequence[int]]:
        return [ids] if scores.ndim == 1 else ids

    def _mask(self, text: Sequence[int], scores: Tensor) -> Tensor:
        return self.rule.mask(text, self.given, scores.shape[-1])  # (V,)


def constrain(
    lm: Source | NextLogits, rule: str | Iterable[str] | Callable[[Sequence[int]], Iterable[int]]
) -> Constrained:
    """The model, made to obey: every decoder takes it like the model itself, and writes only what the rule allows.

    rule: a regular expression that the whole continuation must match; or texts, of which it must be one; or a function
    from the ids of the whole text so far to those that may follow, as `prefix_allowed_tokens_fn` of `generate`. A rule
    on texts sees what the new tokens spell, not the prompt, and allows every token after which a text that obeys can
    still come, however it is cut into tokens; the end-of-text token where the text obeys as it is. Expressions are read
    as by Python's `re` with the flags ASCII and DOTALL, without looking around and without flags of their own.

    The rule is a knob: `Step.logits` is what the model offered, `Step.filters` has ("rule", scores after it), and
    `Trace.log_prob` is the model's own. A text may be cut off by `max_new_tokens` before it obeys. Rules can be laid
    over each other: `constrain(constrain(lm, one), other)`. Raises TypeError or ValueError for what is no source or no
    rule, and for a rule on texts where tokens have no bytes of their own; decoders raise ValueError where nothing may
    follow, beam search where nothing may follow any of its texts.

    >>> from lessons.models.six_words import six_words
    >>> from lessons.decoding.greedy import greedy_search
    >>> greedy_search(constrain(six_words(), " a( dog| cat)+ runs"), ".").text
    '. a cat runs .'
    """
    source = as_source(lm)
    if callable(rule) and not isinstance(rule, type):
        return Constrained(source, FunctionRule(rule))
    if getattr(source, "tokenizer", None) is not None:
        pieces_of(source, 0)  # raises if tokens have no bytes of their own
    if isinstance(rule, str):
        return Constrained(source, TextRule(of_expression(check_text("rule", rule)), source, repr(rule)))
    if isinstance(rule, type | bytes) or not isinstance(rule, Iterable):
        raise TypeError(say("decoding.rule_no_rule", value=short(rule)))
    texts = check_some("rule", check_texts("rule", rule))
    return Constrained(source, TextRule(of_texts(texts), source, short(texts)))


def with_rules(active: Sequence[Knob], source: Source, prompt_ids: Sequence[int]) -> list[Knob]:
    """The knobs with the rules of a source among them: after the penalties, before all others."""
    place = sum(knob.name in PENALTIES for knob in active)
    rules = [RuleKnob("rule", rule.said, rule, len(prompt_ids), of) for rule, of in getattr(source, "rules", [])]
    return [*active[:place], *rules, *active[place:]]
