"""fine_tune() as a program: the same run in one process, or in many under torchrun.

python -m lessons.finetuning --model gpt2 --corpus wikitext-2 --recipe course --out gpt2-wikitext
torchrun --standalone --nproc_per_node 2 -m lessons.finetuning (the same)
"""

import argparse
import json
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lessons.finetuning.recipes import RECIPES, Recipe
from lessons.words.language import say

if TYPE_CHECKING:
    from lessons.finetuning.history import FineTuning

FLAGS = ("separator",)  # settings of a recipe that the program does not offer


def parser() -> argparse.ArgumentParser:
    """The program's arguments; every setting of a recipe is one."""
    program = argparse.ArgumentParser("python -m lessons.finetuning", description=say("finetuning.program"))
    program.add_argument("--model", default="bundled", help=say("finetuning.help_model"))
    program.add_argument("--corpus", default="logbook", help=say("finetuning.help_corpus"))
    program.add_argument("--column", default="text", help=say("finetuning.help_column"))
    program.add_argument("--texts", type=int, default=3500, help=say("finetuning.help_texts"))
    program.add_argument("--out", type=Path, required=True, help=say("finetuning.help_out"))
    program.add_argument("--recipe", choices=list(RECIPES), default="small", help=say("finetuning.help_recipe"))
    program.add_argument("--resume", action="store_true", help=say("finetuning.help_resume"))
    program.add_argument("--lora", type=int, help=say("finetuning.help_lora"))
    program.add_argument("--precision", choices=["bf16", "fp16", "fp32"], help=say("finetuning.help_precision"))
    program.add_argument("--accumulation", type=int, default=1, help=say("finetuning.help_accumulation"))
    program.add_argument("--gradient-checkpointing", action="store_true", help=say("finetuning.help_accumulation"))
    program.add_argument("--num-proc", type=int, help=say("finetuning.help_num_proc"))
    program.add_argument("--minutes", type=float, help=say("finetuning.help_minutes"))
    program.add_argument("--seed", type=int, default=0)
    program.add_argument("--device", help=say("finetuning.help_device"))
    settings = program.add_argument_group(say("finetuning.settings"))
    for field in fields(Recipe):
        if field.name not in FLAGS:
            kind = float if isinstance(field.default, float) else int
            settings.add_argument(f"--{field.name.replace('_', '-')}", type=kind)
    return program


def main() -> int:
    """0 if all went well, 2 if something given was wrong."""
    arguments = vars(parser().parse_args())
    is_first = os.environ.get("RANK", "0") == "0"  # of several processes, the one that speaks
    try:
        result = run(show=is_first, **arguments)
    except (ValueError, TypeError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if is_first:
        print(result)
        print(json.dumps(figures(result)))
    return 0


def run(
    model: str, corpus: str, column: str, texts: int, out: Path, recipe: str, device: str | None, **options: Any
) -> "FineTuning":
    """What fine_tune() makes of these arguments, on a GPU of this process's own where there are several processes."""
    from lessons.finetuning.training import fine_tune
    from lessons.models.language_model import load
    from lessons.texts.corpora import load_corpus

    lm = load(model, device=device or own_gpu())
    return fine_tune(lm, load_corpus(corpus, column, texts=texts), recipe, folder=out, **options)


def own_gpu() -> str | None:
    """The GPU that the launcher has given to this process; None if there is no launcher, or no GPU."""
    import torch

    return f"cuda:{os.environ['LOCAL_RANK']}" if "LOCAL_RANK" in os.environ and torch.cuda.is_available() else None


def figures(result: "FineTuning") -> dict[str, float | bool | None]:
    """What another program wants to know of a run."""
    return {
        "perplexity_before": result.perplexity_before,
        "perplexity_after": result.perplexity_after,
        "floor": result.floor,
        "tokens": int(result.history["tokens"].iloc[-1]),
        "seconds": result.seconds,
        "finished": result.finished,
    }


if __name__ == "__main__":
    sys.exit(main())
