# What one does daily. `make demo` and `make test` set up all they need; nothing else has to be run before.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PYTEST_ARGS ?=
SEED ?= 1
MINUTES ?= 10

.PHONY: demo test once install install-test debian lint types imports check collected unit campaign fuzz speed bench screenshots docs lock deb bundle clean

demo: install  ## a whole hall on this machine, with simulated devices
	$(BIN)/hallcall demo

once: install  ## one real visit through the separate processes, as JSON
	$(BIN)/hallcall demo --once --json

test:  ## everything the gate runs: what waits for packages to come beside what needs the processor
	$(MAKE) --jobs 3 check unit

check: lint imports types

install: $(VENV)/.installed
install-test: $(VENV)/.installed-test

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ $(VENV)/.installed

debian:  ## Chromium, fonts, voice, ... for the tests; only what is missing, only if allowed
	sh .ci/debian

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-test
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: install-test
	$(BIN)/lint-imports

# Some thousand processes of the product start in the tests: without kept bytecode each compiles it anew. So the tests are
# read once, beside the type check which needs one processor and while Debian's packages come, before five processes would
# each compile them.
collected unit: export PYTHONDONTWRITEBYTECODE =
collected: install-test
	$(BIN)/python -m pytest --collect-only --quiet --quiet > /dev/null || true  # the run itself tells what is wrong

unit: debian collected
	$(BIN)/python -m pytest -m "not campaign and not speed" --numprocesses 5 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

campaign: debian install-test  ## long soak and crash campaigns; not in the gate
	$(BIN)/python -m pytest -m campaign --hypothesis-profile=explore $(PYTEST_ARGS)

fuzz: debian install-test  ## bad input of every kind, MINUTES long, by a SEED; not in the gate
	$(BIN)/python -m tests.fuzz --seed $(SEED) --minutes $(MINUTES)

speed: debian install-test  ## wall-clock figures against their bounds; on a quiet machine, not in the gate
	$(BIN)/python -m pytest -m speed $(PYTEST_ARGS)

bench: install-test
	$(BIN)/hallcall bench --json

screenshots: debian install-test  ## pictures of every page from the running product, into docs/pictures
	$(BIN)/python -m tests.browser.screenshots

docs: install-test  ## pages generated from the code
	$(BIN)/python -m caller.docs.states > docs/states.md
	$(BIN)/python -m caller.docs.settings > docs/settings.md
	$(BIN)/python -m caller.docs.wire > docs/wire.md
	$(BIN)/python -m caller.docs.records > docs/records.md

lock: install  ## the dependencies resolved anew for all platforms, with hashes: packaging/lock.txt, packaging/platforms.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5,<1'
	$(BIN)/python packaging/lock.py make

deb:  ## dist/hallcall_VERSION_ARCH.deb for this Debian release; PYTHON: its own python3
	PYTHON=$(PYTHON) sh packaging/deb.sh

bundle:  ## a folder in dist/ that installs with the network cut off: Linux on x86-64 and ARM64, Windows; CPython 3.11–3.13
	PYTHON=$(PYTHON) sh packaging/bundle.sh

clean:
	rm -rf dist $(VENV) .pytest_cache .ruff_cache .hypothesis .hallcall .demo
