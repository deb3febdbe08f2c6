#!/bin/sh
# Generate the C messages in Sources/COnnx from tools/onnx.proto with protoc-c (Debian: protobuf-c-compiler).
#
#   tools/generate-onnx.sh            write Sources/COnnx
#   tools/generate-onnx.sh --check    generate elsewhere and fail if the committed C differs
set -eu

cd "$(dirname "$0")/.."
wanted="protobuf-c 1.4.1"

case "${1-}" in
  "" | --check) ;;
  *) echo "usage: tools/generate-onnx.sh [--check]" >&2; exit 2 ;;
esac
if [ $# -gt 1 ]; then
  echo "usage: tools/generate-onnx.sh [--check]" >&2
  exit 2
fi

if ! command -v protoc-c >/dev/null; then
  echo "generate-onnx.sh: protoc-c is not installed (Debian: apt-get install protobuf-c-compiler)" >&2
  exit 2
fi
version=$(protoc-c --version | head -n 1)
if [ "$version" != "$wanted" ]; then
  echo "generate-onnx.sh: this is $version, the committed C is made by $wanted" >&2
  exit 2
fi

# The generated C has one header beside its source; SwiftPM wants public headers in include/.
generate() {
  mkdir -p "$1/include"
  protoc-c --proto_path=tools --c_out="$1" onnx.proto
  mv "$1/onnx.pb-c.h" "$1/include/onnx.pb-c.h"
}

if [ "${1-}" = --check ]; then
  fresh=$(mktemp -d)
  trap 'rm -rf "$fresh"' EXIT
  generate "$fresh"
  if ! diff -ru Sources/COnnx "$fresh"; then
    echo "generate-onnx.sh: Sources/COnnx is not what tools/onnx.proto makes; run tools/generate-onnx.sh" >&2
    exit 1
  fi
else
  generate Sources/COnnx
fi
