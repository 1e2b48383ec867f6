"""A device without numbers of 64 bits, as Apple's (MPS): nothing asks it for them; numbers go to the CPU first.

There is no such device here, so a stand-in plays it: tensors that say they lie there refuse 64 bits, numpy, and to meet
a tensor of the CPU, until they are moved to the CPU.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

import lessons
from lessons.models.language_model import LanguageModel
from lessons.tables.decoders import NINE

MPS = torch.device("mps")
PLACES = (Tensor.cpu, Tensor.to)
READ_OUT = (Tensor.tolist, Tensor.item, Tensor.__repr__)


class There(Tensor):
    """A tensor that lies on the device."""


def here(value: object) -> object:
    """The same as an ordinary tensor."""
    with torch._C.DisableTorchFunction():
        return value.as_subclass(Tensor) if isinstance(value, There) else value


def there(value: object) -> object:
    """The same on the device; raises TypeError for 64 bits, as PyTorch does."""
    if not isinstance(value, Tensor):
        return value
    with torch._C.DisableTorchFunction():
        if value.dtype == torch.float64:
            raise TypeError(
                "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64."
            )
        return value.as_subclass(There)


class Mac(TorchFunctionMode):
    """While it is on, "mps" is a device."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        given = (args, kwargs or {})
        tensors = [leaf for leaf in tree_leaves(given) if isinstance(leaf, Tensor)]
        lies_there = any(isinstance(one, There) for one in tensors)
        if func == Tensor.device.__get__:  # a new one each time it is asked for
            return MPS if lies_there else torch.device("cpu")
        asked = [
            str(leaf) for leaf in tree_leaves(given) if str(leaf) in ("mps", "cpu") and not isinstance(leaf, Tensor)
        ]
        to_cpu = func is Tensor.cpu or "cpu" in asked
        if lies_there and func is Tensor.numpy:
            raise TypeError("can't convert mps:0 device type tensor to numpy. Use Tensor.cpu() to copy it first.")
        meets = [one for one in tensors if not isinstance(one, There | nn.Parameter) and here(one).ndim]
        if lies_there and meets and func not in PLACES:
            raise RuntimeError("Expected all tensors to be on the same device, but found mps:0 and cpu!")
        args, kwargs = tree_map(lambda leaf: torch.device("cpu") if str(leaf) == "mps" else here(leaf), given)
        result = func(*args, **kwargs)
        stays = lies_there and not to_cpu and func not in READ_OUT
        return tree_map(there, result) if stays or "mps" in asked else result


@contextmanager
def a_mac(lm: LanguageModel) -> Iterator[LanguageModel]:
    """The model on the device, within."""
    model = copy.deepcopy(lm.model)
    model.__class__ = type("OnAMac", (type(model),), {"device": MPS})  # where it says that its weights lie

    def bring(module: nn.Module, args: tuple, kwargs: dict) -> tuple:
        assert all(isinstance(one, There) for one in [*args, kwargs.get("input_ids")] if isinstance(one, Tensor))
        return tree_map(here, args), {name: here(value) for name, value in kwargs.items()}

    def take(module: nn.Module, args: tuple, output: dict) -> dict:
        for name in ("logits", "last_hidden_state"):
            if name in output:
                output[name] = there(output[name])
        return output

    model.generate = lambda prompt, **options: lm.model.generate(here(prompt), **tree_map(here, options))  # not ours
    model.register_forward_pre_hook(bring, with_kwargs=True)
    model.register_forward_hook(take)
    with Mac():
        yield LanguageModel("mac", model, lm.tokenizer)


def test_the_stand_in_refuses_what_the_device_refuses(tiny_models):
    """Planted: 64 bits in each way of asking for them, numpy, and tensors of two devices."""
    with Mac():
        logits = torch.zeros(3, device="mps")
        assert logits.device.type == (logits + 1).device.type == "mps" and logits.cpu().device.type == "cpu"
        assert logits.cpu().double().dtype == torch.float64
        for asks in (
            lambda: logits.double(),
            lambda: logits.to(torch.float64),
            lambda: logits.softmax(-1, dtype=torch.float64),
            lambda: torch.zeros(3, device="mps", dtype=torch.float64),
            lambda: logits.numpy(),
        ):
            with pytest.raises(TypeError):
                asks()
        with pytest.raises(RuntimeError, match="same device"):
            logits + torch.zeros(3)


