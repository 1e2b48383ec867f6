"""Train the small model that comes with `lessons`, or one like it on your own texts.

    python tools/train_model.py FOLDER --out lessons/assets/model

FOLDER holds texts as `*.jsonl` (or `.jsonl.xz`, `.jsonl.gz`), one object with a "text" a line. Files with "validation"
in their name are held out; without such a file the last 2 % of the texts are. The run can be killed at any time:
started again with the same arguments it goes on from its last checkpoint (every two minutes, in --work).

What happens, in order: texts → byte-level BPE tokenizer → one long row of token ids → training → bits per byte → model
folder.
"""

import argparse
import time
from pathlib import Path

import torch
from model_card import write_card
from model_data import Corpus
from model_training import Schedule, bits_per_byte, build_model, build_optimizers, next_token_loss, save_model
from tqdm.auto import tqdm


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of JSONL files with a 'text' in each line")
    parser.add_argument("--out", type=Path, default=Path("lessons/assets/model"), help="where the finished model goes")
    parser.add_argument("--work", type=Path, default=Path(".training"), help="where tokens and checkpoints are kept")
    parser.add_argument(
        "--tokens", type=float, default=80e6, help="tokens to learn from in all (may be changed on resuming)"
    )
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--batch", type=int, default=16, help="texts of --context tokens in each step")
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument(
        "--decay", type=float, default=0.5, help="share of the run in which the learning rate falls to zero"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--compile",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="torch.compile: twice as fast, slow start",
    )
    parser.add_argument("--minutes-between-evaluations", type=float, default=5)
    parser.add_argument(
        "--stop-after", type=float, help="stop (as if killed, but tidily) after so many tokens; run again to go on"
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Run:
    """One training run: everything a checkpoint must hold, and how it goes on from there."""

    def __init__(self, arguments, corpus):
        self.arguments, self.corpus = arguments, corpus
        self.model = build_model(arguments, corpus.tokenizer).to(arguments.device)
        self.optimizers = build_optimizers(self.model, arguments.learning_rate)
        self.schedule = Schedule(tokens=arguments.tokens, decay=arguments.decay)
        self.tokens_seen, self.seconds, self.history = 0, 0.0, []
        self.loss = torch.compile(next_token_loss) if arguments.compile else next_token_loss

    @property
    def checkpoint(self):
        return self.arguments.work / "checkpoint.pt"

    @property
    def finished(self):
        return self.tokens_seen >= self.arguments.tokens

    def save(self):
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "tokens_seen": self.tokens_seen,
            "seconds": self.seconds,
            "history": self.history,
        }
        unfinished = self.checkpoint.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)  # a kill between the two lines leaves the old checkpoint whole

    def resume(self):
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, map_location=self.arguments.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, optimizer_state in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer_state)
        self.tokens_seen, self.seconds, self.history = state["tokens_seen"], state["seconds"], state["history"]
        print(f"going on after {self.tokens_seen:,} tokens")

    def evaluate(self, half=False):
        self.model.eval()
        corpus = self.corpus
        bits = bits_per_byte(self.model, corpus.validation, corpus.validation_bytes, self.arguments.context, half=half)
        self.model.train()
        self.history.append(
            {"tokens": self.tokens_seen, "minutes": round(self.seconds / 60, 1), "bits_per_byte": round(bits, 4)}
        )
        return bits

    def train(self):
        size = self.arguments.batch * self.arguments.context
        bar = tqdm(
            total=int(self.arguments.tokens), initial=self.tokens_seen, unit="token", unit_scale=True, smoothing=0.05
        )
        saved = evaluated = started = time.monotonic()
        seconds_before = self.seconds
        self.model.train()
        stop = min(self.arguments.tokens, self.arguments.stop_after or self.arguments.tokens)
        while self.tokens_seen < stop:
            batch = self.corpus.batch(
                self.tokens_seen // size, self.arguments.batch, self.arguments.context, self.arguments.seed
            )
            loss = self.loss(self.model, batch.to(self.arguments.device))
            loss.backward()
            for optimizer in self.optimizers:
                self.schedule.apply(optimizer, self.tokens_seen)
                optimizer.step()
                optimizer.zero_grad()
            self.tokens_seen += size
            self.seconds = seconds_before + time.monotonic() - started
            bar.update(size)
            bar.set_postfix(
                loss=f"{loss.item():.3f}",
                bits=self.history[-1]["bits_per_byte"] if self.history else "?",
                refresh=False,
            )
            if time.monotonic() - evaluated > 60 * self.arguments.minutes_between_evaluations:
                bits = self.evaluate(half=True)
                bar.write(f"{self.tokens_seen:>12,} tokens  {bits:.4f} bits per byte")
                evaluated = time.monotonic()
            if time.monotonic() - saved > 120:
                self.save()
                saved = time.monotonic()
        measured = self.history and self.history[-1]["tokens"] == self.tokens_seen
        if self.finished and not measured:
            self.evaluate()
        self.save()
        bar.close()


def main():
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    arguments.work.mkdir(parents=True, exist_ok=True)
    run = Run(arguments, Corpus.from_folder(arguments.folder, arguments.work, arguments.vocabulary, arguments.context))
    run.resume()
    run.train()
    if not run.finished:
        print(f"stopped after {run.tokens_seen:,} tokens; run the same command to go on")
        return
    save_model(run.model, run.corpus.tokenizer, arguments.out)
    print(write_card(run, arguments.out))


if __name__ == "__main__":
    main()
