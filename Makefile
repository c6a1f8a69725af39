# Each target makes .venv and installs what it needs there; `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
TARGET ?= local
BROWSER ?= yes
POSTGRESQL ?= yes
# scrapyd-deploy: of the development environment, or else of a small one, as on a node.
CLIENT := $(if $(wildcard .venv/bin/scrapyd-deploy),.venv,.venv-deploy)

.PHONY: help demo check test lint docs picture tools wheel lock deploy browser postgresql clean

help:
	@echo "make demo     install what the demo needs and crawl the demo network (no network access)"
	@echo "make check    ruff, mypy and the unit tests"
	@echo "make test     the whole test suite; installs Chromium and PostgreSQL as root"
	@echo "make lint     ruff and mypy"
	@echo "make docs     rewrite the JSON Schema and the reference documents from the code"
	@echo "make picture  take the screenshot for README.md"
	@echo "make tools    check that other tools open the exports of the demo"
	@echo "make wheel    build the wheel into dist/"
	@echo "make lock     resolve deploy/requirements.txt anew, with hashes (from PyPI)"
	@echo "make deploy   send the project to a Scrapyd of scrapy.cfg: make deploy TARGET=server"
	@echo "make clean    remove .venv and caches"

demo: .venv/.demo
	$(BIN)/scrapy demo

check: lint
	$(BIN)/pytest -q -n auto --dist loadfile -m "not slow"

test: .venv/.test browser postgresql
	$(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/.test
	$(BIN)/scrapy schema --write
	$(BIN)/python docs/generate.py

# The picture in README.md: the report page of the demo.
picture: demo
	chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,900 \
	  --screenshot=docs/images/report.png "file://$$PWD/data/demo/report/index.html"

# Hugging Face datasets, mlcroissant, csvclean and check-jsonschema.
tools: demo .venv/.export .venv/.tools
	$(BIN)/python -m benchmarks.tools --data data/demo

wheel: .venv/.test
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

# For every platform and Python since 3.11; tests/test_supply_chain.py fails where it is outdated.
lock: .venv/.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --custom-compile-command "make lock" --no-emit-find-links \
	  -o deploy/requirements.txt deploy/requirements.in

# Scrapyd runs the version that sorts last, so the time comes first.
deploy: $(CLIENT)/bin/scrapyd-deploy
	$(CLIENT)/bin/scrapyd-deploy $(TARGET) \
	  --version "$$(date -u +%Y%m%dT%H%M%S)-$$(git describe --always --dirty)"

# The extra `deploy` alone, without what a crawl needs.
.venv-deploy/bin/scrapyd-deploy: pyproject.toml
	$(PYTHON) -m venv .venv-deploy
	.venv-deploy/bin/pip install --quiet $$($(PYTHON) -c 'import tomllib; print(*(r.replace(" ", "") for r in \
	  tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["deploy"]))')
	@touch $@

# The tests of rendered pages need the system's Chromium. BROWSER=no leaves it out.
browser:
	@for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do \
	  command -v $$name >/dev/null && exit 0; done; \
	if [ "$(BROWSER)" = yes ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing chromium with apt-get for the tests of rendered pages; BROWSER=no skips it."; \
	  apt-get update -q && apt-get install -qy --no-install-recommends chromium chromium-sandbox; \
	else echo "Chromium is missing, its tests will fail; as root: apt-get install chromium" >&2; fi

# The tests of nodes start a PostgreSQL server of their own. POSTGRESQL=no leaves them out.
postgresql:
	@command -v pg_ctl >/dev/null || ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 && exit 0; \
	if [ "$(POSTGRESQL)" = yes ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing postgresql with apt-get for the tests of nodes; POSTGRESQL=no skips it."; \
	  apt-get update -q && apt-get install -qy --no-install-recommends postgresql; \
	else echo "PostgreSQL is missing, its tests are skipped; as root: apt-get install postgresql" >&2; fi

# .venv/.demo holds for the extra `demo`, and so on. Setuptools warns of every editable installation.
.venv/.%: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "newscrawl needs Python 3.11 or newer; run: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing python3-venv with apt-get, as Python's venv module is missing."; \
	    apt-get update -q && apt-get install -qy python3-venv; \
	  else echo "Python's venv module is missing; as root: apt-get install python3-venv" >&2; exit 1; fi
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

clean:
	rm -rf .venv .venv-deploy build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
