#!/usr/bin/env bash
# Prints how many crates a build compiles with each feature, this one included, and fails when the library grows.
set -euo pipefail
cd "$(dirname "$0")/.."

count() { # features most
    local crates
    crates=$(cargo tree --locked --no-default-features --features "$1" --edges normal,build --prefix none --no-dedupe |
        sort -u | wc -l)
    printf '%-10s %3d crates%s\n' "${1:-none}" "$crates" "${2:+, at most $2}"
    if [ "$crates" -gt "${2:-$crates}" ]; then
        echo "too many crates with ${1:-no feature}: make a dependency optional, in a feature that needs it" >&2
        return 1
    fi
}

count "" 52
count nn 62
count wire
count mpi 70
count net 130
count data
count components
count embeddings
count report
count model
count cli
count default
count download
