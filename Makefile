# Every target installs what it needs into .venv first; nothing when it is there already.
BIN := .venv/bin
INSTALL := sh requirements/install.sh
SERVERS := $(BIN)/python -m annotate.embedded throwaway --

.PHONY: help check format test locks
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

check:  ## format, lint, import contracts, types (of scripts too), templates, migrations, deployment, compose file
	@$(INSTALL) web embedded test inference torch
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	SECRET_KEY=only-for-reading-the-settings $(BIN)/mypy
	$(BIN)/djlint --lint --quiet templates
	@if command -v npx >/dev/null; then echo "tsc -p tsconfig.json"; npx --yes --package typescript@5.9.3 tsc -p tsconfig.json; \
	else echo "no npm here: the scripts' types are not checked"; fi
	$(SERVERS) $(BIN)/python manage.py makemigrations --check --dry-run
	SECURE=1 $(SERVERS) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

format:  ## put every Python file in shape, and mend what ruff can mend
	@$(INSTALL) web embedded test
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

test:  ## the whole test suite, as ./test
	./test

locks:  ## compute requirements/*.lock again after a change to an .in file
	@$(INSTALL) web
	PATH="$(CURDIR)/$(BIN):$$PATH" sh requirements/lock.sh
