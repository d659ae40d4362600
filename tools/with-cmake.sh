#!/usr/bin/env bash
# Runs a command, usually cargo, with a cmake at hand that is new enough for SEAL (3.22). Where there
# is none it installs one: with apt-get as root, else as a Python package under target/.
# Usage: tools/with-cmake.sh cargo build
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
needed=3.22
log=$root/target/cmake.log

say() { echo "with-cmake: $*" >&2; }

new_enough() { # program
    local version
    version=$("$1" --version 2>/dev/null | awk 'NR == 1 { print $3 }') &&
        [ "$(printf '%s\n' $needed "$version" | sort -V | head -n 1)" = $needed ]
}

from_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "installing cmake with apt-get"
    { apt-get install -y --no-install-recommends cmake ||
        { apt-get update && apt-get install -y --no-install-recommends cmake; }; } \
        </dev/null >>"$log" 2>&1 && new_enough cmake
}

# The wheel holds the program itself; `python` may lack venv's ensurepip or pip, rarely both.
from_python() {
    local dir=$root/target/cmake
    program=$(find "$dir" -path '*/cmake/data/bin/cmake' 2>/dev/null | head -n 1)
    [ -n "$program" ] && new_enough "$program" && return
    command -v python3 >/dev/null || return 1
    say "installing cmake as a Python package under target/cmake"
    rm -rf "$dir"
    { { python3 -m venv "$dir" && "$dir/bin/python" -m pip install --quiet cmake; } ||
        python3 -m pip install --quiet --target "$dir" cmake; } </dev/null >>"$log" 2>&1 || return 1
    program=$(find "$dir" -path '*/cmake/data/bin/cmake' | head -n 1)
    [ -n "$program" ] && new_enough "$program" || return 1
    say "done; for builds without make: export CMAKE=$program"
}

if ! command -v cargo >/dev/null; then
    if [ ! -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        say "cargo not found: install Rust (rustup, or your system's package) and put cargo on PATH"
        exit 1
    fi
    say "cargo is not on PATH: using ${CARGO_HOME:-$HOME/.cargo}/bin"
    PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
fi

if ! new_enough "${CMAKE:-cmake}"; then
    mkdir -p "$root/target"
    if from_apt; then
        unset CMAKE
    elif from_python; then
        export CMAKE=$program
    else
        say "no cmake >= $needed, and installing one failed (see target/cmake.log): install cmake and set CMAKE to its path"
        exit 1
    fi
fi

exec "$@"
