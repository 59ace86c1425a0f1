# Every verb of the project. What CI runs is what you run: `make test`.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
TARGET ?= demo
# Compiled modules are kept: the daily run is short, and compiling would be a good part of it.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH

.PHONY: demo stack-up stack-down stack-clean test test-unit test-plugin test-probes test-stack test-browser test-fast check bench bench-restore bench-access

# Start the reference stack, run the daily suite against it, leave a report.
demo: stack-up
	$(BIN)/pytest -m daily --target demo

stack-up: $(VENV)/.done
	$(BIN)/python -m stack up

stack-down: $(VENV)/.done
	$(BIN)/python -m stack down

stack-clean: $(VENV)/.done
	$(BIN)/python -m stack clean

# The tests of all this, layer by layer, the cheap ones first; the stack is started once.
test: check stack-up
	$(BIN)/pytest -W error tests

test-unit: $(VENV)/.done
	$(BIN)/pytest -W error tests/unit

test-plugin: $(VENV)/.done
	$(BIN)/pytest -W error tests/plugin

# Real servers on loopback, in namespaces and in throw-away clusters.
test-probes: $(VENV)/.done
	$(BIN)/pytest -W error tests/probes

test-stack: stack-up
	$(BIN)/pytest -W error tests/stack

test-browser: $(VENV)/.done
	$(BIN)/pytest -W error tests/browser

# What needs neither Docker nor a browser.
test-fast: $(VENV)/.done
	$(BIN)/pytest -W error tests/unit tests/plugin

check: $(VENV)/.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Ratios, measured side by side in one run. Not timed tests.
bench: stack-up
	$(BIN)/python tests/bench/daily.py

bench-restore: stack-up
	$(BIN)/python tests/bench/restore.py

bench-access: $(VENV)/.done
	$(BIN)/python tests/bench/access_log.py

$(VENV)/.done: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install Python 3.11 or newer"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@
