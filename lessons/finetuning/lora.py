"""LoRA: train a narrow pair of matrices beside each large one, and leave the large one as it is (Hu et al. 2021).

A matrix W (m, n) becomes W + B A with B (m, rank) and A (rank, n): for rank 8 and 256 x 256 that is 4,096 numbers for
65,536.
"""

from typing import TYPE_CHECKING

from torch import nn
from transformers.pytorch_utils import Conv1D

from lessons.words.arguments import check_whole
from lessons.words.language import say

if TYPE_CHECKING:
    from peft import PeftModel


def add_lora(model: nn.Module, rank: int) -> "PeftModel":
    """The model with a trainable pair of matrices of that rank beside every matrix of its layers; all else is
    frozen."""
    rank = check_whole("lora", rank, 1)
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise ImportError(say("finetuning.no_peft")) from error
    stored_across = any(isinstance(module, Conv1D) for module in model.modules())  # GPT-2 keeps its matrices transposed
    options = {"r": rank, "lora_alpha": 2 * rank, "target_modules": "all-linear", "fan_in_fan_out": stored_across}
    return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **options))


def count_parameters(model: nn.Module) -> tuple[int, int]:
    """(trained, all): how many numbers are changed by training, and how many there are."""
    sizes = [(weight.numel(), weight.requires_grad) for weight in model.parameters()]
    return sum(size for size, trained in sizes if trained), sum(size for size, _ in sizes)
