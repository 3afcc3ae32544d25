#? PYTHON=python3.12  the Python for .venv
#? WHEELS=folder      install from this folder alone, without a network
#? PIP_INDEX_URL=...  install from a mirror, with pip and with uv
#? ALL=1              make notebooks executes every lesson again, after a change in gradlab/
#? WRITE=1            make bench, bench-grading and scorecard put their tables into docs/
#? UPGRADE=1          make lock takes the newest versions
#? TORCH=torch==...   make test-frameworks takes this PyTorch, if it is for the CPU alone; so JAX=
#? PYODIDE=folder     make site takes Pyodide from this folder, not from its public address

VENV := .venv
BIN := $(VENV)/bin
# What the course needs is installed; what a maintainer needs is added to it.
READY := $(VENV)/.ready
DEV := $(VENV)/.ready-dev
# JupyterLite stands on an older JupyterLab than the lessons, so it has an environment of its own.
LITE := .venv-lite
# PyTorch and JAX are too large for the others.
FRAMEWORKS := .venv-frameworks
UV := $(shell command -v uv 2>/dev/null)
OFFLINE = $(if $(WHEELS),--no-index --find-links $(WHEELS))
PIP_INSTALL = $(if $(UV),$(UV) pip install --python $(@D)/bin/python,$(@D)/bin/python -m pip install \
    --disable-pip-version-check) $(OFFLINE)
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

# The first Python on the path that is new enough; PYTHON=... overrides. Where there is none, uv
# brings one.
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.15 python3.14 python3.13 python3.12 python3.11 python)
FIND_PYTHON = $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))

MAKE_VENV = $(if $(FIND_PYTHON),$(FIND_PYTHON) -m venv --clear $(VENV),$(UV) venv --quiet --clear --seed \
    --python ">=3.11" $(VENV))

.PHONY: lab labextension test test-all test-browser test-frameworks test-pythons check-locks notebooks lock bench bench-grading scorecard book site wheel clean help

lab: $(READY)  ## open the course in JupyterLab; the first run sets up .venv
	@$(BIN)/gradlab start

test: $(DEV)  ## what a change needs: lint, types, floors, the quick tests; a few minutes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow and not browser" \
	    --durations=20 --durations-min=3

test-all: $(DEV)  ## the other tests: hostile answers, nbgrader, the pages in Chromium
	$(BIN)/python -m pytest -n auto --dist loadfile -m "slow and not browser"
	@$(MAKE) --no-print-directory test-browser

test-browser: $(DEV)  ## the lessons, the book and the site in Chromium, a part of test-all
	$(BIN)/python -m pytest tests/browser -rs -n auto --dist loadfile

# pytest ends with 5 where neither is installed, and so nothing is to be tested.
test-frameworks: $(FRAMEWORKS)/.ready  ## what needs PyTorch and JAX, in an environment of its own
	@cat $(FRAMEWORKS)/.ready
	PYTHONPATH=. $(FRAMEWORKS)/bin/python -m pytest -rs -o addopts="--strict-markers --doctest-modules" \
	    --doctest-ignore-import-errors tests/frameworks gradlab/frameworks || [ $$? = 5 ]
	PYTHONPATH=. $(FRAMEWORKS)/bin/python -m pytest -rs -o addopts=--strict-markers \
	    tests/lessons/test_docs.py -k "torch or jax"

# tox finds Pythons on the path alone; those of pyenv are added to it.
PYENV_BINS = $(shell command -v pyenv >/dev/null && pyenv versions --bare | grep -E '^3\.1[1-5]' | \
    while read version; do printf ':%s/bin' "$$(pyenv prefix "$$version")"; done)

test-pythons: $(DEV)  ## the quick tests on each Python from 3.11 to 3.15 that is installed
	PATH="$$PATH$(PYENV_BINS)" $(BIN)/python -m tox run

check-locks: $(DEV)  ## resolve each lock for every Python and system; needs a network
	$(BIN)/python -m tools.check_locks

# The tables come last, because the order of exercises is that of the built lessons.
notebooks: $(DEV)  ## build the lessons whose source changed, and the tables in the documents
	$(BIN)/python -m tools.lessons $(if $(ALL),--all)
	$(BIN)/python -m tools.tables

labextension: $(DEV)  ## after a change under front/: write the digest of its files
	$(BIN)/python -m tools.labextension

