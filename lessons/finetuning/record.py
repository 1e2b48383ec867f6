"""What run.json says of a run: what was asked for, and what has come of it so far."""

import json
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from lessons.records.saving import whole_or_nothing
from lessons.words.language import say

RUN_FILE = "run.json"

# What the `Trainer` has logged: {"step": 20, "loss": 2.1, …}, {"step": 20, "eval_loss": 1.9, …} …
Log = list[dict[str, float]]


@dataclass(frozen=True)
class Plan:
    """How much a run does.

    Attributes:
        steps, all_steps: how many are made, and how many the recipe wants.
        evaluations: how often validation loss is measured after the start, each time with a checkpoint.
        blocks, all_blocks: on how many validation blocks that is done, and how many there are.
        seconds: what all of it takes on this machine, as measured before it began.
    """

    steps: int
    all_steps: int
    evaluations: int
    blocks: int
    all_blocks: int
    seconds: float


@dataclass
class RunRecord:
    """A run as its folder keeps it; it grows while the model trains.

    Attributes:
        asked: the recipe's settings, `lora`, `seed` and `minutes`; whoever goes on with the run must ask for the same.
        floor: the perplexity that no model can beat on the validation texts; None where nobody knows it.
        precision: in which numbers matrices are multiplied; "" until that is chosen.
        plan: how many steps are made; None until that is settled. Whoever goes on with the run keeps it.
        trained, parameters: how many numbers are trained, and how many there are.
        before, after: validation loss, in nats per token, of the given model and of the best one so far.
        log: the `Trainer`'s.
        seconds: spent training, over every time that the run went on.
        finished: False until the last step.
    """

    asked: dict[str, Any]
    floor: float | None = None
    precision: str = ""
    plan: Plan | None = None
    trained: int = 0
    parameters: int = 0
    before: float = math.nan
    after: float = math.nan
    log: Log = field(default_factory=list)
    seconds: float = 0.0
    finished: bool = False

    @property
    def tokens_per_step(self) -> int:
        return self.asked["batch_size"] * self.asked["block_size"]


def read_record(folder: Path) -> RunRecord:
    """The record of the run in the folder. Raises ValueError if there is none."""
    names = {one.name for one in fields(RunRecord)}
    try:
        kept = json.loads((folder / RUN_FILE).read_text(encoding="utf8"))
        kept["plan"] = Plan(**kept["plan"]) if kept.get("plan") else None
        return RunRecord(**{name: value for name, value in kept.items() if name in names})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(say("finetuning.nothing_to_resume", folder=folder)) from error


def write_record(folder: Path, record: RunRecord) -> None:
    """Write run.json, whole or not at all."""
    with whole_or_nothing(folder / RUN_FILE) as unfinished:
        unfinished.write_text(json.dumps(asdict(record), indent=1), encoding="utf8")


def has_run(folder: Path, asked: dict[str, Any], precision: str | None = None) -> bool:
    """Whether a run with these settings lies in the folder; of this precision, where one is named."""
    if not (folder / RUN_FILE).exists():
        return False
    record = read_record(folder)
    of_this_precision = precision is None or record.precision in ("", precision)
    return of_this_precision and not changed_settings(record, asked)


def record_to_resume(folder: Path, asked: dict[str, Any]) -> RunRecord:
    """The record of the run in the folder. Raises ValueError if it was asked for with other settings; the error names
    the first."""
    record = read_record(folder)
    for name in changed_settings(record, asked):
        was, now = record.asked.get(name), asked[name]
        raise ValueError(say("finetuning.changed", name=name, was=was, now=now, folder=folder))
    return record


def changed_settings(record: RunRecord, asked: dict[str, Any]) -> list[str]:
    """The settings that are asked for now and were not then; one that an earlier version did not have was None."""
    return [name for name, now in asked.items() if record.asked.get(name) != now]
