# The front door: needs python3 (3.11 or newer) and make; everything else goes into .venv.
# All paths are relative and commands go through `python -m`, so the folder may have any name.

SCENARIO = configs/spike.yaml
CASES = ../shared/cases/theory/cases.yaml
SEED = 1

ifeq ($(OS),Windows_NT)
PYTHON = python
PY = .venv/Scripts/python
export PYTHONUTF8 = 1
else
PYTHON = python3
PY = .venv/bin/python
endif

PIP = $(PY) -m pip install -qq --no-input --disable-pip-version-check -c constraints.txt

# Set in some containers: without bytecode every start would compile all libraries again.
unexport PYTHONDONTWRITEBYTECODE
# These would make pip install somewhere else than into .venv.
unexport PIP_USER PIP_TARGET PIP_PREFIX PYTHONHOME

# A folder of tables for this one, where the others take a file; what the command line says wins.
conformance-kubernetes: CASES = ../shared/cases/kubernetes

.PHONY: help run test lint conformance conformance-kubernetes notebooks bench schema clean

help:
	@echo "make run       simulate $(SCENARIO) and write its report (another: SCENARIO=configs/NAME.yaml)"
	@echo "make test      the quick tests, on all cores"
	@echo "make lint      ruff and mypy"
	@echo "make conformance  cases with known answers (another file: CASES=FILE; another seed: SEED=2)"
	@echo "make conformance-kubernetes  the tables of Kubernetes' own tests (others: CASES=FOLDER)"
	@echo "make notebooks execute the notebooks anew, in place"
	@echo "make bench     speed, as ratios"
	@echo "make schema    write configs/scenario.schema.json anew"
	@echo "make clean     remove .venv, caches and builds; runs are kept"

run: .venv/.installed
	@$(PY) -m simulator run "$(SCENARIO)"

test: .venv/.installed-dev
	@$(PY) -m pytest -n auto

lint: .venv/.installed-dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check -q .
	@$(PY) -m mypy simulator conformance

conformance: .venv/.installed
	@$(PY) -m conformance "$(CASES)" --seed $(SEED)

conformance-kubernetes: .venv/.installed
	@$(PY) -m conformance.kubernetes "$(CASES)"

notebooks: .venv/.installed-dev
	@$(PY) -m notebooks.refresh

bench: .venv/.installed
	@$(PY) -m benchmarks

schema: .venv/.installed
	@$(PY) -m simulator schema > configs/schema.tmp || { rm -f configs/schema.tmp; exit 1; }
	@mv configs/schema.tmp configs/scenario.schema.json

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv whose Python is gone or was moved is made anew; a half-made one is not left behind.
.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "fleetsim needs Python 3.11 or newer as '$(PYTHON)'; name another with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { \
		echo "This Python cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@$(PY) -c '' 2>/dev/null || { \
		echo "Setting up .venv (once, a minute or two) ..."; \
		rm -rf .venv; $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }; }
	@$(PIP) -e .
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo "Adding the test tools to .venv (once) ..."
	@$(PIP) -e ".[dev]"
	@touch $@
