#!/bin/sh
# Make the report of the built-in study on another Python, and compare it with one that was made here.
# Usage: report_elsewhere.sh PYTHON_VERSION PROMISE HERE BIN UV_ARGUMENT ...
# HERE is a report folder, beside which this one is laid; PROMISE is bytes or numbers; BIN holds uv and a python.
set -eu
version=$1 promise=$2 here=$3 bin=$4
shift 4
place=$(dirname "$here")/$version-$promise
sh scripts/environment.sh "$version" "$place-environment" "$bin/uv" "$@" --editable .
[ -x "$place-environment/bin/python" ] || exit 0
rm -rf "$place"
"$bin/python" scripts/without_network.py "$place-environment/bin/borderzone" report --detail internal -o "$place" >/dev/null
"$bin/python" scripts/same_everywhere.py "$here" "$place" --promise "$promise"
