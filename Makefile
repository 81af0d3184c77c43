# Every target makes what it needs: an environment in .venv, the package, the tools.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PEERS := .venv-peers
OTHERS := .venv-others
BIN := $(VENV)/bin
OUT ?= out
OFFLINE := $(BIN)/python scripts/without_network.py
FUZZ_SECONDS ?= 300
FUZZ_SEED ?= 1

.PHONY: report quick test test-all checks lint examples notebook bench peers wheel-check sdist-check \
  lowest newest same fuzz mutate browser warm docs clean help
.DEFAULT_GOAL := help

help:
	@echo "make report    the built-in study of the Iraq-Syria border, into $(OUT)/"
	@echo "make quick     linters, types and the tests that tell most in a minute"
	@echo "make test      linters, types, tests, doctests, notebooks, docs, the wheel and the browser test"
	@echo "make test-all  that, on every Python here, with lowest versions, from the sdist, and the fuzzer"
	@echo "make lint      ruff, import-linter, numpydoc, licences, workflow, repository review, mypy"
	@echo "make same      the built-in report on every Python here: equal bytes; with lowest versions: equal numbers"
	@echo "make fuzz      damaged files through every door for $(FUZZ_SECONDS) s (FUZZ_SECONDS, FUZZ_SEED)"
	@echo "make mutate    120 small faults in five rooms, and which test notices, into docs/mutants.md"
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

checks: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache
	$(BIN)/reuse --no-multiprocessing lint --quiet
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/mypy

lint: checks
	$(BIN)/python scripts/check_docstrings.py
	$(BIN)/repo-review .

# Every room, by the files that assert most in least time: a third of all tests in a fiftieth of the time.
QUICK_TESTS := access access_sun access_travel_time archives border_lines crs datasets \
  elevation_refusals fetch_tiles figures_furniture fuzzy grid hard_ground hostile_files \
  incidents_check incidents_exposure incidents_hostile incidents_reading incidents_terms io limits \
  nearest_kernels patrol_rates patrol_response patrol_search patrol_uncertainty repository scenario \
  suite_rules summary surface terrain_landforms terrain_statements tile_terms valleys visibility \
  zones
QUICK := $(foreach test,$(QUICK_TESTS),$(wildcard tests/test_$(test).py tests/*/test_$(test).py))
quick: checks
	$(OFFLINE) $(BIN)/pytest -q -n 2 --dist worksteal $(QUICK)

# What takes one core each runs side by side, before the tests, which take two.
test: $(VENV)/.dev $(VENV)/.docs browser
	$(MAKE) -j 2 lint docs wheel-check warm
	$(OFFLINE) $(BIN)/pytest -n 2 --dist worksteal tests
	$(MAKE) examples

# Compiles the loops that a study takes, once, where each worker of the tests would.
QUICK_RUN := import borderzone as bz; \
  bz.Study.default(bz.Scenario(resolution_m=5000, draws=100, imputations=10)).run()
warm: $(VENV)/.dev
	$(OFFLINE) $(BIN)/python -c "$(QUICK_RUN)"

# Notebooks first: whoever has run all its doctests takes over what is left of them.
examples: $(VENV)/.dev
	$(BIN)/jupytext --quiet --to ipynb notebooks/0*.py
	$(OFFLINE) $(BIN)/pytest -n 2 --dist worksteal --nbmake --nbmake-timeout=300 --doctest-modules notebooks src

notebook: $(VENV)/.dev
	$(BIN)/jupytext --quiet --to ipynb notebooks/0*.py
	$(OFFLINE) $(BIN)/pytest --nbmake --nbmake-timeout=300 -n 2 notebooks

# A browser opens the report in the tests; Debian packages it, PyPI does not.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

# All of this takes about an hour on two cores.
test-all: test
	$(MAKE) lowest
	$(MAKE) newest
	$(MAKE) same
	$(MAKE) sdist-check
	$(MAKE) fuzz FUZZ_SECONDS=60

# The lower bounds of pyproject.toml, on the lowest Python. What old libraries say of the newer ones
# below them is no fault of ours; every other warning is an error here too.
lowest: $(VENV)/.dev
	sh scripts/test_elsewhere.sh 3.11 lowest-direct $(OTHERS)/lowest $(BIN) -W default::DeprecationWarning

# The newest of everything, on every other Python of this machine, with examples drawn anew.
newest: $(VENV)/.dev
	@for version in 3.12 3.13; do \
	  sh scripts/test_elsewhere.sh $$version highest $(OTHERS)/$$version $(BIN) \
	    --hypothesis-profile=explore || exit 1; done

# The same versions of the libraries give the same bytes on every Python, other versions the same numbers.
SAME := $(OTHERS)/same
same: $(VENV)/.dev
	mkdir -p $(SAME)
	$(BIN)/python -m pip freeze --exclude-editable >$(SAME)/versions.txt
	$(OFFLINE) $(BIN)/borderzone report --detail internal --overwrite -o $(SAME)/here >/dev/null
	@for version in 3.12 3.13; do sh scripts/report_elsewhere.sh $$version bytes $(SAME)/here $(BIN) \
	  --constraint $(SAME)/versions.txt || exit 1; done
	sh scripts/report_elsewhere.sh 3.11 numbers $(SAME)/here $(BIN) --resolution lowest-direct

sdist-check: $(VENV)/.dev
	sh scripts/check_sdist.sh $(BIN)

# No network here either: a door that asks for one fails, and is told.
fuzz: $(VENV)/.dev
	$(OFFLINE) $(BIN)/python scripts/fuzz.py --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED)

# Half an hour on two cores.
mutate: $(VENV)/.dev
	$(OFFLINE) $(BIN)/python scripts/mutate.py

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

# Each script of the gallery is run and each figure drawn; then every link of the pages is followed, offline.
DRAWN := docs/reference/generated docs/how-to/gallery docs/sg_execution_times.rst
docs: $(VENV)/.docs
	$(BIN)/python scripts/draw_house.py
	rm -rf docs/_build $(DRAWN)
	$(OFFLINE) $(BIN)/sphinx-build -W --keep-going --fresh-env --quiet -b html docs docs/_build
	$(BIN)/python scripts/check_links.py docs/_build

clean:
	rm -rf $(VENV) $(PEERS) $(OTHERS) $(OUT) dist docs/_build $(DRAWN) notebooks/*.ipynb .pytest_cache .mypy_cache .ruff_cache .hypothesis
