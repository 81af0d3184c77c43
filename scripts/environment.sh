#!/bin/sh
# Make an environment of another Python. Usage: environment.sh PYTHON_VERSION ENVIRONMENT UV [UV_ARGUMENT ...]
# A Python that this machine lacks is said, not an error: then there is no environment.
set -eu
version=$1 place=$2 uv=$3
shift 3
rm -rf "$place"
for choice in "" $(pyenv versions --bare 2>/dev/null | grep "^$version\.[0-9]*$" | tail -1); do
  python=$(PYENV_VERSION=$choice "python$version" -c "import sys; print(sys.executable)" 2>/dev/null) && break
done
if [ -z "${python:-}" ]; then
  echo "Python $version is not on this machine: not tested" >&2
  exit 0
fi
"$python" -m venv "$place"
"$uv" pip install --quiet --python "$place/bin/python" "$@"
