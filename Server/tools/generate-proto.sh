#!/usr/bin/env bash
# Generates the Swift messages and methods in Sources/OpenInferenceGRPC from Protos/*.proto, with Debian's protoc and the plugins of the
# packages that Package.swift names, which are built for it.
#
#   tools/generate-proto.sh            write Sources/OpenInferenceGRPC
#   tools/generate-proto.sh --check    fail if it was not made from these Protos, or was changed by hand: compares check sums, and builds nothing
#   tools/generate-proto.sh --check-all    generate elsewhere, and fail if there is any difference
set -euo pipefail
cd "$(dirname "$0")/.."
generated=Sources/OpenInferenceGRPC
sums=$generated/generated.sha256

usage() {
  echo "usage: tools/generate-proto.sh [--check | --check-all]" >&2
  exit 2
}

# What the generated code is made of and by.
sum() {
  sha256sum Protos/*.proto tools/generate-proto.sh "$generated"/*.swift
}

generate() {
  ../tools/install-packages.sh protobuf-compiler
  for plugin in protoc-gen-swift protoc-gen-grpc-swift-2; do
    swift build --product "$plugin"
  done
  local programs
  programs=$(swift build --show-bin-path)
  for proto in Protos/*.proto; do
    protoc --proto_path=Protos \
      --plugin="$programs/protoc-gen-swift" --plugin="$programs/protoc-gen-grpc-swift-2" \
      --swift_out="$1" --swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true \
      --grpc-swift-2_out="$1" --grpc-swift-2_opt=Visibility=Package --grpc-swift-2_opt=UseAccessLevelOnImports=true \
      "$(basename "$proto")"
  done
}

(($# <= 1)) || usage
case "${1-}" in
  "")
    generate "$generated"
    sum >"$sums"
    ;;
  --check)
    if ! sum | cmp -s - "$sums"; then
      echo "generate-proto.sh: $generated is not what was made from Protos; run Server/tools/generate-proto.sh" >&2
      sum | diff "$sums" - >&2 || true
      exit 1
    fi
    ;;
  --check-all)
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    generate "$fresh"
    for file in "$fresh"/*.swift; do
      diff -u "$generated/$(basename "$file")" "$file" || {
        echo "generate-proto.sh: $generated is not what Protos make; run Server/tools/generate-proto.sh" >&2
        exit 1
      }
    done
    ;;
  *) usage ;;
esac
