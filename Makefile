# What to type in a checkout. PYTHON chooses the interpreter: make demo PYTHON=python3.12
PYTHON ?= python3
DEMO := .venv
DEV := .venv-dev
EXTRAS := training,test,check
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: help demo test test-pi lint format check mutants models tools image clean

help:
	@echo "make demo    a simulated hand draws digits, and the model recognises them"
	@echo "make test    run the tests"
	@echo "make test-pi run the commands on emulated Raspberry Pis (64-bit, 32-bit, armv6l), as root"
	@echo "make lint    check format, lint and types"
	@echo "make format  format the code, and repair what the linter can repair"
	@echo "make check   make lint and make test: what a change must pass"
	@echo "make mutants change the code in one place at a time: does a test fail? Takes most of an hour"
	@echo "make tools   install the Debian packages for the tests"
	@echo "make models DATA=folder  train every shipped model again: takes hours"
	@echo "make image   build the container image, and let it recognise a simulated digit"
	@echo "make clean   remove what these commands made"

# On a terminal it runs until Ctrl-C, with a link to its page if there is a browser. Without a
# terminal (a pipe, a build server) it shows some digits and words, and exits with 0.
demo: $(DEMO)/.installed
	@if [ -t 1 ]; then \
		page=$$(command -v xdg-open >/dev/null && echo "--page 0 --page-folder $(DEMO)/page"); \
		$(DEMO)/bin/airdigit-live --mock --seed 1 --speed 1.5 $$page; \
	else \
		$(DEMO)/bin/airdigit-live --mock --digits 0123456789 --seed 1 --speed 1.5 && \
		$(DEMO)/bin/kws-listen --mock --words "yes no up down left right" --seed 1 --speed 1.5; \
	fi

test: $(DEV)/.installed tools
	$(DEV)/bin/python -m pytest

# Not part of make check: the first run downloads 200 MB. PI_OPTIONS="--if-possible --limit 600" is
# for a build server, where a missing network must not fail the build.
test-pi: $(DEV)/.installed
	@command -v qemu-aarch64-static >/dev/null || { $(AS_ROOT) apt-get update -q && \
		$(AS_ROOT) apt-get install -yq --no-install-recommends qemu-user-static; } || \
		echo "qemu-user-static cannot be installed"
	$(AS_ROOT) $(DEV)/bin/python -m tools.emulated_pi $(PI_OPTIONS)

lint: $(DEV)/.installed
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/ruff check .
	$(DEV)/bin/mypy

format: $(DEV)/.installed
	$(DEV)/bin/ruff format .
	$(DEV)/bin/ruff check --fix .

check: lint test

mutants: $(DEV)/.installed
	nice $(DEV)/bin/python -m tools.mutants

# DATA is the folder with the corpora that the cards name. Figures that got worse are listed.
models: $(DEV)/.installed
	@[ -n "$(DATA)" ] || { echo "Give the folder of the recordings: make models DATA=folder"; exit 1; }
	$(DEV)/bin/python -m tools.rebuild_models --data "$(DATA)"

# The compiler for the AVR and its simulator, PortAudio and a sound server, an MQTT broker and a
# browser, as Debian packages: the tests run the real firmware, sound server, broker and browser.
tools:
	@packages=; \
	[ -n "$$EDGE_WITHOUT_AVR" ] || packages="$$($(PYTHON) -m firmware_bridge.build --packages)"; \
	[ -n "$$EDGE_WITHOUT_SOUND" ] || packages="$$packages $$($(PYTHON) tests/support/sound_server.py)"; \
	[ -n "$$EDGE_WITHOUT_MQTT" ] || packages="$$packages $$($(PYTHON) tests/support/mqtt_broker.py)"; \
	[ -n "$$EDGE_WITHOUT_BROWSER" ] || packages="$$packages $$($(PYTHON) tests/support/browser.py)"; \
	packages="$$packages $$($(PYTHON) tests/support/shells.py)"; \
	[ -n "$$packages" ] || exit 0; \
	command -v dpkg-query >/dev/null || { echo "The tests need the Debian packages $$packages;" \
		"to run without them: EDGE_WITHOUT_AVR=1 EDGE_WITHOUT_SOUND=1 EDGE_WITHOUT_MQTT=1" \
		"EDGE_WITHOUT_BROWSER=1"; exit 1; }; \
	missing=; for package in $$packages; do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' \
			|| missing="$$missing $$package"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "Installing$$missing ..."; \
	$(AS_ROOT) apt-get update -q && $(AS_ROOT) apt-get install -yq --no-install-recommends $$missing

image:
	docker build -q -t edge-sense .
	docker run --rm edge-sense airdigit-live --mock --digits 3 --seed 1 --speed max
	docker image inspect -f '{{.Size}} bytes' edge-sense

$(DEMO)/.installed: setup.cfg pyproject.toml
	@$(call install,$(DEMO),.[page],the runtime (about 170 MB))

$(DEV)/.installed: setup.cfg pyproject.toml constraints.txt
	@$(call install,$(DEV),.[$(EXTRAS)],TensorFlow and the tools (about 2 GB),-c constraints.txt)

# $(call install,FOLDER,WHAT,IN WORDS,OPTIONS OF PIP): a virtual environment that sees the checkout's code.
define install
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
		{ echo "edge-sense needs Python 3.10 or later: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python has no venv: sudo apt install python3-venv"; exit 1; }; \
	echo "Installing $(3) into $(1) ..."; \
	$(PYTHON) -m venv $(1) && \
	$(1)/bin/python -m pip install -q --disable-pip-version-check $(4) -e '$(2)' && \
	touch $@
endef

clean:
	rm -rf $(DEMO) $(DEV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find edge firmware_bridge models tests tools training -name __pycache__ -prune -exec rm -rf {} +
