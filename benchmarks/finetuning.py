"""Fine-tuning beside the course's way, a plain `Trainer` in 32 bits: tokens per second, at equal loss."""

import copy
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from datasets import DatasetDict

import lessons
from benchmarks.measure import Row, machine, show
from lessons.finetuning import RECIPES, fine_tune
from lessons.models import LanguageModel

PAGES, ROUNDS = 1000, 2


def plain(lm: LanguageModel, corpus: DatasetDict, folder: Path) -> tuple[float, float]:
    """(seconds, validation loss) of a `Trainer` as the course has it (32 bits, an evaluation each epoch) with our recipe's numbers."""
    from transformers import Trainer, TrainingArguments, set_seed

    recipe = RECIPES["small"]
    blocks = lessons.token_blocks(corpus, lm.tokenizer, recipe.block_size)
    set_seed(0)
    steps = -(-len(blocks["train"]) // recipe.batch_size)
    arguments = TrainingArguments(
        str(folder),
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        adam_beta2=recipe.beta2,
        num_train_epochs=1,
        seed=0,
        per_device_train_batch_size=recipe.batch_size,
        warmup_steps=round(recipe.warmup * steps),
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
        eval_strategy="epoch",
        save_strategy="no",
        dataloader_pin_memory=False,
    )
    trainer = Trainer(
        copy.deepcopy(lm.model), arguments, train_dataset=blocks["train"], eval_dataset=blocks["validation"]
    )
    start = time.perf_counter()
    trainer.train()
    return time.perf_counter() - start, trainer.evaluate()["eval_loss"]


def rows() -> Iterator[Row]:
    lm, corpus = lessons.load(device="cpu"), lessons.load_corpus("logbook", texts=PAGES)
    ours, beside, losses = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            run = fine_tune(lm, corpus, folder=Path(folder) / "run", show=False, evaluations=1)
            seconds, loss = plain(lm, corpus, Path(folder))
        tokens = run.history["tokens"].iloc[-1]
        ours.append(run.seconds / tokens * 1e6)
        beside.append(seconds / tokens * 1e6)
        losses.append((run.history["validation_loss"].iloc[-1], loss))
    print(
        f"validation loss: ours {losses[-1][0]:.4f} ({run.precision}), plain {losses[-1][1]:.4f} nats; tokens/s: ours {1e6 / min(ours):,.0f}, "
        f"plain {1e6 / min(beside):,.0f} ({torch.get_num_threads()} threads); each with one evaluation in its time, ours with a checkpoint too"
    )
    ratios = sorted(other / own for own, other in zip(ours, beside, strict=True))
    yield Row(
        "fine_tune, a million tokens",
        min(ours) * 1e3,
        "plain Trainer, fp32",
        min(beside) * 1e3,
        ratios[len(ratios) // 2],
        goal=2.0,
    )


if __name__ == "__main__":
    print(machine())
    show(rows())
