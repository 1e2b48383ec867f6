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

from lessons.finetuning.recipes import RECIPES, Recipe
from lessons.words.language import say

FLAGS = ("separator",)


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
    program.add_argument("--seed", type=int, default=0)
    program.add_argument("--device", help=say("finetuning.help_device"))
    settings = program.add_argument_group(say("finetuning.settings"))
    for field in fields(Recipe):
        if field.name not in FLAGS:
            kind = float if isinstance(field.default, float) else int
            settings.add_argument(f"--{field.name.replace('_', '-')}", type=kind)
    return program


def main() -> int:
    arguments = vars(parser().parse_args())
    from lessons.finetuning.training import fine_tune
    from lessons.models.language_model import load
    from lessons.texts.corpora import load_corpus

    first = os.environ.get("RANK", "0") == "0"
    take = arguments.pop
    local_device = f"cuda:{os.environ['LOCAL_RANK']}" if "LOCAL_RANK" in os.environ and _has_cuda() else None
    try:
        lm = load(take("model"), device=take("device") or local_device)
        corpus = load_corpus(take("corpus"), take("column"), texts=take("texts"))
        result = fine_tune(lm, corpus, take("recipe"), folder=take("out"), show=first, **arguments)
    except (ValueError, TypeError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if first:
        print(result)
        print(
            json.dumps(
                {
                    "perplexity_before": result.perplexity_before,
                    "perplexity_after": result.perplexity_after,
                    "floor": result.floor,
                    "tokens": int(result.history["tokens"].iloc[-1]),
                    "seconds": result.seconds,
                    "finished": result.finished,
                }
            )
        )
    return 0


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


if __name__ == "__main__":
    sys.exit(main())
