#!/usr/bin/env bash
# Exchanges files with another SEAL, both ways: tests/interop/run.sh tenseal|seal-python|node-seal
# The peer is installed into a folder of its own under target/interop; nothing else of the system is touched.
set -euo pipefail
cd "$(dirname "$0")/../.."
peer=${1:?say tenseal, seal-python or node-seal}
here=$PWD/tests/interop
home=$PWD/target/interop/$peer
mkdir -p "$home"
inflates=yes

in_python() {
    [ -x "$home/bin/python" ] || "${PYTHON:-python3}" -m venv "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check "$@"
    run_peer() { "$home/bin/python" "$here/peer.py" "$peer" "$@"; }
}

case $peer in
tenseal)
    version=4.3
    in_python tenseal==0.3.18
    ;;
seal-python)
    version=4.4
    inflates=no # its SEAL is built without zlib and zstd
    in_python seal-python==4.4.0 numpy
    ;;
node-seal)
    version=4.1
    packages=(node-seal@7.0.0)
    node=node
    # Older ones do not know all instructions that it is compiled to.
    if [ "$(node --version | sed 's/^v\([0-9]*\).*/\1/')" -lt 24 ]; then
        packages+=(node@24)
        node=$home/node_modules/.bin/node
    fi
    npm install --silent --no-audit --no-fund --prefix "$home" "${packages[@]}"
    # Modules are looked for beside the program.
    cp "$here/peer.mjs" "$home/peer.mjs"
    run_peer() { "$node" "$home/peer.mjs" "$@"; }
    ;;
*)
    echo "no peer $peer: say tenseal, seal-python or node-seal" >&2
    exit 2
    ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/theirs" "$folder/ours"
ours() { # test, folder
    SEAL_NN_INTEROP=$2 SEAL_NN_INTEROP_VERSION=$version \
        RUST_BACKTRACE=0 tools/with-cmake.sh cargo test --quiet --test interop -- --ignored --exact "$1" >"$folder/log" 2>&1 ||
        { cat "$folder/log"; exit 1; }
}

run_peer write "$folder/theirs"
ours read_from_others "$folder/theirs"
echo "seal-nn reads what $peer writes"
ours write_for_others "$folder/ours"
run_peer read "$folder/ours"
echo "$peer reads what seal-nn writes for SEAL $version"
if [ $inflates = yes ]; then
    SEAL_NN_INTEROP_COMPRESSED=1 ours write_for_others "$folder/ours"
    run_peer read "$folder/ours"
    echo "$peer reads what seal-nn writes compressed"
fi
