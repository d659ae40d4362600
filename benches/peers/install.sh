#!/usr/bin/env bash
# Installs every peer that can be installed, below target/peers; says which could not be.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing=()
for peer in tenseal openfhe lattigo sealy pyhelayers poulpy; do
    echo "== $peer"
    "$peer/install.sh" || missing+=("$peer")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "Not installed, for the reasons above: ${missing[*]}" >&2
    exit 1
fi
