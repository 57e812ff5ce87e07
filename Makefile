# The commands to know: make demo, make test, make lint, make bench. Each does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools
ARGS ?=

.PHONY: demo test lint bench bench-codecs fuzz proto codec lock clean

demo: $(VENV)/.demo $(TOOLS)/.demo
	$(BIN)/farwire demo $(ARGS)

test: $(VENV)/.dev $(TOOLS)/.dev
	bash tests/system-packages.sh
	$(BIN)/pytest $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev $(TOOLS)/.dev
	bash tests/system-packages.sh
	$(BIN)/python -m tests.bench $(ARGS)

# Of `make bench` the codecs alone: bytes a reading beside other codecs and the bound, and rates.
bench-codecs: $(VENV)/.dev $(TOOLS)/.dev
	$(BIN)/python -m tests.bench.bench_codecs

# Mutated frames through every decoder; ARGS="--frames 20000 --seed 1 --minutes 5" for another run.
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz $(ARGS)

# Regenerates the contract's stubs from cloud/farwire_contract/v1/*.proto.
proto: $(VENV)/.dev
	cd cloud && ../$(BIN)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. --grpc_python_out=. \
	    farwire_contract/v1/*.proto

# Regenerates the codec for ChirpStack's UI from codecs/farwire_codecs/javascript/ and the tables of LPP types.
codec: $(VENV)/.dev
	$(BIN)/python -m farwire_codecs.javascript > codecs/chirpstack/farwire.js

# Pins every dependency, with hashes; the files carry no addresses.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --extra demo --extra checkout pyproject.toml -o requirements/demo.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --extra demo --extra checkout --extra dev pyproject.toml \
	    -c requirements/demo.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) $(TOOLS)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Farwire needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/demo.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.demo

# The DynamoDB engine's binary (package-lock.json pins it by hash). Where there is none for this machine
# the demo runs on moto and says so, so a failure here stops nothing.
$(TOOLS)/.demo: requirements/npm/package-lock.json | $(VENV)/.demo
	mkdir -p $(TOOLS) && cp requirements/npm/package.json requirements/npm/package-lock.json $(TOOLS)/
	cd $(TOOLS) && ../$(BIN)/npm ci --omit=dev --no-audit --no-fund --loglevel=error \
	    || echo "no DynamoDB engine binary for this machine: moto will serve, in memory"
	touch $@

# For the tests also MicroPython.
$(TOOLS)/.dev: requirements/npm/package-lock.json | $(VENV)/.dev
	mkdir -p $(TOOLS) && cp requirements/npm/package.json requirements/npm/package-lock.json $(TOOLS)/
	cd $(TOOLS) && ../$(BIN)/npm ci --no-audit --no-fund --loglevel=error
	touch $@ $(TOOLS)/.demo
