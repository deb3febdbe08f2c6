#!/usr/bin/env bash
# Tests the packages in Examples, or the given ones, and runs them as their READMEs describe. Every
# line that they print must occur there. They share the repository's build folder, and therefore its
# build of Infold.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
tools/fetch-zoo.sh
output=.build/examples
mkdir -p "$output"

fail() {
  echo "tools/examples.sh: $1" >&2
  exit 1
}

if (($# == 0)); then set -- $(cd Examples && printf '%s\n' */ | tr -d /); fi
for name; do
  folder=Examples/$name
  case $name in
    Classify) arguments=(Models/efficientnet-lite0.onnx Models/images/{cat,cup}.png) ;;
    Detector) arguments=(.build/zoo/layout.onnx Examples/Detector/Page/page.png "$output/detections.png") ;;
    FoldInCode) arguments=("$output/folded.onnx") ;;
    Server) arguments=("$output/optimized.onnx") ;;
    TextReader) arguments=(.build/zoo "Examples/TextReader/Page/page.png" --boxes "$output/page.svg") ;;
    *) arguments=() ;;
  esac
  # A shared build folder contains the build plan of the last package.
  # --disable-build-manifest-caching creates a new one.
  options=(-c release --package-path "$folder" --scratch-path .build --disable-build-manifest-caching)
  if [[ -d $folder/Tests ]]; then swift test "${options[@]}" --disable-testable-imports; fi
  swift run "${options[@]}" "$name" ${arguments[@]+"${arguments[@]}"} | tee "$output/$name.txt"
  while IFS= read -r line; do
    grep -qxF -- "    $line" "$folder/README.md" || fail "$folder/README.md does not show this line: $line"
  done <"$output/$name.txt"
done

[[ $(<README.md) == *"$(<Examples/QuickStart/Sources/QuickStart/main.swift)"* ]] \
  || fail "README.md does not show Examples/QuickStart/Sources/QuickStart/main.swift"
