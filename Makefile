# Everything a machine with Python 3.11-3.13, pip and make needs: make demo, make test.
# `make lock` renews requirements.lock, which names every package with its hashes and no index.

.DEFAULT_GOAL := help
.PHONY: help install test lint types imports unit docs reference words demo lock spark clean

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
WORDS := .venv/.words
PORT ?= 8000
DEMO ?= $(shell $(BIN)/python -c 'from troth.web.project.embedded import default_home; print(default_home() / "demo")' 2>/dev/null)

# Without cached bytecode every start costs several times as much.
unexport PYTHONDONTWRITEBYTECODE

help:  ## Say what can be made.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

install: $(STAMP) $(WORDS)  ## Prepare .venv: pinned uv, the hashed lock, Troth itself; compile the translations.

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Troth needs Python 3.11, 3.12 or 3.13 on the path (or make PYTHON=/path/to/python)."; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || { sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock \
		&& $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.lock; }
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .
	$(BIN)/python -m compileall -q src
	@touch $@

$(WORDS): $(STAMP) $(wildcard src/troth/web/project/locale/*/LC_MESSAGES/django.po)
	$(BIN)/python -m tools.translations compile
	@touch $@

test: lint types imports unit  ## Check form, style, types and room contracts, then run all tests.

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# The compiled kernels take the second core meanwhile; tests then find them on disk.
types: install
	@$(BIN)/python -m tools.kernels & $(BIN)/mypy && wait $$!

imports: install
	$(BIN)/lint-imports

unit: install
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

docs: install  ## Build the documentation into site/; a broken link is an error.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

reference: install  ## Write the generated pages of docs/reference anew.
	$(BIN)/python -m tools.reference

words: install  ## Read all texts of the site into the catalogues of its languages, and compile them.
	$(BIN)/python -m tools.translations update
	$(BIN)/python -m tools.translations compile

# The demo has a folder of its own beside your data: neither is touched by the other.
demo: install  ## Run the made-up company's site, today in progress, until Ctrl-C.
ifdef CHECK
	$(BIN)/python -m tools.check_demo $(DEMO)-check 8901
else
	$(BIN)/troth serve --demo --data $(DEMO) --port $(PORT)
endif

spark: install  ## Add Apache Spark, which needs Java 17 or later.
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements-spark.lock

lock: install  ## Resolve requirements.lock, and what Spark adds to it, anew from pyproject.toml.
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --output-file requirements.lock
	sed -n 's/^spark = \["\(.*\)"\]/\1/p' pyproject.toml | $(BIN)/uv pip compile - --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --output-file requirements-spark.lock

clean:  ## Remove what was built (not your lake).
	rm -rf .venv site demo-data demo-lake report.html dist
