# The commands of a day. Each does its own set-up: a fresh clone needs only Python 3.11+ and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile pyproject.toml --extra voices --extra pico --extra s3 --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-annotate --quiet

.PHONY: demo test soak lint bench quality baseline foreign lock wheel clean help

help:
	@echo "make demo | test | soak | lint | bench | quality | baseline | foreign | lock | wheel | clean"

# The locked packages first, then the project itself without asking for anything more.
$(VENV)/.run: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "didgen needs Python 3.11 or newer; say make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/.run
	$(BIN)/didgen build hello

test: $(VENV)/.dev lint
	$(BIN)/pytest -n auto --maxprocesses 8 --dist loadfile

# The long runs: a thousand kills, every step and system call, disks of every size, a hundred thousand changes of
# projects. Some hours; no network, no key.
soak: $(VENV)/.dev
	$(BIN)/python -m tests.money
	$(BIN)/python -m tests.watch
	$(BIN)/python -m tests.mutation
	$(BIN)/python -m tests.serve
	$(BIN)/python -m tests.walk.clones
	$(BIN)/python -m tests.golden

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev $(VENV)/.bench
	$(BIN)/python -m tests.bench

# The gallery of faces and the driver clips, rendered and measured: about half a minute of CPU each. Identity needs two packages more.
quality: $(VENV)/.dev $(VENV)/.quality
	$(BIN)/python -m tests.quality

baseline: $(VENV)/.dev $(VENV)/.quality
	$(BIN)/python -m tests.quality --write-baseline
	$(BIN)/python -m tests.quality --write-baseline --quick --sentence 1 eileen woman-2

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/bench.txt
	@touch $@

$(VENV)/.quality: requirements/quality.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/quality.txt
	@touch $@

# Clients that others wrote, against our server: a fuzzer by its description, a generated client. Ten minutes of two cores.
foreign: $(VENV)/.dev $(VENV)/.foreign
	$(BIN)/python -m tests.serve clients schema --minutes 8

$(VENV)/.foreign: requirements/foreign.txt
	$(PYTHON) -m venv $(VENV)/foreign
	$(VENV)/foreign/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/foreign.txt
	@touch $@

lock: $(VENV)/.dev
	$(COMPILE) --group build -o requirements/run.txt
	$(COMPILE) --extra ja --extra espeak --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile --group quality --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --quiet -o requirements/quality.txt
	$(BIN)/uv pip compile --group bench --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --quiet -o requirements/bench.txt
	$(BIN)/uv pip compile --group foreign --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --quiet -o requirements/foreign.txt
	echo uv | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --quiet -o requirements/uv.txt

wheel: $(VENV)/.dev
	$(BIN)/uv build --wheel --no-build-isolation --python $(BIN)/python --out-dir dist

clean:
	rm -rf $(VENV) dist .didgen output
