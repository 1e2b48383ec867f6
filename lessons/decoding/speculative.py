"""Speculative decoding: unlike in sampling, a cheap draft writes some tokens ahead, and the model reads all of them in
one pass and judges.

It costs a model nearly as long to read a few tokens as to read one. So what the draft guesses right is won, and what it
guesses wrong is taken back. The text is the model's all the same: see `judging`.

n = tokens proposed, V = size of the vocabulary.
"""

from collections.abc import Sequence

from torch import Tensor

from lessons.decoding.constrain import with_rules
from lessons.decoding.drawing import uniforms
from lessons.decoding.judging import ByChance, ByRank, Chooser
from lessons.decoding.knobs import PENALTIES, Knob, apply_knobs, in_turn, knobs
from lessons.decoding.steps import MOST_STEPS, check_steps, steps_within, why_stopped
from lessons.models.drafts import check_same_size, check_same_tokens
from lessons.models.gradients import without_gradients
from lessons.models.source import NextLogits, Session, Source, as_source, check_logits, read_prompt
from lessons.records.speculation import Guess, JudgedStep, Pass, SpeculativeTrace
from lessons.words.arguments import check_count, check_flag
from lessons.words.language import say


@without_gradients()
def speculative(
    lm: Source | NextLogits,
    draft: Source | NextLogits,
    prompt: str | Sequence[int] | Tensor,
    max_new_tokens: int = 20,
    num_assistant_tokens: int = 5,
    do_sample: bool = True,
    temperature: float | None = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    typical_p: float | None = None,
    repetition_penalty: float | None = 1.0,
    no_repeat_ngram_size: int | None = 0,
    seed: int = 0,
) -> SpeculativeTrace:
    """The text that `lm` writes where `draft` proposes `num_assistant_tokens` tokens at a time, and the model judges.

    draft: a model with the same tokens, or any function from ids to logits, such as `ngram_model` or `prompt_lookup`;
        one that has no guess says minus infinity of every token, and then nothing is proposed
    do_sample: False: the likeliest tokens, exactly those of `greedy_search`; True: draws, distributed exactly as those
        of `sample` with the same knobs, which act on the draft too, as in `transformers.generate(assistant_model=…)`

    With `do_sample=False` only the two knobs against repetition act. A model that must obey (`constrain`) does, and its
    rule acts on the draft too. The draft is silent where its own context is full, and where nothing is left to it.

    The record is a `SpeculativeTrace`: each step knows what was proposed and what became of it, `.passes` how often the
    model was asked. The same seed makes the same text; another draft, another number of tokens ahead and, at the end,
    another length make another text of the same distribution. Leviathan, Kalman and Matias 2023; Chen and others 2023.
    Raises TypeError or ValueError for an argument that cannot be, a draft with other tokens or one that fails, knobs
    that leave nothing to choose from, and logits that are no numbers.

    >>> import torch
    >>> likely = torch.tensor([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.9, 0.0, 0.1]])
    >>> model, draft = (lambda ids: likely[ids[-1]].log()), (lambda ids: torch.tensor([0.0, 1.0, 0.0]))
    >>> written = speculative(model, draft, [0], max_new_tokens=4, do_sample=False)
    >>> written.new_ids, [step.fate for step in written.steps]
    ((1, 2, 0, 1), ['extra', 'corrected', 'corrected', 'extra'])
    """
    source, guesser = as_source(lm), as_source(draft)
    prompt_ids = read_prompt(source, prompt)
    check_same_tokens(source, guesser)
    max_new_tokens = check_steps(max_new_tokens)
    number = check_count("num_assistant_tokens", num_assistant_tokens, MOST_STEPS)
    active = knobs(
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        typical_p=typical_p,
        repetition_penalty=repetition_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
    )
    most = steps_within(source, prompt_ids, max_new_tokens)
    chooser: Chooser = ByChance(uniforms(seed, 3, most))
    if not check_flag("do_sample", do_sample):
        active, chooser = [knob for knob in active if knob.name in PENALTIES], ByRank()
    passes = Writing(source, guesser, prompt_ids, active, chooser, number, most).passes()
    steps = tuple(step for one in passes for step in one.steps)
    stopped = why_stopped(source, [step.chosen for step in steps], max_new_tokens)
    return SpeculativeTrace(prompt_ids, steps, source.decode, source.token, stopped, tuple(passes))


