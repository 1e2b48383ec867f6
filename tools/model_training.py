"""The model, its optimizers, its schedule, its loss and its measure (bits per byte)."""

import hashlib
import json
import math
from copy import deepcopy

import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel


def build_model(arguments, tokenizer):
    end = tokenizer.eos_token_id
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=arguments.context,
        n_embd=arguments.width,
        n_layer=arguments.layers,
        n_head=arguments.heads,
        # the function of GPT-2's "gelu_new", in one operation instead of eight
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=end,
        eos_token_id=end,
    )
    return GPT2LMHeadModel(config)


def build_optimizers(model, learning_rate):
    """Muon for the matrices inside the layers, AdamW for embeddings, norms and biases (Jordan et al. 2024, Liu et al.
    2025).

    Muon makes a step of equal size in all directions of a matrix; beside AdamW alone it needs about two thirds of the
    tokens.
    """
    matrices = [
        weight
        for name, weight in model.named_parameters()
        if weight.ndim == 2 and "wte" not in name and "wpe" not in name
    ]
    inside = {id(weight) for weight in matrices}
    others = [weight for weight in model.parameters() if id(weight) not in inside]
    return [
        torch.optim.Muon(matrices, lr=learning_rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=learning_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


class Schedule:
    """Learning rate by tokens seen: a short rise, constant, then a straight line to zero over the last `decay` of the
    run."""

    def __init__(self, tokens, decay, rise=1e6):
        self.tokens, self.decay, self.rise = tokens, decay, min(rise, tokens / 20)

    def factor(self, tokens_seen):
        left = max(0.0, 1 - tokens_seen / self.tokens)
        return min(1.0, (tokens_seen + 1) / self.rise, left / self.decay)

    def apply(self, optimizer, tokens_seen):
        for group in optimizer.param_groups:
            peak = group.setdefault("peak", group["lr"])
            group["lr"] = peak * self.factor(tokens_seen)


def next_token_loss(model, blocks):
    """Mean cross-entropy in nats of each block's tokens after the first; blocks (B, T + 1)."""
    with torch.autocast(blocks.device.type, torch.bfloat16):
        hidden = model.transformer(blocks[:, :-1]).last_hidden_state  # (B, T, width)
        logits = model.lm_head(hidden)  # (B, T, V)
    return F.cross_entropy(logits.float().flatten(0, 1), blocks[:, 1:].flatten())


@torch.no_grad()
def bits_per_byte(model, row, byte_count, context, batch=32, half=False):
    """Bits of surprise per byte of text: the whole row in blocks that overlap by one token, so each token is scored
    once.

    A block knows nothing of the block before it, which is the stricter way (a sliding window gives a lower number).
    `half` computes in bfloat16, quicker and right to about 0.001: for the curve. The final figure is computed in 32
    bits.
    """
    nats, device = 0.0, next(model.parameters()).device
    blocks = [
        torch.from_numpy(row[start : start + context + 1].astype("int64")) for start in range(0, len(row) - 1, context)
    ]
    for start in range(0, len(blocks), batch):
        part = torch.nn.utils.rnn.pad_sequence(blocks[start : start + batch], batch_first=True, padding_value=-100).to(
            device
        )
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits = model(part[:, :-1].clamp(min=0)).logits
        nats += F.cross_entropy(
            logits.float().flatten(0, 1), part[:, 1:].flatten(), ignore_index=-100, reduction="sum"
        ).item()
    return nats / math.log(2) / byte_count


def save_model(model, tokenizer, folder):
    """Write the folder that `from_pretrained` reads, weights in 16 bits, with the weights' checksum beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    small = deepcopy(model).half()
    small.save_pretrained(folder)
    save_tokenizer(tokenizer, folder, model.config.n_positions)
    (folder / "model.safetensors").chmod(0o644)  # safetensors writes it for its owner's eyes only
    checksum = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "model.sha256").write_text(f"{checksum}  model.safetensors\n")


def save_tokenizer(tokenizer, folder, context):
    """Write the tokenizer so that every `transformers` from 4.57 on can read it: the newest writes class names that
    older ones lack."""
    tokenizer.save_pretrained(folder)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokenizer.bos_token,
        "eos_token": tokenizer.eos_token,
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
        # else 4.57 adds token types, and GPT-2 reads them as tokens
        "model_input_names": ["input_ids", "attention_mask"],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf8")
