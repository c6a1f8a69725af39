# make demo | test | lint | docs | deploy | clean. Each target makes .venv and installs what is missing.
PYTHON ?= python3
BIN := .venv/bin
TARGET ?= local
STAMP := .venv/.installed
# A node needs no development environment: without .venv one with scrapyd-client alone is made.
DEPLOY := $(if $(wildcard .venv/bin/scrapyd-deploy),.venv,.venv-deploy)

.PHONY: demo test lint docs deploy browser clean

demo: $(STAMP)
	$(BIN)/scrapy demo

test: $(STAMP) browser
	$(BIN)/pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Rewrites what is generated from the code: the record's JSON Schema and its documentation.
docs: $(STAMP)
	$(BIN)/scrapy schema --write

# Sends the project to a Scrapyd, one of the targets in scrapy.cfg. Scrapyd runs the version that
# sorts last, so the time comes first.
deploy: $(DEPLOY)/bin/scrapyd-deploy
	$(DEPLOY)/bin/scrapyd-deploy $(TARGET) \
	  --version "$$(date -u +%Y%m%dT%H%M%S)-$$(git describe --always --dirty)"

.venv-deploy/bin/scrapyd-deploy: pyproject.toml
	$(PYTHON) -m venv .venv-deploy
	.venv-deploy/bin/pip install --quiet $$($(PYTHON) -c 'import tomllib; print(*(r.replace(" ", "") for r in \
	  tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["deploy"]))')
	@touch $@

# The system's browser, for pages of applications. The tests need it; a crawl and the demo do without
# and say so, as it is large.
browser:
	@for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do \
	  command -v $$name >/dev/null && exit 0; done; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -qy --no-install-recommends chromium chromium-sandbox; \
	  else echo "Chromium is missing, and its tests will fail; as root: apt-get install chromium" >&2; fi

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "newscrawl needs Python 3.11 or newer; run: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -qy python3-venv; \
	  else echo "Python's venv module is missing; as root: apt-get install python3-venv" >&2; exit 1; fi
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[demo,deploy,export,test]'
	@touch $@

clean:
	rm -rf .venv .venv-deploy build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
