# Two commands do everything: `make run` and `make test`. Both set up what is missing first.
PYTHON ?= python3
CARE := .venv/bin/care

.PHONY: run test check eval bench bench-start torture lock clean

run: ## set up what is missing and start the bot
	@$(PYTHON) scripts/setup.py
	@exec $(CARE) run

test: ## set up what is missing, then lint, types and all tests
	@$(PYTHON) scripts/setup.py --test
	@$(MAKE) --no-print-directory check
	@.venv/bin/python -m pytest

check: ## lint, formatting, types, import rules
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

eval: ## answers, triage and the English gate on texts never trained on; the answers beside three peers
	@$(PYTHON) scripts/setup.py --test
	@$(CARE) evaluate --peers $(or $(QUESTIONS),$(wildcard ../shared/eval/faq_dev.jsonl) benchmarks/questions.jsonl)
	@.venv/bin/python -m benchmarks.tickets
	@.venv/bin/python -m benchmarks.language

bench: ## speed and memory, as ratios in one run
	@$(PYTHON) scripts/setup.py --test
	@.venv/bin/python -m benchmarks.speed
	@.venv/bin/python -m benchmarks.slack
	@.venv/bin/python -m benchmarks.console

bench-start: ## a newcomer's first and second start, in a fresh clone
	@$(PYTHON) scripts/setup.py --test
	@.venv/bin/python -m benchmarks.start

torture: ## the promises in full size
	@$(PYTHON) scripts/setup.py --test
	@TORTURE=1 .venv/bin/python -m pytest tests/promises

lock: ## resolve the lock files anew (needs uv)
	@sh scripts/lock.sh

clean: ## remove what set-up and training made; keeps the data folder
	rm -rf .venv .venv-rasa .rasa models/encoder models/index models/dialogue*
