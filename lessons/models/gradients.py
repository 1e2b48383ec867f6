"""Whether torch keeps what it would need for gradients: not while a model is asked, but while it is loaded or trained.

Both serve as a decorator, `@without_gradients()`, and in a `with`; not around a `yield`, where others would go on in
that mode.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def without_gradients() -> Iterator[None]:
    """Within: torch's inference mode, entered once, however deep calls lie in one another.

    A stop button can strike just after torch has entered the mode. What would leave it is then kept by the traceback
    and, where another such mode lies around it, is freed after that one and puts back what was inside it: inference
    mode, for the rest of the notebook.
    """
    if torch.is_inference_mode_enabled():
        yield
    else:
        with torch.inference_mode():
            yield


def with_gradients() -> torch.inference_mode:
    """Within: weights that are made can be trained, in whatever mode the notebook is; see above."""
    return torch.inference_mode(False)
