# Two commands do everything: `make run` and `make test`. Set-up happens behind stamps, so nothing is done twice.
# `make UV=1 …` installs with uv instead of pip.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMPS := .stamps
EXTRAS ?= heic,postgres,otel,onnx,dev
WORKERS ?= 2
# what `make run` and `make serve` work on; unset it for the user's own data folder
export MAQUETTE_DATA ?= $(CURDIR)/data
# no version check, no progress bars in logs
export PIP_DISABLE_PIP_VERSION_CHECK := 1

ifdef UV
INSTALL = $(BIN)/pip install -q uv && $(BIN)/uv pip install -q --python $(BIN)/python
else
INSTALL = $(BIN)/pip install -q
endif

.DEFAULT_GOAL := help
.PHONY: help run serve test test-all test-python test-web test-browser test-tools check web docs format clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(STAMPS)/py  ## four sample photos -> cut-outs, a 3D model as GLB and USDZ, LODs, pictures and a report in out/
	$(BIN)/maquette make examples/sample/front.jpg examples/sample/left.jpg examples/sample/right.jpg \
		examples/sample/back.jpg -o out
	@echo "Now: make serve"

serve: $(STAMPS)/py $(STAMPS)/web  ## the server with its page, on http://127.0.0.1:8760
	$(BIN)/maquette serve

web: $(STAMPS)/web  ## build the page

check: $(STAMPS)/py $(STAMPS)/npm  ## style, types, layers, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python scripts/generate_docs.py --check
	$(BIN)/maquette openapi | cmp - openapi.json
	cd web && npm run --silent check

test: test-tools test-python test-web test-browser  ## all tests but the slow ones

test-all: test-tools $(STAMPS)/npm  ## all tests
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "slow or not slow"
	$(MAKE) test-web test-browser

# the Khronos validator, which the tests of models run, comes by npm
test-python: $(STAMPS)/py $(STAMPS)/npm
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not slow"

test-web: $(STAMPS)/npm
	cd web && npm test --silent

test-browser: $(STAMPS)/py $(STAMPS)/web
	cd web && npm run --silent test:browser

test-tools: $(STAMPS)/py
	@scripts/install_test_tools.sh

docs: $(STAMPS)/py $(STAMPS)/npm  ## write what is derived from the code: reference, openapi.json, the page's types
	$(BIN)/python scripts/generate_docs.py
	$(BIN)/maquette openapi -o openapi.json
	cd web && npm run --silent types

format: $(STAMPS)/py  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove what was built and installed here
	rm -rf .venv $(STAMPS) out web/node_modules src/maquette/webui dist

$(STAMPS)/py: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) -c constraints.txt -e ".[$(EXTRAS)]"
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/npm: web/package-lock.json $(wildcard web/package.json web/*/package.json web/packages/*/package.json)
	cd web && npm ci --silent --no-audit --no-fund
	@mkdir -p $(STAMPS) && touch $@

WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
$(STAMPS)/web: $(STAMPS)/npm $(WEB_SOURCES)
	cd web && npm run --silent build
	@mkdir -p $(STAMPS) && touch $@
