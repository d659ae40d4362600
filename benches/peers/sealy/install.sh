#!/usr/bin/env bash
# Builds sealy, with the SEAL that it ships, and the program that times it, in target/peers/sealy: some minutes.
# Without HEXL, whose build inside sealy would fetch a further library by git.
set -euo pipefail
peers=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=$(cd "$peers/../.." && pwd)

# sealy makes its bindings when it is built, with libclang.
if [ -z "${LIBCLANG_PATH:-}" ]; then
    "$peers/into-venv.sh" sealy/libclang libclang clang.cindex
    library=$(find "$root/target/peers/sealy/libclang" -name 'libclang.*' -path '*/native/*' | head -n 1)
    LIBCLANG_PATH=$(dirname "$library")
    export LIBCLANG_PATH
    # That package has no headers of its own, as stddef.h: the compiler's will do.
    export BINDGEN_EXTRA_CLANG_ARGS="-I$("${CC:-cc}" -print-file-name=include)"
fi

cd "$peers/sealy"
"$root/tools/with-cmake.sh" cargo build --release --locked --quiet --target-dir "$root/target/peers/sealy"
echo "sealy: built"
