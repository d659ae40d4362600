#!/usr/bin/env python3
"""Builds SEAL and our C++ with g++'s sanitizers, each under target/sanitize, and runs the programs of this folder on
them. Ends at the first finding.

Usage: tools/with-cmake.sh tools/sanitize/run.py [--quick]    (docs/sanitizers.md)
"""
import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPP = ROOT / "cpp"
SOURCES = Path(__file__).resolve().parent

# What a program consists of, beside our library, and what the compiler is told.
MEMORY = ["memory", "setting", "operations", "key_bytes", "shim"]
THREADS = ["threads", "setting", "operations"]
CONTROL = ["control", "setting"]
FLAGS = {"address": ["-fsanitize=address,undefined"], "thread": ["-fsanitize=thread"]}
# Rust calls the linker without the compiler's own libraries.
RUNTIMES = ["asan", "ubsan"]

# Faults of the control program, and what the sanitizers say of them.
FAULTS = {
    "address": {"overflow": "AddressSanitizer: heap-buffer-overflow", "misaligned": "misaligned address"},
    "thread": {"race": "ThreadSanitizer: data race"},
}

# The Rust tests that reach C++, all without HEXL: `tests/seal` but for those that limit memory themselves, a training, and
# those of the library itself.
RUST_TESTS = [["--test", "seal", "--", "--skip", "memory::"], ["--test", "nn", "training_step::merged_on_seal"]]
UNIT_TESTS = ["--lib", "--", "seal::", "ffi::"]
# Of those tests.
FEATURES = ["--features", "nn,data,report"]

# For the hostile files: memory is limited by AddressSanitizer, which takes more addresses than any limit of them. Most
# of what a process has is the sanitizer's own: shadows, and what is freed and kept for a while.
HOSTILE_MEMORY = "hard_rss_limit_mb=512:max_allocation_size_mb=128:allocator_may_return_null=1:quarantine_size_mb=16"

OPTIONS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_init_order=1",
    # Findings in SEAL can be named only because the compiler leaves it to the runtime to stop.
    "UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:suppressions={SOURCES / 'suppressions.txt'}",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


def say(text):
    print(text, flush=True)


def run(command, **options):
    code = subprocess.run([str(word) for word in command], cwd=ROOT, **options).returncode
    if code != 0:
        sys.exit(f"sanitize: {Path(command[0]).name} ended with {code}")


