#!/usr/bin/env bash
# Tests every package in Examples, and runs it. They share the repository's build folder, and so its build of Infold.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh libprotobuf-c-dev
for example in Examples/*/; do
  options=(-c release --package-path "$example" --scratch-path .build)
  swift test "${options[@]}" --disable-testable-imports
  swift run "${options[@]}"
done
