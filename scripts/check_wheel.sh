#!/bin/sh
# Build the wheel, install it into an empty environment outside the checkout and run the study there.
# Usage: check_wheel.sh PYTHON PYTHON_WITH_BUILD
set -eu
python=$1
builder=$2
here=$(pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$builder" -m pip wheel --quiet --no-deps --wheel-dir "$place/dist" .
"$python" -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet --upgrade pip
"$place/venv/bin/python" -m pip install --quiet "$place"/dist/borderzone-*.whl
cd "$place"
# A stretch on coarse cells: what is looked for is what the wheel carries.
cat >study.toml <<'TOML'
a = "IRQ"
b = "SYR"
border_km = [200, 320]
[scenario]
resolution_m = 5000
draws = 100
imputations = 100
TOML
"$place/venv/bin/python" "$here/scripts/without_network.py" "$place/venv/bin/borderzone" report study.toml -o out
test -s out/report.html && test -s out/manifest.json
"$place/venv/bin/python" -c "import borderzone; assert '$place' in borderzone.__file__, borderzone.__file__"
echo "the wheel carries its data: report written from an empty environment"
