#!/bin/sh
# Build the sdist, unpack it outside the checkout, install it there and run its own tests.
# Usage: check_sdist.sh BIN [TEST ...], BIN with uv and the tools that the tests need
set -eu
bin=$(cd "$1" && pwd)
shift
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$bin/uv" build --quiet --sdist --out-dir "$place/dist" .
mkdir "$place/unpacked"
tar -xzf "$place"/dist/borderzone-*.tar.gz -C "$place/unpacked" --strip-components=1
cd "$place/unpacked"
"$bin/python" -m venv "$place/venv"
"$bin/uv" pip install --quiet --python "$place/venv/bin/python" --group test --editable .
"$bin/python" scripts/without_network.py "$place/venv/bin/python" -m pytest -q -n 2 --dist worksteal "${@:-tests}"
echo "the sdist runs its own tests"
