#!/usr/bin/env bash
# Installs what the tests need on Debian, and runs them. Prints failures, the progress, and the
# totals. Further arguments are passed to `swift test`, and its complete output is kept in .build.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev libonnx-testdata python3-venv
log=.build/test-output.txt
mkdir -p .build

# Downloading packages takes as long as compiling. The two take place at once.
prepare() {
  tools/fetch-zoo.sh
  local python
  python=$(tools/python-environment.sh)
  "$python" -m unittest discover --quiet --start-directory tools
  "$python" tools/export-onnx-cases.py
}
data=.build/test-data-output.txt
set +e
{
  (set -e; prepare) >"$data" 2>&1 &
  # Only for the build: the order of sets in the tests should vary.
  (source tools/swift-environment.sh && swift build -c release --build-tests)
  built=$?
  wait $!
  prepared=$?
  if ((prepared != 0)); then cat "$data"; fi
  ((built == 0 && prepared == 0)) && swift test -c release --disable-testable-imports --skip-build "$@"
} 2>&1 | tee "$log" | tools/condense-test-output.sh
status=${PIPESTATUS[0]}
echo "the complete output is in $log"
exit "$status"
