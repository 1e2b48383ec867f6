"""The page's arithmetic, `site/model`, in a browser beside the package; and texts to try both on."""

import base64
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import browsing
import torch
from torch import Tensor

if TYPE_CHECKING:
    from lessons.models.language_model import LanguageModel

PIECES = (
    *("Once upon a time", " there was a king", " who don't", "'LL", " the fox's", " 12,345", "½", "Ⅷ", "¡", "—", "…"),
    *(
        "안녕하세요",
        " 옛날 옛적에",
        " 여우가",
        "ㅋㅋ",
        "日本",
        " ελλ",
        "مرحبا",
        "é",
        "e\u0301",
        "🙂",
        "👩‍🚀",
        " 🇰🇷",
        "  ",
        " \u00a0 ",
        "\u3000",
    ),
    *(
        "\r\n",
        "\n\n ",
        "\t",
        "\x00",
        "\x1f",
        "\x7f",
        "\x85",
        "\ufeff",
        "\u200b",
        "\u180e",
        "<|endoftext|>",
        "<|endof",
        "�",
    ),
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Nothing."""


class Page:
    """A page of the checkout's own server on which the arithmetic, `js`, and the model are there."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        page.goto(f"{url}/site/model/")
        self.run(
            """window.js = await import("/site/model/index.js");
            window.model = await js.loadModel("/lessons/assets/model/");
            window.packed = (row) => btoa(Array.from(new Uint8Array(row.buffer), (one) => String.fromCharCode(one)).join(""));
            window.unpacked = (text) => new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);"""
        )

    def run(self, code: str, given: object = None) -> Any:
        """What a piece of JavaScript returns for what it is given."""
        return self.page.evaluate(f"async (given) => {{ {code} }}", given)


def unpacked(text: str) -> Tensor:
    """(V,) 32-bit numbers as a page packs them."""
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)


def packed(row: Tensor) -> str:
    return base64.b64encode(row.numpy().tobytes()).decode()


@contextmanager
def opened() -> Iterator[Page]:
    """A page in a browser of its own, served from this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=browsing.ROOT)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with browsing.browser() as chromium:
            yield Page(chromium.new_page(), f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def drawn_prompts(lm: "LanguageModel", number: int) -> list[str]:
    """Texts of phrases, Hangul, emoji, controls, the end-of-text token, any letters, any tokens."""
    chance, drawn = random.Random(0), []
    while len(drawn) < number:
        letters = [chr(chance.choice([*range(0xD800), *range(0xE000, 0x20000)])) for _ in range(chance.randrange(3))]
        tokens = lm.decode(chance.choices(range(lm.vocabulary_size), k=chance.randrange(5)))
        parts = [*chance.choices(PIECES, k=chance.randrange(1, 6)), *letters, tokens]
        drawn.append("".join(chance.sample(parts, len(parts))))
    return drawn


def drawn_knobs(chance: random.Random) -> dict[str, float]:
    """One to three knobs."""
    values = {
        "temperature": chance.choice([0.1, 0.7, 1.3, 2.0, 5.0]),
        "top_k": chance.choice([1, 2, 5, 50, 4096]),
        "top_p": chance.choice([0.05, 0.5, 0.9, 0.95, 0.999]),
        "min_p": chance.choice([0.001, 0.05, 0.1, 1.0]),
        "typical_p": chance.choice([0.05, 0.2, 0.9, 0.99]),
        "repetition_penalty": chance.choice([0.8, 1.2, 2.0]),
        "no_repeat_ngram_size": chance.choice([1, 2, 3]),
    }
    return {name: values[name] for name in chance.sample(sorted(values), chance.randrange(1, 4))}
