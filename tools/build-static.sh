#!/usr/bin/env bash
# Builds the tool as one file that needs no Swift on the machine where it runs, stripped and as small as it gets, and prints where it
# is and how large: for containers and servers. The C libraries (libprotobuf-c, libturbojpeg, libpng, libwebp, zlib and libc) stay shared.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
# With sections of their own, functions that nothing uses are left out, and what is the same is kept once.
compiler=(-use-ld=lld -Xfrontend -function-sections -Xlinker --gc-sections -Xlinker --icf=all -Xlinker --no-export-dynamic
  -Xlinker -s -Xlinker -z -Xlinker pack-relative-relocs)
options=(-c release --scratch-path .build/static --static-swift-stdlib --product infold)
for option in "${compiler[@]}"; do options+=(-Xswiftc "$option"); done
INFOLD_OPTIMIZE=size swift build "${options[@]}" >&2
binary=$(swift build -c release --scratch-path .build/static --show-bin-path)/infold
stat --format "%n: %s bytes" "$binary"
