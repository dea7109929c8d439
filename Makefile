# `make run` and `make test` need python3 with venv and pip, nothing else.

PYTHON ?= python3
DATA ?= data
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/locked.txt
AS2LIB := $(VENV)/peers/as2lib
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SERVING := --editable .
TESTING := --editable '.[dev,interop]'
# uv takes a tenth of pip's time; where it cannot be had or finds nothing, pip does it
INDEX = $${PIP_INDEX_URL:-$$($(PIP) config get global.index-url 2>/dev/null)}
INSTALL = { $(PIP) install --constraint $(LOCK) uv && UV_DEFAULT_INDEX="$(INDEX)" \
  $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(LOCK) $(1); } || \
  $(PIP) install --constraint $(LOCK) $(1)
# an install is repeated when one of these changes
INPUTS := pyproject.toml $(LOCK)

# each start of the gateway would compile every library anew
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help run test gathered bench interop as2lib lint format sftp-client browser lock vendor texts screenshots clean

help:
	@echo "make run     install and serve with demo data in ./$(DATA)"
	@echo "make test    every check: lint, types, imports, tests with coverage"
	@echo "make bench   an order converted; AS2: rate against pyas2lib, memory for 1 GB"
	@echo "make interop AS2 with other products, 3,000 flipped bits per kind of message"
	@echo "make lint    ruff, mypy, import contracts, unused dependencies"
	@echo "make format  put the source into its one format"
	@echo "make lock    choose the newest allowed versions anew"
	@echo "make vendor  bundle the editor anew (needs Node and npm)"
	@echo "make texts   gather the texts of the pages for translation, compile"
	@echo "make screenshots  take a picture of every page"
	@echo "make clean   remove the virtual environment and caches; data stays"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# Two stamps: serving needs no test tools.
$(VENV)/run.stamp: $(INPUTS) | $(BIN)/python
	@$(call INSTALL,$(SERVING))
	@touch $@

$(VENV)/dev.stamp: $(INPUTS) | $(BIN)/python
	@$(call INSTALL,$(TESTING))
	@touch $@ $(VENV)/run.stamp

# exec: Ctrl-C reaches the gateway itself, and its exit code is make's
run: $(VENV)/run.stamp
	@exec $(BIN)/envelope-gateway serve --demo --data $(DATA)

# three on two cores: many tests wait for something
test: $(VENV)/dev.stamp
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target lint gathered browser
	$(BIN)/pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder --cov --cov-report=term

# compiles once, beside mypy, what each process of the tests would compile for itself
gathered: $(VENV)/dev.stamp
	@$(BIN)/pytest --collect-only --quiet --quiet --no-cov >$(VENV)/gathered.txt || \
	  { cat $(VENV)/gathered.txt; exit 1; }

bench: $(VENV)/dev.stamp
	$(BIN)/python bench/conversion.py; first=$$?; \
	  $(BIN)/python bench/as2.py && exit $$first

# hundreds of exchanges, then damage: the HTTP test flips a fifth of what it is told
interop: $(VENV)/dev.stamp as2lib
	$(BIN)/pytest tests/interop \
	  $$(test -d $(AS2LIB)/classes && echo --as2lib $(AS2LIB))
	$(BIN)/pytest tests/as2_server -k "flip or damage" --flips 3000 --timeout 1800
	$(BIN)/pytest tests/as2_server/test_refusing.py -k flip --flips 15000 \
	  --timeout 1800

# a Java product as a partner, where Maven and a compiler are there to fetch it
as2lib:
	@command -v mvn >/dev/null && command -v javac >/dev/null && \
	mvn -q -B -f tests/peers/as2lib dependency:copy-dependencies \
	  -DoutputDirectory=$(CURDIR)/$(AS2LIB)/lib && \
	javac -d $(AS2LIB)/classes -cp '$(AS2LIB)/lib/*' tests/peers/as2lib/*.java || \
	  echo "as2-lib could not be fetched (needs mvn, javac): its tests are skipped"

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# The acceptance tests drive the gateway with OpenSSH's own client.
sftp-client:
	@command -v sftp >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openssh-client; \
	fi >/dev/null 2>&1 </dev/null; \
	command -v sftp >/dev/null || \
	  echo "no sftp client (Debian: openssh-client): its tests are skipped"

# The page is tested in Debian's own browser: its shell, which takes half the time.
browser: sftp-client
	@command -v chromium-headless-shell >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && \
	  { apt-get install -y -qq --no-install-recommends chromium-headless-shell || \
	    command -v chromium || apt-get install -y -qq chromium; }; \
	fi >/dev/null 2>&1 </dev/null; \
	command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || \
	  echo "no browser (Debian: chromium-headless-shell): its tests are skipped"

# What the pages say, gathered for the translators. A text that is new stands empty in
# each messages.po; `make test` fails until it is translated and compiled by this.
POT := build/messages.pot
texts: $(VENV)/run.stamp
	@mkdir -p build
	$(BIN)/pybabel -q extract -F babel.toml -k N_ --add-location=file --sort-by-file \
	  --no-wrap --project="Envelope Gateway" --output=$(POT) .
	$(BIN)/pybabel -q update -i $(POT) -d admin_web/locale --no-fuzzy-matching \
	  --ignore-obsolete --ignore-pot-creation-date --no-wrap
	$(BIN)/pybabel -q compile -d admin_web/locale --statistics

screenshots: $(VENV)/dev.stamp browser
	$(BIN)/python bench/screenshots.py docs/screenshots

lock: $(VENV)/run.stamp
	{ sed -n '/^#/p' $(LOCK); $(BIN)/uv pip compile pyproject.toml --upgrade --quiet \
	  --extra dev --extra interop --extra postgres --universal --python-version 3.11 \
	  --no-annotate --no-header; } > $(LOCK).new
	mv $(LOCK).new $(LOCK)

# the result is committed: nobody but who changes a version needs Node
vendor:
	cd packaging/codemirror && npm ci --ignore-scripts && node build.js

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
	  .hypothesis .coverage build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
