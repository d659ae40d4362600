#!/usr/bin/env bash
# Installs Lattigo, in Go, as it is contained in the Python package orion-fhe, into target/peers/lattigo. Without PyTorch,
# which the package asks for and what is called here does not need: `lattigo/bootstrap.py` calls the library itself.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../into-venv.sh" lattigo "${1:-orion-fhe}" ctypes --no-deps
