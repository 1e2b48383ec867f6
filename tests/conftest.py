"""What the tests share: the six-word chain, the bundled model, and small models of two architectures in the hub's
format."""

import gc
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import matplotlib
import pytest
import torch

import lessons
from lessons.classroom.start import PACKAGE, use_fonts
from lessons.models.language_model import LanguageModel
from lessons.models.six_words import MarkovChain, six_words

# These want a model of 93 MB, and six models trained: `make test-real`, `make test-claims`.
collect_ignore = ["real", "claims"]


@pytest.fixture(autouse=True)
def unstarted():
    """Every test begins in English and with matplotlib's own style, whatever `lessons.start()` the one before it called."""
    from lessons.words.language import speak

    speak("en")
    style = matplotlib.rcParams.copy()
    yield
    speak("en")
    matplotlib.rcParams.update(style)


@pytest.fixture(autouse=True)
def interrupts_arrive():
    """The signal of a stop button interrupts, as in a kernel; a shell that starts tests in the background has them
    ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def gradients_stay():
    """A test that leaves torch without gradients fails itself, and not the next one that trains."""
    yield
    if not torch.is_grad_enabled():
        gc.collect()  # an interrupt in the test leaves them off for as long as its traceback lives
    assert torch.is_grad_enabled(), "this test left gradients off"


@pytest.fixture
def fonts():
    """The fonts that start() gives to a notebook."""
    with matplotlib.rc_context():
        use_fonts(PACKAGE / "assets" / "font")
        yield


@pytest.fixture
def chain() -> MarkovChain:
    return six_words()


@pytest.fixture(scope="session")
def lm() -> LanguageModel:
    """The bundled model on the CPU."""
    return lessons.load(device="cpu")


@pytest.fixture
def no_network(monkeypatch):
    """Sockets shut: whoever asks for one fails."""

    def refuse(*arguments, **options):
        raise OSError("the network is shut in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def save_tiny_model(folder: Path, architecture: str, seed: int = 0, **config_options) -> Path:
    """A folder in the hub's format: random weights, 2 layers, GPT-2's tokenizer class with a small vocabulary of its
    own."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    texts = ["the old king and the young fox went over the hill to the sea again and again"] * 8
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        texts, vocab_size=300, min_frequency=2, special_tokens=["<|endoftext|>"], show_progress=False
    )
    bpe.save_model(str(folder))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer", "model_max_length": 64}')
    end = bpe.token_to_id("<|endoftext|>")
    torch.manual_seed(seed)
    if architecture == "gpt2":
        options = {
            "vocab_size": 300,
            "n_positions": 64,
            "n_embd": 32,
            "n_layer": 2,
            "n_head": 2,
            "bos_token_id": end,
            "eos_token_id": end,
        }
        model = GPT2LMHeadModel(GPT2Config(**(options | config_options)))
    else:
        options = {
            "vocab_size": 300,
            "max_position_embeddings": 64,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "bos_token_id": end,
            "eos_token_id": end,
            "initializer_range": 0.3,
        }
        model = LlamaForCausalLM(LlamaConfig(**(options | config_options)))
    if architecture == "gpt2":  # GPT-2's default weights are so small that all tokens are nearly alike
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(4)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session", name="save_tiny_model")
def saving_a_tiny_model() -> Callable[..., Path]:
    """The function above: a test cannot import it, for there are several files `conftest`."""
    return save_tiny_model


@pytest.fixture(scope="session")
def tiny_folders(tmp_path_factory) -> dict[str, Path]:
    """Folders of random tiny models by architecture: "gpt2" and "llama"."""
    place = tmp_path_factory.mktemp("tiny")
    return {name: save_tiny_model(place / name, name) for name in ("gpt2", "llama")}


@pytest.fixture(scope="session")
def tiny_models(tiny_folders) -> dict[str, LanguageModel]:
    """Random tiny models by architecture: "gpt2" and "llama"."""
    return {name: lessons.load(folder, device="cpu") for name, folder in tiny_folders.items()}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """A wheel of this repository, built as `make wheel` builds it, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    options = [
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
    ]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(Path(__file__).parents[1])], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture
def bare_python(tmp_path) -> Callable[..., subprocess.CompletedProcess]:
    """Runs a fresh Python that has what `lessons` requires, but not `lessons`: bare_python(code, folder,
    **environment)."""
    venv.create(tmp_path / "bare", with_pip=False)
    python = tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def run(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
        # subtle: packages on PYTHONPATH are found, but .pth files there are not read, so an editable `lessons` is not
        path = os.pathsep.join([*filter(None, [environment.pop("PYTHONPATH", "")]), sysconfig.get_path("purelib")])
        everything = {**os.environ, "PYTHONPATH": path, **environment}
        return subprocess.run(
            [python, "-c", code], cwd=folder, env=everything, capture_output=True, text=True, check=False
        )

    return run