FILTERS = {
    "temperature": lambda logits: lessons.temperature_scale(logits, 0.7),
    "top_k": lambda logits: lessons.keep_top_k(logits, 2),
    "top_p": lambda logits: lessons.keep_top_p(logits, 0.9),
    "min_p": lambda logits: lessons.keep_min_p(logits, 0.1),
    "typical_p": lambda logits: lessons.keep_typical(logits, 0.9),
    "repetition": lambda logits: lessons.repetition_penalty(logits, [0, 1], 1.2),
    "ngrams": lambda logits: lessons.no_repeat_ngrams(logits, [0, 1, 0], 2),
    "entropy": lessons.entropy,
    "log_probs": lambda logits: lessons.log_probs_from_logits(logits, torch.tensor([0, 5])),
    "draw": lambda logits: lessons.draw_many(logits, lessons.uniforms(0, 2, 3)),
    "cuts": lambda logits: lessons.cuts(logits[0], lessons.apply_knobs(lessons.knobs(top_k=3), logits[0], [1]))[0].mass,
}


@pytest.mark.parametrize("name", FILTERS)
def test_the_arithmetic(name):
    """The same numbers as on the CPU."""
    logits = torch.randn(2, 6, generator=torch.Generator().manual_seed(0))
    expected = torch.as_tensor(FILTERS[name](logits))
    with Mac():
        result = FILTERS[name](logits.to("mps"))
        result = result.cpu() if isinstance(result, Tensor) else torch.as_tensor(result)
    torch.testing.assert_close(result.to(expected.dtype), expected)


KNOBS = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.01, "typical_p": 0.95, "no_repeat_ngram_size": 3}
USES = {
    "next_token_table": lambda lm: lessons.next_token_table(lm, "the old", 2, 3).to_dict(),
    "next_token_probabilities": lambda lm: lessons.next_token_probabilities(lm, "the old").token.tolist(),
    "greedy": lambda lm: lessons.greedy_search(lm, "the old", 3).table().token.tolist(),
    "greedy with knobs": lambda lm: lessons.greedy_search(lm, "the old", 3, repetition_penalty=1.3).ids,
    "beams": lambda lm: lessons.beam_search(lm, "the old", 4, 3).tree.table().token.tolist(),
    "beams with knobs": lambda lm: lessons.beam_search(lm, "the old", 4, 3, no_repeat_ngram_size=1).ids,
    "sample": lambda lm: lessons.sample(lm, "the old", 4).table().token.tolist(),
    "sample with knobs": lambda lm: [trace.ids for trace in lessons.sample(lm, "the old", 4, num_return_sequences=3, **KNOBS)],
    "sequence_logprob": lambda lm: round(lessons.sequence_logprob(lm, [5, 6, 7, 8]), 4),
    "slices": lambda lm: round(lessons.sequence_logprob(lm, [[5, 6, 7, 8] * 15] * 5)[0].item(), 3),
    "perplexity": lambda lm: round(lessons.perplexity(lm, [5, 6, 7, 8] * 20, stride=32), 3),
    "padding": lambda lm: lessons.perplexity(lm, {"input_ids": [[5, 6, 0], [5, 6, 7]], "attention_mask": [[1, 1, 0], [1, 1, 1]]}).shape,
    "write_all": lambda lm: [*lessons.measure(lessons.write_all(lm, "the old", NINE[:6], 4, 2)).index],
    "NextTokenExplorer": lambda lm: lessons.NextTokenExplorer(lm, "the old", bars=5).error,
    "UnderflowExplorer": lambda lm: lessons.UnderflowExplorer(lm, "the old king").error,
    "BeamExplorer": lambda lm: lessons.BeamExplorer(lm, "the old", beams=2, steps=2).error,
    "TemperatureExplorer": lambda lm: lessons.TemperatureExplorer(lm, "the old", bars=4).error,
    "TruncationExplorer": lambda lm: lessons.TruncationExplorer(lm, "the old").error,
    "DecoderExplorer": lambda lm: lessons.DecoderExplorer(lm, "the old", NINE[:2], samples=2, max_new_tokens=4).error,
    "logit_lens": lambda lm: lessons.logit_lens(lm, "the old").argmax(-1).tolist(),
    "LensExplorer": lambda lm: lessons.LensExplorer(lm, "the old").error,
    "SpeculativeExplorer": lambda lm: lessons.SpeculativeExplorer(lm, "the old", lessons.first_blocks(lm, 1)).error,
    "speculative": lambda lm: lessons.speculative(lm, lessons.first_blocks(lm, 1), "the old", 6, 2, temperature=0.7).ids,
    "FineTuningExplorer": lambda lm: lessons.FineTuningExplorer(lm, lm, ["the old king"]).error,
}  # fmt: skip


@pytest.mark.parametrize("name", USES)
def test_a_model_on_such_a_device(name, tiny_models):
    """Every decoder, table, score and explorer gives what it gives on the CPU."""
    lm = tiny_models["gpt2"]
    expected = USES[name](lm)
    with a_mac(lm) as mac:
        assert USES[name](mac) == expected
