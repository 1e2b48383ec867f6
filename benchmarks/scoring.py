"""The log-probability of a long text beside the course's way: all logits, log_softmax of all of them, then gather."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

import lessons
from benchmarks.measure import Row, machine, peak_memory, show
from lessons.models.language_model import LanguageModel


def parts(quick: bool = False) -> Iterator[Row]:
    """A text that fills the bundled model's context; then 1,024 tokens under a small model with GPT-2's vocabulary."""
    for lm in (lessons.load(device="cpu"), wide_vocabulary()):
        yield row_of(lm)


def row_of(lm: LanguageModel) -> Row:
    """Its peak memory: no second matrix of all places and all tokens is made."""
    ids = torch.randint(lm.vocabulary_size, (1, lm.context), generator=torch.Generator().manual_seed(0))
    name, beside = f"sequence_logprob, T = {lm.context:,}, V = {lm.vocabulary_size:,}", "the course's way"
    ways = {"ours": lambda: lessons.sequence_logprob(lm, ids), beside: lambda: course(lm.model, ids)}
    memory = [peak_memory(way) for way in ways.values()]
    return Row(f"{name}: peak memory", memory[:1], beside, memory[1:], goal=2.0, unit="MB")


def wide_vocabulary() -> LanguageModel:
    """Two layers, 256 wide, random, with as many tokens as GPT-2 has: 50,257."""
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(n_positions=1024, n_embd=256, n_layer=2, n_head=4)).eval()
    return LanguageModel("wide vocabulary", model, None)


@torch.no_grad()
def course(model: nn.Module, ids: Tensor) -> float:
    """The sum over a text's tokens as the course computes it: every log-probability of every place is made."""
    output = model(ids)
    log_probs = torch.nn.functional.log_softmax(output.logits[:, :-1, :], dim=-1)
    return torch.gather(log_probs, 2, ids[:, 1:].unsqueeze(2)).squeeze(-1).sum().item()


if __name__ == "__main__":
    print(machine())
    show(parts())
