# The commands of the project. CI and people run the same ones.
#
#   PYTHON=python3.12   interpreter for .venv (default: the first of python3, python3.13, python3.12 and
#                       python3.11 that is supported)
#   PORT=8501           port of the app
#   JOBS=2              test files that run in parallel; browser tests mostly wait, so two help even on two cores
#   ARGS="..."          passed on to pytest, to the benchmark or to uv

PYTHON ?=
PORT ?= 8501
JOBS ?= 2
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
# A stamp is as new as the last installation: pip runs again only if a requirements file is newer.
APP_STAMP := $(VENV)/installed-app
DEV_STAMP := $(VENV)/installed-dev
PINS := requirements.txt constraints.txt
DIRECT = $(shell sed -nE 's/^([A-Za-z0-9._-]+)(\[[^]]*\])?==.*/\1/p' requirements*.txt)

export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
# Remove an incomplete environment, so that it is made again next time.
.DELETE_ON_ERROR:
.PHONY: help app test lint format screenshots benchmark lock audit clean

help:  ## List the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s%s\n", $$1, $$2}'

app: $(APP_STAMP)  ## Set up what is missing and open the app on http://localhost:8501
	$(PY) -m streamlit run app.py --server.port $(PORT)

test: lint  ## Set up what is missing and run all checks and tests
	$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(DEV_STAMP)  ## Check style, types and imports between packages
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright
	$(VENV)/bin/lint-imports

format: $(DEV_STAMP)  ## Format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

screenshots: $(DEV_STAMP)  ## Renew the screenshots in docs/screenshots
	SUPERRES_SCREENSHOTS=docs/screenshots $(PY) -m pytest tests/browser $(ARGS)

benchmark: $(DEV_STAMP)  ## Measure speed and memory
	$(PY) -m benchmarks $(ARGS)

# One resolution for all supported Pythons and platforms, with markers where they differ. Pins that still fit are
# kept; ARGS=--upgrade renews them all.
lock: $(DEV_STAMP)  ## Pin the indirect dependencies in constraints.txt
	sed '/^-/d' requirements*.txt | $(PY) -m uv pip compile - --output-file constraints.txt --quiet --no-config \
		--universal --python-version 3.11 --fork-strategy fewest --no-annotate \
		--custom-compile-command 'make lock' $(addprefix --no-emit-package ,$(DIRECT)) $(ARGS)

audit: $(DEV_STAMP)  ## Check the pins for known vulnerabilities, and list everything installed in build/sbom.json
	mkdir -p build
	$(PY) -m cyclonedx_py environment --pyproject pyproject.toml --output-file build/sbom.json $(PY)
	sed '/^-/d' requirements.txt constraints.txt > build/pins.txt
	$(PY) -m pip_audit --requirement build/pins.txt --no-deps --disable-pip

clean:  ## Remove .venv and all generated files
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache build cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(PIP) also repairs environments that were made by hand.
$(APP_STAMP): $(PINS) | $(PY)
	@echo "Installing what the app needs (a few minutes the first time)."
	$(PIP) install -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt requirements-openvino.txt requirements-training.txt $(PINS) | $(PY)
	@echo "Installing what the app and its tests need (a few minutes the first time)."
	$(PIP) install -r requirements-dev.txt
	@touch $@ $(APP_STAMP)

$(PY):
	@sh scripts/make_venv.sh $(VENV) $(PYTHON)
