# The commands a newcomer needs; everything else is CMake's (see CMakePresets.json).
#
#   make build       install what is missing, configure, build
#   make test        build, then every test of the project
#   make demo        build what the demo needs, then run it (examples/digits)
#   make sentences   the same of examples/sentence_search
#   make bench       build, install the peers, time all side by side (bench/README.md)
#   make clean       remove what was built; the Python environment stays
#
# CMAKE_ARGS reaches the first configuration (-Ddnnl_DIR=...), SETUP_ARGS tools/setup,
# BENCH_ARGS bench/run.py (--quick, --models resnet50, --figures latency).

BUILD := build
JOBS ?= $(shell nproc)
CMAKE_ARGS ?=
SETUP_ARGS ?=
BENCH_ARGS ?=

.PHONY: all build test demo sentences bench clean setup configure

all: build

setup:
	@tools/setup $(SETUP_ARGS)

# Ninja configures again by itself when a CMake file changes.
configure: setup
	@test -f $(BUILD)/build.ninja || cmake --preset release $(CMAKE_ARGS)

build: configure
	@cmake --build $(BUILD) -j $(JOBS)

test: build
	@ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j $(JOBS)

demo: configure
	@cmake --build $(BUILD) -j $(JOBS) --target demo
	@examples/digits/run_demo

sentences: configure
	@cmake --build $(BUILD) -j $(JOBS) --target sentences
	@examples/sentence_search/run_search

bench: build
	@bench/setup
	@$(BUILD)/bench/venv/bin/python bench/run.py $(BENCH_ARGS)

clean:
	@if [ -d $(BUILD) ]; then \
	  find $(BUILD) -mindepth 1 -maxdepth 1 ! -name venv -exec rm -rf {} +; fi
	@rm -rf build-debug build-asan build-tsan build-pip
