#!/usr/bin/env bash
# Measures clean builds of the tool in release configuration, of Examples/QuickStart in debug
# configuration, and of swift-argument-parser alone in release configuration. The first two are also
# given relative to the last, so that different machines can be compared. Fetching is not included.
# Prints one line for each. Needs an otherwise idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# seconds NAME PACKAGE ARGUMENTS…: measures a clean build.
seconds() {
  local name=$1 package=$2
  shift 2
  swift package --package-path "$package" --scratch-path "$scratch/$name" resolve >/dev/null 2>&1
  local begin end
  begin=$(date +%s.%N)
  swift build --package-path "$package" --scratch-path "$scratch/$name" "$@" >"$scratch/$name.txt" 2>&1 \
    || { cat "$scratch/$name.txt" >&2; return 1; }
  end=$(date +%s.%N)
  awk -v begin="$begin" -v end="$end" 'BEGIN { printf "%.1f\n", end - begin }'
}

swift package resolve >/dev/null 2>&1
unit=$(seconds parser .build/checkouts/swift-argument-parser -c release --product ArgumentParser)
tool=$(seconds tool . -c release --product infold)
example=$(seconds example Examples/QuickStart)
line() { awk -v name="$1" -v seconds="$2" -v unit="$unit" 'BEGIN { printf "%-42s %7.1f s  %5.2f\n", name, seconds, seconds / unit }'; }
line "swift-argument-parser, release" "$unit"
line "infold, release" "$tool"
line "Examples/QuickStart, debug" "$example"
