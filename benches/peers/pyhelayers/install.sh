#!/usr/bin/env bash
# Installs IBM's HElayers, with the SEAL and OpenFHE that it contains, into target/peers/pyhelayers.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../into-venv.sh" pyhelayers "${1:-pyhelayers}" pyhelayers