class Writing:
    """A text in the making, and its two readers."""

    def __init__(
        self,
        source: Source,
        draft: Source,
        prompt_ids: Sequence[int],
        active: Sequence[Knob],
        chooser: Chooser,
        number: int,
        most: int,
    ) -> None:
        """number: how many tokens the draft proposes; most: how many the text may grow by"""
        self.source, self.model, self.draft = source, Reader(source), Reader(draft)
        self.ids, self.begin, self.end = list(prompt_ids), len(prompt_ids), len(prompt_ids) + most
        self.active = with_rules(active, source, prompt_ids)
        self.draft_active = with_rules(self.active, draft, prompt_ids)  # a draft may have a rule of its own besides
        self.chooser, self.number = chooser, number
        self.vocabulary_size = 0  # known from the first pass
        self.last_read = self.end if draft.context is None else draft.context  # by the draft

    def passes(self) -> list[Pass]:
        """Every pass, until the text ends. The first one reads the prompt and gives one token, as in any decoder."""
        passes: list[Pass] = []
        while len(self.ids) < self.end and not (passes and self.ids[-1] in self.source.end_ids):
            guesses = self.guesses() if passes else []
            offered = self.model.read([*self.ids, *(guess.token for guess in guesses)])[-1 - len(guesses) :]  # (n+1, V)
            self.vocabulary_size = offered.shape[-1]
            steps = self.judged(guesses, offered)
            self.ids += [step.chosen for step in steps]
            passes.append(Pass(tuple(guesses), tuple(steps)))
        return passes

    def guesses(self) -> list[Guess]:
        """What the draft writes ahead. Room is left for the token that the model adds of its own."""
        ahead = min(self.number, self.end - len(self.ids) - 1, self.last_read - len(self.ids) + 1)
        text, guesses = list(self.ids), []
        for place in range(len(text), len(text) + ahead):
            logits = self.drafted(text)
            check_same_size(self.vocabulary_size, len(logits))
            scores = self.chosen_from(in_turn(self.draft_active, logits, text), logits)
            if scores.amax() == -float("inf"):  # no guess, or the knobs leave none
                break
            guesses.append(self.chooser.guess(place - self.begin, scores))
            text.append(guesses[-1].token)
            if text[-1] in self.source.end_ids:
                break
        return guesses

    def drafted(self, text: Sequence[int]) -> Tensor:
        """(V,) what the draft says after a text; ValueError if it fails, for it may be anybody's function."""
        try:
            logits = self.draft.read(text)[-1].cpu()
            if logits.amax() != -float("inf"):  # no guess
                check_logits(logits, len(text) - self.begin, self.draft.source)
            return logits
        except Exception as error:
            raise ValueError(say("decoding.draft_failed", error=f"{type(error).__name__}: {error}")) from error

    def judged(self, guesses: Sequence[Guess], offered: Tensor) -> list[JudgedStep]:
        """The steps of one pass, up to the first token that is the model's own; offered (n + 1, V)."""
        text, steps = list(self.ids), []
        for logits, guess in zip(offered, [*guesses, None], strict=True):
            place = len(text) - self.begin
            check_logits(logits, place, self.source)
            filters = apply_knobs(self.active, logits, text)
            scores = self.chosen_from(filters, logits)
            chosen, judged_by, uniform = self.chooser.judge(place, scores, guess)
            steps.append(JudgedStep(logits, scores, chosen, filters, uniform, guess, judged_by))
            text.append(chosen)
            if steps[-1].fate != "accepted" or chosen in self.source.end_ids:
                break
        return steps

    def chosen_from(self, filters: Sequence[tuple[str, Tensor]], logits: Tensor) -> Tensor:
        """(V,) what the knobs left."""
        return filters[-1][1] if filters else logits


class Reader:
    """Follows a text: takes back what it does not go on with, and reads what is new in one pass."""

    def __init__(self, source: Source) -> None:
        self.source, self.ids = source, list[int]()
        self.session: Session | None = None

    def read(self, ids: Sequence[int]) -> Tensor:
        """(T, V) the logits after the tokens that are new; the first time after the last token only."""
        if self.session is None:
            self.session = self.source.session(ids)
            found = self.session.logits
        else:
            same = in_common(self.ids, ids[:-1])
            if same < len(self.ids):
                self.session.forget(len(self.ids) - same)
            found = self.session.read(ids[same:])
        self.ids = list(ids)
        return found


def in_common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (first, second) in enumerate(pairs) if first != second), min(len(one), len(other)))
