# Billing Workbench. Every target makes .venv from requirements.lock the first time.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.made-from-lock
.DEFAULT_GOAL := help

# what can be made here
help:
	@awk '/^# /{text=substr($$0,3)} /^[a-z-]+:/{split($$1,name,":"); if (text) printf "  make %-8s %s\n", name[1], text; text=""}' Makefile

# a bundled example company through every stage to a finished audit pack
demo: $(STAMP)
	@$(BIN)/workbench demo

# every proof that ends within 15 minutes: controls, loader, pack, notebooks, browser
test: $(STAMP)
	$(BIN)/python -m pytest

# the long proofs: every mutant, every control on Spark, ten million lines
prove: $(STAMP)
	$(BIN)/python -m pytest -m prove -o addopts="-ra -p no:nbval -n logical --dist worksteal" tests/test_control_mutation.py
	$(BIN)/python -m pytest -m prove -o addopts="-ra -p no:nbval -n 2 --dist worksteal --durations=10" --ignore tests/test_control_mutation.py tests

# style, types, SQL, layers, notebook hygiene
check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 1 queries
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_house.py tests/test_notebook_hygiene.py

# JupyterLab on the notebooks
lab: $(STAMP)
	$(BIN)/workbench lab

# the controls beside pandas: seconds, peak memory, ratios
bench: $(STAMP)
	$(BIN)/python -m bench

# Spark as a second engine for .venv (470 MB; needs Java 17)
spark: $(STAMP)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes \
		--only-binary :all: --no-binary pyspark -r requirements-spark.lock

# new texts into the catalogues of the languages, and what is left to translate
messages: $(STAMP)
	@$(BIN)/python -m tests.language.gather

# pin every dependency again, with hashes and without an address (needs uv)
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra dev --upgrade pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra dev --extra spark -c requirements.lock pyproject.toml -o requirements-spark.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, found $$($(PYTHON) --version); try: make PYTHON=python3.11 ..."; exit 2; }
	@echo "Making .venv from requirements.lock (once, about two minutes) ..."
	@$(PYTHON) -m venv .venv || \
		{ echo "Python cannot make a virtual environment here; on Debian: apt-get install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
	@echo "Ready."

.PHONY: help demo test prove check lab bench spark lock
