#!/usr/bin/env bash
# Processor time of a whole training step by an earlier version of this program, on one thread, for the networks of
# `cargo bench --bench training_steps`: benches/earlier_steps.sh [COMMIT]. The version is built beside this one, and takes
# its own best layout. Keys, planning and reports cancel in the difference of two trainings. Numbers are made up, since
# times do not depend on them.
set -euo pipefail

commit=${1:-8811ed5}
few=5 many=35
place=$(git rev-parse --show-toplevel)/target/earlier-$commit
[ -d "$place" ] || git worktree add --quiet --detach "$place" "$commit"
(cd "$place" && tools/with-cmake.sh cargo build --quiet --release --bin seal-nn)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A table of `features` columns and of `classes` classes, four fifths of which make one batch of some 126 samples.
table() {
    awk -v features="$1" -v classes="$2" 'BEGIN {
        for (row = 0; row < 158; row++) {
            for (column = 0; column < features; column++) printf "%.3f,", sin(31 * row + 17 * column * column)
            print "class" row % classes
        }
    }'
}

# Seconds on a processor, of a training of so many steps.
seconds() {
    local TIMEFORMAT='%U %S'
    { time "$place/target/release/seal-nn" train --threads 1 --out "$work/run" "${@:2}" --steps "$1" \
        >"$work/log" 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

measure() {
    local name=$1 first last
    shift
    first=$(seconds $few "$@") last=$(seconds $many "$@")
    awk -v name="$name" -v first="$first" -v last="$last" -v steps=$((many - few)) \
        'BEGIN { printf "%-24s %6.1f ms\n", name, 1000 * (last - first) / steps }'
}

echo "processor time of a step of $commit on one thread, from trainings of $few and of $many steps"
measure "iris 4-8-3, 120" --dataset iris --bias true
measure "  without bias" --dataset iris
for network in vowel:13-32-11 segment:19-32-7 letter:16-32-26 digits:61-32-10; do
    widths=${network#*:}
    table "${widths%%-*}" "${widths##*-}" >"$work/table.csv"
    measure "${network%:*} $widths, 126" --data "$work/table.csv" --network "$widths" --learning-rate 0.001
done
