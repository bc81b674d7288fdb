# `make demo` and `make test` need nothing but make, bash and a Python 3.12 or later:
# they build .venv themselves, and again only when what it is made of has changed.

export MPLBACKEND := Agg
export PYTHON

RUN := .venv/bin/python -m
MADE_OF := pyproject.toml constraints.txt tools/environment tools/find-python
BENCHMARKS = $(wildcard benchmarks/[!_]*.py)

.PHONY: help demo test validate validate-short check lint types layers pages benchmark docs links clean

help:
	@echo "make demo            tables, pictures and the report of the bundled example, in demo/"
	@echo "make test            the fast tests"
	@echo "make check           style, types, import layers, and the fast tests"
	@echo "make validate        the statistics, by simulation: slow"
	@echo "make validate-short  the same with fewer simulated surveys"
	@echo "make pages           the report as a browser shows it; needs Chromium"
	@echo "make docs            the documentation, in build/docs"
	@echo "make links           whether its links to other sites lead somewhere"
	@echo "make benchmark       time and memory"
	@echo "make clean           remove the environment and everything built"

demo: .venv/ready
	@.venv/bin/jfmodels demo --out demo

test: .venv/ready-dev
	$(RUN) pytest -n 2

pages: .venv/ready-dev
	$(RUN) pytest -m browser

validate: .venv/ready-dev
	$(RUN) pytest -n 2 -m slow

validate-short: .venv/ready-dev
	JFMODELS_SHORT=1 $(RUN) pytest -n 2 -m slow

check: lint types layers test

lint: .venv/ready-dev
	$(RUN) ruff check
	$(RUN) ruff format --check

types: .venv/ready-dev
	$(RUN) mypy

layers: .venv/ready-dev
	.venv/bin/lint-imports --no-logo

benchmark: .venv/ready-dev
	@for each in $(BENCHMARKS); do echo "$$each"; .venv/bin/python "$$each" || exit 1; done
	@$(if $(BENCHMARKS),:,echo "There is no benchmark yet.")

docs: .venv/ready-dev
	$(RUN) sphinx -W --keep-going -n -b html -d build/doctrees docs build/docs
	@echo "Open build/docs/index.html"

links: .venv/ready-dev
	$(RUN) sphinx -b linkcheck -d build/doctrees docs build/links

clean:
	rm -rf .venv demo build dist docs/generated docs/notebooks docs/reference

.venv/ready: $(MADE_OF)
	@tools/environment
	@touch $@

.venv/ready-dev: $(MADE_OF)
	@tools/environment dev
	@touch .venv/ready $@
