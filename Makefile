# Everything a contributor needs. The environment is made once, in .venv, from pinned versions.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   := .demo

.PHONY: help demo test lint format bench bench-generator accuracy messages gallery docs clean

help:
	@echo "make demo   import two real runs, compare them, write an HTML report"
	@echo "make test   run the whole test suite"
	@echo "make lint   ruff, mypy --strict, import-linter"
	@echo "make bench  import, summary, comparison, report: against others, or a bound (a quarter of an hour)"
	@echo "make bench-generator  the load generator against others (about fifteen minutes)"
	@echo "make accuracy  false alarms and misses, measured (about ten minutes)"
	@echo "make messages  bring the translations up to date with the texts of the code"
	@echo "make gallery  take the pictures of the documentation again (needs chromium)"
	@echo "make docs   build the documentation into site/"

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,docs]'
	@touch $@

demo: $(READY)
	@rm -rf $(DEMO)
	@$(BIN)/perfanalysis import fixtures/demo/base.json.xz -o $(DEMO)/baseline.run
	@$(BIN)/perfanalysis import fixtures/demo/slow.json.xz -o $(DEMO)/current.run
	@# Exit 1 says that a regression was found, which is what this demonstration is about.
	@$(BIN)/perfanalysis compare $(DEMO)/current.run $(DEMO)/baseline.run --report $(DEMO)/report.html; \
	  code=$$?; test $$code -eq 1 && test -s $(DEMO)/report.html && \
	  echo && echo "The report lies in $(DEMO)/report.html: open it in a browser."

test: $(READY)
	$(BIN)/pytest -n auto

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/compare_cost.py
	$(BIN)/python benchmarks/report_cost.py

bench-generator: $(READY)
	$(BIN)/python benchmarks/generator

accuracy: $(READY)
	$(BIN)/python benchmarks/accuracy

messages: $(READY)
	$(BIN)/pytest -q tests/reports/language/test_catalogues.py --update-golden

gallery: $(READY)
	$(BIN)/python docs/scripts/gallery.py

docs: $(READY)
	@# The theme announces its successor on every build; what it would say is in ARCHITECTURE.md.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) $(DEMO) site dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
