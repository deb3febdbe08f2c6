#!/usr/bin/env bash
# Builds the package Server and runs its tests: test-server.sh [--thread-sanitizer] [arguments of
# swift test]... It is compiled without optimization, since the tests compute little. With
# ThreadSanitizer, it is built in a separate folder.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev zlib1g-dev
options=(--package-path Server)
if [[ ${1-} == --thread-sanitizer ]]; then
  shift
  options+=(--scratch-path Server/.build/thread --sanitize thread)
  export SWIFT_BACKTRACE=enable=no
  export TSAN_OPTIONS=${TSAN_OPTIONS-halt_on_error=1:suppressions=$PWD/tools/thread-sanitizer.supp}
fi
swift build "${options[@]}" --build-tests
swift test "${options[@]}" --skip-build "$@"
