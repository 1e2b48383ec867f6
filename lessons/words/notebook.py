"""Whether this is a notebook's Python."""

from IPython.core.getipython import get_ipython


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this: pictures and widgets can be shown."""
    return getattr(get_ipython(), "kernel", None) is not None
