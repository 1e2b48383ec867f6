"""Fine-tuning beside the course's way, a plain `Trainer` in 32 bits: tokens per second, at equal loss."""

import copy
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from datasets import DatasetDict

import lessons
from benchmarks.measure import Row, machine, show
from lessons.finetuning import RECIPES, fine_tune
from lessons.models.language_model import LanguageModel

PAGES, HELD_OUT, ROUNDS = 300, 25, 5


def plain(lm: LanguageModel, corpus: DatasetDict, folder: Path) -> tuple[float, float]:
    """(seconds, validation loss) of a `Trainer` as the course has it (32 bits, an evaluation each epoch) with our
    recipe's numbers."""
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
    model = copy.deepcopy(lm.model)
    trainer = Trainer(model, arguments, train_dataset=blocks["train"], eval_dataset=blocks["validation"])
    start = time.perf_counter()
    trainer.train()
    return time.perf_counter() - start, trainer.evaluate()["eval_loss"]


def parts(quick: bool = False) -> Iterator[Row | str]:
    """Rounds of one run each; each has one evaluation in its time, ours one more before it and a checkpoint."""
    lm, corpus = lessons.load(device="cpu"), lessons.load_corpus("logbook", texts=PAGES // 8 if quick else PAGES)
    corpus["validation"] = corpus["validation"].select(range(HELD_OUT))
    ours, beside, gaps = [], [], []
    for _ in range(2 if quick else ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            run = fine_tune(lm, corpus, folder=Path(folder) / "run", show=False, evaluations=1)
            seconds, loss = plain(lm, corpus, Path(folder))
        tokens = run.history["tokens"].iloc[-1]
        ours.append(1e3 * run.seconds)
        beside.append(1e3 * seconds)
        gaps.append(run.history["validation_loss"].iloc[-1] - loss)
    name = f"fine_tune, {tokens:,.0f} tokens, {run.precision}"
    yield Row(name, ours, "plain Trainer, fp32", beside, goal=2.0)
    speeds = [f"{1e3 * tokens / median(times):,.0f}" for times in (ours, beside)]
    yield (
        f"Tokens per second: ours {speeds[0]}, the plain Trainer {speeds[1]}. Validation loss at the end: "
        f"{loss:.4f} nats for the plain one, ours {median(gaps):+.4f} beside it."
    )


if __name__ == "__main__":
    print(machine())
    show(parts())
