# Requires Python 3.11 and make only. `make` without a target lists the targets.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak lock vendor chromium

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
SANDBOX_PORT ?= 8001
LIBRARY ?= 500
SEED ?= 1
# Extra arguments of pytest, as in `make test PYTEST="-k lineage"`.
PYTEST ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links
# Settings that `check --deploy` requires of a server with HTTPS.
DEPLOYED := DEBUG=false SECRET_KEY=a-key-for-this-check-only-0123456789-abcdefghijklmnopqrstuvwxyz \
	SECURE_COOKIES=true SECURE_SSL_REDIRECT=true SECURE_HSTS_SECONDS=31536000 \
	SECURE_HSTS_INCLUDE_SUBDOMAINS=true SECURE_HSTS_PRELOAD=true

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)$$/make \1#\2/p' Makefile | while IFS='#' read -r name what; do \
		printf '%-12s %s\n' "$$name" "$$what"; done

demo: .venv/runtime ## run Stemma with a sandbox provider; PORT=8000 SANDBOX_PORT=8001 LIBRARY=500 SEED=1
	@exec $(BIN)/python manage.py demo --port $(PORT) --sandbox-port $(SANDBOX_PORT) --library $(LIBRARY) --seed $(SEED)

test: check chromium ## run all checks, then all tests; PYTEST="-k lineage" selects some
	$(BIN)/pytest --numprocesses 2 --dist worksteal $(PYTEST)

check: .venv/dev ## run all checks: format, lint, templates, types, layers, migrations, deployment
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	find templates -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv/dev ## measure, print a table, write var/bench.json
	$(BIN)/python benchmarks/run.py

soak: .venv/dev ## run the long tests
	$(BIN)/pytest -m soak

lock: .venv/dev ## pin the dependencies in pyproject.toml, with hashes
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --extra dev --output-file requirements-dev.txt

vendor: ## download the front-end files in static/vendor
	static/vendor/vendor.sh

# uv installs in seconds; where it is not available, pip does the same in a minute.
.venv/bin/python:
	$(PYTHON) -m venv .venv
	@$(PIP) install uv || echo "Continuing without uv."

# Marker files with the time of the last installation, so that a changed lock file is installed again.
.venv/runtime: requirements.txt .venv/bin/python
	@$(call install,requirements.txt)
	@touch $@

.venv/dev: requirements-dev.txt .venv/bin/python
	@$(call install,requirements-dev.txt)
	@touch $@ .venv/runtime

install = if [ -x $(BIN)/uv ]; then VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes -r $(1); \
	else $(PIP) install --require-hashes -r $(1); fi

# Use the system's Chromium, else the distribution's package, else the one that Playwright downloads.
chromium: .venv/dev
	@if [ -n "$$CHROMIUM" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium."; apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	else $(BIN)/playwright install chromium; fi
