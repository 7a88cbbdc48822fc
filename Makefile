# The README's two commands are `make run` and `make test`; each sets up what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test chromium lint types check lock bench docs history scoreboard calibration clean
.DEFAULT_GOAL := run

run: $(VENV)/.runtime
	@echo "==> Simulating the situation of August 2025: the H20 re-opened at 15 percent"
	@$(BIN)/chipgate run --out out/h20-reopened
	@echo "==> Open out/h20-reopened/report.html in a browser"

test: $(VENV)/.dev chromium
	@echo "==> Running the tests"
	@if command -v chromium >/dev/null; then $(BIN)/python -m pytest; else \
	  echo "==> WITHOUT the browser tests: there is no Chromium here (on Debian: apt-get install chromium)"; \
	  $(BIN)/python -m pytest --ignore=tests/app_browser; fi

# The browser tests drive Debian's Chromium; where it can be installed, it is.
chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && echo "==> Installing Chromium for the browser tests" && apt-get update -qq && apt-get install -y -qq chromium; } || true

lint: $(VENV)/.dev
	@echo "==> Linting"
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/ruff format --check src tests benchmarks

types: $(VENV)/.dev
	@echo "==> Checking types"
	@$(BIN)/mypy

check: lint types test

$(VENV)/.python:
	@echo "==> Setting up Python in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Chipgate needs Python 3.11 or later: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python requirements.lock pyproject.toml
	@echo "==> Installing Chipgate and the libraries pinned in requirements.lock"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "==> Installing the development tools pinned in requirements-dev.lock"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# Resolve the pins anew (needs uv: pip install uv).
lock:
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements.lock -o requirements-dev.lock

bench: $(VENV)/.dev
	@$(BIN)/python benchmarks/rules.py
	@$(BIN)/python benchmarks/market.py
	@$(BIN)/python benchmarks/workload.py
	@$(BIN)/python benchmarks/news.py
	@$(BIN)/python benchmarks/app_load.py

docs: $(VENV)/.dev
	@$(BIN)/python -m chipgate.docs

# Apart from the other pages, since it runs the market.
history: $(VENV)/.runtime
	@$(BIN)/chipgate record --prior --markdown docs/history.md

# The posteriors that ship, their checks and the page on them: hours on two cores, resumable.
calibration: $(VENV)/.runtime
	@$(BIN)/chipgate calibrate --out out/calibrate
	@cp out/calibrate/posterior/*.json src/chipgate/data/posterior/
	@$(BIN)/chipgate calibrate --out out/calibrate --synthetic 24 --members 256 --as-of 2024-03-31 > /dev/null
	@for day in 2024-03-31 2025-08-17; do \
	  $(BIN)/chipgate calibrate --out out/calibrate --nuts --as-of $$day --warmup 60 --samples 100 > /dev/null; done
	@$(BIN)/chipgate calibrate --out out/calibrate --page docs/calibration.md

# Resumable: runs are kept in out/backtest.
scoreboard: $(VENV)/.runtime
	@$(BIN)/chipgate backtest --cache out/backtest --markdown docs/scoreboard.md

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis out
