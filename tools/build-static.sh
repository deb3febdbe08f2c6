#!/usr/bin/env bash
# Builds the tool, or with the argument infold-serve the server, as one stripped, size-optimized
# file that runs without a Swift installation, and prints its path and size. It is meant for
# containers and servers. The C libraries (libprotobuf-c, libturbojpeg, libpng, libwebp, zlib and
# libc) are linked dynamically.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
# Separate sections let the linker drop unused functions and merge identical ones.
compiler=(-use-ld=lld -Xfrontend -function-sections -Xlinker --gc-sections -Xlinker --icf=all -Xlinker --no-export-dynamic
  -Xlinker -s -Xlinker -z -Xlinker pack-relative-relocs)
product=${1:-infold}
case $product in
  infold) package=. ;;
  infold-serve) package=Server ;;
  *) echo "usage: tools/build-static.sh [infold|infold-serve]" >&2; exit 2 ;;
esac
place=(-c release --package-path "$package" --scratch-path "$package/.build/static")
options=("${place[@]}" --static-swift-stdlib --product "$product")
for option in "${compiler[@]}"; do options+=(-Xswiftc "$option"); done
INFOLD_OPTIMIZE=size swift build "${options[@]}" >&2
binary=$(swift build "${place[@]}" --show-bin-path)/$product
stat --format "%n: %s bytes" "$binary"
