# What needs more than cargo. `make help` lists it.

# Finds cmake, or installs it.
CARGO := tools/with-cmake.sh cargo
BINDINGS := $(CARGO) run --quiet --manifest-path tools/bindings/Cargo.toml --target-dir target --
CONSTANTS := src/ffi/constants.rs
FUNCTIONS := tests/docs/seal_functions.txt
PROTO := $(CARGO) run --quiet --locked --manifest-path tools/proto/Cargo.toml --target-dir target -- src/net/seal_nn.proto
GENERATED := src/net/generated.rs
# What is made and all that it is made from: as long as these are what they were, a check need not make it again, for which
# a tool is compiled. SEAL's headers are those of the version in the manifest.
BINDINGS_FILES := $(CONSTANTS) $(FUNCTIONS) vendor/seal-src/Cargo.toml $(wildcard tools/bindings/Cargo.* tools/bindings/*.rs tools/bindings/src/*)
PROTO_FILES := $(GENERATED) src/net/seal_nn.proto $(wildcard tools/proto/Cargo.* tools/proto/src/*)

# Tests that can tell which transforms SEAL uses: arithmetic, noise and bytes. One training runs on top of them. They
# take no more features than they need: compiling the program would be most of the time. `make sanitize` runs them too.
WITHOUT_HEXL := $(CARGO) test --no-default-features --features nn,data,report

# With MPI=1: ranks, for which Open MPI or MPICH must be installed. All of them run on this machine, however few processors
# it has, also as root.
ifdef MPI
FEATURES := --features mpi
export OMPI_ALLOW_RUN_AS_ROOT := 1
export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM := 1
export OMPI_MCA_rmaps_base_oversubscribe := 1
export OMPI_MCA_hwloc_base_binding_policy := none
endif

POULPY := backends/poulpy
# From its folder, whose `.cargo` lets the stable compiler take it.
POULPY_CARGO := ../../tools/with-cmake.sh cargo
# Of `make compare`: rounds and options, or `--bootstrap` for a bootstrap on each, which takes 21 GiB.
COMPARE := 5
COMPARED := $(if $(findstring --bootstrap,$(COMPARE)),bootstrap,compare)

# Of `make fuzz`.
SECONDS := 60
# Of `make soak`.
ROUNDS := 20

.PHONY: help demo test test-mpi test-ranks test-without-hexl features fuzz fuzz-check soak load bench-ranks sanitize examples bench bench-check peers peers-client poulpy compare lint bindings bindings-check proto proto-check cmake clean

help: ## Shows this.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Trains a network on encrypted data, with the defaults, both parties in one process.
	$(CARGO) run --profile demo --no-default-features --features cli,hexl -- train

# SEAL's build is a dependency of build scripts, and is tested by itself. Among the others it would change how cargo compiles `cc`,
# so that examples and benches would compile everything with a build script once more, our library and its C++ included.
TESTED := --workspace --exclude seal-nn-src

test: ## Runs all tests.
	$(CARGO) test $(TESTED) $(FEATURES) --lib --bins --tests
	$(CARGO) test $(TESTED) $(FEATURES) --doc
	$(CARGO) test --package seal-nn-src

test-mpi: ## Trains on 1, 2 and 4 ranks on this machine, and kills some (needs Open MPI or MPICH).
	$(MAKE) --no-print-directory test-ranks MPI=1

test-ranks:
	$(CARGO) test $(FEATURES) --test cluster

test-without-hexl: ## Runs the tests of SEAL, of hostile files and of a training without HEXL.
	$(WITHOUT_HEXL) --test seal --test hostile
	$(WITHOUT_HEXL) --test nn training_step::merged_on_seal

features: ## Checks that the library compiles with each feature alone, and how many crates that takes.
	tools/crates.sh
	@# As on docs.rs, without native code: a check needs none, and each set of features would compile its own. The compiler's
	@# warnings are what depends on features; clippy, which `make lint` runs, would take half as long again.
	@set -e; for features in "" nn wire mpi net data components embeddings report model text; do \
		DOCS_RS=1 $(CARGO) rustc --quiet --profile check --no-default-features --features "$$features" --lib -- -D warnings; \
	done
	@# Clippy passes the flag to both crates, the library and the program.
	DOCS_RS=1 $(CARGO) clippy --quiet --no-default-features --features cli --bin seal-nn -- -D warnings

fuzz: ## Mutates files and descriptions for SECONDS=60 and reads them, on the stable toolchain; `fuzz/` has targets for cargo-fuzz.
	SEAL_NN_FUZZ_SECONDS=$(SECONDS) $(CARGO) test --test hostile -- --exact structured_mutations descriptions --nocapture

fuzz-check: ## Checks that the targets for cargo-fuzz compile, on the stable toolchain and without native code.
	DOCS_RS=1 $(CARGO) check --manifest-path fuzz/Cargo.toml --target-dir target --bins

soak: ## Trains over lines that cut, repeat and reorder, and kills clients and servers, at ROUNDS=20 times as many places.
	SEAL_NN_SOAK=$(ROUNDS) $(CARGO) test --test protocol -- wire::faults::a_training_survives_losses
	SEAL_NN_SOAK=$(ROUNDS) $(CARGO) test --test net -- trainings::
	SEAL_NN_SOAK=$(ROUNDS) $(CARGO) test --test cli -- network::a_training_survives_its_server network::a_client_that

load: ## Measures client and server over loopback, over a slow line, and eight clients at once (docs/performance.md).
	$(CARGO) bench --bench network
	$(CARGO) bench --bench network -- --simulate-line 20,50
	$(CARGO) bench --bench network -- --load

bench-ranks: ## Holds the planner's cost of a step on 1, 2 and 4 ranks to measurement (needs Open MPI or MPICH).
	$(CARGO) build --release --features mpi
	benches/ranks.py target/release/seal-nn
	$(CARGO) bench --features mpi --bench ranks

sanitize: ## Looks for memory errors, undefined behaviour and races in our C++ and SEAL's, with hostile files too (docs/sanitizers.md).
	tools/with-cmake.sh tools/sanitize/run.py

examples: ## Runs every example.
	$(CARGO) build --examples $(FEATURES)
	@set -e; for file in examples/*.rs; do \
		name=$$(basename $$file .rs); echo "== $$name"; \
		$(CARGO) run --quiet $(FEATURES) --example $$name; \
	done

bench: SHELL := bash
bench: .SHELLFLAGS := -o pipefail -c
bench: ## Measures: the crate against plain C++, our key switching against SEAL's with HEXL and without, and peers.
	@mkdir -p target
	$(CARGO) bench | tee target/bench.txt
	$(CARGO) bench --no-default-features --features cli --bench key_switching
	benches/peers/run.py --ours target/bench.txt

bench-check: ## Runs every bench once, in a short form.
	$(CARGO) test $(FEATURES) --bench '*'

peers: ## Installs other libraries under target/peers, for `make bench` to compare with (benches/peers/README.md).
	benches/peers/install.sh

peers-client: ## Measures the client's operations: ours, SEAL's, and those of the peers that are installed.
	$(CARGO) bench --bench client
	benches/peers/client.py

poulpy: ## Tests the backend on poulpy, a CKKS in pure Rust, in a small ring (docs/comparison.md).
	@tools/with-cmake.sh $(POULPY)/prepare.sh
	@# Without native code: nothing in the suite asks SEAL.
	cd $(POULPY) && DOCS_RS=1 $(POULPY_CARGO) test --profile poulpy --test suite

compare: ## Times the same circuits on SEAL, by our kernels and by its own calls, on a textbook CKKS and on poulpy (docs/comparison.md).
	@tools/with-cmake.sh $(POULPY)/prepare.sh
	cd $(POULPY) && RUSTFLAGS="$$(./engine.sh flags)" $(POULPY_CARGO) run --profile compare --features "$(COMPARED),$$(./engine.sh)" \
		--example $(COMPARED) -- $(COMPARE)

lint: ## Checks formatting, lints and links in the documentation.
	$(CARGO) fmt --all --check
	@# As on docs.rs, without native code, which lints would compile once more than tests.
	DOCS_RS=1 $(CARGO) clippy --workspace $(FEATURES) --all-targets -- -D warnings
	DOCS_RS=1 RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --workspace $(FEATURES) --no-deps --lib

bindings: ## Remakes what is read of SEAL's headers: constants, and the list of functions (needs libclang).
	$(BINDINGS) $(CONSTANTS) $(FUNCTIONS)
	sha256sum $(BINDINGS_FILES) >tools/bindings/made.sha256

bindings-check: ## Checks that both agree with SEAL's headers (needs libclang where they were not made by `make bindings`).
	@sha256sum --check --quiet tools/bindings/made.sha256 || { set -ex; \
		$(BINDINGS) target/constants.rs target/functions.txt; \
		diff -u $(CONSTANTS) target/constants.rs; diff -u $(FUNCTIONS) target/functions.txt; }

proto: ## Remakes the Rust of src/net/seal_nn.proto.
	$(PROTO) $(GENERATED)
	sha256sum $(PROTO_FILES) >tools/proto/made.sha256

proto-check: ## Checks that both agree.
	@sha256sum --check --quiet tools/proto/made.sha256 || { set -ex; \
		$(PROTO) target/generated.rs; diff -u $(GENERATED) target/generated.rs; }

cmake: ## Finds cmake, or installs it.
	tools/with-cmake.sh true

clean: ## Deletes all that was built, SEAL too.
	cargo clean
