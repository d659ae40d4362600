#!/usr/bin/env bash
# Installs a Python package into a virtual environment of its own under target/peers, with the first Python in which it
# can then be imported: some packages have builds for one version of Python only. $PYTHON names one to try first.
# Usage: benches/peers/into-venv.sh FOLDER PACKAGE MODULE [OPTION OF PIP ...]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$root/target/peers/$1 package=$2 module=$3
shift 3
log=$folder.log
mkdir -p "$(dirname "$folder")"
: >"$log"

pythons() {
    local name
    for name in ${PYTHON:+"$PYTHON"} python3 python3.{14,13,12,11,10,9,8}; do command -v "$name" || true; done
    if command -v pyenv >/dev/null; then ls "$(pyenv root)"/versions/*/bin/python3 2>/dev/null || true; fi
}

tried=" "
while read -r python; do
    # A shim may stand for a version that is not there.
    version=$("$python" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue
    [[ $tried != *" $version "* ]] || continue
    tried+="$version "
    echo "== Python $version, $python" >>"$log"
    rm -rf "$folder"
    if "$python" -m venv "$folder" >>"$log" 2>&1 &&
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" "$package" </dev/null >>"$log" 2>&1 &&
        (cd / && "$folder/bin/python" -c "import $module") >>"$log" 2>&1; then
        echo "$package: installed with Python $version"
        exit 0
    fi
    echo "$package: not with Python $version: $(tail -n 1 "$log")" >&2
done < <(pythons | awk '!seen[$0]++')

rm -rf "$folder"
echo "$package: could not be installed (all that pip said: $log)" >&2
exit 1
