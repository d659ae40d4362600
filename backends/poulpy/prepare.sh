#!/bin/sh
# Fetches poulpy's packages, and makes the copy of poulpy-core in target/ that a stable compiler takes. Exits with 75 if they
# cannot be fetched.
set -eu
cd "$(dirname "$0")"
to=../../target/poulpy-core
cargo fetch --quiet --locked --manifest-path source/Cargo.toml || exit 75
from=$(cargo metadata --quiet --locked --format-version 1 --manifest-path source/Cargo.toml | tr ',' '\n' |
    sed -n 's|.*"manifest_path":"\(.*/poulpy-core-[0-9.]*\)/Cargo.toml".*|\1|p')
if ! cmp -s "$from/Cargo.toml" "$to/Cargo.toml"; then
    rm -rf "$to"
    mkdir -p "$to"
    cp -R "$from/." "$to"
    # Struct variants: `Enum::<A, B>::Variant { .. }` is for nightly compilers, `Enum::Variant::<A, B> { .. }` for all.
    sed -i -E 's/(MulRight|MulLeft)::<(.*)>::(Prepared)( \{)/\1::\3::<\2>\4/' "$to/src/reference/operations/glwe.rs"
fi
