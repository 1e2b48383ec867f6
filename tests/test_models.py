"""Loading: the bundled model, folders in the hub's format, and everything that can be wrong with them."""

import pytest
import torch

import lessons


def test_tiny_models_of_two_architectures_load_with_sockets_shut(no_network, tiny_folders):
    """GPT-2's path (architecture, tokenizer class) and Llama's work on local folders without a network."""
    for name, folder in tiny_folders.items():
        lm = lessons.load(str(folder), device="cpu")
        assert name == lm.model.config.model_type
        assert "the old king" == lm.decode(lm.encode("the old king"))
        assert (300,) == lm.next_logits("the old").shape
        assert torch.float32 == lm.model.dtype
