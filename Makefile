# `make demo` and `make test` need nothing but Python (3.11 to 3.13) and make.
PYTHON ?= python3
BIN := .venv/bin
# A file's tests stay together: they share what takes seconds to make. A process may need 1 GB.
# Files in their own order: the longest have few tests, and would come last where most come first.
TOGETHER := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# Hundreds of processes begin in the tests: each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test test-all lint bench bench-peers docs notebook results clean

help:
	@echo "make demo      install, then a study in under a minute, on data that needs no network"
	@echo "make test      install, then format, lint, types and tests"
	@echo "make test-all  the same with the full-length checks"
	@echo "make bench     side by side with Keras' fit"
	@echo "make bench-peers  side by side with Avalanche, in an environment of its own"
	@echo "make docs      all pages, notebooks and the reference as a site, in site/index.html"
	@echo "make results   the tables of docs/results.md, from the records in docs/data"
	@echo "make notebook  execute the notebooks in docs/notebooks anew"
	@echo "make clean     remove what was installed and made"

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit(f"Found Python {v[0]}.{v[1]}; TensorFlow needs 3.11 to 3.13: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

install: .venv/installed

demo: install
	$(BIN)/ebb run class-order --quick

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest $(TOGETHER)

test-all: lint .venv/docs
	$(BIN)/python -m pytest $(TOGETHER) -m ""

bench: install
	$(BIN)/python -m benchmarks

.venv-peers/installed: Makefile
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet avalanche-lib==0.6.0 torch==2.14.1 torchvision==0.29.1
	touch $@

bench-peers: install .venv-peers/installed
	$(BIN)/python -m benchmarks.peers

results: install
	$(BIN)/python docs/results.py

.venv/docs: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	touch $@

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

notebook: install
	$(BIN)/python docs/execute.py

clean:
	rm -rf site .venv .venv-peers .mypy_cache .pytest_cache .ruff_cache .hypothesis
