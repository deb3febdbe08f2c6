#!/usr/bin/env bash
# Installs what the tests need on Debian, and runs them. Further arguments go to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev libonnx-testdata
tools/fetch-zoo.sh
python=$(tools/python-environment.sh)
"$python" tools/export-onnx-cases.py
exec swift test -c release --disable-testable-imports "$@"
