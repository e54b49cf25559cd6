# Every target does its own set-up first (scripts/set-up); with nothing to do that takes a blink.

PYTHON = .venv/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-web check bench fuzz docs pictures lock clean

help: ## this list
	@echo "Ringward: make TARGET [ARGS=\"...\"]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 12

demo: ## a small office, live in this terminal (ARGS="--once --json FILE": end by itself, keep the record)
	@scripts/set-up run
	@$(PYTHON) -m ringward.demo $(ARGS)

test: ## all tests, those with SIPp, baresip and tshark included (ARGS="tests/domain -k region": some of them)
	@scripts/set-up test
	@$(PYTHON) -m pytest --numprocesses=auto --dist=loadgroup $(ARGS)

test-web: ## the pages in Chromium, and under a scanner that takes its time (SCAN_SECONDS=60: looking for pages)
	@scripts/set-up test
	@SCAN_SECONDS=$${SCAN_SECONDS:-60} $(PYTHON) -m pytest tests/web tests/strangers/test_pages.py \
	    tests/strangers/test_guided_flows.py tests/strangers/test_scenarios_in_pages.py \
	    tests/strangers/test_first_visit.py tests/strangers/test_scanner.py $(ARGS)

check: ## form, types, imports: ruff, mypy, import contracts, shellcheck
	@scripts/set-up test
	.venv/bin/ruff format --check src tests benchmarks scripts
	.venv/bin/ruff check src tests benchmarks scripts
	.venv/bin/mypy
	.venv/bin/lint-imports
	shellcheck scripts/lock scripts/set-up .ci/run

bench: ## the numbers, beside peers measured in the same run (ARGS="--help": choices)
	@scripts/set-up bench
	@$(PYTHON) -m benchmarks $(ARGS)

fuzz: ## random input for all that reads what strangers send (FUZZ_SECONDS=60: in total; ARGS="line_side": some)
	@scripts/set-up test
	@$(PYTHON) -c "import atheris" 2>/dev/null || \
	    .venv/bin/uv pip install --quiet --python $(PYTHON) --requirements pyproject.toml --extra fuzz
	@PYTHONPATH=tests $(PYTHON) -m fuzz $(ARGS)

docs: ## write the reference pages that the code decides
	@scripts/set-up run
	@$(PYTHON) scripts/write_reference.py

pictures: ## take the pictures of the documentation anew, in Chromium
	@scripts/set-up test
	@PYTHONPATH=tests $(PYTHON) scripts/take_pictures.py

lock: ## resolve the dependencies of pyproject.toml anew into the lock files
	@scripts/set-up test
	@scripts/lock

clean: ## remove what set-up and the tools made
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
