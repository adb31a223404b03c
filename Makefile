# make run     the main flow on the sample; prints the path of the report
# make test    the default tests, offline
# make test-more  the slow tests, and those of the data beside the checkout
# make test-browser  the page in Debian's chromium, whose headless shell it installs where neither is (needs root for that)
# make test-rest  everything that make test leaves out, in one session; what CI runs after make test
# make test-postgres  the store's tests on a PostgreSQL server of their own, whose package it installs where there is none (needs root for that)
# make bench   speed, memory and quality beside plain BERTopic, up to a million papers, and of each encoder (an hour and a half, Linux, needs the data folder)
# make bench-trends  how often trend verdicts are right, on planted truth (up to ten minutes)
# make bench-themes  how theme shares follow ten arXiv categories (about twenty minutes, needs the data folder)
# make bench-labels  whether intervals from labels hold the truth; arXiv's categories answer (twenty minutes, needs the data folder)
# make bench-readers  themes against labelled Daily Papers, drug classes and ten literature searches (fifteen minutes, needs the data folder)
# make bench-encoders  speed and quality of each encoder on the same papers (an hour, needs the data folder)
# make bench-student  how near the student comes to MiniLM and how much faster it is (half an hour)
# make bench-identity  how many papers keep their topic when papers come or a fit is made anew (half an hour)
# make bench-page  how soon a report of the sample, of Daily Papers and of 76,500 arXiv papers can be used, and its size (ten minutes, needs chromium and the data folder)
# make bench-age  a thousand daily runs in one workspace: whether time, memory and space grow with them (about an hour, Linux, needs the data folder)
# make bench-ingest  records a second and memory of every source format (about four minutes, Linux)
# make bench-dedup  whether every paper is there once: labelled duplicates, 76,500 arXiv papers (about three minutes, needs the data folder)
# make bench-topic-names  whether papers carry the labels of their topics, and terms beside plain BERTopic's (ten minutes, needs the data folder)
# make lint    ruff, mypy, import-linter, numpydoc
# make docs    the generated pages of docs/: reference and tables of the benchmarks
# make audit   known vulnerabilities of constraints.txt, by pip-audit; needs its service on the network
# Each makes .venv from constraints.txt when it is not there or older than its list.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
AUDITOR := .venv/audit
SHELL := /bin/bash

.PHONY: run test test-more test-browser test-postgres test-rest bench bench-trends bench-themes bench-labels bench-readers bench-encoders bench-student bench-identity bench-page bench-age bench-ingest bench-dedup bench-topic-names lint docs audit constraints clean

# Two workers for two cores. Tests of one xdist group share what is made once, such as rendered pages.
# Compiled modules and tests are kept even where the environment says otherwise: each worker, each session and each
# command in a process of its own would compile them again.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist loadgroup

# The headless shell is the same engine without the windows of a browser, which cost a third of its time.
define INSTALL_CHROMIUM
	@command -v chromium-headless-shell > /dev/null || command -v chromium > /dev/null || { apt-get -qq update && \
		apt-get -qq install --yes --no-install-recommends chromium-headless-shell \
		fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji > /dev/null; }
endef
define INSTALL_POSTGRESQL
	@compgen -G '/usr/lib/postgresql/*/bin/postgres' > /dev/null || command -v postgres > /dev/null || \
		{ apt-get -qq update && apt-get -qq install --yes --no-install-recommends postgresql > /dev/null; }
endef

run: .venv/.installed
	@$(BIN)/papertrends run

test: .venv/.installed-dev
	@$(PYTEST)

# The rest: real network weights and whole flows, and what reads the data beside the checkout.
test-more: .venv/.installed-dev
	@$(PYTEST) -m "(slow or shared) and not postgres and not browser"

test-browser: .venv/.installed-dev
	$(INSTALL_CHROMIUM)
	@$(PYTEST) -m browser tests/reports tests/flows

# The tests start and stop the server, in a temporary folder.
test-postgres: .venv/.installed-dev
	$(INSTALL_POSTGRESQL)
	@$(PYTEST) -m postgres tests/flows

# One session, so that modules are collected and whole runs made once. Four workers on two cores: many of these tests
# wait for a process or a browser.
test-rest: .venv/.installed-dev
	$(INSTALL_CHROMIUM)
	$(INSTALL_POSTGRESQL)
	@$(PYTEST) -n 4 -m "slow or shared or browser or postgres"

# Encoders too: every ratio of speed and quality from one run on one machine.
bench: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_scale.py
	@$(BIN)/python benchmarks/bench_encoders.py

bench-trends: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_trends.py

bench-themes: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_arxiv_themes.py

bench-labels: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_labels.py

bench-readers: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_readers.py

bench-encoders: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_encoders.py

bench-student: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_student.py

bench-page: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_page.py

bench-identity: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_identity.py

bench-age: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_age.py

bench-ingest: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_ingest.py

bench-dedup: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_dedup.py

bench-topic-names: .venv/.installed-dev
	@$(BIN)/python benchmarks/bench_topic_names.py

lint: .venv/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(git ls-files 'analytics/*.py')

docs: .venv/.installed-dev
	@$(BIN)/python -m docs.make_reference

# Apart from lint, which works offline. Strict: what the service does not know counts as a failure, not as safe.
audit:
	@test -x $(AUDITOR)/bin/pip-audit || { $(PYTHON) -m venv $(AUDITOR) && \
		$(AUDITOR)/bin/python -m pip --disable-pip-version-check --quiet install pip-audit; }
	@$(AUDITOR)/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement constraints.txt

# Writes the versions of what is installed; run it after a change of the dependencies.
constraints: .venv/.installed-dev
	@$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt

clean:
	rm -rf .venv

.venv/.installed: pyproject.toml constraints.txt install.py
	@echo "installing into .venv (a minute the first time)"
	@start=$$SECONDS; \
	test -x $(BIN)/python || $(PYTHON) -m venv .venv; \
	$(BIN)/python install.py || exit 1; \
	echo "installed in $$((SECONDS - start)) s"
	@touch $@

.venv/.installed-dev: .venv/.installed
	@$(PIP) install --no-compile --constraint constraints.txt --editable '.[dev]'
	@touch $@
