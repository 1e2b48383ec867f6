"""Fine-tuning as a program: in one process, in two, and killed in the middle.

The models have no dropout: with it, the random numbers that switch connections off differ between one process and two.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QUICK = ["--block-size", "16", "--batch-size", "4", "--precision", "fp32", "--device", "cpu"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> Path:
    """A file of sentences with a pattern."""
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text(
        "\n".join(
            f"the old {('king', 'fox')[n % 2]} and the {('sea', 'hill')[n % 2]} again and again" for n in range(150)
        )
    )
    return path


def command(model: Path, texts: Path, out: Path, *options: str, processes: int = 1) -> list[str]:
    launcher = (
        [] if processes == 1 else ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    )
    return [
        sys.executable,
        *launcher,
        "-m",
        "lessons.finetuning",
        "--model",
        str(model),
        "--corpus",
        str(texts),
        "--out",
        str(out),
        *QUICK,
        *options,
    ]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}


def figures(*arguments: object, **options: object) -> dict[str, float]:
    """The last line that the program prints."""
    done = subprocess.run(
        command(*arguments, **options), cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert 0 == done.returncode, done.stderr
    assert 1 == done.stdout.count("perplexity_after"), "only the first process speaks"
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.long
def test_two_processes_find_the_same_loss_as_one(tiny_folders, texts, tmp_path):
    """Two gloo processes on the CPU, at equal global batch: perplexities agree to 1e-4, and so do the folders'
    models."""
    import lessons

    one = figures(tiny_folders["llama"], texts, tmp_path / "one")
    two = figures(tiny_folders["llama"], texts, tmp_path / "two", processes=2)

    assert one["tokens"] == two["tokens"]
    assert one["perplexity_before"] == pytest.approx(two["perplexity_before"], rel=1e-5)
    assert one["perplexity_after"] == pytest.approx(two["perplexity_after"], rel=1e-4)
    logits = [lessons.load(tmp_path / name, device="cpu").next_logits("the old") for name in ("one", "two")]
    assert logits[0].allclose(logits[1], atol=1e-3)


def test_killed_in_the_middle_and_resumed_ends_the_same(tiny_folders, texts, tmp_path):
    """kill -9 after the second checkpoint, then --resume: the same perplexity as a run that nobody killed, to 1e-5."""
    options = ["--epochs", "50", "--evaluations", "20"]
    killed = subprocess.Popen(
        command(tiny_folders["llama"], texts, tmp_path / "killed", *options),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 200
    while written(tmp_path / "killed") < 2 and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert -signal.SIGKILL == killed.wait(), "it had ended before it could be killed"
    assert not json.loads((tmp_path / "killed" / "run.json").read_text())["finished"]

    resumed = figures(tiny_folders["llama"], texts, tmp_path / "killed", *options, "--resume")
    whole = figures(tiny_folders["llama"], texts, tmp_path / "whole", *options)

    assert whole["perplexity_after"] == pytest.approx(resumed["perplexity_after"], rel=1e-5)
    assert whole["tokens"] == resumed["tokens"]


def written(folder: Path) -> int:
    """How many evaluations the newest whole checkpoint of a run knows of."""
    counts = [0]
    for state in folder.glob("checkpoint-*/trainer_state.json"):
        try:
            counts.append(sum("eval_loss" in entry for entry in json.loads(state.read_text())["log_history"]))
        except (OSError, ValueError):  # being written, or being removed, at this moment
            continue
    return max(counts)


def test_what_is_wrong_is_one_line(tiny_folders, texts, tmp_path):
    """Bad input ends with code 2 and a sentence, not with a traceback."""
    done = subprocess.run(
        command(tiny_folders["llama"], tmp_path / "nothing.txt", tmp_path / "out"),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=200,
    )

    assert 2 == done.returncode
    assert "there is no file" in done.stderr and "Traceback" not in done.stderr


def test_every_setting_of_a_recipe_is_an_option():
    """A new setting cannot be forgotten in the program."""
    from dataclasses import fields

    from lessons.finetuning.__main__ import FLAGS, parser
    from lessons.finetuning.recipes import Recipe

    options = vars(parser().parse_args(["--out", "x"]))
    assert {field.name for field in fields(Recipe)} - set(FLAGS) <= set(options)
    assert all(options[field.name] is None for field in fields(Recipe) if field.name not in FLAGS)
