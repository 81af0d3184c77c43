# Every target makes what it needs: an environment in .venv, the package, the tools.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
OUT ?= out
OFFLINE := $(BIN)/python scripts/without_network.py

.PHONY: report test lint types notebook bench peers wheel-check browser docs clean help
.DEFAULT_GOAL := help

help:
	@echo "make report    the built-in study of the Iraq-Syria border, into $(OUT)/"
	@echo "make test      linters, types, tests, doctests, notebooks, the wheel and the browser test"
	@echo "make lint      ruff, import-linter, numpydoc, repository review, mypy"
	@echo "make notebook  execute the notebooks into notebooks/*.ipynb"
	@echo "make bench     measured speeds, as ratios against other programs in the same run"
	@echo "make peers     the other programs, in $(PEERS)/; bench makes them too"
	@echo "make docs      the documentation as HTML, into docs/_build"
	@echo "make clean     remove what these targets made"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.core: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/.docs: $(VENV)/.core pyproject.toml
	$(BIN)/python -m pip install --quiet --group docs
	@touch $@

report: $(VENV)/.core
	$(BIN)/borderzone report -o $(OUT) --overwrite

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache
	$(BIN)/numpydoc lint $$(find src -name '*.py' | sort)
	$(BIN)/repo-review . 
	$(BIN)/mypy

test: lint browser $(VENV)/.dev
	$(OFFLINE) $(BIN)/pytest -n 2 --dist worksteal tests
	$(OFFLINE) $(BIN)/pytest --doctest-modules src
	$(MAKE) notebook
	$(MAKE) wheel-check

notebook: $(VENV)/.dev
	$(BIN)/jupytext --quiet --to ipynb notebooks/0*.py
	$(OFFLINE) $(BIN)/pytest --nbmake --nbmake-timeout=300 -n 2 notebooks

# A browser opens the report in the tests; Debian packages it, PyPI does not.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

wheel-check: $(VENV)/.dev
	sh scripts/check_wheel.sh $(PYTHON) $(BIN)/python

# Programs to measure against. What cannot be installed is said in the table.
PROGRAMS := gdaldem:gdal-bin grass:grass-core saga_cmd:saga
peers: $(PEERS)/.done
	@for pair in $(PROGRAMS); do command -v $${pair%%:*} >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $${pair##*:} >/dev/null; } \
	  || echo "$${pair%%:*} is not installed and could not be"; done
	@/usr/bin/python3 -c "import osgeo" 2>/dev/null || \
	  apt-get install -y -qq --no-install-recommends python3-gdal >/dev/null || \
	  echo "the bindings of GDAL are not installed and could not be"

$(PEERS)/.done: pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --upgrade pip
	$(PEERS)/bin/python -m pip install --quiet --group peers
	@touch $@

bench: $(VENV)/.dev peers
	@for script in benchmarks/bench_*.py; do echo; $(BIN)/python $$script || exit 1; done

docs: $(VENV)/.docs
	rm -rf docs/generated
	$(BIN)/sphinx-build -W --keep-going --fresh-env --quiet -b html docs docs/_build

clean:
	rm -rf $(VENV) $(PEERS) $(OUT) dist docs/_build docs/generated notebooks/*.ipynb .pytest_cache .mypy_cache .ruff_cache .hypothesis
