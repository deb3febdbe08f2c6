#!/usr/bin/env bash
# Measures clean builds: of the tool in release, of Examples/QuickStart in debug, and of swift-argument-parser alone in release, by
# which both are divided, so that the figures of different machines can be compared. Fetching is not measured. Prints a line for each.
# Needs a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# seconds NAME PACKAGE ARGUMENTS…: how long a clean build takes.
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
