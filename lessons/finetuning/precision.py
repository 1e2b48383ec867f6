"""In which numbers to compute: 16 bits where the processor is fast in them, 32 bits elsewhere.

Weights and their updates are kept in 32 bits in any case; only the products of matrices are computed in 16 (mixed
precision, Micikevicius et al. 2018).
"""

from reprlib import repr as short

import torch

from lessons.words.language import say

PRECISIONS = ("bf16", "fp16", "fp32")


def choose_precision(device: torch.device, wanted: str | None = None) -> str:
    """ "bf16", "fp16" or "fp32": the one wanted, or else the fastest in which training on this device is sound."""
    if wanted is not None:
        if not isinstance(wanted, str) or wanted not in PRECISIONS:
            raise ValueError(say("finetuning.precision", choices=", ".join(PRECISIONS), value=short(wanted)))
        return wanted
    # subtle: before Ampere, CUDA only imitates bfloat16, slowly; half precision is quick there
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "fp16"
    return "bf16" if device.type == "cpu" and cpu_multiplies_bf16() else "fp32"


def cpu_multiplies_bf16() -> bool:
    """Whether this processor has instructions that multiply bfloat16 numbers; without them 16 bits are slower than
    32."""
    if hasattr(torch.cpu, "get_capabilities"):
        has = torch.cpu.get_capabilities()
        return bool(has.get("amx_bf16") or has.get("avx512_bf16"))
    asked = [getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported")]
    return any(ask() for ask in asked if ask)  # torch before 2.9
