"""How all tests run, in tests/, in docstrings and in notebooks."""

import os

import watched_notebooks

watched_notebooks.watch()

if "PYTEST_XDIST_WORKER" in os.environ:  # workers side by side share the cores: one thread each, kernels of notebooks too
    os.environ.setdefault("OMP_NUM_THREADS", "1")
