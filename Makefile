# `make` alone prints what there is. Everything installed goes to .venv, everything kept to instance/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
READY := .venv/.ready
TOOLS := .venv/tools
PYTEST := $(BIN)/python -m pytest

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'Install the Debian package python3-venv first.' >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements.lock
	$(BIN)/python -m pip check --quiet --disable-pip-version-check
	touch $@

setup: $(READY) ## Make .venv and install the pinned packages (run and test do it by themselves)

$(TOOLS)/.ready: requirements-tools.txt
	test -x $(TOOLS)/bin/python || $(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-tools.txt
	touch $@

pins: $(TOOLS)/.ready ## After a change of requirements.txt: write requirements.lock anew, with the hash of every file
	$(TOOLS)/bin/uv pip compile --quiet --native-tls --no-deps --generate-hashes --universal --no-annotate \
	  --custom-compile-command 'make pins' --output-file requirements.lock requirements.txt

sbom: $(TOOLS)/.ready ## The software bill of materials, CycloneDX: instance/sbom.json
	mkdir -p instance
	$(TOOLS)/bin/cyclonedx-py requirements requirements.lock --output-reproducible --output-file instance/sbom.json

run: setup ## Start the console: database, demo data, web and worker; Ctrl-C ends it
	@$(BIN)/python run.py

packages: ## Install the Debian packages that the tests need (PostgreSQL, Chromium, fonts)
	@.ci/packages

test: setup packages test-sqlite test-postgres test-browser ## Every test: on SQLite, on PostgreSQL, in a browser

test-sqlite: setup ## The suite on SQLite
	@echo '== The suite on SQLite'
	TEST_DATABASE=sqlite $(PYTEST) -n $(JOBS) --dist loadfile tests --ignore=tests/browser

test-postgres: setup ## The suite on a PostgreSQL server of its own
	@echo '== The suite on PostgreSQL'
	TEST_DATABASE=postgresql $(PYTEST) -n $(JOBS) --dist loadfile tests --ignore=tests/browser

test-browser: setup ## The walks in a real browser
	@echo '== The walks in a browser'
	TEST_DATABASE=sqlite $(PYTEST) -n $(JOBS) --dist loadfile tests/browser

screenshots: setup ## The browser tests, which then also take the pictures of README.md
	SCREENSHOTS=1 TEST_DATABASE=sqlite $(PYTEST) -n $(JOBS) --dist loadfile tests/browser

lint: setup ## Style, import rules and known weaknesses
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/bandit -q -r -c pyproject.toml app models views config.py run.py

bench: setup ## The measurements of benchmarks/README.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt
	$(BIN)/python -m benchmarks.run

soak: setup packages ## Long tests: load, kill, contention
	TEST_DATABASE=sqlite $(PYTEST) -m soak tests --ignore=tests/browser
	TEST_DATABASE=postgresql $(PYTEST) -m soak tests --ignore=tests/browser

translations: setup ## Bring the Spanish up to date, compile it, and name what waits for a translator
	$(BIN)/python -m translations

clean: ## Take out what was generated; instance/ (the data) and .venv stay
	find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf
	rm -rf .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results

.PHONY: help setup pins sbom run packages test test-sqlite test-postgres test-browser screenshots lint bench soak translations clean