bench: $(DEV)  ## measure speed and start-up, side by side
	$(BIN)/python -m tools.benchmarks.run
	$(BIN)/python -m tools.benchmarks.speed $(if $(WRITE),--write)

bench-grading: $(DEV)  ## measure grading beside nbgrader's; half an hour
	$(BIN)/python -m tools.benchmarks.grading $(if $(WRITE),--write)

scorecard: $(DEV)  ## count false alarms and misses, beside other checkers'
	$(BIN)/python -m tools.benchmarks.scorecard $(if $(WRITE),--write)

book: $(DEV)  ## the lessons and documents as web pages, in build/book
	$(BIN)/python -m tools.book

# The files of the page bear the date of the last commit, so that it can be built again.
site: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
site: $(DEV) $(LITE)/.ready  ## the book, with the lessons to run in the browser, in build/site
	$(BIN)/python -m tools.book --lite "lite/notebooks/index.html?path="
	rm -rf build/wheels build/lite build/site
	$(BIN)/python -m hatchling build -t wheel -d build/wheels
	$(LITE)/bin/python -m pip download --disable-pip-version-check --quiet $(OFFLINE) \
	    --no-deps --require-hashes -r tools/site/wheels.lock -d build/wheels
	$(LITE)/bin/python -m tools.site build/lite --wheels build/wheels --book ../ $(if $(PYODIDE),--pyodide "$(PYODIDE)")
	cp -r build/book build/site
	mv build/lite build/site/lite
	@echo "The site is in build/site. To look at it:"
	@echo "    $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site"

wheel: $(DEV)  ## build dist/*.whl, lessons included
	$(BIN)/python -m hatchling build -t wheel

# The versions of every package, with hashes, for every Python and system. What is locked stays,
# unless UPGRADE=1 asks for the newest. The learner's lock is a part of the maintainer's.
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
    --python-version 3.11 $(if $(UPGRADE),--upgrade)
lock: $(DEV)  ## resolve the locks anew, after a change of pyproject.toml
	$(COMPILE) --group pyproject.toml:editable --all-extras pyproject.toml -o requirements-dev.lock
	$(COMPILE) --group pyproject.toml:editable -c requirements-dev.lock pyproject.toml -o requirements.lock
	$(COMPILE) tools/site/requirements.in -o tools/site/requirements.lock
	$(COMPILE) --no-deps tools/site/wheels.in -o tools/site/wheels.lock

# The file says what was installed, and what was left out.
$(FRAMEWORKS)/.ready: $(DEV) tools/frameworks.py
	@echo "Setting up $(FRAMEWORKS) with JAX and, if there is a build for the CPU, PyTorch: once."
	@TORCH="$(TORCH)" JAX="$(JAX)" $(BIN)/python -m tools.frameworks $(FRAMEWORKS) > $(FRAMEWORKS).log
	@mv $(FRAMEWORKS).log $@

clean:  ## remove .venv and caches; your my-course/ stays
	rm -rf $(VENV) $(LITE) $(FRAMEWORKS) .tox .mypy_cache .ruff_cache .pytest_cache dist build

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@sed -n 's/^#? //p' $(MAKEFILE_LIST)

# Written last, so that a set-up that was interrupted is done again.
$(READY): requirements.lock pyproject.toml
	@test -n "$(FIND_PYTHON)$(if $(PYTHON),,$(UV))" || { \
	    echo "No Python 3.11 or newer was found (looked for: $(CANDIDATES))."; \
	    echo "Install one, or name it: make lab PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Setting up $(VENV): about 110 packages, 90 MB, which takes a minute or a few, once."
	@echo "To fetch them from a mirror, set PIP_INDEX_URL to its address."
	@$(BIN)/python $(if $(UV),-V,-m pip --version) >/dev/null 2>&1 || $(MAKE_VENV)
	@$(PIP_INSTALL) --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(READY) requirements-dev.lock
	@echo "Adding to $(VENV) what the tests need: about 80 packages, 210 MB, once."
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(LITE)/.ready: tools/site/requirements.lock
	@echo "Setting up $(LITE) from tools/site/requirements.lock; this takes a minute, once."
	@$(BIN)/python -m venv --clear $(LITE)
	@$(PIP_INSTALL) --require-hashes -r tools/site/requirements.lock
	@touch $@