class Build:
    """Our library and SEAL's with one kind of sanitizer."""

    def __init__(self, kind):
        self.kind = kind
        self.target = ROOT / "target/sanitize" / kind
        self.triple = subprocess.run(
            ["rustc", "-vV"], check=True, capture_output=True, text=True).stdout.split("host: ")[1].split()[0]
        flags = FLAGS[kind] + ["-fno-omit-frame-pointer", "-g1"]
        self.environment = os.environ | {"CXXFLAGS": " ".join(flags)}
        # With the target named, these are not for build scripts and procedural macros.
        self.cargo_options = ["--no-default-features", "--target", self.triple, "--target-dir", self.target]
        if kind == "address":
            # For the programs' library too, so that one C++ is compiled for all.
            self.cargo_options += FEATURES
        # Rust is not what is looked at, and most of what is compiled; C++ is compiled as ever, and keeps its lines, from
        # which the runtime knows the inlined functions that suppressions name.
        self.environment |= {"CARGO_PROFILE_DEV_OPT_LEVEL": "0", "CARGO_PROFILE_DEV_STRIP": "none"}
        if kind == "address":
            self.environment["RUSTFLAGS"] = " ".join(f"-Clink-arg=-l{name}" for name in RUNTIMES)
        self.compiler, self.compiled = os.environ.get("CXX", "c++"), set()
        self.flags = flags + ["-std=c++17", "-O1", "-ffunction-sections", "-Wall", "-Wextra"]

    def library(self):
        """Builds everything as one static library; notes where the headers are."""
        command = ["cargo", "rustc", "--lib", "--crate-type", "staticlib", *self.cargo_options,
                   "--message-format", "json-render-diagnostics"]
        built = subprocess.run(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True)
        if built.returncode != 0:
            sys.exit("sanitize: the library could not be built")
        self.includes, archives = [], []
        for message in map(json.loads, built.stdout.splitlines()):
            variables = dict(message.get("env", []))
            if "SEAL_NN_SEAL_INCLUDE" in variables:
                # SEAL's as the system's: their warnings are not ours.
                self.includes = ["-isystem", variables["SEAL_NN_SEAL_INCLUDE"], "-isystem",
                                 Path(message["out_dir"]) / "cxxbridge/include", "-I", CPP]
            archives += [Path(name) for name in message.get("filenames", []) if name.endswith("libseal_nn.a")]
        self.archive = archives[-1]

    def program(self, name, parts):
        """Builds a program of tools/sanitize, where something changed."""
        program = self.target / name
        inputs = [self.archive, Path(__file__), *CPP.rglob("*.h"), *SOURCES.glob("*.cc")]
        if program.exists() and program.stat().st_mtime > max(file.stat().st_mtime for file in inputs):
            return program
        objects, compilers = [self.target / f"{part}.o" for part in parts], []
        for part in set(parts) - self.compiled:
            self.compiled.add(part)
            compilers.append(subprocess.Popen(
                [self.compiler, *self.flags, *self.includes, "-c", SOURCES / f"{part}.cc", "-o", self.target / f"{part}.o"]))
        if any([compiler.wait() for compiler in compilers]):
            sys.exit("sanitize: a part of the program could not be compiled")
        run([self.compiler, *FLAGS[self.kind], "-Wl,--gc-sections", *objects, self.archive, "-lpthread", "-ldl", "-lm",
             "-o", program])
        return program

    def expect_reports(self):
        """Runs the control program, each of whose faults must be reported."""
        program = self.program("control", CONTROL)
        for fault, report in FAULTS[self.kind].items():
            ran = subprocess.run([program, fault], env=os.environ | OPTIONS, capture_output=True, text=True)
            if ran.returncode == 0 or report not in ran.stderr:
                sys.exit(f"sanitize: nothing was said of a fault on purpose, {fault}:\n{ran.stderr}")

    def cargo_test(self, *words, **variables):
        """The runtime has to come before all libraries: the loader is told of it. Rust is not instrumented."""
        runtime = subprocess.run(
            [self.compiler, "-print-file-name=libasan.so"], check=True, capture_output=True, text=True).stdout.strip()
        runner = "CARGO_TARGET_" + self.triple.upper().replace("-", "_") + "_RUNNER"
        environment = self.environment | OPTIONS | {runner: f"env LD_PRELOAD={runtime}"} | variables
        run(["cargo", "test", "--quiet", *self.cargo_options, *words], env=environment)

    def hostile_files(self):
        """The whole suite of hostile files, in processes that AddressSanitizer limits."""
        options = OPTIONS["ASAN_OPTIONS"] + ":" + HOSTILE_MEMORY
        self.cargo_test("--test", "hostile", ASAN_OPTIONS=options, SEAL_NN_HOSTILE_LIMITED_ELSEWHERE="1")

    def rust_tests(self, quick):
        for words in RUST_TESTS if quick else RUST_TESTS + [UNIT_TESTS]:
            self.cargo_test(*words)


def timed(name, work):
    start = time.monotonic()
    result = work()
    say(f"{name}: {time.monotonic() - start:.0f} s")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=FLAGS, help="one kind of sanitizer")
    parser.add_argument("--quick", action="store_true", help="AddressSanitizer alone, the C++ program up to N = 4096, no unit tests")
    arguments = parser.parse_args()

    if arguments.only != "thread":
        memory = Build("address")
        timed("address and undefined: library built", memory.library)
        timed("address and undefined: faults on purpose were reported", memory.expect_reports)
        program = timed("address and undefined: program built", lambda: memory.program("memory", MEMORY))
        degree = "4096" if arguments.quick else "32768"
        timed("address and undefined: no finding in the program",
              lambda: run([program, degree], env=os.environ | OPTIONS))
        timed("address and undefined: no finding in hostile files", memory.hostile_files)
        timed("address and undefined: no finding in the tests of Rust", lambda: memory.rust_tests(arguments.quick))
    if arguments.only == "thread" or not (arguments.only or arguments.quick):
        threads = Build("thread")
        timed("thread: library built", threads.library)
        timed("thread: a race on purpose was reported", threads.expect_reports)
        program = timed("thread: program built", lambda: threads.program("threads", THREADS))
        timed("thread: no finding in the program", lambda: run([program], env=os.environ | OPTIONS))


if __name__ == "__main__":
    main()
