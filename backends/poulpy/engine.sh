#!/bin/sh
# Prints the feature of the fastest transforms that this machine has, or with `flags` what rustc needs for them.
set -eu
machine=$(grep -m 1 '^flags' /proc/cpuinfo 2>/dev/null || true)
has() { for flag in "$@"; do case " $machine " in *" $flag "*) ;; *) return 1 ;; esac; done; }
if has avx512f avx512ifma avx512vl avx512bw avx512dq avx2 fma; then
    feature=ifma flags="-C target-feature=+avx512f,+avx512ifma,+avx512vl,+avx512bw,+avx512dq,+avx2,+fma"
elif has avx2 fma; then
    feature=avx2 flags="-C target-feature=+avx2,+fma"
else
    feature= flags=
fi
case "${1:-feature}" in flags) echo "$flags" ;; *) echo "$feature" ;; esac
