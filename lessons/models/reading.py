"""How a `transformers` model is read: its `forward`, with the options that it knows.

B = texts side by side, T = tokens.
"""

from inspect import signature
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.utils import ModelOutput


def read(model: "PreTrainedModel", texts: Tensor, module: nn.Module | None = None) -> "ModelOutput":
    """What the model, or its body given as `module`, says about texts (B, T) read as they stand."""
    module = model if module is None else module
    return module(input_ids=texts, **accepted(module, use_cache=False))


def accepted(module: nn.Module, **options: Any) -> dict[str, Any]:
    """Those of the options that the module's `forward` knows."""
    known = signature(module.forward).parameters
    return {name: value for name, value in options.items() if name in known}
