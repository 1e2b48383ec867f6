"""How all tests run, in tests/, in docstrings and in notebooks."""

import os

import watched_notebooks

watched_notebooks.watch()

if "PYTEST_XDIST_WORKER" in os.environ:  # side by side: one thread each, in the kernels of notebooks too
    os.environ.setdefault("OMP_NUM_THREADS", "1")
