#!/bin/sh
# Run the suite on another Python, or with other versions of the libraries.
# Usage: test_elsewhere.sh PYTHON_VERSION RESOLUTION ENVIRONMENT BIN [PYTEST_ARGUMENT ...]
# BIN holds uv, and a python to cut the network with.
set -eu
version=$1 resolution=$2 place=$3 bin=$4
shift 4
sh scripts/environment.sh "$version" "$place" "$bin/uv" --resolution "$resolution" \
  --group test --editable ".[dask,excel,mgrs,stats]"
[ -x "$place/bin/python" ] || exit 0
echo "Python $("$place/bin/python" -c "import platform; print(platform.python_version())"), versions: $resolution"
"$bin/python" scripts/without_network.py "$place/bin/python" -m pytest -q -n 2 --dist worksteal "$@" tests
