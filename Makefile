# The commands of the project. CI and people run the same ones.
#
#   PYTHON=python3.12   the interpreter .venv is made with (default: the first of python3, python3.13,
#                       python3.12 and python3.11 that is supported)
#   PORT=8501           where the app listens
#   JOBS=2              how many files of tests run side by side; browser tests mostly wait, so two help on two cores
#   ARGS="..."          passed on to pytest, to the benchmark or to uv

PYTHON ?=
PORT ?= 8501
JOBS ?= 2
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
# A stamp is as new as the last installation: pip runs again only when a requirement file is newer.
APP_STAMP := $(VENV)/installed-app
DEV_STAMP := $(VENV)/installed-dev
PINS := requirements.txt constraints.txt
DIRECT = $(shell sed -nE 's/^([A-Za-z0-9._-]+)(\[[^]]*\])?==.*/\1/p' requirements*.txt)

export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
# Half an environment is none: it is made again next time.
.DELETE_ON_ERROR:
.PHONY: help app test lint format screenshots benchmark lock audit clean

help:  ## List the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s%s\n", $$1, $$2}'

app: $(APP_STAMP)  ## Set up what is missing and open the app on http://localhost:8501
	$(PY) -m streamlit run app.py --server.port $(PORT)

test: lint  ## Set up what is missing and run every check and every test
	$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(DEV_STAMP)  ## Check style, types and who may import whom
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright
	$(VENV)/bin/lint-imports

format: $(DEV_STAMP)  ## Rewrite the code in the house style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

screenshots: $(DEV_STAMP)  ## Take the pictures of the app in docs/screenshots again
	SUPERRES_SCREENSHOTS=docs/screenshots $(PY) -m pytest tests/browser $(ARGS)

benchmark: $(DEV_STAMP)  ## Measure speed and memory
	$(PY) -m benchmarks $(ARGS)

# One resolution for every supported Python and platform, with markers where they differ. Pins that still fit stay;
# ARGS=--upgrade renews them all.
lock: $(DEV_STAMP)  ## Pin again, in constraints.txt, what the requirements need in turn
	sed '/^-/d' requirements*.txt | $(PY) -m uv pip compile - --output-file constraints.txt --quiet --no-config \
		--universal --python-version 3.11 --fork-strategy fewest --no-annotate \
		--custom-compile-command 'make lock' $(addprefix --no-emit-package ,$(DIRECT)) $(ARGS)

audit: $(DEV_STAMP)  ## Look the pins up among known vulnerabilities, and list all that is installed in build/sbom.json
	mkdir -p build
	$(PY) -m cyclonedx_py environment --pyproject pyproject.toml --output-file build/sbom.json $(PY)
	sed '/^-/d' requirements.txt constraints.txt > build/pins.txt
	$(PY) -m pip_audit --requirement build/pins.txt --no-deps --disable-pip

clean:  ## Remove .venv and everything else that can be made again
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache build cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(PIP) mends an environment made by hand as well as one made here.
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
