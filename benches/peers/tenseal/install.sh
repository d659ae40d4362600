#!/usr/bin/env bash
# Installs TenSEAL into target/peers/tenseal.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../into-venv.sh" tenseal "${1:-tenseal}" tenseal
