# Two commands: `make lab` opens the lessons, `make test` runs every test. The first of either makes .venv and installs into it.

PYTHON ?= python3
ARGS ?=
RUN := .venv/bin/python
START := notebooks/en/00_start_here.ipynb
# In a container one often is root, and Jupyter wants to be told that this is meant.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
.DEFAULT_GOAL := help
.PHONY: help lab test lint bench badges wheel

help:  ## this list
	@echo "make TARGET [ARGS=...] [PYTHON=python3.12]"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

lab: .venv/.ready  ## open the lessons in JupyterLab; ARGS="--no-browser --port 8899" is passed on
	@$(RUN) -m jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/$(START) $(AS_ROOT) $(ARGS)

test: .venv/.ready  ## run every test and every notebook, side by side; ARGS="-k beam" is passed on
	@$(RUN) -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

lint: .venv/.dev  ## check style, spelling and that notebooks are stored without outputs
	@$(RUN) -m ruff check .
	@$(RUN) -m codespell_lib README.md CONTRIBUTING.md lessons tests tools
	@$(RUN) -m nbstripout --verify notebooks/*/*.ipynb

bench: .venv/.ready  ## measure speed, write benchmarks/RESULTS.md
	@$(RUN) -m benchmarks $(ARGS)

badges: .venv/.ready  ## write first cells, exercises, terms and README's table anew; REPO=owner/name adds address and Colab badges
	@$(RUN) tools/badges.py $(REPO)
	@$(RUN) tools/exercises.py
	@$(RUN) tools/terms.py

wheel: .venv/.ready  ## build dist/lessons-….whl, to upload beside a notebook in Colab
	@$(RUN) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

# One line for each thing that can be missing: Python, its venv module, the network.
PYTHON_MISSING = "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1 | tail -1); name another: make $(MAKECMDGOALS) PYTHON=python3.12"
VENV_MISSING = "$(PYTHON) has no venv module: install it (on Debian and Ubuntu: sudo apt install python3-venv)"
NETWORK_MISSING = "No network: pip cannot reach its package index. pip says: $$( $(LAST_ERROR) )"
PIP_FAILED = "pip could not install the packages. It says: $$( $(LAST_ERROR) )"
LAST_ERROR = { grep ERROR .venv/pip.log || cat .venv/pip.log; } | tail -1 | sed 's/^ *//'
NO_CONNECTION = 'connection broken|Max retries|Temporary failure|Could not resolve|No route to host'
INSTALL = $(RUN) -m pip install --disable-pip-version-check -c constraints.txt

.venv/.ready: pyproject.toml constraints.txt
	@$(RUN) -c "" 2> /dev/null || { \
	  $(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" 2> /dev/null || { echo $(PYTHON_MISSING); exit 1; }; \
	  $(PYTHON) -c "import ensurepip, venv" 2> /dev/null || { echo $(VENV_MISSING); exit 1; }; \
	  $(PYTHON) -m venv --clear .venv || { echo $(VENV_MISSING); exit 1; }; }
	@echo "Installing into .venv; the first time takes some minutes."
	@$(INSTALL) -e ".[lab,test]" 2> .venv/pip.log || { \
	  if grep -qE $(NO_CONNECTION) .venv/pip.log; then echo $(NETWORK_MISSING); else echo $(PIP_FAILED); fi; exit 1; }
	@touch $@

.venv/.dev: .venv/.ready
	@$(INSTALL) --quiet -e ".[dev]"
	@touch $@
