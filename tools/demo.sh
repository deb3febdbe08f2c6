#!/usr/bin/env bash
# Installs what Infold needs on Debian, builds it, and classifies two photographs.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
swift build -c release --product infold
exec "$(swift build -c release --show-bin-path)/infold" \
  classify Models/efficientnet-lite0.onnx Models/images/cat.png Models/images/cup.png
