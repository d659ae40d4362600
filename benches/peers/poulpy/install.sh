#!/usr/bin/env bash
# Builds poulpy and the program that times it in target/peers/poulpy: some minutes. poulpy is written for a nightly
# compiler; two changes let a stable one take it (README.md, "poulpy").
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(cd ../../.. && pwd)
target=$root/target/peers/poulpy
mkdir -p "$target"

has() { grep -qw "$1" /proc/cpuinfo; }
if has avx512ifma; then
    engine=avx512
elif has avx2; then
    engine=avx2
else
    echo "poulpy: this machine has neither AVX512-IFMA nor AVX2, and without them it would not be compared fairly" >&2
    exit 1
fi

# Cargo.toml names the changed copy of poulpy-core, which has to be there before cargo reads it.
package=poulpy-core-0.10.0
copy=$target/poulpy-core
if [ ! -d "$copy" ]; then
    mkdir -p "$target/fetch/src"
    printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\npoulpy-core = "=0.10.0"\n' \
        >"$target/fetch/Cargo.toml"
    : >"$target/fetch/src/lib.rs"
    cargo vendor --quiet --versioned-dirs --manifest-path "$target/fetch/Cargo.toml" "$target/fetch/vendor" >/dev/null
    rm -rf "$copy.new"
    cp -r "$target/fetch/vendor/$package" "$copy.new"
    rm -rf "$target/fetch" "$copy.new/.cargo-checksum.json"
    # Generic arguments behind the variant: before it, they are not stable for struct variants.
    sed -i -E -e 's/Mul(Right|Left)::<(.*)>::([A-Z][A-Za-z]+)( \{|\()/Mul\1::\3::<\2>\4/' \
        -e 's/Mul(Right|Left)::<(.*)>::(Left),/Mul\1::\3::<\2>,/' "$copy.new/src/reference/operations/glwe.rs"
    mv "$copy.new" "$copy"
fi

# Features of the language that poulpy uses and a stable compiler only has behind this variable, for these crates alone
# (`___` is the name under which build scripts try such features out).
export RUSTC_BOOTSTRAP=___,poulpy_hal,poulpy_ckks,poulpy_cpu_portable,libm
# It chooses its instructions when it is compiled.
export RUSTFLAGS="-C target-cpu=native"
cargo build --release --locked --quiet --features "$engine" --target-dir "$target"
echo "poulpy: built"
