#!/bin/sh
# Run the suite on another Python, or with other versions of the libraries.
# Usage: test_elsewhere.sh PYTHON_VERSION RESOLUTION ENVIRONMENT BIN [PYTEST_ARGUMENT ...]
# BIN holds uv, and a python to cut the network with. A Python that this machine lacks is said, not an error.
set -eu
version=$1 resolution=$2 place=$3 bin=$4
shift 4
for choice in "" $(pyenv versions --bare 2>/dev/null | grep "^$version\.[0-9]*$" | tail -1); do
  python=$(PYENV_VERSION=$choice "python$version" -c "import sys; print(sys.executable)" 2>/dev/null) && break
done
if [ -z "${python:-}" ]; then
  echo "Python $version is not on this machine: not tested" >&2
  exit 0
fi
rm -rf "$place"
"$python" -m venv "$place"
"$bin/uv" pip install --quiet --python "$place/bin/python" --resolution "$resolution" \
  --group test --editable ".[dask,excel,mgrs,stats]"
echo "Python $("$place/bin/python" -c "import platform; print(platform.python_version())"), versions: $resolution"
"$bin/python" scripts/without_network.py "$place/bin/python" -m pytest -q -n 2 --dist worksteal "$@" tests
