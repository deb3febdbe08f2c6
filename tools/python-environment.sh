#!/usr/bin/env bash
# Creates a Python environment in .build, unless it exists, and prints the path of its Python. By
# default it is the one for the test data; with an argument it is the one for compare-runtimes.py
# (compare), record-reading.py (reading), the clients of Server's tests (clients),
# check-server-load.py (load), compare-servers.py (serving), or check-spark.py (spark).
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1-tests}" in
  tests) environment=.build/python module=onnx ;;
  compare) environment=.build/python-compare module=onnx ;;
  reading) environment=.build/python-reading module=rapidocr_onnxruntime ;;
  clients) environment=.build/python-clients module=kserve ;;
  load) environment=.build/python-load module=schemathesis ;;
  serving) environment=.build/python-serving module=kserve ;;
  spark) environment=.build/python-spark module=pyspark ;;
  *) echo "usage: tools/python-environment.sh [tests|compare|reading|clients|load|serving|spark]" >&2; exit 2 ;;
esac
requirements=tools/requirements-${1-tests}.txt
stamp=$environment/requirements-installed.txt

if ! cmp -s "$requirements" "$stamp"; then
  tools/install-packages.sh python3-venv >&2
  echo "Installing the packages of $requirements" >&2
  mkdir -p .build
  python3 -m venv --clear "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --no-binary pyspark \
    -r "$requirements" >&2
  "$environment/bin/python" -c "import $module"
  cp "$requirements" "$stamp"
fi
echo "$PWD/$environment/bin/python"
