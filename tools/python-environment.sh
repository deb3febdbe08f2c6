#!/usr/bin/env bash
# Makes the Python environment of the test data in .build/python, unless it is there already, and prints the path of its Python.
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=tools/requirements-tests.txt
environment=.build/python
stamp=$environment/requirements-installed.txt

if ! cmp -s "$requirements" "$stamp"; then
  tools/install-packages.sh python3-venv >&2
  echo "Installing the packages of $requirements" >&2
  mkdir -p .build
  python3 -m venv --clear "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: -r "$requirements" >&2
  "$environment/bin/python" -c 'import onnx'
  cp "$requirements" "$stamp"
fi
echo "$PWD/$environment/bin/python"
