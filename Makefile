# Every target installs what it needs and is missing: packages with apt-get, Python libraries with pip.

SYSTEM_PACKAGES := libsqlite3-dev libcurl4-openssl-dev libssl-dev libjansson-dev zlib1g-dev pkg-config nginx prometheus python3-venv chromium \
	fonts-dejavu-core caddy haproxy sqlite3 systemd-container curl openssl ca-certificates git
PYTHON_REQUIREMENTS := $(wildcard Tests/EndToEnd/requirements.txt) $(wildcard docs/examples/*/requirements.txt)
VENV := .venv/installed
DEBUG := .build/debug
RELEASE_SCRATCH := .build-release
SWIFT_SOURCES := Sources Tests Benchmarks Package.swift
# The end-to-end tests run file by file in so many processes.
TEST_PROCESSES ?= 2
PYTHON_SOURCES := Tests/EndToEnd docs/demo Benchmarks

.DEFAULT_GOAL := help
.PHONY: help setup system-packages toolchain build run demo lint test screenshots bench clean

help: ## say what there is (this)
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: system-packages $(VENV) ## install the system packages and Python libraries that are missing

# With root's rights as they are, or through sudo. Does nothing, and needs no network, where all is there.
system-packages:
	@set -e; missing=; \
	for package in $(SYSTEM_PACKAGES) $(EXTRA_PACKAGES); do \
		status=$$(dpkg-query -W -f='$${db:Status-Status}' "$$package" 2>/dev/null || true); \
		[ "$$status" = installed ] || missing="$$missing $$package"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	command -v apt-get >/dev/null || { echo "Install these packages first:$$missing" >&2; exit 1; }; \
	root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	[ -z "$$root" ] || command -v sudo >/dev/null || { echo "Install these packages as root first:$$missing" >&2; exit 1; }; \
	echo "Installing with $$root apt-get:$$missing"; \
	$$root apt-get update -q; \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing

$(VENV): $(PYTHON_REQUIREMENTS) | system-packages
	@echo "Installing the Python libraries into .venv"
	@[ -x .venv/bin/python ] || python3 -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check $(addprefix --requirement ,$(PYTHON_REQUIREMENTS))
	@touch $@

toolchain:
	@command -v swift >/dev/null || { echo "A Swift 6 toolchain is missing: https://www.swift.org/install" >&2; exit 1; }

build: toolchain system-packages ## build the server and the provider simulator (debug)
	swift build --product gatehouse
	swift build --product provider-simulator

run: toolchain system-packages ## start just the server, on http://localhost:8080 (ARGS="..." adds options)
	swift build --product gatehouse
	$(DEBUG)/gatehouse serve --data tenants $(ARGS)

demo: setup build ## play admin, publisher and viewers against simulated providers, then stay up (ARGS=--once ends)
	@.venv/bin/python docs/demo/demo.py $(ARGS)

lint: toolchain setup ## the form of all Swift and Python, in seconds
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	.venv/bin/ruff check $(PYTHON_SOURCES)
	.venv/bin/ruff format --check $(PYTHON_SOURCES)

test: lint ## lint, Swift tests, the demo once, end-to-end tests
	swift build --build-tests
	swift test --skip-build
	.venv/bin/python docs/demo/demo.py --once
	.venv/bin/python -m pytest Tests/EndToEnd --numprocesses $(TEST_PROCESSES) --dist loadfile --durations 30

screenshots: setup build ## make the README's pictures anew, as the tests see the pages
	@mkdir -p docs/images
	GATEHOUSE_README_IMAGES="$(CURDIR)/docs/images" .venv/bin/python -m pytest -q Tests/EndToEnd/test_readme.py

bench: EXTRA_PACKAGES := wrk
bench: toolchain system-packages ## release build, then throughput, latency, CPU, memory and start-up (ARGS="..." adds options)
	swift build -c release --scratch-path $(RELEASE_SCRATCH)
	python3 Benchmarks/run.py $(ARGS)

clean: ## remove what was built and installed here; accounts in tenants/ stay
	rm -rf .build $(RELEASE_SCRATCH) .venv
