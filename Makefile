# make lab        the course in JupyterLab; the first run sets up .venv
# make test       lint, types, every test, the notebooks included
# make notebooks  both editions of every lesson whose source changed
# make help       the rest
#
# PYTHON=python3.12 names the Python for .venv; WHEELS=folder installs from that folder alone,
# without a network.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# JupyterLite stands on an older JupyterLab than the lessons, so it has an environment of its own.
LITE := .venv-lite
UV := $(shell command -v uv 2>/dev/null)
OFFLINE = $(if $(WHEELS),--no-index --find-links $(WHEELS))
PIP_INSTALL = $(if $(UV),$(UV) pip install --python $(@D)/bin/python,$(@D)/bin/python -m pip install \
    --disable-pip-version-check) --quiet $(OFFLINE)

# The first Python on the path that is new enough; PYTHON=... overrides.
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.13 python3.12 python3.11 python)
FIND_PYTHON = $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))

.PHONY: lab test test-browser test-pythons notebooks lock bench bench-grading scorecard book site wheel clean help

lab: $(READY)
	@$(BIN)/gradlab start

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not browser"
	@$(MAKE) --no-print-directory test-browser

# One test after the other, so that nothing competes with what a learner would wait for.
test-browser: $(READY)
	$(BIN)/python -m pytest tests/browser -rs

# tox finds Pythons on the path alone; those of pyenv are added to it.
PYENV_BINS = $(shell command -v pyenv >/dev/null && pyenv versions --bare | grep -E '^3\.1[123]' | \
    while read version; do printf ':%s/bin' "$$(pyenv prefix "$$version")"; done)

test-pythons: $(READY)
	PATH="$$PATH$(PYENV_BINS)" $(BIN)/python -m tox run

notebooks: $(READY)
	$(BIN)/python -m gradlab.build $(if $(ALL),--all)

bench: $(READY)
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/speed.py $(if $(WRITE),--write)

bench-grading: $(READY)
	$(BIN)/python benchmarks/grading.py $(if $(WRITE),--write)

scorecard: $(READY)
	$(BIN)/python benchmarks/scorecard.py $(if $(WRITE),--write)

book: $(READY)
	$(BIN)/python -m book

# The files of the page bear the date of the last commit, so that it can be built again.
site: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
site: $(READY) $(LITE)/.ready
	$(BIN)/python -m book --lite "lite/notebooks/index.html?path="
	rm -rf build/wheels build/lite build/site
	$(BIN)/python -m hatchling build -t wheel -d build/wheels
	$(LITE)/bin/python -m pip download --disable-pip-version-check --quiet $(OFFLINE) \
	    --no-deps --require-hashes -r lite/wheels.lock -d build/wheels
	$(LITE)/bin/python -m lite build/lite --wheels build/wheels $(if $(PYODIDE),--pyodide "$(PYODIDE)")
	cp -r build/book build/site
	mv build/lite build/site/lite
	@echo "The site is in build/site. To look at it:"
	@echo "    $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site"

wheel: $(READY)
	$(BIN)/python -m hatchling build -t wheel

# The versions of every package, with hashes, for every Python and system; needs uv.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 --all-extras pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 lite/requirements.in -o lite/requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 --no-deps lite/wheels.in -o lite/wheels.lock

clean:
	rm -rf $(VENV) $(LITE) .tox .mypy_cache .ruff_cache .pytest_cache dist build

help:
	@echo "make lab           open the course in JupyterLab"
	@echo "make test          lint, types, every test, the notebooks included"
	@echo "make test-browser  the lessons, the book and the site in Chromium"
	@echo "make test-pythons  the tests on each Python from 3.11 to 3.13 that is installed"
	@echo "make notebooks     build both editions of every lesson whose source changed"
	@echo "make bench         measure speed and start-up, side by side"
	@echo "make bench-grading measure grading beside nbgrader's; half an hour"
	@echo "make scorecard     count false alarms and misses, beside other checkers'"
	@echo "make book          the lessons and documents as web pages, in build/book"
	@echo "make site          the book, with the lessons to run in the browser, in build/site"
	@echo "make wheel         build dist/*.whl, lessons included"
	@echo "make lock          resolve requirements.lock anew (needs uv)"
	@echo "make clean         remove .venv and caches; your my-course/ stays"
	@echo
	@echo "PYTHON=python3.12  the Python for .venv"
	@echo "ALL=1              make notebooks executes every lesson again, after a change in gradlab/"
	@echo "WRITE=1            make bench, bench-grading and scorecard put their tables into docs/"
	@echo "PYODIDE=folder     make site takes Pyodide from this folder, not from its public address"
	@echo "WHEELS=folder      install from this folder alone, without a network"

# Written last, so that a set-up that was interrupted is done again.
$(READY): requirements.lock pyproject.toml
	@test -n "$(FIND_PYTHON)" || { \
	    echo "No Python 3.11 or newer was found (looked for: $(CANDIDATES))."; \
	    echo "Install one, or name it: make lab PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock; this takes a few minutes, once."
	@$(BIN)/python $(if $(UV),-V,-m pip --version) >/dev/null 2>&1 || \
	    $(FIND_PYTHON) -m venv --clear $(VENV)
	$(PIP_INSTALL) --require-hashes -r requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(LITE)/.ready: lite/requirements.lock
	@echo "Setting up $(LITE) from lite/requirements.lock; this takes a minute, once."
	@$(BIN)/python -m venv --clear $(LITE)
	$(PIP_INSTALL) --require-hashes -r lite/requirements.lock
	@touch $@
