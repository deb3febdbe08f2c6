#!/usr/bin/env bash
# Builds the package Server and runs its tests. It is compiled without optimization: what its tests compute is small.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
swift build --package-path Server --build-tests
swift test --package-path Server --skip-build "$@"
