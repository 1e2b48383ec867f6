"""The copy of a model that is trained: weights in 32 bits, and if wanted LoRA or gradient checkpointing.

LoRA trains a narrow pair of matrices beside each large one, and leaves the large one as it is (Hu et al. 2021). A
matrix W (m, n) becomes W + B A with B (m, rank) and A (rank, n): for rank 8 and 256 x 256 that is 4,096 numbers for
65,536. Gradient checkpointing forgets what layers computed on the way forward, and computes it anew on the way back
(Chen et al. 2016): less memory for more time.
"""

import copy
from typing import TYPE_CHECKING

from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from lessons.words.language import say

if TYPE_CHECKING:
    from peft import PeftModel


def trainable_copy(
    model: PreTrainedModel, lora: int | None, gradient_checkpointing: bool
) -> "PreTrainedModel | PeftModel":
    """A copy of the model, ready for the trainer."""
    copied = copy.deepcopy(model).float()
    # subtle: a `Trainer` that had the model before has marked it as prepared, and the next would compute in 32 bits
    vars(copied).pop("_is_accelerate_prepared", None)
    # subtle: GPT-2's class is not in the library's table of losses, which it says at every start
    copied.loss_type = "ForCausalLM"
    copied.config.use_cache = False
    if gradient_checkpointing:
        switch_checkpointing(copied, on=True)
        copied.enable_input_require_grads()  # for LoRA, where the embeddings are frozen
    return add_lora(copied, lora) if lora else copied


def as_it_was(
    trained: "PreTrainedModel | PeftModel", original: PreTrainedModel, gradient_checkpointing: bool
) -> PreTrainedModel:
    """The trained copy as an ordinary model once more, with LoRA's matrices added to its own."""
    model = trained.merge_and_unload() if hasattr(trained, "merge_and_unload") else trained
    if gradient_checkpointing:
        switch_checkpointing(model, on=False)
        model.disable_input_require_grads()
    model.config.use_cache = original.config.use_cache
    return model


def switch_checkpointing(model: PreTrainedModel, on: bool) -> None:
    """Have layers compute anew on the way back what they computed on the way forward; or stop doing so."""
    name = "activation" if hasattr(model, "activation_checkpointing_enable") else "gradient"  # renamed in 5.2x
    getattr(model, f"{name}_checkpointing_{'enable' if on else 'disable'}")()


def add_lora(model: PreTrainedModel, rank: int) -> "PeftModel":
    """The model with a trainable pair of matrices of that rank beside every matrix of its layers; all else is
    frozen."""
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise ImportError(say("finetuning.no_peft")) from error
    transposed = any(isinstance(module, Conv1D) for module in model.modules())  # as GPT-2 keeps its matrices
    options = {"r": rank, "lora_alpha": 2 * rank, "target_modules": "all-linear", "fan_in_fan_out": transposed}
    return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **options))


def count_parameters(model: nn.Module) -> tuple[int, int]:
    """(trained, all): how many numbers are changed by training, and how many there are."""
    sizes = [(weight.numel(), weight.requires_grad) for weight in model.parameters()]
    return sum(size for size, trained in sizes if trained), sum(size for size, _ in sizes)
