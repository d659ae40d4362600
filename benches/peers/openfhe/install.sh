#!/usr/bin/env bash
# Installs OpenFHE's Python package into target/peers/openfhe. Each of its builds is for one release of Ubuntu and that
# release's Python (22.04 and 3.10, 24.04 and 3.12), although pip takes them for any: hence into-venv.sh, which tries.
# Another build: benches/peers/openfhe/install.sh openfhe==VERSION
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../into-venv.sh" openfhe "${1:-openfhe}" openfhe
